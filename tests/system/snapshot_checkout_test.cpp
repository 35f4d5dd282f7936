// New working copies by snapshots of templates: they must be what a checkout by reflinks makes, whatever they came
// from.
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <random>

#include "repo/open.hpp"
#include "repo/templates.hpp"
#include "support/as_nobody.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/lock.hpp"
#include "sys/subvolume.hpp"
#include "system/bed.hpp"
#include "system/full_tree.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kFiles = 300;  // enough for a template
constexpr std::size_t kFilesADirectory = 15;
constexpr std::size_t kLargeBytes = 300'000;

CheckoutOptions by(CheckoutMethod method) {
  CheckoutOptions options;
  options.method = method;
  return options;
}

void fill(const std::string& root, std::size_t files) {
  for (std::size_t i = 0; i < files; ++i) {
    std::string path = root + "/d" + std::to_string(i / kFilesADirectory) + "/f" + std::to_string(i);
    write_file(path, "content of " + std::to_string(i));
    set_mtime(path, {1'500'000'000 + static_cast<std::int64_t>(i), 123});
  }
  write_file(root + "/large", random_bytes(kLargeBytes, 1));
  write_file(root + "/sub/tool", "#!/bin/sh\n", 0755);
  write_file(root + "/sub/deep/er/file", "deep");
  make_symlink("sub/tool", root + "/link");
  make_dirs(root + "/empty");
}

class SnapshotCheckout : public testing::Test {
 protected:
  void SetUp() override { temp_ = temp_dir_on("btrfs"); }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] const TempDir& temp() const { return *temp_; }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }

  void make(const InitOptions& options = {}, std::size_t files = kFiles) {
    must(Repository::init(repo(), options, test_context()));
    fill(repo(), files);
    commit_all(repo(), "first");
  }
  CheckoutReport checkout(const std::string& revision, const std::string& name,
                          CheckoutMethod method = CheckoutMethod::kAuto) {
    return check_out(repo(), revision, temp() / name, by(method));
  }
  /// It is what files made one by one are, and known to be without a look into any.
  void expect_as_by_reflink(const std::string& revision, const std::string& name) {
    checkout(revision, "expected", CheckoutMethod::kReflink);
    expect_same(tree_text(temp() / name), tree_text(temp() / "expected"), name);
    CountCalls calls;
    {
      ScopedObserver watching(calls);
      expect_clean(temp() / name);
    }
    EXPECT_LT(calls.bytes_read(), kLargeBytes);
    remove_copy("expected");
  }
  void remove_copy(const std::string& name) {
    must(open_repository(repo()).remove_worktree(temp().path(), name, Overwrite::kRefuse));
  }
  [[nodiscard]] std::vector<std::string> templates() const {
    std::vector<std::string> names = names_in(repo() + "/.cowstore/store/templates");
    std::erase(names, "lock");
    return names;
  }
  std::uint64_t calls_of(const std::string& revision, const std::string& name) {
    Repository repository = open_repository(repo());
    CountCalls calls;
    ScopedObserver watching(calls);
    EXPECT_EQ(must(repository.checkout(revision, temp() / name, {})).method, "snapshot");
    return calls.total();
  }

 private:
  std::unique_ptr<TempDir> temp_;
};

/// Does something right before a directory is opened that a subvolume call has just made.
class ActOnceMade : public sys::Observer {
 public:
  ActOnceMade(std::string name, std::function<void()> action) : name_(std::move(name)), action_(std::move(action)) {}
  int before(sys::Call call, std::uint64_t /*bytes*/, std::string_view name) override {
    if (name != name_) return 0;
    if (call == sys::Call::kSubvolume) made_ = true;
    if (call != sys::Call::kOpen || !made_ || done_.exchange(true)) return 0;
    action_();
    return 0;
  }
  [[nodiscard]] bool done() const { return done_; }

 private:
  std::string name_;
  std::function<void()> action_;
  std::atomic<bool> made_{false};
  std::atomic<bool> done_{false};
};

/// Some of everything that can differ between two versions.
void change_all_kinds(const std::string& root) {
  write_file(root + "/d1/f20", "changed");
  set_mtime(root + "/d1/f20", {1'600'000'000, 5});
  write_file(root + "/d2/new", "new");
  remove_path(root + "/d3/f45");
  remove_path(root + "/d4");
  write_file(root + "/added/a/b", "b");
  write_file(root + "/added/c", random_bytes(kLargeBytes, 2));
  set_mode(root + "/added/a", 0500);
  remove_path(root + "/link");
  make_symlink("large", root + "/link");
  set_mtime(root + "/link", {1'000'000'000, 7});
  remove_path(root + "/sub/tool");
  write_file(root + "/sub/tool/now/a/directory", "x");
  remove_path(root + "/sub/deep");
  write_file(root + "/sub/deep", "now a file");
  set_mode(root + "/d5/f80", 0600);
  set_mode(root + "/d6/f95", 0755);
  set_mtime(root + "/d7/f110", {1'700'000'000, 9});  // nothing but a time
  set_mtime(root + "/d8", {1'700'000'001, 9});
  set_mode(root + "/d9", 0555);
  set_mode(root + "/empty", 0700);
  set_mtime(root, {1'700'000'002, 9});
}

}  // namespace

TEST_F(SnapshotCheckout, TheSecondCheckoutOfACommitIsASnapshot) {
  if (skipped()) return;
  make();
  EXPECT_EQ(checkout("main", "first").method, "reflink");
  EXPECT_EQ(templates().size(), 1U);
  CheckoutReport report = checkout("main", "second");
  EXPECT_EQ(report.method, "snapshot");
  ASSERT_TRUE(report.source);
  EXPECT_EQ(report.source->commit, report.commit);
  EXPECT_EQ(report.source->different, 0U);
  EXPECT_EQ(report.created, kFiles + 4);
  EXPECT_EQ(report.branch, "main");
  EXPECT_EQ(report.sharing.copied + report.sharing.cloned, 0U);
  for (const char* name : {"first", "second"}) expect_as_by_reflink("main", name);
  EXPECT_EQ(status_of(temp() / "second").branch, "main");
  write_file(temp() / "second/d1/f20", "an edit");
  commit_all(temp() / "second", "in the snapshot");
  expect_sound(repo());
}

TEST_F(SnapshotCheckout, OfANearVersionOnlyTheDifferenceIsMade) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  change_all_kinds(repo());
  commit_all(repo(), "second");
  CheckoutReport report = checkout("main", "near");
  EXPECT_EQ(report.method, "snapshot");
  ASSERT_TRUE(report.source);
  EXPECT_GT(report.source->different, 20U);
  EXPECT_LT(report.sharing.cloned + report.sharing.copied, 20U);
  expect_as_by_reflink("main", "near");
  checkout("@~1", "back");
  expect_as_by_reflink("@~1", "back");
  const CommitId before = status_of(temp() / "near").commit.value();
  CommitOptions nothing;
  nothing.message = "nothing";
  EXPECT_EQ(must(open_repository(temp() / "near").commit(nothing)).commit, before);
  expect_sound(repo());
}

TEST_F(SnapshotCheckout, RandomChangesComeOutAsByReflinks) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  std::minstd_rand random(7);
  for (int round = 0; round < (COWSTORE_SOAK ? 40 : 6); ++round) {
    SCOPED_TRACE(round);
    for (int i = 0; i < 5; ++i) {
      std::string directory = repo() + "/d" + std::to_string(random() % 20);
      std::string file = directory + "/f" + std::to_string(random() % kFiles);
      switch (random() % 5) {
        case 0:
          remove_path(file);
          break;
        case 1:
          if (random() % 10 == 0) remove_path(directory);
          break;
        case 2:
          write_file(file + ".d/in/it", random_bytes(random() % 20'000, i + 1));
          break;
        default:
          if (!exists(file)) write_file(file, random_bytes(random() % 100'000, i + 1));
          break;
      }
    }
    commit_all(repo(), "a round");
    std::string name = "copy" + std::to_string(round);
    EXPECT_EQ(checkout("main", name).method, "snapshot");
    expect_as_by_reflink("main", name);
  }
  expect_sound(repo());
}

TEST_F(SnapshotCheckout, WhatIsNotNearIsMadeByReflinks) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  for (std::size_t i = 0; i < kFiles; i += 2)
    write_file(repo() + "/d" + std::to_string(i / kFilesADirectory) + "/f" + std::to_string(i), "another");
  commit_all(repo(), "second");
  EXPECT_EQ(checkout("main", "far").method, "reflink");
  EXPECT_EQ(templates().size(), 2U);
}

TEST_F(SnapshotCheckout, ASmallTreeHasATemplateOnlyIfASnapshotIsAskedFor) {
  if (skipped()) return;
  make({}, 10);
  checkout("main", "first");
  EXPECT_FALSE(exists(repo() + "/.cowstore/store/templates"));
  EXPECT_EQ(checkout("main", "second", CheckoutMethod::kSnapshot).method, "snapshot");
  EXPECT_EQ(templates().size(), 1U);
  expect_as_by_reflink("main", "second");
  EXPECT_EQ(checkout("main", "third").method, "snapshot");
}

TEST_F(SnapshotCheckout, ItCostsTheSameWhateverTheTree) {
  if (skipped()) return;
  make();
  checkout("main", "small");
  checkout("main", "small again");
  const std::uint64_t few = calls_of("main", "of few");
  fill(repo() + "/more", 4 * kFiles);
  commit_all(repo(), "more");
  checkout("main", "large");
  checkout("main", "large again");
  EXPECT_LE(calls_of("main", "of many"), few + 4);
}

TEST_F(SnapshotCheckout, FullAttributesComeByATemplateOfTheSameCommitAlone) {
  if (skipped()) return;
  InitOptions full;
  full.attributes = "full";
  must(Repository::init(repo(), full, test_context()));
  fill(repo(), kFiles);
  make_dirs(repo() + "/full");
  make_full_tree(repo() + "/full", "btrfs");
  commit_all(repo(), "first");
  checkout("main", "first");
  EXPECT_EQ(checkout("main", "second").method, "snapshot");
  checkout("main", "expected", CheckoutMethod::kReflink);
  EXPECT_EQ(outside_attributes(temp() / "second", OutsideTimes::kShow),
            outside_attributes(temp() / "expected", OutsideTimes::kShow));
  expect_same(tree_text(temp() / "second"), tree_text(temp() / "expected"));
  expect_clean(temp() / "second");
  write_file(repo() + "/more", "x");
  commit_all(repo(), "second");
  EXPECT_EQ(checkout("main", "third").method, "reflink");
}

TEST_F(SnapshotCheckout, ADamagedTemplateIsNotUsed) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  std::string tree = repo() + "/.cowstore/store/templates/" + templates()[0] + "/tree";
  {
    sys::Dir dir = must(sys::Dir::open(tree));
    must(sys::set_subvolume_access(dir, sys::SubvolumeAccess::kWritable));
    overwrite_file(tree + "/d1/f20", "damaged", 0);  // which has not reached the disk yet
    must(sys::set_subvolume_access(dir, sys::SubvolumeAccess::kReadOnly));
  }
  EXPECT_EQ(checkout("main", "second").method, "reflink");
  expect_as_by_reflink("main", "second");
  EXPECT_EQ(checkout("main", "third").method, "snapshot");
  expect_as_by_reflink("main", "third");
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"first", "repo", "second", "third"}));
}

TEST_F(SnapshotCheckout, ADirectoryThatHandsDownItsGroupGetsFilesOfIt) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  make_dirs(temp() / "shared");
  ASSERT_EQ(::chown((temp() / "shared").c_str(), 0, kNobody), 0);
  set_mode(temp() / "shared", 02775);
  EXPECT_EQ(checkout("main", "shared/copy").method, "reflink");
  struct stat found {};
  ASSERT_EQ(::stat((temp() / "shared/copy/large").c_str(), &found), 0);
  EXPECT_EQ(found.st_gid, kNobody);
  expect_error(open_repository(repo()).checkout("main", temp() / "shared/two", by(CheckoutMethod::kSnapshot)),
               ErrorCode::kUnsupported, "hands down");
  EXPECT_EQ(names_in(temp() / "shared"), (std::vector<std::string>{"copy"}));
}

TEST_F(SnapshotCheckout, ToAnotherFileSystemFilesAreCopied) {
  if (skipped()) return;
  auto other = temp_dir_on("ext4");
  if (!other) return;
  make();
  checkout("main", "first");
  EXPECT_EQ(check_out(repo(), "main", *other / "copy").method, "copy");
  expect_same(tree_text(*other / "copy"), tree_text(temp() / "first"));
  expect_error(open_repository(repo()).checkout("main", *other / "two", by(CheckoutMethod::kSnapshot)),
               ErrorCode::kUnsupported, "Btrfs");
  EXPECT_EQ(names_in(other->path()), (std::vector<std::string>{"copy"}));
}

TEST_F(SnapshotCheckout, WhatContradictsASnapshotIsRefused) {
  if (skipped()) return;
  make();
  CheckoutOptions verify = by(CheckoutMethod::kSnapshot);
  verify.verification = Verification::kVerify;
  expect_error(open_repository(repo()).checkout("main", temp() / "copy", verify), ErrorCode::kUnsupported, "verified");
  expect_error(open_repository(repo()).switch_to("main", by(CheckoutMethod::kSnapshot)), ErrorCode::kUsage,
               "new working copy");
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"repo"}));
}

TEST_F(SnapshotCheckout, AnOrdinaryUserHasTemplatesOfTheirOwn) {
  if (skipped() || !is_root_or_skip()) return;
  give_to_nobody(temp().path());
  {
    AsNobody nobody;
    make();
    checkout("main", "first");
    EXPECT_EQ(checkout("main", "second").method, "snapshot");
    expect_as_by_reflink("main", "second");
  }
  EXPECT_EQ(checkout("main", "of root").method, "reflink");
  EXPECT_EQ(templates().size(), 2U);
  struct stat found {};
  ASSERT_EQ(::stat((temp() / "of root/large").c_str(), &found), 0);
  EXPECT_EQ(found.st_uid, 0U);
}

TEST_F(SnapshotCheckout, OfTwoAtTheSameTimeTheSlowerRemovesNothingOfTheOther) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  const std::string partial = temp() / ".copy.cowstore-partial";
  std::optional<sys::DirLock> others;
  ActOnceMade other(".copy.cowstore-partial", [&] {
    must(sys::remove_subvolume(temp().open(), ".copy.cowstore-partial"));
    write_file(partial + "/file", "the other's");
    others = must(sys::DirLock::try_acquire(must(sys::Dir::open(partial))));
  });
  ActOnceMade remover(".copy.cowstore-partial",
                      [&] { must(sys::remove_subvolume(temp().open(), ".copy.cowstore-partial")); });
  for (ActOnceMade* faster : {&remover, &other}) {
    Repository repository = open_repository(repo());
    ScopedObserver watching(*faster);
    expect_error(repository.checkout("main", temp() / "copy", {}), ErrorCode::kBusy, "another cowstore is at it");
    EXPECT_TRUE(faster->done());
  }
  EXPECT_EQ(read_file(partial + "/file"), "the other's");
  EXPECT_FALSE(exists(temp() / "copy"));
}

TEST_F(SnapshotCheckout, TheTemplateOfWhatWasMadeIsNoSnapshotOfItToWorkIn) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  const std::string tree = repo() + "/.cowstore/store/templates/" + templates()[0] + "/tree";
  expect_error(Repository::open(tree, test_context()), ErrorCode::kUnsupported, "template");
  EXPECT_EQ(must(open_repository(repo()).worktrees({})).size(), 2U);
}

TEST_F(SnapshotCheckout, ATemplateThatIsAnothersIsNotUsed) {
  if (skipped() || !is_root_or_skip()) return;
  make();
  checkout("main", "first");
  give_to_nobody(repo() + "/.cowstore/store/templates/" + templates()[0]);
  EXPECT_EQ(checkout("main", "second").method, "reflink");
  EXPECT_EQ(checkout("main", "third").method, "snapshot");
}

TEST_F(SnapshotCheckout, WhatRootMadeIsNotInTheWayOfPruning) {
  if (skipped() || !is_root_or_skip()) return;
  give_to_nobody(temp().path());
  {
    AsNobody nobody;
    make();
  }
  checkout("main", "of root");
  EXPECT_EQ(templates().size(), 1U);
  WorktreePruneOptions prune;
  prune.templates = WorktreePruneOptions::Templates::kDropUnused;
  AsNobody nobody;
  EXPECT_TRUE(must(open_repository(repo()).prune_worktrees(prune)).removed.empty());
  EXPECT_EQ(checkout("main", "own").method, "reflink");
}

TEST_F(SnapshotCheckout, WhatLiesInADirectoryThatLocksItsOwnerOutIsMadeAnew) {
  if (skipped() || !is_root_or_skip()) return;
  make();
  write_file(repo() + "/locked/in/file", "1");
  set_mode(repo() + "/locked", 0);
  commit_all(repo(), "second");
  write_file(repo() + "/locked/in/file", "2");
  commit_all(repo(), "third");
  ASSERT_EQ(std::system(("chown -R 65534:65534 '" + temp().path() + "'").c_str()), 0);
  {
    AsNobody nobody;
    EXPECT_EQ(checkout("@~1", "first").method, "reflink");
    EXPECT_EQ(checkout("main", "second").method, "reflink");
    EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"first", "repo", "second"}));
  }
  EXPECT_EQ(read_file(temp() / "second/locked/in/file"), "2");
}

TEST_F(SnapshotCheckout, WhichBranchItFollowsIsDurable) {
  if (skipped()) return;
  make();
  const std::string commit = checkout("main", "first").commit.hex();
  checkout(commit, "detached");
  write_file(temp() / "detached/more", "x");
  commit_all(temp() / "detached", "settles what was appended before");
  Repository repository = open_repository(repo());
  const auto syncs_of = [&](const std::string& revision, const std::string& name) {
    CountCalls calls;
    ScopedObserver watching(calls);
    EXPECT_EQ(must(repository.checkout(revision, temp() / name, {})).method, "snapshot");
    return calls.count(sys::Call::kSync);
  };
  EXPECT_GT(syncs_of("main", "second"), 0U);
  EXPECT_EQ(syncs_of(commit, "third"), 0U) << "its home says it all";
}

TEST_F(SnapshotCheckout, KilledAtAnyChangeTheNextTryWorksAndNothingIsLeft) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  change_all_kinds(repo());
  commit_all(repo(), "second");
  checkout("main", "expected", CheckoutMethod::kReflink);
  const std::string expected = tree_text(temp() / "expected");
  const std::vector<std::string> before = names_in(temp().path());
  for (const char* revision : {"main", "@~1"}) {
    for (std::uint64_t n = 1;; ++n) {
      SCOPED_TRACE(std::string(revision) + " " + std::to_string(n));
      ChildEnd end = run_child([&] {
        Repository repository = open_repository(repo());
        KillNth death(n, CallSet::changes());
        ScopedObserver watching(death);
        return repository.checkout(revision, temp() / "copy", {}).ok() ? 0 : 1;
      });
      if (exists(temp() / "copy")) {
        expect_clean(temp() / "copy");
        if (std::string(revision) == "main") expect_same(tree_text(temp() / "copy"), expected);
        remove_copy("copy");
      }
      if (n % 2 == 0) must(open_repository(repo()).prune_worktrees({}));
      if (n % 2 == 1) {
        EXPECT_EQ(checkout(revision, "copy").method, "snapshot");
        remove_copy("copy");
      }
      EXPECT_EQ(names_in(temp().path()), before);
      if (!end.killed()) break;
    }
  }
  expect_sound(repo());
}

TEST_F(SnapshotCheckout, EveryFailingCallLeavesNothingAndTheNextTryWorks) {
  if (skipped()) return;
  make();
  checkout("main", "first");
  change_all_kinds(repo());
  commit_all(repo(), "second");
  const std::vector<std::string> before = names_in(temp().path());
  for (int error : {EIO, ENOSPC, EPERM}) {
    for (std::uint64_t n = 1;; ++n) {
      SCOPED_TRACE(std::to_string(error) + " " + std::to_string(n));
      Repository repository = open_repository(repo());
      FailNth fault(n, error, CallSet::changes());
      bool made = false;
      {
        ScopedObserver watching(fault);
        made = repository.checkout("main", temp() / "copy", {}).ok();
      }
      if (exists(temp() / "copy")) {
        expect_clean(temp() / "copy");
        remove_copy("copy");
      } else {
        EXPECT_FALSE(made);
      }
      must(open_repository(repo()).prune_worktrees({}));
      EXPECT_EQ(names_in(temp().path()), before);
      if (!fault.fired()) break;
    }
  }
  expect_sound(repo());
}

}  // namespace cowstore::test
