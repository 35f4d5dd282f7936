// File names are bytes: each of these goes in by commit, is shown, and comes out by checkout.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_bed.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {
namespace {

using nlohmann::json;

const std::vector<std::string> kNames = {
    "two\nlines",  "\xff\xfe",  "-dash",       "--json", " space ", "\"quoted\"",
    "back\\slash", "tab\there", "\033[31mred", "ä",      "{}",      "[a,b]",
    "++",          "%s",        "@",           "a:b",    "*",       std::string(255, 'n')};

TEST(Names, SurviveTheRoundTrip) {
  CliBed bed;
  bed.done({"init"});
  for (const std::string& name : kNames) bed.write(name, "content of " + name);
  bed.done({"commit", "-m", "odd names"});
  EXPECT_EQ(bed.json({"status"})["clean"], true);
  bed.done({"checkout", "@", "../other"});
  EXPECT_EQ(tree_text(bed.path("../other")), tree_text(bed.path()));
}

TEST(Names, CanBeGivenAsArguments) {
  CliBed bed;
  bed.done({"init"});
  for (const std::string& name : kNames) bed.write(name, "old");
  bed.done({"commit", "-m", "old"});
  for (const std::string& name : kNames) {
    bed.write(name, "edit");
    bed.done({"restore", "--", name});
    EXPECT_EQ(read_file(bed.path(name)), "old") << name;
    EXPECT_EQ(bed.done({"cat", "@:" + name}).out, "old") << name;
  }
}

TEST(Names, NeverReachATerminalRaw) {
  CliBed bed;
  bed.done({"init"});
  for (const std::string& name : kNames) bed.write(name, "1");
  bed.done({"commit", "-m", "1"});
  for (const std::string& name : kNames) bed.write(name, "22");
  bed.done({"tag", "t"});
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{"status"},
                                                                                    {"diff"},
                                                                                    {"diff", "--stat"},
                                                                                    {"diff", "--name-status"},
                                                                                    {"show"},
                                                                                    {"ls"},
                                                                                    {"ls", "-r", "-l"},
                                                                                    {"restore", "--dry-run", "."}}) {
    std::string out = bed.done(args).out;
    EXPECT_EQ(out.find('\033'), std::string::npos) << out;
    EXPECT_EQ(out.find('\xff'), std::string::npos) << out;
    EXPECT_EQ(out.find("two\nlines"), std::string::npos) << out;
    EXPECT_NE(out.find("two\\nlines"), std::string::npos) << out;
  }
}

TEST(Names, AreRawAndEndedByNulWhenAsked) {
  CliBed bed;
  bed.init_with({{"two\nlines", "1"}, {"\xff", "1"}});
  bed.write("two\nlines", "22");
  EXPECT_EQ(bed.done({"ls", "-z"}).out, std::string("two\nlines\0\xff\0", 12));
  EXPECT_EQ(bed.done({"status", "-z"}).out, std::string("M\ttwo\nlines\0", 12));
  EXPECT_EQ(bed.done({"diff", "--name-status", "-z"}).out, std::string("M\ttwo\nlines\0", 12));
}

TEST(Names, ThatAreNotUtf8AreExactInJson) {
  CliBed bed;
  bed.done({"init"});
  bed.write("a\xff", "1");
  json status = bed.json({"status"});
  EXPECT_EQ(status["added"], json{"a\uFFFD"});
  EXPECT_EQ(status["undecodable"], (json{{{"list", "added"}, {"path", "a\uFFFD"}, {"path_base64", "Yf8="}}}));
  bed.done({"commit", "-m", "1"});
  json entry = bed.json({"ls"})["entries"][0];
  EXPECT_EQ(entry["path"], "a\uFFFD");
  EXPECT_EQ(entry["path_base64"], "Yf8=");
}

TEST(Names, AreExactInErrors) {
  CliBed bed;
  bed.done({"init"});
  Ran ran = bed.run({"--json", "-C", "no\xff", "status"});
  json error = ran.json()["error"];
  EXPECT_EQ(error["path"], bed.path("no\uFFFD"));
  EXPECT_TRUE(error.contains("path_base64"));
  EXPECT_EQ(error["message"].get<std::string>().find('\xff'), std::string::npos);
}

}  // namespace
}  // namespace cowstore::test
