// `clone` where something is in the way, goes on meanwhile, or ends it.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "system/clone_bed.hpp"

namespace cowstore::test {

namespace {

class CloneTrouble : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (!skipped()) make_work(repo());
  }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }
  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
};
INSTANTIATE_TEST_SUITE_P(On, CloneTrouble, every_filesystem(), filesystem_param_name);

class CloneOnBtrfs : public testing::Test {
 protected:
  void SetUp() override {
    temp_ = temp_dir_on("btrfs");
    if (temp_) make_work(repo());
  }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] const TempDir& temp() const { return *temp_; }
  [[nodiscard]] std::string repo() const { return *temp_ / "repo"; }
  [[nodiscard]] std::string copy() const { return *temp_ / "copy"; }

  std::uint64_t calls_of_a_clone(const std::string& name) {
    Repository repository = open_repository(repo());
    CountCalls calls;
    ScopedObserver watching(calls);
    EXPECT_EQ(must(repository.clone(temp() / name, {})).method, "snapshot");
    return calls.total();
  }

 private:
  std::unique_ptr<TempDir> temp_;
};

}  // namespace

TEST_P(CloneTrouble, TargetsInTheWayAreRefusedAndNothingIsLeft) {
  if (skipped()) return;
  Repository repository = open_repository(repo());
  expect_error(repository.clone(repo() + "/inside", {}), ErrorCode::kUsage, "inside");
  expect_error(repository.clone(repo(), {}), ErrorCode::kUsage, "inside");
  expect_error(repository.clone(repo() + "/.cowstore/x", {}), ErrorCode::kUsage, "store");
  write_file(temp() / "file", "x");
  expect_error(repository.clone(temp() / "file", {}), ErrorCode::kConflict, "no directory");
  expect_error(repository.clone(temp() / "no/such/place", {}), ErrorCode::kNotFound);
  CloneOptions both = by(CloneMethod::kCopy);
  both.cow = CowPolicy::kRequire;
  expect_error(repository.clone(copy(), both), ErrorCode::kUsage, "contradict");
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"file", "repo"}));
}

TEST_P(CloneTrouble, AMethodThatIsImpossibleHereIsRefusedWithTheWayOut) {
  if (skipped()) return;
  if (filesystem() != "btrfs") {
    expect_error(open_repository(repo()).clone(copy(), by(CloneMethod::kSnapshot)), ErrorCode::kUnsupported, "Btrfs");
  }
  if (filesystem() == "ext4") {
    expect_error(open_repository(repo()).clone(copy(), by(CloneMethod::kReflink)), ErrorCode::kUnsupported);
    CloneOptions required;
    required.cow = CowPolicy::kRequire;
    expect_error(open_repository(repo()).clone(copy(), required), ErrorCode::kUnsupported);
  }
  EXPECT_EQ(names_in(temp().path()), std::vector<std::string>{"repo"});
}

TEST_P(CloneTrouble, ToAnotherFileSystemItIsCopied) {
  if (skipped()) return;
  TempDir elsewhere;
  CloneReport report = clone_to(repo(), elsewhere / "copy");
  EXPECT_EQ(report.method, "copy");
  EXPECT_FALSE(report.sharing.copy_reason.empty());
  EXPECT_GE(report.sharing.bytes_written, 2 * kFileBytes);
  expect_same_state(elsewhere / "copy", repo());
  expect_error(open_repository(repo()).clone(elsewhere / "b", by(CloneMethod::kSnapshot)), ErrorCode::kUnsupported);
  EXPECT_EQ(names_in(elsewhere.path()), std::vector<std::string>{"copy"});
}

TEST_P(CloneTrouble, AFileThatIsWrittenToWhileItIsCopiedIsCopiedAgain) {
  if (skipped()) return;
  const std::string later = random_bytes(kFileBytes + 5, 9);
  // Right before the second look at it: its content has been read by then.
  ActBefore writing(sys::Call::kStat, "partial/./large", [&] { write_file(repo() + "/large", later); });
  {
    Repository repository = open_repository(repo());
    ScopedObserver watching(writing);
    must(repository.clone(copy(), by(filesystem() == "ext4" ? CloneMethod::kCopy : CloneMethod::kReflink)));
  }
  EXPECT_TRUE(writing.fired());
  EXPECT_TRUE(read_file(copy() + "/large") == later);
  expect_same_state(copy(), repo());
}

TEST_P(CloneTrouble, WhatVanishesMeanwhileIsLeftOut) {
  if (skipped()) return;
  ActBefore removing(sys::Call::kOpen, "out.o", [&] { remove_path(repo() + "/build"); });
  {
    Repository repository = open_repository(repo());
    ScopedObserver watching(removing);
    must(repository.clone(copy(), by(CloneMethod::kCopy)));
  }
  EXPECT_TRUE(removing.fired());
  EXPECT_FALSE(exists(copy() + "/build/out.o"));
  EXPECT_TRUE(read_file(copy() + "/large") == read_file(repo() + "/large"));
  EXPECT_EQ(status_of(copy()).modified, status_of(repo()).modified);
}

TEST_P(CloneTrouble, EveryFailingCallLeavesNothingAndTheNextTryWorks) {
  if (skipped()) return;
  for (std::uint64_t n = 1;; n += 7) {
    SCOPED_TRACE("call " + std::to_string(n));
    FailNth fault(n, EIO, CallSet::changes());
    {
      Repository repository = open_repository(repo());
      ScopedObserver watching(fault);
      auto cloned = repository.clone(copy(), {});
      if (cloned && !fault.fired()) break;
      if (!cloned) {
        EXPECT_FALSE(cloned.error().message().empty());
      }
    }
    if (exists(copy())) {  // what failed came after the renaming, or was no matter
      expect_same_state(copy(), repo());
      run_shell(temp().path(), "chmod -R u+w copy; rm -rf copy");
    }
    clone_to(repo(), copy());
    expect_same_state(copy(), repo());
    run_shell(temp().path(), "chmod -R u+w copy; rm -rf copy");
    if (HasFailure()) return;
  }
}

TEST_F(CloneOnBtrfs, KilledAtAnyChangeTheNextTryWorksAndNothingIsLeft) {
  if (skipped()) return;
  std::uint64_t n = 1;
  for (;; ++n) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return open_repository(repo()).clone(copy(), {}) ? 0 : 1;
    });
    if (exists(copy())) {
      expect_same_state(copy(), repo());
      run_shell(temp().path(), "chmod -R u+w copy; rm -rf copy");
    }
    if (!end.killed()) break;
    EXPECT_EQ(clone_to(repo(), copy()).method, "snapshot");
    expect_same_state(copy(), repo());
    EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"copy", "repo"}));
    run_shell(temp().path(), "chmod -R u+w copy; rm -rf copy");
    if (HasFailure()) return;
  }
  EXPECT_GE(n, 3u);
  expect_sound(repo());
}

TEST_F(CloneOnBtrfs, WhatAKilledOneLeavesIsFoundByPrune) {
  if (skipped()) return;
  ChildEnd end = run_child([&] {
    KillNth death(1, {sys::Call::kRename});
    ScopedObserver watching(death);
    return open_repository(repo()).clone(copy(), {}) ? 0 : 1;
  });
  ASSERT_TRUE(end.killed());
  const std::string left = temp() / ".copy.cowstore-partial";
  ASSERT_TRUE(exists(left));
  WorktreePruneReport report = must(open_repository(repo()).prune_worktrees({}));
  ASSERT_EQ(report.removed.size(), 1u);
  EXPECT_EQ(report.removed[0].path, left);
  EXPECT_EQ(names_in(temp().path()), std::vector<std::string>{"repo"});
}

TEST_F(CloneOnBtrfs, WhatIsBeingBuiltIsLeftAloneByPrune) {
  if (skipped()) return;
  std::size_t kept = 0;
  ActBefore pruning(sys::Call::kRename, "copy",
                    [&] { kept = must(open_repository(repo()).prune_worktrees({})).kept.size(); });
  {
    Repository repository = open_repository(repo());
    ScopedObserver watching(pruning);
    must(repository.clone(copy(), {}));
  }
  EXPECT_TRUE(pruning.fired());
  EXPECT_EQ(kept, 1u);
  expect_same_state(copy(), repo());
}

TEST_F(CloneOnBtrfs, ByASnapshotCostsTheSameWhateverThereIs) {
  if (skipped()) return;
  calls_of_a_clone("first");
  const std::uint64_t few = calls_of_a_clone("few");
  for (int i = 0; i < 500; ++i) write_file(repo() + "/many/" + std::to_string(i % 20) + "/" + std::to_string(i), "x");
  const std::uint64_t many = calls_of_a_clone("many");
  EXPECT_LE(many, few + 2);  // the log's state is asked for once more
  EXPECT_LT(many, 150u);
}

TEST_F(CloneOnBtrfs, ByASnapshotWritesNothingInIt) {
  if (skipped()) return;
  clone_to(repo(), copy());
  sys::Dir made = must(sys::Dir::open(copy()));
  const std::uint64_t generation = must(sys::subvolume_info(made)).generation;
  must(temp().open().sync_all());
  EXPECT_EQ(must(sys::subvolume_info(made)).generation, generation);
}

TEST_F(CloneOnBtrfs, SubvolumesWithinAreTakenAlong) {
  if (skipped()) return;
  must(sys::create_subvolume(must(sys::Dir::open(repo() + "/d")), "inner"));
  write_file(repo() + "/d/inner/file", random_bytes(kFileBytes, 5));
  must(sys::create_subvolume(must(sys::Dir::open(repo() + "/d/inner")), "innermost"));
  write_file(repo() + "/d/inner/innermost/file", "deep");
  make_repository(repo() + "/nested");
  write_file(repo() + "/nested/file", "of another repository");
  commit_all(repo() + "/nested", "its own");
  CloneReport report = clone_to(repo(), copy());
  EXPECT_EQ(report.method, "snapshot");
  EXPECT_EQ(report.subvolumes, (std::vector<std::string>{"d/inner", "nested"}));
  expect_same_state(copy(), repo());
  expect_clean(copy() + "/nested");
  EXPECT_EQ(open_repository(copy() + "/nested").store_path(), copy() + "/nested/.cowstore/store");
}

TEST_F(CloneOnBtrfs, OfAPlainDirectoryItIsMadeByReflinks) {
  if (skipped()) return;
  make_dirs(temp() / "plain");
  make_work(temp() / "plain");
  EXPECT_EQ(clone_to(temp() / "plain", copy()).method, "reflink");
  expect_same_state(copy(), temp() / "plain");
  expect_error(open_repository(temp() / "plain").clone(temp() / "b", by(CloneMethod::kSnapshot)),
               ErrorCode::kUnsupported, "plain directory");
  // What comes of it is a subvolume.
  EXPECT_EQ(clone_to(copy(), temp() / "next").method, "snapshot");
}

TEST_F(CloneOnBtrfs, OfAReadOnlySnapshotItIsWritable) {
  if (skipped()) return;
  must(sys::snapshot_subvolume(must(sys::Dir::open(repo())), temp().open(), "frozen", sys::SubvolumeAccess::kReadOnly));
  EXPECT_EQ(clone_to(temp() / "frozen", copy()).method, "snapshot");
  expect_same_state(copy(), repo());
  EXPECT_TRUE(commit_all(copy(), "goes on").created);
}

TEST_F(CloneOnBtrfs, AFileMarkedNocowIsClonedToo) {
  if (skipped()) return;
  run_shell(repo(), "touch image && chattr +C image && head -c 2000000 /dev/urandom > image");
  CloneReport report = clone_to(repo(), copy(), by(CloneMethod::kReflink));
  EXPECT_EQ(report.sharing.copied, report.sharing.copied_small);
  expect_same_state(copy(), repo());
}

}  // namespace cowstore::test
