#include "changes/file_hasher.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "changes/hash_file.hpp"
#include "changes/path_text.hpp"
#include "changes/unreadable.hpp"

namespace cowstore::changes {

namespace {

/// What one task takes on: enough that opening the directory doesn't matter, little enough to share the work.
constexpr std::size_t kMostFiles = 64;
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 20;

/// The jobs at the front that one task does.
std::span<HashJob> first_bundle(std::span<HashJob> jobs) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < jobs.size() && count < kMostFiles && bytes < kMostBytes &&
         jobs[count].directory == jobs.front().directory) {
    bytes += jobs[count].entry->stat.size;
    ++count;
  }
  return jobs.first(count);
}

bool is_gone(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.sys_errno == ESTALE;
}

/// What was moved out of the way for a moment, and is there again, isn't gone.
bool is_there(const HashJob& job, const CompareTools& tools) {
  return tools.root.exists(join_path(job.directory->path, job.entry->name));
}

void note(Error error, HashJob& job, const CompareTools& tools, Failures& failures) {
  job.sys_errno = error.sys_errno;
  if (is_gone(error)) {
    job.outcome = is_there(job, tools) ? HashJob::Outcome::kChanging : HashJob::Outcome::kGone;
  } else if (error.code == ErrorCode::kBusy) {
    job.outcome = HashJob::Outcome::kChanging;
  } else if (is_unreadable(error)) {
    job.outcome = HashJob::Outcome::kUnreadable;
  } else {
    failures.add(std::move(error));
    job.outcome = HashJob::Outcome::kFailed;
  }
}

void hash_one(const sys::Dir& dir, HashJob& job, const CompareTools& tools, Failures& failures) {
  auto hashed = hash_file(dir, job.entry->name, tools.rule);
  if (!hashed) return note(std::move(hashed).error(), job, tools, failures);
  job.entry->set_content(hashed->file, hashed->stat, job.directory->stamp);
  job.outcome = HashJob::Outcome::kHashed;
  if (tools.progress != nullptr) tools.progress->advance(1, hashed->stat.size);
}

/// What the kernel has written back by itself by now (vm.dirty_expire_centisecs and some) needs no preparation.
bool may_be_dirty(const HashJob& job) {
  constexpr std::int64_t kSeconds = 60;
  const sys::Stat& stat = job.entry->stat;
  return std::max(stat.mtime, stat.ctime).seconds + kSeconds >= job.directory->stamp.seconds;
}

void prepare(const sys::Dir& dir, std::span<const HashJob> jobs) {
  if (jobs.size() < 2) return;
  for (const HashJob& job : jobs) {
    if (may_be_dirty(job)) prepare_to_hash(dir, job.entry->name);
  }
}

void hash_bundle(std::span<HashJob> jobs, const CompareTools& tools, Failures& failures) {
  const std::string& path = jobs.front().directory->path;
  auto dir = tools.root.open_dir(path.empty() ? "." : std::string_view(path));
  if (dir) prepare(*dir, jobs);
  for (HashJob& job : jobs) {
    if (dir) {
      hash_one(*dir, job, tools, failures);
    } else {
      note(dir.error(), job, tools, failures);
    }
  }
}

}  // namespace

void hash_files(std::span<HashJob> jobs, const CompareTools& tools, Failures& failures) {
  base::TaskGroup group(tools.pool);
  while (!jobs.empty()) {
    const std::span<HashJob> bundle = first_bundle(jobs);
    jobs = jobs.subspan(bundle.size());
    group.add_bounded([bundle, &tools, &failures]() -> Result<void> {
      hash_bundle(bundle, tools, failures);
      return {};
    });
  }
  (void)group.wait();
}

}  // namespace cowstore::changes
