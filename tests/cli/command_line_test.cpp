#include "cli/command_line.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using cli::as_shell_line;
using cli::asks_for_json;
using cli::find_verb;

TEST(CommandLine, FindsVerbsOfOneAndTwoWords) {
  auto status = find_verb({"status", "-z"});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->verb->info.name, "status");
  EXPECT_EQ(status->args, std::vector<std::string>{"-z"});
  auto restore = find_verb({"op", "restore", "@~2"});
  ASSERT_TRUE(restore.ok());
  EXPECT_EQ(restore->verb->info.name, "op restore");
  EXPECT_EQ(restore->args, std::vector<std::string>{"@~2"});
}

std::string complaint(const std::vector<std::string>& args) {
  auto found = find_verb(args);
  if (found.ok()) return "";
  EXPECT_EQ(found.error().code, ErrorCode::kUsage);
  return found.error().message() + " / " + found.error().hint;
}

TEST(CommandLine, OffersTheVerbThatWasMeant) {
  EXPECT_EQ(complaint({"comit"}), "'comit' is not a cowstore command / did you mean `commit`?");
  EXPECT_EQ(complaint({"stauts"}), "'stauts' is not a cowstore command / did you mean `status`?");
  EXPECT_EQ(complaint({"frobnicate"}), "'frobnicate' is not a cowstore command / `cowstore --help` lists the commands");
  EXPECT_EQ(complaint({"zz"}), "'zz' is not a cowstore command / `cowstore --help` lists the commands");
}

TEST(CommandLine, AGroupAloneNamesItsVerbs) {
  EXPECT_EQ(complaint({"op"}), "`op` takes one of: op log, op restore / `cowstore --help` lists the commands");
  EXPECT_EQ(complaint({"op", "bogus"}), complaint({"op"}));
}

TEST(CommandLine, JsonIsAskedForBeforeTheTwoDashesOnly) {
  EXPECT_TRUE(asks_for_json({"status", "--bogus", "--json"}));
  EXPECT_FALSE(asks_for_json({"restore", "--", "--json"}));
}

TEST(CommandLine, IsRecordedAsAShellWouldTakeIt) {
  EXPECT_EQ(as_shell_line({"commit", "-m", "it's done", "--meta", "lr=0.1", ""}),
            "cowstore commit -m 'it'\\''s done' --meta lr=0.1 ''");
}

}  // namespace
}  // namespace cowstore::test
