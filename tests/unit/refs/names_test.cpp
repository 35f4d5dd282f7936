#include "refs/names.hpp"

#include <gtest/gtest.h>

namespace cowstore::refs {
namespace {

using namespace std::string_literals;

TEST(Names, OrdinaryNamesAreLegal) {
  for (const std::string& name : {"main"s,
                                  "a"s,
                                  "feature/x"s,
                                  "a/b/c"s,
                                  "v1.2.3"s,
                                  "release-2026"s,
                                  "user@host"s,
                                  "a@"s,
                                  "größe"s,
                                  "x\xff"s,
                                  "{a}"s,
                                  "a.lockx"s,
                                  "lock"s,
                                  "#1"s,
                                  "deadbeef"s,
                                  std::string(63, 'a'),
                                  std::string(200, 'n'),
                                  "a+b=c,d;e"s,
                                  "%"s,
                                  "$x"s})
    EXPECT_TRUE(validate_branch_name(name).ok()) << name;
}

TEST(Names, WhatGitRefusesIsRefused) {
  for (const std::string& name :
       {""s,    "@"s,    "-a"s,    "/a"s,   "a/"s,    "a."s,     "a.lock"s, "a.lock/b"s, "a/b.lock"s,
        ".a"s,  "a/.b"s, "a..b"s,  "a//b"s, "a@{b"s,  "a b"s,    "a~b"s,    "a^b"s,      "a:b"s,
        "a?b"s, "a*b"s,  "a[b"s,   "a\\b"s, "a\nb"s,  "a\x7f"s,  "a\0b"s,   "\x01"s,     "."s,
        ".."s,  "/"s,    "a/./b"s, "a\tb"s, ".lock"s, "a/.lock"s}) {
    const auto checked = validate_branch_name(name);
    ASSERT_FALSE(checked.ok()) << name;
    EXPECT_EQ(checked.error().code, ErrorCode::kUsage);
    EXPECT_FALSE(checked.error().reason.empty());
    EXPECT_FALSE(validate_tag_name(name).ok()) << name;
  }
}

TEST(Names, ANameIsNeitherTooLongNorAFullId) {
  EXPECT_FALSE(validate_branch_name(std::string(201, 'n')).ok());
  EXPECT_FALSE(validate_branch_name(std::string(64, 'a')).ok());
  EXPECT_TRUE(validate_branch_name(std::string(64, 'g')).ok());
  EXPECT_TRUE(validate_branch_name(std::string(65, 'a')).ok());
}

TEST(Names, WorktreeIdsArePlainWords) {
  for (const std::string& id : {"w1"s, "main"s, "A-b_c.d"s, "0"s, std::string(64, 'w')})
    EXPECT_TRUE(validate_worktree_id(id).ok()) << id;
  for (const std::string& id : {""s, ".x"s, "-x"s, "a/b"s, "a b"s, "ä"s, "a\0"s, std::string(65, 'w')})
    EXPECT_EQ(validate_worktree_id(id).error().code, ErrorCode::kUsage) << id;
}

TEST(Names, KeysAreFlat) {
  EXPECT_EQ(branch_key("a/b"), "branches/a/b");
  EXPECT_EQ(tag_key("v1"), "tags/v1");
  EXPECT_EQ(worktree_key("w1", "commit"), "worktrees/w1/commit");
}

TEST(Names, KeysAreDescribedForPeople) {
  EXPECT_EQ(describe_key("branches/a/b"), "branch a/b");
  EXPECT_EQ(describe_key("tags/v1"), "tag v1");
  EXPECT_EQ(describe_key("worktrees/w1/commit"), "commit of working copy w1");
  EXPECT_EQ(describe_key("worktrees/w1"), "worktrees/w1");
  EXPECT_EQ(describe_key("else"), "else");
  EXPECT_EQ(describe_key("branches/a\nb"), "branch a\\nb");
}

TEST(Names, TheViewListsItsNames) {
  View view;
  for (const char* key : {"branches/a", "branches/a/b", "tags/t", "worktrees/w/commit", "worktrees/w/path",
                          "worktrees/w-2/path", "worktrees/w.3/path", "worktrees/broken"})
    view.set(key, "x");
  EXPECT_EQ(branch_names(view), (std::vector<std::string>{"a", "a/b"}));
  EXPECT_EQ(tag_names(view), (std::vector<std::string>{"t"}));
  EXPECT_EQ(worktree_ids(view), (std::vector<std::string>{"w-2", "w.3", "w"}));
}

TEST(Names, ATypingErrorFindsTheNameThatWasMeant) {
  const std::vector<std::string> names{"main", "maintenance", "feature/login", "release", "mian2"};
  EXPECT_EQ(similar_names("mian", names), (std::vector<std::string>{"main", "mian2"}));
  EXPECT_EQ(similar_names("mai", names), (std::vector<std::string>{"main"}));
  EXPECT_EQ(similar_names("feature/logni", names), (std::vector<std::string>{"feature/login"}));
  EXPECT_EQ(similar_names("relaese", names), (std::vector<std::string>{"release"}));
  EXPECT_TRUE(similar_names("something", names).empty());
}

TEST(Names, AtMostThreeAreSuggestedTheNearestFirst) {
  EXPECT_EQ(similar_names("branch", {"brunch1", "branch1", "branch2", "branch3", "branchxy"}),
            (std::vector<std::string>{"branch1", "branch2", "branch3"}));
}

}  // namespace
}  // namespace cowstore::refs
