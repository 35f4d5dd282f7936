#include "repo/commit.hpp"

#include "repo_bed.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::repo {
namespace {

class Commit : public RepoBed {
 protected:
  void commit_paths(const std::vector<std::string>& paths) {
    CommitOptions options;
    options.paths = paths;
    auto report = repository->commit(options);
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_TRUE(report->created);
  }
};

TEST_F(Commit, OfPathsLeavesTheRestAsItWas) {
  have("d/x", "1");
  have("d/y", "1");
  have("e", "1");
  commit();
  have("d/x", "2");
  have("e", "2");
  commit_paths({"d/x"});
  EXPECT_EQ(cat("@:d/x"), "2");
  EXPECT_EQ(cat("@:e"), "1");
  EXPECT_EQ(status(), Names{"M e"});
}

TEST_F(Commit, OfOneDeletedFileKeepsTheOthersOfADirectoryThatIsGone) {
  have("d/x", "1");
  have("d/y", "1");
  commit();
  test::remove_path(wc("d"));
  commit_paths({"d/x"});
  EXPECT_EQ(cat("@:d/y"), "1");
  EXPECT_TRUE(cat("@:d/x").starts_with("error: "));
  EXPECT_EQ(status(), Names{"D d/y"});
}

TEST_F(Commit, OfNothingMakesNone) {
  have("a", "1");
  CommitId first = commit();
  // A file that was written in the same tick of the clock as the scan is hashed once more.
  ASSERT_TRUE(repository->commit({}).ok());
  auto report = repository->commit({});
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->created);
  EXPECT_EQ(report->commit, first);
  EXPECT_EQ(report->stats.files_hashed, 0u);
}

TEST_F(Commit, OfNothingWritesNothing) {
  have("a", "1");
  commit();
  ASSERT_TRUE(repository->commit({}).ok());  // as above
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  ASSERT_TRUE(repository->commit({}).ok());
  EXPECT_EQ(calls.count(sys::Call::kSync), 0u);
  EXPECT_EQ(calls.count(sys::Call::kRename), 0u);
  EXPECT_EQ(calls.count(sys::Call::kMakeDir), 0u);
}

TEST_F(Commit, OfTheSameContentAddsNoChunk) {
  have("a", std::string(100'000, 'x'));
  commit();
  have("b", std::string(100'000, 'x'));
  auto report = repository->commit({});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->stats.chunks_new, 0u);
}

TEST_F(Commit, RefusesTextThatIsNone) {
  have("a", "1");
  CommitOptions options;
  options.message = "\xff";
  EXPECT_EQ(repository->commit(options).error().code, ErrorCode::kUsage);
  options.message = "";
  options.meta = {{"key", "\xff"}};
  EXPECT_EQ(repository->commit(options).error().code, ErrorCode::kUsage);
  EXPECT_TRUE(status() == Names{"A a"});
}

}  // namespace
}  // namespace cowstore::repo
