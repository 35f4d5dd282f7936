// Working copies made of hard links: what they share, what an edit does, and what never becomes a link.
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "support/as_nobody.hpp"
#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"
#include "system/full_tree.hpp"
#include "system/outside_oracle.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kBytes = 100'000;
constexpr Timestamp kThen{1'500'000'000, 123'456'789};

struct stat stat_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw std::runtime_error("stat " + path);
  return info;
}

/// On ext4 and XFS: on Btrfs the store is a subvolume, out of which no link leads.
class HardLinks : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (!skipped()) prepare({});
  }
  void prepare(const InitOptions& options) {
    make_repository(repo(), options);
    write_file(repo() + "/large", random_bytes(kBytes, 1));
    write_file(repo() + "/d/tool", "#!/bin/sh\n", 0755);
    write_file(repo() + "/d/group", random_bytes(5'000, 2), 0664);
    write_file(repo() + "/twin", random_bytes(6'000, 3));
    write_file(repo() + "/d/twin", random_bytes(6'000, 3));
    write_file(repo() + "/empty", "");
    for (const char* name : {"large", "d/tool", "d/group", "twin", "d/twin", "empty"})
      set_mtime(repo() + "/" + name, kThen);
    commit_all(repo(), "first");
  }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }
  [[nodiscard]] std::string one() const { return temp() / "one"; }
  [[nodiscard]] std::string two() const { return temp() / "two"; }

  static CheckoutOptions by_links() {
    CheckoutOptions options;
    options.method = CheckoutMethod::kHardlink;
    return options;
  }
  CheckoutReport link_to(const std::string& directory, const std::string& revision = "main") const {
    return check_out(repo(), revision, directory, by_links());
  }
  [[nodiscard]] std::vector<std::string> sources() const {
    std::vector<std::string> names;
    for (const std::string& shelf : names_in(repo() + "/.cowstore/store/links")) {
      for (const std::string& name : names_in(repo() + "/.cowstore/store/links/" + shelf)) names.push_back(name);
    }
    return names;
  }
};
INSTANTIATE_TEST_SUITE_P(On, HardLinks, testing::Values("ext4", "xfs"), filesystem_param_name);

void expect_modified(const std::string& copy, const std::vector<std::string>& paths) {
  EXPECT_EQ(status_of(copy).modified, paths) << copy;
}

}  // namespace

TEST_P(HardLinks, TwoCopiesShareEveryFileAndTheSecondWritesNothing) {
  if (skipped()) return;
  CheckoutReport first = link_to(one());
  EXPECT_EQ(first.method, "hardlink");
  EXPECT_EQ(first.sharing.linked, 5U);
  EXPECT_EQ(first.sharing.copied, 1U) << "the empty one";
  CheckoutReport second = link_to(two());
  EXPECT_EQ(second.sharing.linked, 5U);
  EXPECT_EQ(second.sharing.bytes_linked, kBytes + 10 + 5'000 + 2 * 6'000);
  EXPECT_EQ(second.sharing.bytes_written, 0U);
  for (const char* name : {"large", "d/tool", "d/group"}) {
    EXPECT_EQ(inode_of(one() + "/" + name), inode_of(two() + "/" + name)) << name;
    EXPECT_TRUE(read_file(two() + "/" + name) == read_file(repo() + "/" + name)) << name;
    EXPECT_EQ(mtime_of(two() + "/" + name), kThen) << name;
    EXPECT_EQ(stat_of(two() + "/" + name).st_mode & 0222U, 0U) << name;
  }
  EXPECT_NE(inode_of(one() + "/empty"), inode_of(two() + "/empty"));
  EXPECT_EQ(sources().size(), 5U);
  expect_sound(repo());
}

TEST_P(HardLinks, WhereAutoCopiesItSaysThatLinksWouldHaveShared) {
  if (skipped()) return;
  CheckoutReport report = check_out(repo(), "main", one());
  const bool says = report.sharing.copy_reason.find("--method hardlink") != std::string::npos;
  EXPECT_EQ(says, filesystem() == "ext4") << report.sharing.copy_reason;
  TempDir elsewhere;
  report = check_out(repo(), "main", elsewhere / "two");
  EXPECT_EQ(report.sharing.copy_reason.find("--method hardlink"), std::string::npos) << "no link leads there";
}

TEST_P(HardLinks, NoTwoNamesInOneCopyAreOneFile) {
  if (skipped()) return;
  link_to(one());
  const std::set<std::uint64_t> twins = {inode_of(one() + "/twin"), inode_of(one() + "/d/twin")};
  EXPECT_EQ(twins.size(), 2U);
  link_to(two());
  EXPECT_EQ(twins, (std::set<std::uint64_t>{inode_of(two() + "/twin"), inode_of(two() + "/d/twin")}));
}

TEST_P(HardLinks, ANewCopyIsCleanAndItsFirstStatusReadsNoFile) {
  if (skipped()) return;
  link_to(one());
  link_to(two());  // which changes the time of every inode in the first
  for (const std::string& copy : {one(), two()}) {
    CountCalls calls;
    Repository repository = open_repository(copy);
    ScopedObserver watching(calls);
    Status status = must(repository.status({}));
    EXPECT_TRUE(status.clean()) << copy;
    EXPECT_LT(calls.bytes_read(), kBytes) << copy;
  }
}

TEST_P(HardLinks, WithoutItsIndexACopyIsStillClean) {
  if (skipped()) return;
  link_to(one());
  remove_path(one() + "/.cowstore/index");
  expect_clean(one());
  expect_clean(one());
  EXPECT_FALSE(commit_all(one(), "nothing").created);
}

TEST_P(HardLinks, WhatIsMovedKeepsThePermissionsOfTheVersion) {
  if (skipped()) return;
  link_to(one());
  rename_path(one() + "/d", one() + "/moved");
  rename_path(one() + "/large", one() + "/renamed");
  EXPECT_TRUE(commit_all(one(), "moved").created);
  expect_clean(one());
  check_out(one(), "@", two(), [] {
    CheckoutOptions options;
    options.method = CheckoutMethod::kCopy;
    return options;
  }());
  EXPECT_EQ(stat_of(two() + "/renamed").st_mode & 0777U, 0644U);
  EXPECT_EQ(stat_of(two() + "/moved/tool").st_mode & 0777U, 0755U);
  EXPECT_EQ(stat_of(two() + "/moved/group").st_mode & 0777U, 0664U);
}

TEST_P(HardLinks, AnEditThatReplacesTheFileIsOfItsCopyAlone) {
  if (skipped()) return;
  link_to(one());
  link_to(two());
  // As sed -i and editors do it: with the permissions that the file had.
  write_file(one() + "/new", "edited\n", 0444);
  rename_path(one() + "/new", one() + "/large");
  expect_modified(one(), {"large"});
  expect_clean(two());
  commit_all(one(), "edited");
  expect_clean(one());
  for (const EntryInfo& entry : list_version(one(), "@")) {
    if (entry.path == "large") {
      EXPECT_EQ(entry.mode, std::optional<std::uint16_t>(0644));
    }
  }
  expect_sound(repo());
}

TEST_P(HardLinks, AnEditThroughALinkShowsWhereverItIsLinkedAndIsNeverASourceAgain) {
  if (skipped()) return;
  link_to(one());
  link_to(two());
  overwrite_file(one() + "/large", "scribbled", 100);
  expect_modified(one(), {"large"});
  expect_modified(two(), {"large"});
  auto checked = must(open_repository(repo()).fsck());
  ASSERT_EQ(checked.faults.size(), 1U);
  EXPECT_NE(checked.faults[0].container.find("links/"), std::string::npos);

  CheckoutReport third = link_to(temp() / "three");
  EXPECT_TRUE(read_file(temp() / "three/large") == random_bytes(kBytes, 1));
  const std::uint64_t written = filesystem() == "xfs" ? 0 : kBytes;  // there it is a clone of the store's
  EXPECT_EQ(third.sharing.bytes_written, written) << "what was written to is made anew";
  expect_clean(temp() / "three");
  EXPECT_TRUE(read_file(one() + "/large") != random_bytes(kBytes, 1)) << "the edit is still there";
  checked = must(open_repository(repo()).fsck());
  EXPECT_TRUE(checked.faults.empty());
  EXPECT_EQ(checked.notes.size(), 1U);
  link_to(temp() / "four");
  EXPECT_EQ(inode_of(temp() / "three/large"), inode_of(temp() / "four/large"));
}

TEST_P(HardLinks, AnEditThatHidesItsTimeIsFoundByFsckAndByVerify) {
  if (skipped()) return;
  link_to(one());
  overwrite_file(one() + "/large", "scribbled", 100);
  set_mtime(one() + "/large", kThen);
  EXPECT_EQ(must(open_repository(repo()).fsck()).faults.size(), 1U);
  CheckoutOptions verified = by_links();
  verified.verification = Verification::kVerify;
  check_out(repo(), "main", two(), verified);
  EXPECT_TRUE(read_file(two() + "/large") == random_bytes(kBytes, 1));
  expect_modified(one(), {"large"});  // now that it is known, whoever has it is told
  RestoreOptions all;
  all.paths = {"large"};
  EXPECT_EQ(must(open_repository(one()).restore(all)).replaced, 1U);
  EXPECT_TRUE(read_file(one() + "/large") == random_bytes(kBytes, 1));
}

TEST_P(HardLinks, PermissionToExecuteGivenByHandLeavesTheVersionsWriteBits) {
  if (skipped()) return;
  link_to(one());
  set_mode(one() + "/large", 0555);
  expect_modified(one(), {"large"});
  commit_all(one(), "to be executed");
  expect_clean(one());
  check_out(one(), "@", two());
  EXPECT_EQ(stat_of(two() + "/large").st_mode & 0777U, 0755U);
  set_mode(one() + "/large", 0444);
  commit_all(one(), "not to be executed");
  switch_in_place(two(), "@");
  check_out(one(), "@", temp() / "three");
  EXPECT_EQ(stat_of(temp() / "three/large").st_mode & 0777U, 0644U);
}

TEST_P(HardLinks, PermissionsGivenByHandAreAChangeOnlyWhereTheyAreNotTheVersions) {
  if (skipped()) return;
  link_to(one());
  set_mode(one() + "/large", 0644);
  expect_clean(one());
  set_mode(one() + "/large", 0600);
  expect_modified(one(), {"large"});
  set_mode(one() + "/large", 0644);
  expect_clean(one());
  link_to(two());
  EXPECT_NE(inode_of(one() + "/large"), inode_of(two() + "/large")) << "it isn't what it was";
  EXPECT_EQ(stat_of(two() + "/large").st_mode & 0777U, 0444U);
  expect_sound(repo());
}

TEST_P(HardLinks, ASwitchNeverWritesThroughALink) {
  if (skipped()) return;
  write_file(repo() + "/large", random_bytes(kBytes, 7));
  set_mode(repo() + "/d/tool", 0644);
  set_mode(repo() + "/twin", 0600);
  remove_path(repo() + "/d/twin");
  commit_all(repo(), "second");
  link_to(one(), "main~1");
  link_to(two(), "main~1");
  const std::string before = tree_text(two());
  switch_in_place(one(), "main");
  expect_clean(one());
  EXPECT_EQ(stat_of(one() + "/d/tool").st_mode & 0777U, 0644U);
  EXPECT_EQ(stat_of(one() + "/twin").st_mode & 0777U, 0600U);
  expect_same(tree_text(two()), before);
  expect_clean(two());
  expect_sound(repo());
}

TEST_P(HardLinks, ACloneLinksWhatIsKnownAndCopiesWhatWasEdited) {
  if (skipped()) return;
  link_to(one());
  remove_path(one() + "/twin");
  write_file(one() + "/twin", "edited");
  write_file(one() + "/unversioned", random_bytes(9'000, 8));
  status_of(one());
  CloneOptions options;
  options.method = CloneMethod::kHardlink;
  CloneReport report = must(open_repository(one()).clone(two(), options));
  EXPECT_EQ(report.method, "hardlink");
  EXPECT_EQ(report.sharing.linked, 4U);
  EXPECT_EQ(inode_of(one() + "/large"), inode_of(two() + "/large"));
  for (const char* name : {"twin", "unversioned"})
    EXPECT_NE(inode_of(one() + "/" + name), inode_of(two() + "/" + name)) << name;
  expect_same(tree_text(two()), tree_text(one()));
  expect_modified(two(), {"twin"});
  EXPECT_EQ(status_of(two()).added, std::vector<std::string>{"unversioned"});
}

TEST_P(HardLinks, ACloneOfOrdinaryFilesLinksThemToTheStore) {
  if (skipped()) return;
  status_of(repo());
  CloneOptions options;
  options.method = CloneMethod::kHardlink;
  must(open_repository(repo()).clone(one(), options));
  CloneReport second = must(open_repository(repo()).clone(two(), options));
  EXPECT_EQ(second.sharing.linked, 5U);
  EXPECT_EQ(second.sharing.bytes_written, 0U);
  EXPECT_EQ(inode_of(one() + "/large"), inode_of(two() + "/large"));
  EXPECT_NE(inode_of(repo() + "/large"), inode_of(two() + "/large")) << "that one may be written to";
  expect_clean(one());
  expect_clean(two());
  expect_clean(repo());
}

TEST_P(HardLinks, AnotherMethodsCloneOfLinksMayBeWrittenTo) {
  if (skipped()) return;
  link_to(one());
  CloneOptions options;
  options.method = CloneMethod::kCopy;
  must(open_repository(one()).clone(two(), options));
  EXPECT_EQ(stat_of(two() + "/large").st_mode & 0777U, 0644U);
  EXPECT_EQ(stat_of(two() + "/large").st_nlink, 1U);
  expect_clean(two());
}

TEST_P(HardLinks, AnotherMethodsCloneOfLinksUnderNewNamesMayBeWrittenTo) {
  if (skipped()) return;
  link_to(one());
  run_shell(one(), "mv d/group moved && ln large another");
  CloneOptions options;
  options.method = CloneMethod::kCopy;
  must(open_repository(one()).clone(two(), options));
  EXPECT_EQ(stat_of(two() + "/moved").st_mode & 0777U, 0664U);
  EXPECT_EQ(stat_of(two() + "/another").st_mode & 0777U, 0644U);
  EXPECT_EQ(status_of(two()).modified, std::vector<std::string>());
}

TEST_P(HardLinks, ACopiedRepositorysSourcesAreReadOnceAndUsed) {
  if (skipped()) return;
  link_to(one());
  run_shell(temp().path(), "cp -a repo copied");
  const std::string copied = temp() / "copied";
  CheckoutReport report = check_out(copied, "main", two(), by_links());
  EXPECT_EQ(report.sharing.linked, 5U);
  EXPECT_EQ(report.sharing.bytes_written, 0U);
  CountCalls calls;
  {
    Repository repository = open_repository(copied);
    ScopedObserver watching(calls);
    must(repository.checkout("main", temp() / "three", by_links()));
  }
  EXPECT_LT(calls.bytes_read(), kBytes) << "they are known by their new inodes";
  for (const std::string& note : must(open_repository(copied).fsck()).notes)
    EXPECT_EQ(note.find("links/"), std::string::npos) << note;
}

TEST_P(HardLinks, AnInterruptedCloneLeavesNothingThatIsInTheWay) {
  if (skipped()) return;
  status_of(repo());
  CloneOptions options;
  options.method = CloneMethod::kHardlink;
  for (std::uint64_t n = 1;; n += 3) {
    SCOPED_TRACE("killed before change " + std::to_string(n));
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      return open_repository(repo()).clone(one(), options) ? 0 : 1;
    });
    if (!exists(one())) {
      must(open_repository(repo()).clone(one(), options));
    }
    expect_clean(one());
    expect_clean(repo());
    EXPECT_TRUE(read_file(one() + "/large") == random_bytes(kBytes, 1));
    must(open_repository(repo()).remove_worktree(temp().path(), one(), Overwrite::kRefuse));
    if (HasFailure() || !end.killed()) break;
  }
  link_to(two());  // whose session removes what is left in tmp/
  EXPECT_EQ(names_in(temp().path()), (std::vector<std::string>{"repo", "two"}));
  expect_sound(repo());
}

TEST_P(HardLinks, WhereLinksAreNoAnswerTheyAreRefused) {
  if (skipped()) return;
  TempDir elsewhere;
  expect_error(open_repository(repo()).checkout("main", elsewhere / "one", by_links()), ErrorCode::kUnsupported,
               "another file system");
  CloneOptions clone;
  clone.method = CloneMethod::kHardlink;
  expect_error(open_repository(repo()).clone(elsewhere / "one", clone), ErrorCode::kUnsupported, "another file system");
  EXPECT_EQ(names_in(elsewhere.path()), std::vector<std::string>());
  expect_error(open_repository(repo()).switch_to("main", by_links()), ErrorCode::kUsage, "new working copies");
  write_file(one() + "/file", "occupied");
  CheckoutOptions forced = by_links();
  forced.overwrite = Overwrite::kForce;
  expect_error(open_repository(repo()).checkout("main", one(), forced), ErrorCode::kUsage, "new working copies");
  EXPECT_EQ(names_in(one()), std::vector<std::string>{"file"});
  RunOptions run;
  run.revision = "main";
  run.command = {"true"};
  run.directory = repo();
  run.method = CheckoutMethod::kHardlink;
  expect_error(open_repository(repo()).run(run), ErrorCode::kUnsupported, "hard links");
}

TEST_P(HardLinks, AnOrdinaryUserLinksTheirOwn) {
  if (skipped() || !is_root_or_skip()) return;
  run_shell(temp().path(), "chmod 0755 . && mkdir user && chown 65534:65534 user && chown -R 65534:65534 repo");
  EXPECT_TRUE(run_child([&] {
                AsNobody nobody;
                return check_out(repo(), "main", temp() / "user/one", by_links()).sharing.linked == 5 &&
                               status_of(temp() / "user/one").clean()
                           ? 0
                           : 1;
              }).status == 0);
  // What is somebody else's isn't linked: they could write to it.
  CheckoutReport mine = link_to(two());
  EXPECT_EQ(mine.sharing.linked, 5U);
  EXPECT_EQ(stat_of(two() + "/large").st_uid, 0U);
}

TEST_P(HardLinks, UnderFullAttributesOnlyWhatHasThemAllIsLinked) {
  if (skipped() || !is_root_or_skip()) return;
  const std::string full = temp() / "full";
  InitOptions options;
  options.attributes = "full";
  make_repository(full, options);
  make_full_tree(full, filesystem());
  commit_all(full, "all");
  CheckoutReport first = check_out(full, "main", one(), by_links());
  EXPECT_TRUE(first.unrestored.empty());
  EXPECT_GT(first.sharing.linked, 3U);
  check_out(full, "main", two(), by_links());
  expect_clean(one());
  expect_clean(two());
  for (const char* alone : {"dir/tool", "dir/net", "dir/acl"})
    EXPECT_EQ(stat_of(one() + "/" + alone).st_nlink, 1U) << alone;
  EXPECT_EQ(stat_of(one() + "/linked").st_nlink, 3U) << "its own names";
  EXPECT_EQ(inode_of(one() + "/plain"), inode_of(two() + "/plain"));
  EXPECT_EQ(stat_of(one() + "/plain").st_uid, 11U);
  remove_path(one() + "/.cowstore/index");
  expect_clean(one());
  expect_sound(full);
}

TEST_P(HardLinks, AnExtendedAttributeChangedThroughALinkShowsAndIsNobodyElses) {
  if (skipped()) return;
  const std::string full = temp() / "full";
  InitOptions options;
  options.attributes = "full";
  make_repository(full, options);
  write_file(full + "/plain", random_bytes(kBytes, 1));
  write_file(full + "/commented", random_bytes(kBytes, 2));
  run_shell(full, "setfattr -n user.comment -v mine commented");
  set_mtime(full + "/plain", kThen);
  set_mtime(full + "/commented", kThen);
  commit_all(full, "all");
  check_out(full, "main", one(), by_links());
  expect_clean(one());
  run_shell(one(), "setfattr -n user.comment -v theirs commented; setfacl -m u:1234:r plain");
  expect_modified(one(), {"commented", "plain"});
  EXPECT_EQ(must(open_repository(full).fsck()).notes.size(), 2U);
  check_out(full, "main", two(), by_links());
  expect_clean(two());
  EXPECT_NE(inode_of(one() + "/plain"), inode_of(two() + "/plain"));
  check_out(full, "main", temp() / "three", by_links());
  EXPECT_EQ(inode_of(two() + "/commented"), inode_of(temp() / "three/commented"));
  expect_clean(two());
  expect_sound(full);
}

TEST(HardLinksOnBtrfs, AreRefusedSinceTheStoreIsASubvolume) {
  auto temp = temp_dir_on("btrfs");
  if (!temp) return;
  make_repository(*temp / "repo");
  write_file(*temp / "repo/file", "content");
  commit_all(*temp / "repo", "all");
  CheckoutOptions options;
  options.method = CheckoutMethod::kHardlink;
  expect_error(open_repository(*temp / "repo").checkout("main", *temp / "one", options), ErrorCode::kUnsupported,
               "subvolume");
  EXPECT_EQ(names_in(temp->path()), std::vector<std::string>{"repo"});
}

TEST(HardLinksOnBtrfs, AreMadeWhereTheStoreIsAPlainDirectory) {
  auto temp = temp_dir_on("btrfs");
  if (!temp) return;
  make_repository(*temp / "made");
  write_file(*temp / "made/file", random_bytes(kBytes, 1));
  commit_all(*temp / "made", "all");
  run_shell(temp->path(), "cp -a made repo");
  CheckoutOptions options;
  options.method = CheckoutMethod::kHardlink;
  EXPECT_EQ(check_out(*temp / "repo", "main", *temp / "one", options).sharing.linked, 1U);
  check_out(*temp / "repo", "main", *temp / "two", options);
  EXPECT_EQ(inode_of(*temp / "one/file"), inode_of(*temp / "two/file"));
  expect_clean(*temp / "one");
  expect_sound(*temp / "repo");
}

}  // namespace cowstore::test
