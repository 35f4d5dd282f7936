#include "refs/revision.hpp"

#include <gtest/gtest.h>

namespace cowstore::refs {
namespace {

/// "base @at ~1 ^2", or "refused".
std::string parsed(std::string_view text) {
  const auto revision = parse_revision(text);
  if (!revision) {
    EXPECT_EQ(revision.error().code, ErrorCode::kUsage);
    return "refused";
  }
  EXPECT_EQ(revision->text, text);
  std::string out = "[" + revision->base + "]";
  if (revision->at) out += " {" + *revision->at + "}";
  for (const RevisionStep& step : revision->steps)
    out += (step.kind == RevisionStep::Kind::kAncestor ? " ~" : " ^") + std::to_string(step.count);
  return out;
}

TEST(Revision, EveryFormHasItsParts) {
  const std::vector<std::pair<std::string, std::string>> table{
      {"main", "[main]"},
      {"feature/x", "[feature/x]"},
      {"v1.0", "[v1.0]"},
      {"deadbeef", "[deadbeef]"},
      {"user@host", "[user@host]"},
      {"@", "[]"},
      {"@~", "[] ~1"},
      {"@~3", "[] ~3"},
      {"@^", "[] ^1"},
      {"@^2", "[] ^2"},
      {"@^0", "[] ^0"},
      {"@~2^2~", "[] ~2 ^2 ~1"},
      {"@^^^", "[] ^1 ^1 ^1"},
      {"main~10", "[main] ~10"},
      {"@{0}", "[] {0}"},
      {"@{1}~2", "[] {1} ~2"},
      {"@{yesterday}", "[] {yesterday}"},
      {"@{2026-11-20 10:00}", "[] {2026-11-20 10:00}"},
      {"main@{3 days ago}^", "[main] {3 days ago} ^1"},
      {"@@{1}", "[] {1}"},
      {"a@b@{1}", "[a@b] {1}"},
      {"main@{a~b}", "[main] {a~b}"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(parsed(text), expected) << text;
}

TEST(Revision, AnythingElseIsRefused) {
  for (const char* text : {"", "~1", "^", "~", "@{", "@{1", "@{}", "main@{}", "main~1x", "main^x", "main~-1",
                           "main~99999999999", "main@{1}x", "main@{1}@{2}", "main~1@{2}"})
    EXPECT_EQ(parsed(text), "refused") << text;
}

TEST(Revision, PlainMeansWithoutSuffix) {
  EXPECT_TRUE(parse_revision("main")->is_plain());
  EXPECT_TRUE(parse_revision("@")->is_plain());
  EXPECT_FALSE(parse_revision("main~0")->is_plain());
  EXPECT_FALSE(parse_revision("main@{0}")->is_plain());
}

TEST(Revision, APathBeginsAtTheFirstColonOutsideOfBraces) {
  const auto check = [](std::string_view text, std::string_view revision, std::optional<std::string> path) {
    const RevisionAndPath split = split_revision_path(text);
    EXPECT_EQ(split.revision, revision) << text;
    EXPECT_EQ(split.path, path) << text;
  };
  check("main", "main", std::nullopt);
  check("main:", "main", "");
  check("main:a/b", "main", "a/b");
  check("main:a:b", "main", "a:b");
  check("@{2026-11-20 10:00}:a", "@{2026-11-20 10:00}", "a");
  check("@{2026-11-20 10:00}", "@{2026-11-20 10:00}", std::nullopt);
  check("@~1:{a}:b", "@~1", "{a}:b");
  check(":a", "", "a");
  check("@{broken:a", "@{broken:a", std::nullopt);
}

}  // namespace
}  // namespace cowstore::refs
