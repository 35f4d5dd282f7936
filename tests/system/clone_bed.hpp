// A working copy with everything in it that a clone must bring along.
#pragma once

#include <memory>
#include <string>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/subvolume.hpp"
#include "system/bed.hpp"
#include "system/full_tree.hpp"

namespace cowstore::test {

constexpr std::size_t kFileBytes = 300'000;

/// A repository in a new directory, which is a subvolume on Btrfs, with a commit and work that isn't committed.
inline void make_work(const std::string& repo, const InitOptions& options = {}) {
  must(Repository::init(repo, options, test_context()));
  write_file(repo + "/.cowignore", "*.o\n");
  write_file(repo + "/large", random_bytes(kFileBytes, 1));
  write_file(repo + "/d/e/small", "a few bytes");
  write_file(repo + "/tool", "#!/bin/sh\n", 0755);
  make_symlink("d/e/small", repo + "/link");
  make_dirs(repo + "/empty");
  commit_all(repo, "first");
  write_file(repo + "/d/edited", random_bytes(kFileBytes, 2));
  write_file(repo + "/tool", "#!/bin/bash\n", 0755);
  write_file(repo + "/build/out.o", random_bytes(20'000, 3));
  write_hole(repo + "/build/sparse.o", 8 << 20);
  overwrite_file(repo + "/build/sparse.o", "in the middle", 4 << 20);
  write_file(repo + "/locked/inner", "below a directory that nobody may write to");
  set_mtime(repo + "/large", {1'000'000'000, 123'456'789});
  set_mtime(repo + "/link", {1'000'000'001, 1});
  set_mtime(repo + "/d/e", {1'000'000'002, 2});
  set_mode(repo + "/locked", 0555);
  status_of(repo);  // its index is warm
}

/// Both are at the same commit and differ from it in the same way.
inline void expect_same_state(const std::string& clone, const std::string& source) {
  expect_same(tree_text(clone), tree_text(source), clone);
  Status ours = status_of(clone);
  Status theirs = status_of(source);
  EXPECT_EQ(ours.commit, theirs.commit);
  EXPECT_EQ(ours.branch, theirs.branch);
  EXPECT_EQ(ours.added, theirs.added);
  EXPECT_EQ(ours.modified, theirs.modified);
  EXPECT_EQ(ours.deleted, theirs.deleted);
  EXPECT_EQ(ours.touched, theirs.touched);
}

inline CloneReport clone_to(const std::string& repo, const std::string& directory, const CloneOptions& options = {}) {
  return must(open_repository(repo).clone(directory, options));
}

inline CloneOptions by(CloneMethod method) {
  CloneOptions options;
  options.method = method;
  return options;
}

}  // namespace cowstore::test
