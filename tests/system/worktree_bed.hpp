// Repositories with several working copies, for tests of their administration.
#pragma once

#include <sys/mount.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

inline std::vector<WorktreeInfo> worktrees_of(const std::string& path,
                                              WorktreeListOptions::Check check = WorktreeListOptions::Check::kChanges) {
  WorktreeListOptions options;
  options.check = check;
  return must(open_repository(path).worktrees(options));
}

/// What the list says of the working copy registered at `path`; one without an id if there is none.
inline WorktreeInfo listed(const std::string& from, const std::string& path) {
  for (WorktreeInfo& info : worktrees_of(from)) {
    if (info.path == path) return std::move(info);
  }
  return {};
}

template <class Item>
std::vector<std::string> paths_of(const std::vector<Item>& items) {
  std::vector<std::string> paths;
  for (const Item& item : items) paths.push_back(item.path);
  return paths;
}

/// Points to die at: on each file system others.
inline std::uint64_t first_point_on(const std::string& filesystem) {
  return filesystem == "ext4" ? 1 : filesystem == "btrfs" ? 4 : 7;
}
inline constexpr std::uint64_t kPointsApart = 9;

/// One directory under a second path, for as long as the test's directory is there. False after having skipped the
/// test.
inline bool bind_or_skip(const std::string& directory, const std::string& at) {
  make_dirs(at);
  if (::mount(directory.c_str(), at.c_str(), nullptr, MS_BIND, nullptr) == 0) return true;
  skip_test("can't make bind mounts");
  return false;
}

/// `main` with two files in a commit, and `side`, a working copy of it, in one directory.
class WorktreeTest : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(main());
    write_file(main() + "/a", "first");
    write_file(main() + "/d/b", "second");
    commit_all(main(), "first");
    check_out(main(), "main", side());
  }

  [[nodiscard]] std::string main() const { return temp() / "main"; }
  [[nodiscard]] std::string side() const { return temp() / "side"; }
  [[nodiscard]] std::string id_of(const std::string& path) const { return listed(main(), path).id; }
};

using Paths = std::vector<std::string>;

}  // namespace cowstore::test
