// What can't be read: an error that names all of it, or, on request, left out and kept as the last version has it.
#include <algorithm>

#include "support/as_nobody.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

using Names = std::vector<std::string>;

/// A repository of an ordinary user, with a first version.
class UnreadableFiles : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    give_to_nobody(temp().path());
    AsNobody user;
    make_repository(copy());
    for (const char* name : {"open", "secret", "closed/a", "closed/sub/b", "listed/c", "listed/d/e"}) {
      write_file(path(name), std::string("first ") + name);
    }
    commit_all(copy(), "first");
  }

  void TearDown() override {
    if (skipped()) return;
    for (const char* name : {"secret", "closed", "listed"}) {
      if (exists(path(name))) set_mode(path(name), 0755);
    }
  }

  /// Edits everything, then takes permissions away.
  void edit_and_close() {
    for (const char* name : {"open", "secret", "closed/a", "closed/new", "listed/c"}) write_file(path(name), "edited");
    set_mode(path("secret"), 0);
    set_mode(path("closed"), 0);
    set_mode(path("listed"), 0444);  // may be read, but not searched
  }

  void open_again() {
    set_mode(path("secret"), 0644);
    set_mode(path("closed"), 0755);
    set_mode(path("listed"), 0755);
  }

  Result<CommitReport> commit(Unreadable unreadable, const Names& paths = {}) {
    CommitOptions options;
    options.message = "second";
    options.scope.unreadable = unreadable;
    options.paths = paths;
    return open_repository(copy()).commit(options);
  }

  Names changes(const Scope& scope) {
    Names found;
    auto take = [&](const EntryChange& change) -> Result<void> {
      found.push_back(change.path);
      return {};
    };
    must(open_repository(copy()).diff(std::nullopt, std::nullopt, take, scope));
    return found;
  }

  std::size_t commits() {
    std::size_t count = 0;
    must(open_repository(copy()).log({}, [&](const CommitInfo&) -> Result<bool> {
      ++count;
      return true;
    }));
    return count;
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
};
INSTANTIATE_TEST_SUITE_P(On, UnreadableFiles, every_filesystem(), filesystem_param_name);

const Names kUnreadable{"closed", "listed", "secret"};
constexpr const char* kAllNamed = "closed, listed, secret: permission denied";

}  // namespace

TEST_P(UnreadableFiles, AreAnErrorThatNamesAllOfThemAndNothingIsCommitted) {
  if (skipped()) return;
  AsNobody user;
  edit_and_close();
  auto report = commit(Unreadable::kRefuse);
  expect_error(report, ErrorCode::kIo, kAllNamed);
  EXPECT_NE(report.error().hint.find("--skip-unreadable"), std::string::npos);
  EXPECT_EQ(commits(), 1U);
  open_again();
  EXPECT_TRUE(commit(Unreadable::kRefuse).ok());
}

TEST_P(UnreadableFiles, StayAsTheLastVersionHasThemWhereTheyAreSkipped) {
  if (skipped()) return;
  AsNobody user;
  edit_and_close();
  CommitReport report = must(commit(Unreadable::kSkip));
  EXPECT_TRUE(report.created);
  EXPECT_EQ(report.unreadable, kUnreadable);
  EXPECT_EQ(report.skipped.front(), "closed (unreadable: permission denied)");
  EXPECT_EQ(report.stats.deleted, 0U);
  EXPECT_EQ(report.stats.added, 0U);
  EXPECT_EQ(cat(copy(), "@:open"), "edited");
  for (const char* name : {"secret", "closed/a", "closed/sub/b", "listed/c", "listed/d/e"}) {
    EXPECT_EQ(cat(copy(), std::string("@:") + name), std::string("first ") + name);
  }
  open_again();
  Status status = status_of(copy());
  EXPECT_EQ(status.modified, (Names{"closed/a", "listed/c", "secret"}));
  EXPECT_EQ(status.added, Names{"closed/new"});
  EXPECT_EQ(status.deleted, Names());
  expect_sound(copy());
}

TEST_P(UnreadableFiles, ThatNoVersionHasAreNotRecorded) {
  if (skipped()) return;
  AsNobody user;
  write_file(path("new/secret"), "x", 0);
  make_dirs(path("new/closed"));
  set_mode(path("new/closed"), 0);
  CommitReport report = must(commit(Unreadable::kSkip));
  EXPECT_EQ(report.unreadable, (Names{"new/closed", "new/secret"}));
  Names recorded;
  for (const EntryInfo& entry : list_version(copy(), "@:new")) recorded.push_back(entry.path);
  EXPECT_EQ(recorded, Names());
  set_mode(path("new/closed"), 0700);
}

TEST_P(UnreadableFiles, AloneAreNothingToCommit) {
  if (skipped()) return;
  AsNobody user;
  set_mode(path("secret"), 0);
  CommitReport report = must(commit(Unreadable::kSkip));
  EXPECT_FALSE(report.created);
  EXPECT_EQ(report.unreadable, Names{"secret"});
}

TEST_P(UnreadableFiles, OutsideOfTheNamedPathsAreNobodysConcern) {
  if (skipped()) return;
  AsNobody user;
  edit_and_close();
  EXPECT_TRUE(must(commit(Unreadable::kRefuse, {"open"})).created);
  expect_error(commit(Unreadable::kRefuse, {"closed"}), ErrorCode::kIo, "closed");
  expect_error(commit(Unreadable::kRefuse, {"closed/a"}), ErrorCode::kIo, "closed");
  CommitReport report = must(commit(Unreadable::kSkip, {"closed/a", "secret"}));
  EXPECT_FALSE(report.created);
  EXPECT_EQ(report.unreadable, (Names{"closed", "secret"}));
}

TEST_P(UnreadableFiles, ThatAreIgnoredAreNobodysConcern) {
  if (skipped()) return;
  AsNobody user;
  write_file(path(".cowignore"), "private*\n");
  write_file(path("private.key"), "x", 0);
  make_dirs(path("private.d"));
  set_mode(path("private.d"), 0);
  EXPECT_EQ(must(commit(Unreadable::kRefuse)).unreadable, Names());
  set_mode(path("private.d"), 0700);
}

TEST_P(UnreadableFiles, AreListedByStatusAsNeitherChangedNorDeleted) {
  if (skipped()) return;
  AsNobody user;
  edit_and_close();
  Status status = status_of(copy());
  EXPECT_EQ(status.unreadable, kUnreadable);
  EXPECT_EQ(status.skipped.back(), "secret (unreadable: permission denied)");
  EXPECT_EQ(status.modified, Names{"open"});
  EXPECT_EQ(status.deleted, Names());
  EXPECT_EQ(status.added, Names());
  must(commit(Unreadable::kSkip));
  status = status_of(copy());
  EXPECT_EQ(status.modified, Names());
  EXPECT_FALSE(status.clean()) << "nobody can tell";
}

TEST_P(UnreadableFiles, AreAnErrorToDiffUnlessTheyAreSkipped) {
  if (skipped()) return;
  AsNobody user;
  edit_and_close();
  auto nothing = [](const EntryChange&) -> Result<void> { return {}; };
  expect_error(open_repository(copy()).diff(std::nullopt, std::nullopt, nothing), ErrorCode::kIo, kAllNamed);
  Scope scope;
  scope.unreadable = Unreadable::kSkip;
  EXPECT_EQ(changes(scope), Names{"open"});
}

TEST_P(UnreadableFiles, InTheWayOfASwitchAreNamedAndNothingIsTouched) {
  if (skipped()) return;
  AsNobody user;
  for (const char* name : {"open", "secret", "closed/a"}) write_file(path(name), std::string("second ") + name);
  commit_all(copy(), "second");
  write_file(path("secret"), "edited");
  set_mode(path("secret"), 0);
  set_mode(path("closed"), 0);
  CheckoutOptions force;
  force.overwrite = Overwrite::kForce;
  for (const CheckoutOptions& options : {CheckoutOptions{}, force}) {
    expect_error(open_repository(copy()).switch_to("@~1", options), ErrorCode::kIo, "closed");
    EXPECT_EQ(read_file(path("open")), "second open");
  }
  set_mode(path("closed"), 0755);
  EXPECT_FALSE(open_repository(copy()).switch_to("@~1", force).ok()) << "an edit that can't be kept for undo";
  EXPECT_EQ(read_file(path("open")), "second open");
  set_mode(path("secret"), 0644);
  EXPECT_EQ(read_file(path("secret")), "edited");
  switch_in_place(copy(), "@~1", force);
  EXPECT_EQ(read_file(path("open")), "first open");
}

}  // namespace cowstore::test
