// With full attributes everything that a directory can hold comes back, as the system's own programs see it.
#include <sys/stat.h>

#include <algorithm>

#include "support/run_child.hpp"
#include "system/full_repository.hpp"
#include "system/full_tree.hpp"
#include "system/outside_oracle.hpp"

namespace cowstore::test {

namespace {

class FullAttributes : public FullRepository {
 protected:
  [[nodiscard]] std::string seen(const std::string& root, OutsideTimes times = OutsideTimes::kHide) const {
    return outside_attributes(root, times);
  }

  void commit_and_tag(const std::string& name) const {
    ASSERT_TRUE(commit_all(copy(), name).created);
    expect_clean(copy());
    must(open_repository(copy()).create_tag(name, "@", Overwrite::kRefuse));
  }

  /// Two versions, tagged, and what they looked like.
  void commit_two_versions() {
    make_full_tree(copy(), filesystem());
    first = seen(copy());
    commit_and_tag("first");
    edit_full_tree(copy());
    second = seen(copy());
    commit_and_tag("second");
  }

  std::string first, second;
};
INSTANTIATE_TEST_SUITE_P(On, FullAttributes, every_filesystem(), filesystem_param_name);

std::string joined(const std::vector<std::string>& paths) {
  std::string text;
  for (const std::string& path : paths) text += (text.empty() ? "" : " ") + path;
  return text;
}

}  // namespace

TEST_P(FullAttributes, ComeBackInANewDirectory) {
  if (!ready()) return;
  make_full_tree(copy(), filesystem());
  const std::string expected = seen(copy(), OutsideTimes::kShow);
  commit_and_tag("first");
  expect_same(seen(copy(), OutsideTimes::kShow), expected, "the commit changed something");
  CheckoutReport report = check_out(copy(), "@", temp() / "again");
  expect_same(seen(temp() / "again", OutsideTimes::kShow), expected);
  expect_same(tree_text(temp() / "again"), tree_text(copy()));
  EXPECT_TRUE(report.unrestored.empty());
  EXPECT_EQ(report.sharing.linked, 3U);
  expect_clean(temp() / "again");
  expect_sound(copy());
}

TEST_P(FullAttributes, ComeBackInPlaceBothWays) {
  if (!ready()) return;
  commit_two_versions();
  switch_in_place(copy(), "first");
  expect_same(seen(copy()), first);
  expect_clean(copy());
  switch_in_place(copy(), "second");
  expect_same(seen(copy()), second);
  expect_clean(copy());
  check_out(copy(), "second", temp() / "again");
  expect_same(seen(temp() / "again"), second);
  expect_sound(copy());
}

TEST_P(FullAttributes, FilesThatDifferInThemAloneAreNotMadeAnew) {
  if (!ready()) return;
  commit_two_versions();
  std::vector<std::string> paths = {"plain", "dir/tool", "dir/net", "dir/other", "dir/acl", "dir/below/attributes",
                                    "link"};
  std::vector<std::uint64_t> before, after;
  for (const std::string& path : paths) before.push_back(inode_of(copy() + "/" + path));
  CheckoutReport report = switch_in_place(copy(), "first");
  for (const std::string& path : paths) after.push_back(inode_of(copy() + "/" + path));
  EXPECT_EQ(before, after);
  EXPECT_GE(report.replaced, paths.size());
}

TEST_P(FullAttributes, EachChangeOfThemIsAChange) {
  if (!ready()) return;
  make_full_tree(copy(), filesystem());
  commit_and_tag("first");
  run_shell(copy(), R"(
    chown 99 plain
    setfacl -m u:5:r dir/acl
    setfattr -n user.comment -v changed dir/below/attributes
    setfattr -h -n trusted.of_link -v changed link
    setcap -r dir/net
    chmod 0600 fifo
    rm dir/null; mknod -m 0604 dir/null c 1 5
    rm socket
    mkfifo dir/more
    setfattr -n user.x -v 1 sticky
  )");
  Status status = status_of(copy());
  EXPECT_EQ(joined(status.added), "dir/more");
  EXPECT_EQ(joined(status.modified), "dir/acl dir/below/attributes dir/net dir/null fifo link plain sticky");
  EXPECT_EQ(joined(status.deleted), "socket");
  EXPECT_TRUE(status.skipped.empty());
  EXPECT_TRUE(commit_all(copy(), "second").created);
  expect_clean(copy());
}

TEST_P(FullAttributes, RestoreAndUndoBringThemBack) {
  if (!ready()) return;
  make_full_tree(copy(), filesystem());
  const std::string committed = seen(copy());
  commit_and_tag("first");
  run_shell(
      copy(),
      "chown 99 plain; setfattr -x user.comment dir/below/attributes; rm fifo socket dir/null; setcap -r dir/net");
  const std::string edited = seen(copy());
  RestoreOptions options;
  options.paths = {"plain", "dir", "fifo", "socket"};
  must(open_repository(copy()).restore(options));
  expect_same(seen(copy()), committed);
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(seen(copy()), edited);
}

TEST_P(FullAttributes, AnUncommittedOwnerOrFifoIsNotOverwritten) {
  if (!ready()) return;
  commit_two_versions();
  run_shell(copy(), "chown 99 plain; rm socket; mkfifo socket");
  const std::string edited = seen(copy());
  auto refused = open_repository(copy()).switch_to("first", {});
  expect_error(refused, ErrorCode::kConflict, "plain");
  expect_same(seen(copy()), edited);
  CheckoutOptions force;
  force.overwrite = Overwrite::kForce;
  switch_in_place(copy(), "first", force);
  expect_same(seen(copy()), first);
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  expect_same(seen(copy()), edited);
}

TEST_P(FullAttributes, AKilledSwitchIsFinished) {
  if (!ready()) return;
  commit_two_versions();
  // Each file system has its share of the points.
  for (std::uint64_t n = filesystem() == "ext4" ? 1 : filesystem() == "btrfs" ? 3 : 5;; n += 7) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return open_repository(copy()).switch_to("first", {}) ? 0 : 1;
    });
    switch_in_place(copy(), "first");
    expect_same(seen(copy()), first);
    expect_clean(copy());
    switch_in_place(copy(), "second");
    expect_same(seen(copy()), second);
    if (!end.killed() || HasFailure()) break;
  }
  expect_sound(copy());
}

TEST_P(FullAttributes, LinksAloneMakeNoCommitButACommitRecordsThem) {
  if (!ready()) return;
  write_file(copy() + "/a", std::string(9000, 'a'));
  write_file(copy() + "/d/b", std::string(9000, 'a'));
  commit_and_tag("apart");
  run_shell(copy(), "touch -r a d/b; touch -r d stamp; ln -f a d/b; touch -r stamp d; rm stamp");
  EXPECT_TRUE(status_of(copy()).clean());
  EXPECT_FALSE(commit_all(copy(), "nothing").created);
  write_file(copy() + "/other", "o");
  EXPECT_TRUE(commit_all(copy(), "linked").created);
  check_out(copy(), "@", temp() / "again");
  EXPECT_EQ(inode_of(temp() / "again/a"), inode_of(temp() / "again/d/b"));
  // Whoever moves the directory of one name moves it of all.
  rename_path(copy() + "/d", copy() + "/0");
  EXPECT_TRUE(commit_all(copy(), "moved").created);
  check_out(copy(), "@", temp() / "moved");
  EXPECT_EQ(inode_of(temp() / "moved/a"), inode_of(temp() / "moved/0/b"));
  expect_sound(copy());
}

TEST_P(FullAttributes, OneNameOfALinkedFileIsCommittedAndRestoredAlone) {
  if (!ready()) return;
  write_file(copy() + "/a", std::string(9000, 'a'));
  make_hard_link(copy() + "/a", copy() + "/b");
  commit_and_tag("first");
  overwrite_file(copy() + "/a", "changed", 0);
  CommitOptions options;
  options.message = "one name";
  options.paths = {"a"};
  EXPECT_TRUE(must(open_repository(copy()).commit(options)).created);
  EXPECT_EQ(joined(status_of(copy()).modified), "b");
  check_out(copy(), "@", temp() / "again");
  EXPECT_NE(read_file(temp() / "again/a"), read_file(temp() / "again/b"));
  RestoreOptions restore;
  restore.paths = {"b"};
  must(open_repository(copy()).restore(restore));
  EXPECT_EQ(read_file(copy() + "/b"), std::string(9000, 'a'));
  expect_clean(copy());
}

TEST_P(FullAttributes, AnUnchangedTreeCostsNoLookAtAttributes) {
  if (!ready()) return;
  for (int i = 0; i < 50; ++i) write_file(copy() + "/d/" + std::to_string(i), "x");
  make_hard_link(copy() + "/d/1", copy() + "/d/1 too");
  commit_and_tag("first");
  std::uint64_t reads = 1;
  for (int i = 0; i < 1000 && reads > 0; ++i) {  // until the clock has ticked past what was just written
    CountCalls calls;
    ScopedObserver watching(calls);
    expect_clean(copy());
    reads = calls.count(sys::Call::kReadXattr);
  }
  EXPECT_EQ(reads, 0U);
}

TEST_P(FullAttributes, WithTimesAloneNoneIsEverReadAndSpecialFilesAreNamed) {
  if (!ready()) return;
  make_repository(temp() / "times");
  write_file(temp() / "times/a", "x");
  run_shell(temp() / "times", "setfattr -n user.a -v 1 a; mkfifo pipe; mknod null c 1 3");
  CountCalls calls;
  ScopedObserver watching(calls);
  CommitReport report = commit_all(temp() / "times", "first");
  EXPECT_EQ(joined(report.skipped), "null (device) pipe (named pipe)");
  expect_clean(temp() / "times");
  check_out(temp() / "times", "@", temp() / "again");
  EXPECT_EQ(calls.count(sys::Call::kSetXattr) + calls.count(sys::Call::kSetOwner), 0U);
  // On Btrfs the directory above is asked whether what is made in it inherits an ACL; no file is.
  EXPECT_LE(calls.count(sys::Call::kReadXattr), filesystem() == "btrfs" ? 1U : 0U);
  EXPECT_FALSE(exists(temp() / "again/pipe"));
}

TEST_P(FullAttributes, ListingsShowThem) {
  if (!ready()) return;
  make_full_tree(copy(), filesystem());
  commit_and_tag("first");
  auto entries = list_version(copy(), "@");
  auto at = [&](const std::string& path) {
    auto found =
        std::find_if(entries.begin(), entries.end(), [&](const EntryInfo& entry) { return entry.path == path; });
    return found == entries.end() ? EntryInfo{} : *found;
  };
  EXPECT_EQ(at("plain").owner, (FileOwner{11, 12}));
  EXPECT_EQ(joined(at("dir/below/attributes").xattrs), "trusted.secret user.binary user.comment user.empty");
  EXPECT_EQ(at("fifo").kind, EntryKind::kFifo);
  EXPECT_EQ(at("dir/disk").device_minor, 70000U);
  EXPECT_TRUE(at("linked").link_group.has_value());
  EXPECT_EQ(at("linked").link_group, at("dir/below/linked").link_group);
  EXPECT_EQ(at("plain").link_group, std::nullopt);
}

TEST_P(FullAttributes, OfTheSystemItselfAreNotRecorded) {
  if (!ready()) return;
  write_file(copy() + "/a", "x");
  run_shell(
      copy(),
      "setfattr -n trusted.overlay.opaque -v y a; setfattr -n user.overlay.x -v y a; setfattr -n user.kept -v y a");
  commit_and_tag("first");
  check_out(copy(), "@", temp() / "again");
  run_shell(temp() / "again", "test \"$(getfattr -d -m - --only-values a)\" = y");
  expect_clean(copy());
}

}  // namespace cowstore::test
