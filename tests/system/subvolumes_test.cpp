// Working copies that are Btrfs subvolumes, and snapshots of them that somebody makes by other means than cowstore.
#include <algorithm>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/subvolume.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kFileBytes = 300'000;

class Subvolumes : public testing::Test {
 protected:
  void SetUp() override { temp_ = temp_dir_on("btrfs"); }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] const TempDir& temp() const { return *temp_; }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }

  /// A new directory made a repository, with a commit and an edit after it.
  void make() {
    make_repository(repo());
    write_file(repo() + "/large", random_bytes(kFileBytes, 1));
    write_file(repo() + "/d/small", "a few bytes");
    commit_all(repo(), "first");
  }
  void snapshot(const std::string& from, const std::string& to,
                sys::SubvolumeAccess access = sys::SubvolumeAccess::kWritable) {
    must(sys::snapshot_subvolume(must(sys::Dir::open(from)), temp().open(), to, access));
  }
  [[nodiscard]] static bool is_subvolume(const std::string& path) {
    return must(sys::is_subvolume(must(sys::Dir::open(path))));
  }
  static std::uint64_t operations_of(const std::string& path) {
    return must(open_repository(path).operations(0)).size();
  }

 private:
  std::unique_ptr<TempDir> temp_;
};

}  // namespace

TEST_F(Subvolumes, InitMakesANewDirectoryOneAndAlwaysTheStore) {
  if (skipped()) return;
  must(Repository::init(temp() / "a/new", {}, test_context()));
  EXPECT_TRUE(is_subvolume(temp() / "a/new"));
  EXPECT_TRUE(is_subvolume(temp() / "a/new/.cowstore/store"));
  EXPECT_FALSE(is_subvolume(temp() / "a"));
  make_dirs(temp() / "present");
  InitReport plain = must(Repository::init(temp() / "present", {}, test_context()));
  EXPECT_FALSE(is_subvolume(temp() / "present"));
  EXPECT_TRUE(is_subvolume(temp() / "present/.cowstore/store"));
  ASSERT_EQ(plain.notes.size(), 1u);
  EXPECT_NE(plain.notes[0].find("plain directory"), std::string::npos);
}

TEST_F(Subvolumes, CheckoutMakesOneWhateverIsThere) {
  if (skipped()) return;
  make();
  check_out(repo(), "main", temp() / "absent");
  make_dirs(temp() / "empty");
  check_out(repo(), "main", temp() / "empty");
  must(sys::create_subvolume(temp().open(), "empty subvolume"));
  check_out(repo(), "main", temp() / "empty subvolume");
  for (const char* name : {"absent", "empty", "empty subvolume"}) {
    EXPECT_TRUE(is_subvolume(temp() / name)) << name;
    expect_clean(temp() / name);
    expect_same(tree_text(temp() / name), tree_text(repo()), name);
  }
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"absent", "empty", "empty subvolume", "repo"}));
}

TEST_F(Subvolumes, AnOrdinaryRemovalTakesTheWholeRepository) {
  if (skipped()) return;
  make();
  ASSERT_EQ(std::system(("rm -rf '" + repo() + "'").c_str()), 0);
  EXPECT_FALSE(exists(repo()));
}

TEST_F(Subvolumes, AnInterruptedCheckoutIsReplacedByTheNextOne) {
  if (skipped()) return;
  make();
  must(sys::create_subvolume(temp().open(), ".out.cowstore-partial"));
  write_file(temp() / ".out.cowstore-partial/d/half", "half a file");
  check_out(repo(), "main", temp() / "out");
  expect_clean(temp() / "out");
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"out", "repo"}));
}

TEST_F(Subvolumes, ASnapshotOfTheRepositoryIsAWorkingCopyOfTheSameStore) {
  if (skipped()) return;
  make();
  write_file(repo() + "/edited", "before the snapshot");
  snapshot(repo(), "snapshot");
  EXPECT_EQ(open_repository(temp() / "snapshot").store_path(), repo() + "/.cowstore/store");
  EXPECT_EQ(status_of(temp() / "snapshot").added, std::vector<std::string>{"edited"});
  EXPECT_TRUE(commit_all(temp() / "snapshot", "in the snapshot").created);
  expect_clean(temp() / "snapshot");
  // The original is where it was, behind the branch.
  EXPECT_EQ(status_of(repo()).added, std::vector<std::string>{"edited"});
  EXPECT_EQ(must(open_repository(repo()).show("@")).message, "first");
  EXPECT_EQ(must(open_repository(repo()).show("main")).message, "in the snapshot");
  expect_sound(repo());
}

TEST_F(Subvolumes, ASnapshotIsRegisteredOnceAndItsFirstStatusReadsNothing) {
  if (skipped()) return;
  make();
  status_of(repo());
  snapshot(repo(), "snapshot");
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    expect_clean(temp() / "snapshot");
  }
  EXPECT_LT(calls.bytes_read(), kFileBytes);
  std::uint64_t operations = operations_of(repo());
  expect_clean(temp() / "snapshot");
  switch_in_place(temp() / "snapshot", "main");
  expect_clean(temp() / "snapshot");
  rename_path(temp() / "snapshot", temp() / "moved");
  expect_clean(temp() / "moved");
  EXPECT_LE(operations_of(repo()), operations + 1);
}

TEST_F(Subvolumes, ASnapshotOfASnapshotBeginsWhereThatOneIs) {
  if (skipped()) return;
  make();
  write_file(repo() + "/d/small", "second");
  commit_all(repo(), "second");
  snapshot(repo(), "one");
  switch_in_place(temp() / "one", "main~1");
  snapshot(temp() / "one", "two");
  switch_in_place(repo(), "main");
  expect_clean(temp() / "two");
  EXPECT_EQ(must(open_repository(temp() / "two").show("@")).message, "first");
  EXPECT_EQ(must(open_repository(repo()).show("@")).message, "second");
}

TEST_F(Subvolumes, ASnapshotBeginsWhereItsSourceWasWhenItWasMade) {
  if (skipped()) return;
  make();
  snapshot(repo(), "snapshot");
  write_file(repo() + "/d/small", "second");
  CommitOptions options;
  options.message = "second";
  must(open_in_the_future(repo()).commit(options));
  expect_clean(temp() / "snapshot");
  EXPECT_EQ(must(open_repository(temp() / "snapshot").show("@")).message, "first");
  // So nothing of the branch is taken back in silence.
  write_file(temp() / "snapshot/large", "edited");
  expect_error(open_repository(temp() / "snapshot").commit(options), ErrorCode::kConflict, "main");
}

TEST_F(Subvolumes, AReadOnlySnapshotIsRegisteredAndRead) {
  if (skipped()) return;
  make();
  snapshot(repo(), "frozen", sys::SubvolumeAccess::kReadOnly);
  expect_clean(temp() / "frozen");
  write_file(repo() + "/d/small", "second");
  commit_all(repo(), "second");
  expect_clean(temp() / "frozen");
  EXPECT_EQ(must(open_repository(temp() / "frozen").show("@")).message, "first");
}

TEST_F(Subvolumes, ASnapshotPutInThePlaceOfItsSourceGoesOnAsIt) {
  if (skipped()) return;
  make();
  check_out(repo(), "main", temp() / "copy");
  snapshot(temp() / "copy", "before");
  write_file(temp() / "copy/large", "spoiled");
  remove_path(temp() / "copy");
  rename_path(temp() / "before", temp() / "copy");
  expect_clean(temp() / "copy");
  write_file(temp() / "copy/d/small", "goes on");
  EXPECT_TRUE(commit_all(temp() / "copy", "from there").created);
  expect_clean(temp() / "copy");
  // Neither is it taken for another one from then on.
  std::uint64_t operations = operations_of(repo());
  expect_clean(temp() / "copy");
  EXPECT_EQ(operations_of(repo()), operations);
}

TEST_F(Subvolumes, APlainCopyOfASnapshotParts) {
  if (skipped()) return;
  make();
  snapshot(repo(), "snapshot");
  expect_clean(temp() / "snapshot");
  ASSERT_EQ(std::system(("cp -a '" + (temp() / "snapshot") + "' '" + (temp() / "copy") + "'").c_str()), 0);
  expect_clean(temp() / "copy");
  write_file(temp() / "copy/d/small", "of the copy");
  EXPECT_TRUE(commit_all(temp() / "copy", "second").created);
  expect_clean(temp() / "snapshot");
  expect_clean(repo());
  EXPECT_EQ(must(open_repository(repo()).show("@")).message, "first");
}

TEST_F(Subvolumes, ASnapshotTakenAfterAMoveFindsTheStoreWhereItIs) {
  if (skipped()) return;
  make();
  rename_path(repo(), temp() / "moved");
  switch_in_place(temp() / "moved", "main");  // any command that takes the lock
  snapshot(temp() / "moved", "snapshot");
  expect_clean(temp() / "snapshot");
  EXPECT_EQ(open_repository(temp() / "snapshot").store_path(), temp() / "moved/.cowstore/store");
}

TEST_F(Subvolumes, AStoreOfOthersIsNotTakenForTheOneThatMoved) {
  if (skipped()) return;
  make();
  snapshot(repo(), "snapshot");
  rename_path(repo(), temp() / "moved");
  make_repository(repo());
  expect_error(Repository::open(temp() / "snapshot", test_context()), ErrorCode::kNotFound, "knows nothing");
  EXPECT_EQ(operations_of(repo()), 1u);
}

}  // namespace cowstore::test
