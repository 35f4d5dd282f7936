#include "cli/json_object.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace cowstore::test {
namespace {

using cli::base64;
using cli::JsonList;
using cli::JsonObject;

TEST(JsonObject, KeepsTheOrderOfItsMembers) {
  JsonObject object;
  object.text("b", "x").number("a", 18446744073709551615U).boolean("c", true).null("d").texts("e", {"1", "2"});
  EXPECT_EQ(object.str(), R"({"b":"x","a":18446744073709551615,"c":true,"d":null,"e":["1","2"]})");
}

TEST(JsonObject, IsEmptyWithoutMembers) {
  EXPECT_EQ(JsonObject().str(), "{}");
  EXPECT_EQ(JsonList().str(), "[]");
}

TEST(JsonObject, EscapesWhatJsonCannotHold) {
  std::string text = JsonObject().text("a", "\"\\\n\t\x01 ä").str();
  EXPECT_EQ(nlohmann::json::parse(text)["a"], "\"\\\n\t\x01 ä");
  EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST(JsonObject, ANameThatIsUtf8HasNoSecondMember) {
  EXPECT_EQ(JsonObject().name("path", "ä").str(), "{\"path\":\"ä\"}");
}

TEST(JsonObject, ANameThatIsNotUtf8IsThereExactlyToo) {
  auto parsed = nlohmann::json::parse(JsonObject().name("path", "a\xff\xfe").str());
  EXPECT_EQ(parsed["path"], "a\uFFFD\uFFFD");
  EXPECT_EQ(parsed["path_base64"], "Yf/+");
}

TEST(JsonObject, ListsNameTheirUndecodableItems) {
  JsonObject object;
  object.names("added", {"ok", "\xff"}).names("deleted", {"\xfe"});
  auto parsed = nlohmann::json::parse(object.str());
  EXPECT_EQ(parsed["added"], (nlohmann::json{"ok", "\uFFFD"}));
  ASSERT_EQ(parsed["undecodable"].size(), 2U);
  EXPECT_EQ(parsed["undecodable"][0], (nlohmann::json{{"list", "added"}, {"path", "\uFFFD"}, {"path_base64", "/w=="}}));
  EXPECT_EQ(parsed["undecodable"][1]["list"], "deleted");
}

TEST(JsonObject, Base64IsThatOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(JsonObject, ForeignJsonIsAnObjectOrNothing) {
  EXPECT_EQ(cli::object_or_empty(R"({"n":12345678901234567890123})"), R"({"n":12345678901234567890123})");
  EXPECT_EQ(cli::object_or_empty("[1]"), "{}");
  EXPECT_EQ(cli::object_or_empty("{\"a\":"), "{}");
  EXPECT_EQ(cli::object_or_empty(""), "{}");
}

TEST(JsonObject, MembersForPeopleHaveNoQuotesAroundStrings) {
  auto members = cli::members_of_object(R"({"name":"x","lr":0.1,"list":[1]})");
  std::vector<std::pair<std::string, std::string>> expected{{"list", "[1]"}, {"lr", "0.1"}, {"name", "x"}};
  EXPECT_EQ(members, expected);
}

}  // namespace
}  // namespace cowstore::test
