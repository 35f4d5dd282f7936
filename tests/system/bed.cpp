#include "system/bed.hpp"

#include <atomic>
#include <filesystem>
#include <set>
#include <sstream>

#include "sys/system.hpp"

namespace cowstore::test {

Context test_context(const std::string& command) {
  // Behind every file system's clock, as a clock that tells when something was done before a copy was made.
  static std::atomic<std::int64_t> clock{1'600'000'000};
  Context context;
  context.author = "Ada <ada@example>";
  context.user = "ada";
  context.command_line = command;
  context.now = [] { return Timestamp{clock.fetch_add(1), 7}; };
  context.utc_offset_minutes = [](Timestamp) { return 60; };
  context.threads = 4;
  return context;
}

void must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().message());
}

Repository make_repository(const std::string& path, const InitOptions& options) {
  must(Repository::init(path, options, test_context("init")));
  return open_repository(path);
}

Repository open_repository(const std::string& path) {
  return must(Repository::open(path, test_context()));
}

Repository open_in_the_future(const std::string& path) {
  Context context = test_context();
  context.now = [] { return Timestamp{sys::now().seconds + 2, 0}; };
  return must(Repository::open(path, context));
}

CommitReport commit_all(const std::string& path, const std::string& message) {
  CommitOptions options;
  options.message = message;
  return must(open_repository(path).commit(options));
}

Status status_of(const std::string& path) {
  return must(open_repository(path).status({}));
}

CheckoutReport check_out(const std::string& path, const std::string& revision, const std::string& directory,
                         const CheckoutOptions& options) {
  return must(open_repository(path).checkout(revision, directory, options));
}

CheckoutReport switch_in_place(const std::string& path, const std::string& revision, const CheckoutOptions& options) {
  return must(open_repository(path).switch_to(revision, options));
}

std::vector<EntryInfo> list_version(const std::string& path, const std::string& revision) {
  std::vector<EntryInfo> entries;
  auto take = [&](const EntryInfo& entry) -> Result<void> {
    entries.push_back(entry);
    return {};
  };
  must(open_repository(path).list(revision, Recursion::kRecursive, take));
  return entries;
}

std::string cat(const std::string& path, const std::string& revision_path) {
  std::string content;
  auto take = [&](const std::uint8_t* bytes, std::size_t size) -> Result<void> {
    content.append(reinterpret_cast<const char*>(bytes), size);
    return {};
  };
  must(open_repository(path).cat(revision_path, take));
  return content;
}

void expect_clean(const std::string& path) {
  Status status = status_of(path);
  EXPECT_TRUE(status.clean()) << path << "\nadded " << testing::PrintToString(status.added) << "\nmodified "
                              << testing::PrintToString(status.modified) << "\ndeleted "
                              << testing::PrintToString(status.deleted);
  EXPECT_EQ(status.damaged, std::vector<std::string>());
}

void expect_sound(const std::string& path) {
  FsckReport report = must(open_repository(path).fsck());
  for (const Fault& fault : report.faults) {
    ADD_FAILURE() << "fsck: " << fault.message << " (object " << fault.object << ", " << fault.container << " at "
                  << fault.offset << ", " << fault.path << ")";
  }
  EXPECT_EQ(report.notes, std::vector<std::string>());
}

void expect_same(const std::string& listing, const std::string& expected, const std::string& what) {
  auto lines_of = [](const std::string& text) {
    std::istringstream in(text);
    std::multiset<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.insert(line.substr(0, 300));
    return lines;
  };
  if (listing == expected) return;
  std::multiset<std::string> now = lines_of(listing), wanted = lines_of(expected);
  std::ostringstream differences;
  for (const std::string& line : wanted) {
    if (!now.contains(line)) differences << "- " << testing::PrintToString(line) << "\n";
  }
  for (const std::string& line : now) {
    if (!wanted.contains(line)) differences << "+ " << testing::PrintToString(line) << "\n";
  }
  ADD_FAILURE() << what << "\n" << differences.str();
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cowstore::test
