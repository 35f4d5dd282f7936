#include "cli/external_diff.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using cli::unified_diff;

TEST(ExternalDiff, IsAUnifiedDiffUnderTheGivenLabels) {
  auto diff = unified_diff("one\ntwo\n", "a/x", "one\nthree\n", "b/x");
  ASSERT_TRUE(diff.ok()) << diff.error().message();
  EXPECT_EQ(*diff, "--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n");
}

TEST(ExternalDiff, OfEqualTextsIsEmpty) {
  auto diff = unified_diff("same\n", "a", "same\n", "b");
  ASSERT_TRUE(diff.ok());
  EXPECT_EQ(*diff, "");
}

TEST(ExternalDiff, TellsAMissingNewlineInEnglish) {
  auto diff = unified_diff("", "/dev/null", "x", "b/x");
  ASSERT_TRUE(diff.ok());
  EXPECT_EQ(*diff, "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n");
}

TEST(ExternalDiff, TakesMoreThanAPipeHolds) {
  std::string before;
  std::string after;
  for (int i = 0; i < 200000; ++i) {
    before += std::to_string(i) + "\n";
    after += std::to_string(i * 2) + "\n";
  }
  auto diff = unified_diff(before, "a", after, "b");
  ASSERT_TRUE(diff.ok()) << diff.error().message();
  EXPECT_GT(diff->size(), before.size());
}

TEST(ExternalDiff, LabelsAreNeverOptions) {
  auto diff = unified_diff("1\n", "--help", "2\n", "-x");
  ASSERT_TRUE(diff.ok()) << diff.error().message();
  EXPECT_TRUE(diff->starts_with("--- --help\n+++ -x\n")) << *diff;
}

}  // namespace
}  // namespace cowstore::test
