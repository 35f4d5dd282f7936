#include "refs/resolve.hpp"

#include <gtest/gtest.h>

#include <map>

#include "object/commit.hpp"
#include "refs/names.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using test::MemoryHistory;

CommitId id_of(const std::string& hex_beginning) {
  std::string hex = hex_beginning;
  hex.resize(64, '0');
  return CommitId(*Digest::from_hex(hex));
}

class MemoryCommits final : public CommitSource {
 public:
  void add(const CommitId& id, std::vector<CommitId> parents) { parents_[id] = std::move(parents); }
  Result<std::vector<CommitId>> parents(const CommitId& id) override {
    const auto found = parents_.find(id);
    if (found == parents_.end()) return Error{ErrorCode::kNotFound, 0, "read", id.hex(), "no such commit", ""};
    return found->second;
  }
  Result<std::vector<CommitId>> with_prefix(std::string_view hex, std::size_t limit) override {
    std::vector<CommitId> ids;
    for (const auto& [id, parents] : parents_)
      if (id.hex().starts_with(hex) && ids.size() < limit) ids.push_back(id);
    return ids;
  }

 private:
  std::map<CommitId, std::vector<CommitId>> parents_;
};

/// main: a1 ← a2 ← a3 ← merge(a3, b1) = m, and the working copy w1 is at m.
class ResolveTest : public ::testing::Test {
 protected:
  ResolveTest() {
    commits_.add(a1, {});
    commits_.add(a2, {a1});
    commits_.add(a3, {a2});
    commits_.add(b1, {a1});
    commits_.add(m, {a3, b1});
    view_.set("branches/main", m.hex());
    view_.set("branches/topic", b1.hex());
    view_.set("branches/cafe", a1.hex());
    view_.set("tags/v1", a2.hex());
    view_.set("tags/main", a1.hex());
    view_.set("tags/only-tag", a1.hex());
    view_.set("worktrees/w1/commit", m.hex());
  }

  Result<Resolved> resolve_in(std::string_view worktree, std::string_view text) {
    MemoryHistory history(history_);
    return resolve(text, {view_, worktree, commits_, history, {1000, 0}, 0});
  }
  std::string resolved(std::string_view text) {
    const auto found = resolve_in("w1", text);
    return found ? name(found->commit) : "error: " + found.error().reason;
  }
  ErrorCode code(std::string_view text) {
    const auto found = resolve_in("w1", text);
    return found ? ErrorCode::kOther : found.error().code;
  }
  std::string hint(std::string_view text) { return resolve_in("w1", text).error().hint; }
  std::string name(const CommitId& id) const {
    for (const auto& [known, text] : names_)
      if (known == id) return text;
    return id.hex();
  }
  /// At `seconds`, a key went from one commit to another. Call in order of time.
  void moved(std::int64_t seconds, const std::string& key, std::optional<CommitId> from, std::optional<CommitId> to) {
    Operation operation;
    operation.time = {seconds, 0};
    const auto hex = [](const std::optional<CommitId>& id) { return id ? std::optional(id->hex()) : std::nullopt; };
    operation.changes = {{key, hex(from), hex(to)}};
    history_.insert(history_.begin(), operation);
  }

  const CommitId a1 = id_of("aaaa1");
  const CommitId a2 = id_of("aaaa2");
  const CommitId a3 = id_of("cccc3");
  const CommitId b1 = id_of("bbbb1");
  const CommitId m = id_of("dddd");
  const std::vector<std::pair<CommitId, std::string>> names_{{a1, "a1"}, {a2, "a2"}, {a3, "a3"}, {b1, "b1"}, {m, "m"}};
  View view_;
  MemoryCommits commits_;
  std::vector<Operation> history_;
};

TEST_F(ResolveTest, EveryFormFindsItsCommit) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"main", "m"},  {"topic", "b1"},       {"v1", "a2"},      {"@", "m"},       {"@~", "a3"},
      {"@~0", "m"},   {"@~1", "a3"},         {"@~3", "a1"},     {"@^", "a3"},     {"@^1", "a3"},
      {"@^2", "b1"},  {"@^0", "m"},          {"@^2^", "a1"},    {"@~1^~1", "a1"}, {"main^2", "b1"},
      {"v1~1", "a1"}, {"dddd", "m"},         {"DDDD", "m"},     {"aaaa2", "a2"},  {"cccc3~1", "a2"},
      {m.hex(), "m"}, {m.hex() + "~", "a3"}, {"@~2^0~1", "a1"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(resolved(text), expected) << text;
}

TEST_F(ResolveTest, ABranchWinsOverATagAndBothOverAnIdThatBeginsSo) {
  EXPECT_EQ(resolved("main"), "m");
  commits_.add(id_of("cafe"), {});
  EXPECT_EQ(resolved("cafe"), "a1");
  EXPECT_EQ(resolved("cafe0"), id_of("cafe").hex());
}

TEST_F(ResolveTest, OnlyAPlainNameIsABranchOrATagToFollow) {
  EXPECT_EQ(resolve_in("w1", "main")->branch, "main");
  EXPECT_EQ(resolve_in("w1", "main")->tag, "");
  EXPECT_EQ(resolve_in("w1", "v1")->tag, "v1");
  EXPECT_EQ(resolve_in("w1", "main~0")->branch, "");
  EXPECT_EQ(resolve_in("w1", "v1^0")->tag, "");
  EXPECT_EQ(resolve_in("w1", "@")->branch, "");
  EXPECT_EQ(resolve_in("w1", m.hex())->branch, "");
}

TEST_F(ResolveTest, AnAmbiguousPrefixListsWhatBeginsSo) {
  EXPECT_EQ(code("aaaa"), ErrorCode::kUsage);
  EXPECT_NE(hint("aaaa").find("aaaa1"), std::string::npos);
  EXPECT_NE(hint("aaaa").find("aaaa2"), std::string::npos);
}

TEST_F(ResolveTest, WhatDoesNotExistIsNotFound) {
  for (const std::string& text : {std::string("nothing"), std::string("abc"), std::string("eeee"), std::string(64, 'e'),
                                  std::string("@~4"), std::string("@^3"), std::string("main~99"), std::string("v1^2")})
    EXPECT_EQ(code(text), ErrorCode::kNotFound) << text;
}

TEST_F(ResolveTest, ATypingErrorIsAnsweredWithTheNearestNames) {
  EXPECT_EQ(hint("mian"), "did you mean main?");
  EXPECT_EQ(hint("topci~2"), "did you mean topic?");
  EXPECT_EQ(hint("only-tga"), "did you mean only-tag?");
  EXPECT_EQ(hint("HEAD"), "this working copy's commit is @");
  EXPECT_EQ(hint("unlike-any"), "");
}

TEST_F(ResolveTest, AnErrorNamesWhatIsMissing) {
  EXPECT_EQ(resolved("@~4"), "error: commit aaaa10000000 is the first one");
  EXPECT_EQ(resolved("v1^2"), "error: commit aaaa20000000 has only 1 parent");
  EXPECT_EQ(resolved("@^3"), "error: commit dddd00000000 has only 2 parents");
}

TEST_F(ResolveTest, OutsideOfAWorkingCopyThereIsNoAt) {
  EXPECT_EQ(resolve_in("", "@").error().code, ErrorCode::kUsage);
  EXPECT_EQ(resolve_in("", "@{1}").error().code, ErrorCode::kUsage);
  EXPECT_TRUE(resolve_in("", "main").ok());
}

TEST_F(ResolveTest, BeforeTheFirstCommitThereIsNothingToName) {
  EXPECT_EQ(resolve_in("w2", "@").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(resolve_in("w2", "@").error().hint.empty());
}

TEST_F(ResolveTest, AtNIsWhereItWasNChangesAgo) {
  const std::string head = "worktrees/w1/commit";
  moved(100, head, std::nullopt, a1);
  moved(200, head, a1, a2);
  moved(300, "branches/topic", a2, b1);
  moved(400, head, a2, m);
  EXPECT_EQ(resolved("@{0}"), "m");
  EXPECT_EQ(resolved("@{1}"), "a2");
  EXPECT_EQ(resolved("@{2}"), "a1");
  EXPECT_EQ(resolved("@{1}~1"), "a1");
  EXPECT_EQ(code("@{3}"), ErrorCode::kNotFound);
  EXPECT_EQ(resolved("@{4}"), "error: it changed only 3 times");
  EXPECT_EQ(resolved("topic@{1}"), "a2");
  EXPECT_EQ(code("topic@{2}"), ErrorCode::kNotFound);
}

TEST_F(ResolveTest, AtATimeIsWhereItWasThen) {
  const std::string head = "worktrees/w1/commit";
  moved(100, head, std::nullopt, a1);
  moved(400, head, a1, a2);
  moved(940, head, a2, m);
  EXPECT_EQ(resolved("@{now}"), "m");
  EXPECT_EQ(resolved("@{60 seconds ago}"), "m");
  EXPECT_EQ(resolved("@{61 seconds ago}"), "a2");
  EXPECT_EQ(resolved("@{10 minutes ago}"), "a2");
  EXPECT_EQ(resolved("@{11 minutes ago}"), "a1");
  EXPECT_EQ(resolved("@{1970-01-01 00:02}"), "a1");
  EXPECT_EQ(code("@{1970-01-01 00:01}"), ErrorCode::kNotFound);
  EXPECT_EQ(code("@{soon}"), ErrorCode::kUsage);
}

TEST_F(ResolveTest, ABranchThatIsGoneIsStillKnownByItsPast) {
  moved(100, "branches/old", std::nullopt, a2);
  moved(200, "branches/old", a2, std::nullopt);
  EXPECT_EQ(resolved("old@{1}"), "a2");
  EXPECT_EQ(resolved("old@{1970-01-01 00:02}"), "a2");
  EXPECT_EQ(code("old"), ErrorCode::kNotFound);
  EXPECT_EQ(code("never@{1}"), ErrorCode::kNotFound);
  EXPECT_EQ(hint("mian@{0}"), "did you mean main?");
}

TEST_F(ResolveTest, ATagHasNoEarlierState) {
  EXPECT_EQ(code("v1@{1}"), ErrorCode::kUsage);
}

TEST_F(ResolveTest, HistoryIsReadNoFurtherThanNeeded) {
  for (int i = 0; i < 100; ++i) moved(i, "worktrees/w1/commit", a1, a2);
  MemoryHistory history(history_);
  ASSERT_TRUE(resolve("@{2}", {view_, "w1", commits_, history, {1000, 0}, 0}).ok());
  EXPECT_EQ(history.visited, 2);
  ASSERT_TRUE(resolve("main~1", {view_, "w1", commits_, history, {1000, 0}, 0}).ok());
  EXPECT_EQ(history.visited, 2);
}

}  // namespace
}  // namespace cowstore::refs
