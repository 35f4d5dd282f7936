#include "cli/parser.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using cli::Need;
using cli::Parser;

TEST(Parser, OptionsMayStandAnywhere) {
  Parser parser;
  bool force = false;
  std::string name;
  std::optional<std::string> revision;
  parser.flag("-f,--force", force, "");
  parser.argument("NAME", name, "");
  parser.argument("REV", revision, "");
  ASSERT_TRUE(parser.parse({"a", "--force", "b"}).ok());
  EXPECT_TRUE(force);
  EXPECT_EQ(name, "a");
  EXPECT_EQ(revision, "b");
}

TEST(Parser, TwoDashesEndTheOptions) {
  Parser parser;
  bool force = false;
  std::vector<std::string> paths;
  parser.flag("-f,--force", force, "");
  parser.arguments("PATH", paths, "", Need::kRequired);
  ASSERT_TRUE(parser.parse({"x", "--", "-f", "--", "--force"}).ok());
  EXPECT_FALSE(force);
  EXPECT_EQ(paths, (std::vector<std::string>{"x", "-f", "--", "--force"}));
}

TEST(Parser, ArgumentsOfAnyBytesComeThrough) {
  // Each of these means something to CLI11.
  std::vector<std::string> names = {"{}", "[a,b]", "%%", "a b", "\xff", "a\nb", "-", "", "@", "++", "=", "-1"};
  for (const std::string& name : names) {
    Parser parser;
    std::vector<std::string> paths;
    parser.arguments("PATH", paths, "", Need::kRequired);
    ASSERT_TRUE(parser.parse({"--", name, name}).ok()) << name;
    EXPECT_EQ(paths, (std::vector<std::string>{name, name}));
  }
}

TEST(Parser, ALonePlusPlusIsAnArgument) {
  Parser parser;
  std::vector<std::string> paths;
  parser.arguments("PATH", paths, "", Need::kOptional);
  ASSERT_TRUE(parser.parse({"++", "{}", "[x]"}).ok());
  EXPECT_EQ(paths, (std::vector<std::string>{"++", "{}", "[x]"}));
}

TEST(Parser, ValuesMayLookLikeAnything) {
  for (std::string value : {"-x", "--", "++", "--message", "{}", "[a,b]", "a=b", "\xff"}) {
    Parser parser;
    std::vector<std::string> messages;
    std::vector<std::string> paths;
    parser.values("-m,--message", "TEXT", messages, "");
    parser.arguments("PATH", paths, "", Need::kOptional);
    ASSERT_TRUE(parser.parse({"-m", value, "p", "--message=" + value}).ok()) << value;
    EXPECT_EQ(messages, (std::vector<std::string>{value, value}));
    EXPECT_EQ(paths, std::vector<std::string>{"p"});
  }
}

TEST(Parser, ARepeatableOptionTakesOneValueEachTime) {
  Parser parser;
  std::vector<std::string> meta;
  std::vector<std::string> paths;
  parser.values("--meta", "KEY=VALUE", meta, "");
  parser.arguments("PATH", paths, "", Need::kOptional);
  ASSERT_TRUE(parser.parse({"--meta", "a=1", "file", "--meta", "b=2"}).ok());
  EXPECT_EQ(meta, (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(paths, std::vector<std::string>{"file"});
}

TEST(Parser, OfARepeatedSingleOptionTheLastOneCounts) {
  Parser parser;
  std::uint64_t limit = 0;
  parser.number("-n,--limit", "N", limit, "");
  ASSERT_TRUE(parser.parse({"-n3", "--limit", "5"}).ok());
  EXPECT_EQ(limit, 5U);
}

/// What parse() says of these arguments, with one option and argument of each kind declared.
std::string complaint(const std::vector<std::string>& args) {
  Parser parser;
  std::uint64_t limit = 0;
  int method = 0;
  std::string name;
  parser.number("-n,--limit", "N", limit, "");
  parser.choice<int>("--method", method, {{"auto", 1}, {"copy", 2}}, "");
  parser.argument("NAME", name, "");
  auto parsed = parser.parse(args);
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
  return parsed.error().message();
}

TEST(Parser, SaysWhatIsWrong) {
  EXPECT_EQ(complaint({"a"}), "");
  EXPECT_EQ(complaint({}), "NAME is missing");
  EXPECT_EQ(complaint({"a", "b\n"}), "unexpected argument 'b\\n'");
  EXPECT_EQ(complaint({"a", "--bogus"}), "unknown option '--bogus'");
  EXPECT_EQ(complaint({"a", "-n", "-1"}), "-n,--limit takes a number, not '-1'");
  EXPECT_EQ(complaint({"a", "-n", "99999999999999999999"}), "-n,--limit takes a number, not '99999999999999999999'");
  EXPECT_EQ(complaint({"a", "-n", "3x"}), "-n,--limit takes a number, not '3x'");
  EXPECT_EQ(complaint({"a", "--method", "magic"}), "--method is auto|copy, not 'magic'");
  EXPECT_EQ(complaint({"a", "--method"}).substr(0, 24), "an option needs a value:");
}

TEST(Parser, SetsOptionsEvenWhenAnArgumentIsMissing) {
  Parser parser;
  bool help = false;
  std::string name;
  parser.flag("-h,--help", help, "");
  parser.argument("NAME", name, "");
  EXPECT_FALSE(parser.parse({"--help"}).ok());
  EXPECT_TRUE(help);
}

TEST(Parser, TheFrontEndsWithTheFirstArgument) {
  Parser parser;
  bool json = false;
  std::vector<std::string> directories;
  parser.flag("--json", json, "");
  parser.values("-C", "DIR", directories, "");
  auto rest = parser.parse_front({"--json", "-C", "a", "-Cb", "tag", "--json", "log", "--", "-x"});
  ASSERT_TRUE(rest.ok());
  EXPECT_TRUE(json);
  EXPECT_EQ(directories, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(*rest, (std::vector<std::string>{"tag", "--json", "log", "--", "-x"}));
}

TEST(Parser, HelpNamesWhatWasDeclared) {
  Parser parser;
  bool force = false;
  std::vector<std::string> paths;
  std::string source;
  parser.flag("-f,--force", force, "do it");
  parser.value("--source", "REV", source, "from there");
  parser.arguments("PATH", paths, "files", Need::kRequired);
  ASSERT_EQ(parser.option_help().size(), 2U);
  EXPECT_EQ(parser.option_help()[0].left, "-f, --force");
  EXPECT_EQ(parser.option_help()[0].right, "do it");
  EXPECT_EQ(parser.option_help()[1].left, "    --source REV");
  ASSERT_EQ(parser.argument_help().size(), 1U);
  EXPECT_EQ(parser.argument_help()[0].left, "PATH...");
}

}  // namespace
}  // namespace cowstore::test
