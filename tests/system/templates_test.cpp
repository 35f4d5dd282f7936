// Templates: trees of commits in the store, which must be what a checkout makes, and must go when nobody needs them.
#include "repo/templates.hpp"

#include <algorithm>

#include "refs/names.hpp"
#include "repo/open.hpp"
#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/subvolume.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kLargeBytes = 300'000;

class Templates : public FilesystemTest {
 protected:
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }
  [[nodiscard]] std::string all() const { return repo() + "/.cowstore/store/templates"; }
  [[nodiscard]] bool on_btrfs() const { return filesystem() == "btrfs"; }

  CommitId make(const InitOptions& options = {}) {
    must(Repository::init(repo(), options, test_context()));
    write_file(repo() + "/large", random_bytes(kLargeBytes, 1));
    write_file(repo() + "/d/e/small", "a few bytes");
    write_file(repo() + "/tool", "#!/bin/sh\n", 0755);
    make_symlink("d/e/small", repo() + "/link");
    set_mtime(repo() + "/large", {1'000'000'000, 123'456'789});
    set_mode(repo() + "/d/e", 0555);
    return commit_all(repo(), "first").commit;
  }
  [[nodiscard]] std::unique_ptr<repo::Session> session() const { return must(repo::open(repo(), test_context())); }
  /// Of templates and halves, without the lock.
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> found = exists(all()) ? names_in(all()) : std::vector<std::string>();
    std::erase(found, "lock");
    return found;
  }
};

INSTANTIATE_TEST_SUITE_P(On, Templates, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(Templates, OneIsWhatACheckoutMakes) {
  if (skipped()) return;
  const CommitId commit = make();
  CheckoutOptions reflink;
  check_out(repo(), "main", temp() / "checkout", reflink);
  auto opened = session();
  repo::Template made = must(repo::template_of(*opened, commit));
  EXPECT_EQ(made.origin, repo::Template::Origin::kMade);
  EXPECT_EQ(made.uuid.empty(), !on_btrfs());
  EXPECT_EQ(made.files, 4U);
  expect_same(tree_text(made.path), tree_text(temp() / "checkout"));
  if (!on_btrfs()) return;
  EXPECT_EQ(must(sys::subvolume_info(made.tree)).access, sys::SubvolumeAccess::kReadOnly);
}

TEST_P(Templates, OneIsMadeOnce) {
  if (skipped()) return;
  const CommitId commit = make();
  auto opened = session();
  EXPECT_FALSE(must(repo::find_template(*opened, commit)));
  EXPECT_TRUE(must(repo::list_templates(*opened)).empty());
  repo::Template made = must(repo::template_of(*opened, commit));
  repo::Template again = must(repo::template_of(*opened, commit));
  EXPECT_EQ(again.origin, repo::Template::Origin::kFound);
  EXPECT_EQ(again.path, made.path);
  EXPECT_EQ(again.uuid, made.uuid);
  EXPECT_EQ(names(), (std::vector<std::string>{made.name}));
  ASSERT_EQ(must(repo::list_templates(*opened)).size(), 1U);
  EXPECT_TRUE(must(repo::list_templates(*opened))[0].own);
}

TEST_P(Templates, OneThatWasChangedIsMadeAnew) {
  if (skipped()) return;
  const CommitId commit = make();
  auto opened = session();
  std::string path;
  {
    repo::Template made = must(repo::template_of(*opened, commit));
    path = made.path;
    if (on_btrfs()) must(sys::set_subvolume_access(made.tree, sys::SubvolumeAccess::kWritable));
    // Of a directory only what happens at its top is seen.
    if (on_btrfs()) overwrite_file(path + "/d/e/small", "edited", 0);
    if (!on_btrfs()) write_file(path + "/new", "x");
    if (on_btrfs()) must(made.tree.sync_all());
    if (on_btrfs()) must(sys::set_subvolume_access(made.tree, sys::SubvolumeAccess::kReadOnly));
  }
  EXPECT_FALSE(must(repo::find_template(*opened, commit)));
  repo::Template anew = must(repo::template_of(*opened, commit));
  EXPECT_EQ(anew.origin, repo::Template::Origin::kMade);
  EXPECT_EQ(read_file(path + "/d/e/small"), "a few bytes");
  EXPECT_FALSE(exists(path + "/new"));
}

TEST_P(Templates, WhatIsInUseOrABaseStaysAndTheRestGoes) {
  if (skipped()) return;
  const CommitId first = make();
  write_file(repo() + "/more", "1");
  const CommitId second = commit_all(repo(), "second").commit;
  write_file(repo() + "/more", "2");
  const CommitId third = commit_all(repo(), "third").commit;
  auto opened = session();
  repo::DropTemplates everything;
  everything.keep = 0;
  {
    repo::Template used = must(repo::template_of(*opened, first));
    must(repo::template_of(*opened, second));
    must(repo::template_of(*opened, third));
    refs::NewOperation operation = opened->new_operation();
    operation.changes = {{refs::worktree_key("0123456789abcdef", "template"), std::nullopt, second.hex()}};
    must(opened->append(operation));
    EXPECT_EQ(must(repo::drop_templates(*opened, everything)).size(), 1U);
    EXPECT_TRUE(must(repo::find_template(*opened, first)));
    EXPECT_TRUE(must(repo::find_template(*opened, second)));
    EXPECT_FALSE(must(repo::find_template(*opened, third)));
  }
  EXPECT_EQ(must(repo::drop_templates(*opened, everything)).size(), 1U);
  EXPECT_EQ(names().size(), 1U);
}

TEST_P(Templates, OnlyTheLastUsedStay) {
  if (skipped()) return;
  make();
  auto opened = session();
  std::vector<CommitId> commits;
  for (std::size_t i = 0; i <= repo::kTemplatesKept; ++i) {
    write_file(repo() + "/more", std::to_string(i));
    commits.push_back(commit_all(repo(), "next").commit);
    if (i > 1) must(repo::find_template(*opened, commits[0]));  // the first stays in use
    must(repo::template_of(*opened, commits.back()));
  }
  EXPECT_EQ(names().size(), repo::kTemplatesKept);
  EXPECT_TRUE(must(repo::find_template(*opened, commits[0])));
  EXPECT_FALSE(must(repo::find_template(*opened, commits[1])));
}

TEST_P(Templates, AVersionWithoutTimesHasNone) {
  if (skipped()) return;
  InitOptions options;
  options.attributes = "none";
  const CommitId commit = make(options);
  auto opened = session();
  expect_error(repo::template_of(*opened, commit), ErrorCode::kUnsupported, "records neither");
  EXPECT_EQ(names(), std::vector<std::string>());
}

TEST_P(Templates, AKilledMakerLeavesWhatPruneOrTheNextRemoves) {
  if (skipped()) return;
  const CommitId commit = make();
  std::uint64_t halves = 0;
  for (std::uint64_t n = 1;; ++n) {
    ChildEnd end = run_child([&] {
      auto opened = repo::open(repo(), test_context());
      KillNth death(n);
      ScopedObserver watching(death);
      return opened && repo::template_of(**opened, commit) ? 0 : 1;
    });
    auto opened = session();
    auto found = must(repo::find_template(*opened, commit));
    const bool half = names().size() > (found ? 1U : 0U);
    if (half) ++halves;
    if (found) expect_same(tree_text(found->path), tree_text(repo()));
    found.reset();
    WorktreePruneOptions prune;
    if (n % 2 == 0) prune.templates = WorktreePruneOptions::Templates::kDropUnused;
    must(open_repository(repo()).prune_worktrees(prune));
    EXPECT_FALSE(exists(all()) &&
                 std::ranges::any_of(names(), [](const auto& name) { return name.ends_with("partial"); }));
    if (!end.killed()) break;
    must(repo::drop_templates(*opened, {0}));
    EXPECT_EQ(names(), std::vector<std::string>());
  }
  EXPECT_GT(halves, 5U);
  must(repo::template_of(*session(), commit));
  EXPECT_EQ(names().size(), 1U);
  expect_sound(repo());
}

TEST_P(Templates, OneIsNoWorkingCopyAndACopyOfItIs) {
  if (skipped()) return;
  const CommitId commit = make();
  const std::string path = must(repo::template_of(*session(), commit)).path;
  expect_error(Repository::open(path, test_context()), ErrorCode::kUnsupported, "template");
  ASSERT_EQ(std::system(("cp -a '" + path + "' '" + (temp() / "copy") + "'").c_str()), 0);
  expect_clean(temp() / "copy");
  EXPECT_EQ(status_of(temp() / "copy").commit, commit);
  if (!on_btrfs()) return;
  must(sys::snapshot_subvolume(must(sys::Dir::open(path)), temp().open(), "one", sys::SubvolumeAccess::kWritable));
  must(sys::snapshot_subvolume(must(sys::Dir::open(path)), temp().open(), "two", sys::SubvolumeAccess::kWritable));
  write_file(temp() / "one/more", "x");
  const CommitId later = commit_all(temp() / "one", "later").commit;
  EXPECT_EQ(status_of(temp() / "two").commit, commit);
  EXPECT_EQ(status_of(temp() / "one").commit, later);
  expect_clean(temp() / "two");
}

TEST_P(Templates, ACopyOfTheStoreTakesNoneForItsOwn) {
  if (skipped()) return;
  const CommitId commit = make();
  must(repo::template_of(*session(), commit));
  ASSERT_EQ(std::system(("cp -a '" + repo() + "' '" + (temp() / "copied") + "'").c_str()), 0);
  auto copied = must(repo::open(temp() / "copied", test_context()));
  EXPECT_FALSE(must(repo::find_template(*copied, commit)));
  repo::Template made = must(repo::template_of(*copied, commit));
  EXPECT_EQ(made.origin, repo::Template::Origin::kMade);
  expect_same(tree_text(made.path), tree_text(repo()));
  expect_sound(temp() / "copied");
}

}  // namespace cowstore::test
