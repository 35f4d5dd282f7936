// --skip-unreadable and --one-file-system from the user's side, with names that break programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli_bed.hpp"
#include "support/as_nobody.hpp"

namespace cowstore::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string kLong(255, 'n');
const std::vector<std::string> kNames{"-rf", "new\nline", kLong, "odd\xff"};  // sorted

/// A repository of an ordinary user with unreadable files of all these names.
class UnreadableNames : public testing::Test {
 protected:
  UnreadableNames() {
    give_to_nobody(bed.path() + "/..");
    give_to_nobody(bed.path());
    AsNobody user;
    bed.init_with({{"plain", "1"}});
    bed.write("plain", "2");
    for (const std::string& name : kNames) write_file(bed.path(name), "x", 0);
  }

  static void expect_all_named(const json& object) {
    EXPECT_EQ(object["unreadable"], json::array({"-rf", "new\nline", kLong, "odd\uFFFD"}));
    EXPECT_EQ(object["skipped"][0], "-rf (unreadable: permission denied)");
    json exact = {{"list", "unreadable"}, {"path", "odd\uFFFD"}, {"path_base64", "b2Rk/w=="}};
    const json& undecodable = object["undecodable"];
    EXPECT_EQ(std::count(undecodable.begin(), undecodable.end(), exact), 1) << undecodable.dump();
  }

  CliBed bed;
};

TEST_F(UnreadableNames, AreAllInTheError) {
  AsNobody user;
  Ran ran = bed.run({"commit", "-m", "second"});
  EXPECT_EQ(ran.status, 6);
  EXPECT_THAT(ran.err, HasSubstr("cowstore: read -rf, new\\nline, " + kLong + ", odd\\xff: permission denied\n"));
  EXPECT_THAT(ran.err, HasSubstr("hint: make them readable, leave them out with .cowignore, or use --skip-unreadable"));
  Ran as_json = bed.run({"--json", "commit", "-m", "second"});
  EXPECT_EQ(as_json.status, 6);
  EXPECT_EQ(as_json.json()["error"]["code"], "io");
  EXPECT_TRUE(as_json.json()["error"].contains("path_base64"));
}

TEST_F(UnreadableNames, AreNamedAndLeftOutOnRequest) {
  AsNobody user;
  expect_all_named(bed.json({"status"}));
  json report = bed.json({"commit", "-m", "second", "--skip-unreadable"});
  EXPECT_EQ(report["created"], true);
  EXPECT_EQ(report["stats"]["modified"], 1);
  expect_all_named(report);
  EXPECT_EQ(bed.json({"status"})["clean"], false);
  EXPECT_THAT(bed.done({"commit", "-m", "third", "--skip-unreadable"}).out,
              HasSubstr("Nothing to commit but what can't be read."));
}

TEST_F(UnreadableNames, AreShownByStatus) {
  AsNobody user;
  std::string text = bed.done({"status"}).out;
  EXPECT_THAT(text, HasSubstr("M  plain\n"));
  EXPECT_THAT(text, HasSubstr("-  -rf (unreadable: permission denied)\n"));
  bed.done({"commit", "-m", "second", "--skip-unreadable"});
  EXPECT_THAT(bed.done({"status"}).out, HasSubstr("4 paths can't be read"));
}

TEST_F(UnreadableNames, AreToldByDiff) {
  AsNobody user;
  EXPECT_EQ(bed.run({"diff"}).status, 6);
  Ran ran = bed.done({"diff", "--skip-unreadable", "--name-status"});
  EXPECT_EQ(ran.out, "M\tplain\n");
  EXPECT_THAT(ran.err, HasSubstr("left out, since it can't be read: -rf, "));
}

TEST(OneFileSystem, IsAnOptionOfWhatLooksAtTheWorkingCopy) {
  CliBed bed;
  bed.init_with({{"x", "1"}});
  bed.write("x", "2");
  EXPECT_EQ(bed.json({"status", "--one-file-system"})["modified"], json::array({"x"}));
  EXPECT_EQ(bed.done({"diff", "--one-file-system", "--name-status"}).out, "M\tx\n");
  EXPECT_EQ(bed.json({"commit", "-m", "second", "--one-file-system"})["created"], true);
}

}  // namespace
}  // namespace cowstore::test
