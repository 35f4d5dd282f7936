// `clone`: what it brings along, by each method on each file system.
#include <sys/stat.h>

#include "support/as_nobody.hpp"
#include "system/clone_bed.hpp"

namespace cowstore::test {

namespace {

struct Way {
  std::string filesystem;
  CloneMethod method;
  std::string name;  ///< as reports say
};

std::string way_name(const testing::TestParamInfo<Way>& way) {
  return way.param.filesystem + "_" + way.param.name + (way.param.method == CloneMethod::kAuto ? "_by_itself" : "");
}

class Clone : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    temp_ = temp_dir_on(GetParam().filesystem);
    if (temp_) make_work(repo());
  }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] std::string repo() const { return *temp_ / "repo"; }
  [[nodiscard]] std::string copy() const { return *temp_ / "copy"; }
  [[nodiscard]] const TempDir& temp() const { return *temp_; }
  CloneReport clone() { return clone_to(repo(), copy(), by(GetParam().method)); }

 private:
  std::unique_ptr<TempDir> temp_;
};

INSTANTIATE_TEST_SUITE_P(
    By, Clone,
    testing::Values(Way{"btrfs", CloneMethod::kAuto, "snapshot"}, Way{"btrfs", CloneMethod::kSnapshot, "snapshot"},
                    Way{"btrfs", CloneMethod::kReflink, "reflink"}, Way{"btrfs", CloneMethod::kCopy, "copy"},
                    Way{"xfs", CloneMethod::kAuto, "reflink"}, Way{"xfs", CloneMethod::kCopy, "copy"},
                    Way{"ext4", CloneMethod::kAuto, "copy"}),
    way_name);

}  // namespace

TEST_P(Clone, IsWhatTheSourceIsNow) {
  if (skipped()) return;
  CloneReport report = clone();
  EXPECT_EQ(report.method, GetParam().name);
  EXPECT_EQ(report.path, copy());
  EXPECT_EQ(report.source, repo());
  EXPECT_EQ(report.branch, "main");
  EXPECT_TRUE(report.unrestored.empty());
  expect_same_state(copy(), repo());
  EXPECT_TRUE(read_file(copy() + "/build/out.o") == random_bytes(20'000, 3));
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"copy", "repo"}));
  expect_sound(copy());
}

TEST_P(Clone, KeepsHoles) {
  if (skipped()) return;
  clone();
  struct stat sparse {};
  ASSERT_EQ(::stat((copy() + "/build/sparse.o").c_str(), &sparse), 0);
  EXPECT_EQ(sparse.st_size, 8 << 20);
  EXPECT_LT(sparse.st_blocks * 512, 1 << 20);
}

TEST_P(Clone, ReadsNothingInItsFirstStatus) {
  if (skipped()) return;
  // All of it committed, so that nothing has to be compared.
  commit_all(repo(), "second");
  clone();
  CountCalls calls;
  {
    ScopedObserver watching(calls);
    expect_clean(copy());
  }
  CountCalls warm;
  {
    ScopedObserver watching(warm);
    expect_clean(repo());
  }
  EXPECT_LE(calls.bytes_read(), warm.bytes_read() + 10'000);
  EXPECT_LT(calls.bytes_read(), kFileBytes);
  EXPECT_LE(calls.count(sys::Call::kOpen), warm.count(sys::Call::kOpen) + 10);
}

TEST_P(Clone, EditsOfOneNeverShowInTheOther) {
  if (skipped()) return;
  const std::string before = tree_text(repo());
  clone();
  overwrite_file(copy() + "/large", "edited in the clone", 1000);
  overwrite_file(copy() + "/build/out.o", "here too", 5000);
  remove_path(copy() + "/d/e");
  expect_same(tree_text(repo()), before, "the source");
  const std::string clone_text = tree_text(copy());
  overwrite_file(repo() + "/large", "edited in the source", 200'000);
  write_file(repo() + "/new", "x");
  expect_same(tree_text(copy()), clone_text, "the clone");
}

TEST_P(Clone, GoesItsOwnWay) {
  if (skipped()) return;
  clone();
  EXPECT_TRUE(commit_all(copy(), "in the clone").created);
  expect_clean(copy());
  switch_in_place(copy(), "main~1");
  EXPECT_EQ(read_file(copy() + "/tool"), "#!/bin/sh\n");
  switch_in_place(copy(), "main");
  expect_clean(copy());
  EXPECT_EQ(read_file(copy() + "/tool"), "#!/bin/bash\n");
  EXPECT_EQ(must(open_repository(repo()).show("@")).message, "first");
  EXPECT_EQ(must(open_repository(repo()).show("main")).message, "in the clone");
  // A clone of a clone, and of one whose source is gone.
  clone_to(copy(), temp() / "second", by(GetParam().method));
  expect_same_state(temp() / "second", copy());
}

TEST_P(Clone, CanBeRepeatedAndRemovedByHand) {
  if (skipped()) return;
  clone();
  expect_error(open_repository(repo()).clone(copy(), {}), ErrorCode::kConflict, "isn't empty");
  run_shell(temp().path(), "chmod -R u+w copy && rm -rf copy && mkdir copy");
  clone();
  expect_same_state(copy(), repo());
}

TEST_P(Clone, BringsOwnersAttributesLinksAndSpecialFiles) {
  if (skipped() || !is_root_or_skip()) return;
  InitOptions full;
  full.attributes = "full";
  const std::string source = temp() / "full";
  must(Repository::init(source, full, test_context()));
  make_full_tree(source, GetParam().filesystem);
  commit_all(source, "all of it");
  edit_full_tree(source);
  status_of(source);
  CloneReport report = clone_to(source, copy(), by(GetParam().method));
  EXPECT_TRUE(report.unrestored.empty());
  expect_same(outside_attributes(copy(), OutsideTimes::kShow), outside_attributes(source, OutsideTimes::kShow));
  expect_same_state(copy(), source);
  EXPECT_EQ(report.sharing.linked, GetParam().name == "snapshot" ? 0u : 3u);
}

TEST_P(Clone, WorksForAnOrdinaryUser) {
  if (skipped() || !is_root_or_skip()) return;
  set_mode(temp().path(), 0755);
  make_dirs(temp() / "home");
  give_to_nobody(temp() / "home");
  AsNobody nobody;
  const std::string source = temp() / "home/repo";
  const std::string target = temp() / "home/copy";
  make_work(source);
  EXPECT_EQ(clone_to(source, target, by(GetParam().method)).method, GetParam().name);
  expect_same_state(target, source);
  run_shell(temp() / "home", "chmod u+w copy/locked && rm -rf copy");
}

TEST_P(Clone, BeforeTheFirstCommitItIsAtNoneEither) {
  if (skipped()) return;
  make_repository(temp() / "fresh");
  write_file(temp() / "fresh/file", "not committed");
  EXPECT_FALSE(clone_to(temp() / "fresh", copy(), by(GetParam().method)).commit);
  EXPECT_EQ(status_of(copy()).added, std::vector<std::string>{"file"});
  EXPECT_TRUE(commit_all(copy(), "the first one").created);
}

TEST_P(Clone, MayBeDetachedOrFollowABranchOfItsOwn) {
  if (skipped()) return;
  CloneOptions detached = by(GetParam().method);
  detached.head = CloneHead::kDetached;
  EXPECT_FALSE(clone_to(repo(), copy(), detached).branch);
  EXPECT_FALSE(status_of(copy()).branch);
  CloneOptions branch = by(GetParam().method);
  branch.new_branch = "side";
  EXPECT_EQ(clone_to(repo(), temp() / "side", branch).branch, "side");
  EXPECT_EQ(status_of(temp() / "side").branch, "side");
  EXPECT_TRUE(commit_all(temp() / "side", "on the side").created);
  EXPECT_EQ(must(open_repository(repo()).show("side")).message, "on the side");
  expect_error(open_repository(repo()).clone(temp() / "third", branch), ErrorCode::kConflict, "exists");
  EXPECT_FALSE(exists(temp() / "third"));
}

}  // namespace cowstore::test
