#include "repo/names.hpp"

#include "repo_bed.hpp"

namespace cowstore::repo {
namespace {

class NamesTest : public RepoBed {
 protected:
  NamesTest() {
    have("a", "1");
    one_ = commit("one");
    have("a", "2");
    two_ = commit("two");
  }
  Names branches() {
    Names names;
    auto refs = repository->branches();
    for (const RefInfo& ref : *refs) names.push_back((ref.current ? "* " : "") + ref.name);
    return names;
  }
  CommitId one_, two_;
};

TEST_F(NamesTest, AreMadeListedMovedAndDeleted) {
  ASSERT_TRUE(repository->create_branch("topic", "@~1", Overwrite::kRefuse).ok());
  EXPECT_EQ(branches(), (Names{"* main", "topic"}));
  EXPECT_EQ(repository->create_branch("topic", "@", Overwrite::kRefuse).error().code, ErrorCode::kConflict);
  EXPECT_EQ(repository->create_branch("topic", "@", Overwrite::kForce)->commit, two_);
  ASSERT_TRUE(repository->delete_branch("topic", Overwrite::kRefuse).ok());
  EXPECT_EQ(branches(), Names{"* main"});
  ASSERT_TRUE(repository->create_tag("v1", "@~1", Overwrite::kRefuse).ok());
  EXPECT_EQ(repository->show("v1")->id, one_);
  EXPECT_EQ(repository->create_tag("v1", "@", Overwrite::kRefuse).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(repository->delete_tag("v1").ok());
  EXPECT_TRUE(repository->tags()->empty());
  EXPECT_EQ(repository->delete_tag("v1").error().code, ErrorCode::kNotFound);
}

TEST_F(NamesTest, RefuseWhatIsNoName) {
  for (const char* name : {"", "@", "a b", "a..b", "/a", "a/", "-x", "a:b"}) {
    EXPECT_FALSE(repository->create_branch(name, "@", Overwrite::kRefuse).ok()) << name;
    EXPECT_FALSE(repository->create_tag(name, "@", Overwrite::kRefuse).ok()) << name;
  }
}

TEST_F(NamesTest, OfFollowedBranchesStay) {
  EXPECT_EQ(repository->delete_branch("main", Overwrite::kForce).error().code, ErrorCode::kConflict);
  EXPECT_EQ(repository->create_branch("main", "@~1", Overwrite::kForce).error().code, ErrorCode::kConflict);
}

TEST_F(NamesTest, DontLetCommitsGoThatNothingElseReaches) {
  ASSERT_TRUE(repository->create_branch("topic", "@", Overwrite::kRefuse).ok());
  checkout("topic");
  have("a", "3");
  CommitId three = commit("three");
  checkout("main");
  EXPECT_EQ(repository->delete_branch("topic", Overwrite::kRefuse).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(repository->delete_branch("topic", Overwrite::kForce).ok());
  undo();
  EXPECT_EQ(repository->show("topic")->id, three);
}

TEST_F(NamesTest, ComeBackFromTheOperationLog) {
  ASSERT_TRUE(repository->create_tag("v1", "@", Overwrite::kRefuse).ok());
  std::string then = repository->operations(1)->front().id.hex();
  ASSERT_TRUE(repository->delete_tag("v1").ok());
  ASSERT_TRUE(repository->restore_operation(then).ok());
  EXPECT_EQ(repository->show("v1")->id, two_);
}

TEST_F(NamesTest, RestoredOperationsBringFilesBackToo) {
  std::string now = repository->operations(1)->front().id.hex();
  checkout(one_.hex());
  EXPECT_EQ(read("a"), "1");
  ASSERT_TRUE(repository->restore_operation(now).ok());
  EXPECT_EQ(read("a"), "2");
  EXPECT_EQ(status(), Names{});
}

}  // namespace
}  // namespace cowstore::repo
