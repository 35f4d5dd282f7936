#include "repo/open.hpp"

#include <unistd.h>

#include "repo_bed.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::repo {
namespace {

class Open : public RepoBed {};

TEST_F(Open, InitRefusesADirectoryThatIsARepositoryOrLiesInAStore) {
  for (const char* path : {"wc", "wc/.cowstore/store", "wc/.cowstore/new"}) {
    auto made = Repository::init(temp / path, {}, context);
    ASSERT_FALSE(made.ok()) << path;
    EXPECT_EQ(made.error().code, ErrorCode::kConflict) << path;
  }
}

TEST_F(Open, InitNeverRemovesAStoreWithVersionsWhoseHomeIsLost) {
  have("a", "1");
  commit();
  repository.reset();
  test::rename_path(wc(".cowstore/home"), temp / "home");
  std::string before = test::tree_text(wc(".cowstore/store"));
  auto made = Repository::init(temp / "wc", {}, context);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kConflict);
  EXPECT_EQ(test::tree_text(wc(".cowstore/store")), before);
  test::rename_path(temp / "home", wc(".cowstore/home"));
  reopen();
  EXPECT_EQ(cat("@:a"), "1");
}

TEST_F(Open, InitFinishesWhatAnInterruptedOneLeft) {
  test::make_dirs(temp / "half/.cowstore/store/packs");
  test::write_file(temp / "half/.cowstore/home.new", "{");
  auto made = Repository::init(temp / "half", {}, context);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_TRUE(Repository::open(temp / "half", context).ok());
}

TEST_F(Open, NamesTheStoreThatIsGone) {
  repository.reset();
  test::rename_path(wc(".cowstore/store"), temp / "moved");
  auto opened = Repository::open(temp / "wc", context);
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message().find(".cowstore/store"), std::string::npos);
  EXPECT_NE(opened.error().hint, "");
}

class NewCopy : public RepoBed {
 protected:
  NewCopy() {
    have("a", "1");
    have("d/x", "1");
    commit();
  }
  Result<CheckoutReport> make(const std::string& path, Overwrite overwrite = Overwrite::kRefuse) {
    CheckoutOptions options;
    options.overwrite = overwrite;
    return repository->checkout("main", path, options);
  }
};

TEST_F(NewCopy, IsTheVersionWithItsTimes) {
  ASSERT_TRUE(make(temp / "copy").ok());
  EXPECT_EQ(test::tree_text(temp / "copy"), test::tree_text(temp / "wc"));
  auto copy = Repository::open(temp / "copy", context);
  ASSERT_TRUE(copy.ok());
  auto status = copy->status({});
  ASSERT_TRUE(status.ok());
  EXPECT_TRUE(status->added.empty() && status->modified.empty() && status->deleted.empty());
  EXPECT_EQ(status->branch, "main");
}

TEST_F(NewCopy, RefusesPlacesThatAreTaken) {
  test::write_file(temp / "file", "1");
  test::write_file(temp / "full/mine", "1");
  for (const std::string& path : {temp / "file", temp / "full", temp / "wc"}) {
    auto report = make(path);
    ASSERT_FALSE(report.ok()) << path;
    EXPECT_EQ(report.error().code, ErrorCode::kConflict) << path;
  }
  for (const std::string& path : {std::string("/"), std::string("//"), wc(".cowstore/x"), wc(".cowstore/store/x")})
    EXPECT_FALSE(make(path).ok()) << path;
  EXPECT_FALSE(make(temp / "wc", Overwrite::kForce).ok());
  EXPECT_FALSE(make(temp / "absent/copy").ok());
}

TEST_F(NewCopy, ReplacesAnEmptyDirectory) {
  test::make_dirs(temp / "empty");
  ASSERT_TRUE(make(temp / "empty/").ok());
  EXPECT_EQ(test::read_file(temp / "empty/d/x"), "1");
}

TEST_F(NewCopy, WithForceTakesADirectoryOverAndUndoBringsItBack) {
  test::write_file(temp / "full/a", "mine");
  test::write_file(temp / "full/other", "mine");
  ASSERT_TRUE(make(temp / "full", Overwrite::kForce).ok());
  EXPECT_EQ(test::read_file(temp / "full/a"), "1");
  EXPECT_EQ(test::read_file(temp / "full/other"), "mine");
  auto copy = Repository::open(temp / "full", context);
  ASSERT_TRUE(copy.ok());
  ASSERT_TRUE(copy->undo(Overwrite::kRefuse).ok());
  EXPECT_EQ(test::read_file(temp / "full/a"), "mine");
  EXPECT_FALSE(test::exists(temp / "full/d/x"));
}

TEST_F(NewCopy, LeavesNothingBehindWhenItFails) {
  CheckoutOptions options;
  options.method = CheckoutMethod::kReflink;
  auto report = repository->checkout("main", "/dev/shm/" + std::to_string(::getpid()) + "-copy", options);
  EXPECT_FALSE(report.ok());
  EXPECT_FALSE(test::exists("/dev/shm/." + std::to_string(::getpid()) + "-copy.cowstore-partial"));
}

}  // namespace
}  // namespace cowstore::repo
