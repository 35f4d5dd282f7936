#include "changes/unreadable.hpp"

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "base/name_list.hpp"
#include "changes/path_text.hpp"
#include "sys/system.hpp"

namespace cowstore::changes {

namespace {

/// All of them, as long as anybody could still read the message.
constexpr std::size_t kMostNamed = 1000;

/// Whether permission bits alone leave a doubt. The owner's are exact, whatever an ACL says to others.
bool may_be_closed(const sys::Stat& stat, std::uint32_t user) {
  return stat.uid != user || (stat.mode & 0400) == 0;
}

class Finder {
 public:
  Finder(const sys::Dir& root, std::uint32_t user) : root_(root), user_(user) {}

  void look_in(ScannedDirectory& directory) {
    for (ScannedEntry& entry : directory.entries) {
      if (entry.directory != nullptr) look_in(*entry.directory);
      const bool unknown = object::is_file(entry.kind) && entry.state == ScannedEntry::State::kUnknown;
      if (unknown && may_be_closed(entry.stat, user_)) try_to_open(join_path(directory.path, entry.name), entry);
    }
  }

  std::vector<Skipped> found;

 private:
  void try_to_open(std::string path, ScannedEntry& entry) {
    auto opened = root_.open_read(path);
    if (opened || !is_unreadable(opened.error())) return;
    entry.state = ScannedEntry::State::kKept;
    found.push_back({std::move(path), SkipReason::kUnreadable, opened.error().sys_errno});
  }

  const sys::Dir& root_;
  std::uint32_t user_;
};

std::string reasons(const std::set<int>& errors) {
  std::string text;
  for (int error : errors) {
    if (!text.empty()) text += ", or ";
    text += Error{ErrorCode::kIo, error, "", "", "", ""}.message();
  }
  return text;
}

}  // namespace

bool is_unreadable(const Error& error) {
  switch (error.sys_errno) {
    case EACCES:
    case EPERM:
    case EIO:
    case EUCLEAN:  // the file system is damaged there
    case EBADMSG:  // a checksum of the file system's own is wrong
    case ENODATA:  // a medium error, by some drivers
      return true;
    default:
      return false;
  }
}

void find_unreadable(Scan& scan, const sys::Dir& root) {
  const std::uint32_t user = sys::effective_user_id();
  if (user == 0) return;
  Finder finder(root, user);
  finder.look_in(scan.directory());
  if (!finder.found.empty()) scan.add_skipped(std::move(finder.found));
}

Result<void> require_readable(const Scan& scan, const std::string& hint) {
  std::vector<std::string> paths;
  std::set<int> errors;
  for (const Skipped& skipped : scan.skipped) {
    if (skipped.reason != SkipReason::kUnreadable) continue;
    errors.insert(skipped.sys_errno);
    paths.push_back(skipped.path);
  }
  if (paths.empty()) return {};
  Error error{ErrorCode::kIo, 0, "read", base::name_list(paths, kMostNamed), "", hint};
  if (errors.size() == 1) {
    error.sys_errno = *errors.begin();
  } else {
    error.reason = reasons(errors);
  }
  return error;
}

}  // namespace cowstore::changes
