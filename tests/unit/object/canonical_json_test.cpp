#include "object/canonical_json.hpp"

#include <gtest/gtest.h>

namespace cowstore::object {
namespace {

std::string canonical(std::string_view text) {
  auto result = canonical_json(text);
  return result ? *result : "refused: " + result.error().reason;
}

TEST(CanonicalJson, SortsKeysAndDropsWhiteSpace) {
  EXPECT_EQ(canonical(" { \"b\" : [ 1 , true , null ] , \"a\" : { } } "), R"({"a":{},"b":[1,true,null]})");
  EXPECT_EQ(canonical(R"({"é":1,"z":2,"Z":3,"":4})"), R"({"":4,"Z":3,"z":2,"é":1})");
}

TEST(CanonicalJson, HasOneFormOfAString) {
  EXPECT_EQ(canonical(R"("\u0041\/\u00e9\u001F\u0000\ud83d\ude00\b\f\n\r\t\"\\")"),
            "\"A/é\\u001f\\u0000😀\\b\\f\\n\\r\\t\\\"\\\\\"");
  EXPECT_EQ(canonical("\"\x7f\""), "\"\x7f\"");
}

TEST(CanonicalJson, NumbersKeepTheirDigits) {
  for (const char* number : {"0", "-1", "18446744073709551615", "-9223372036854775808", "0.1", "1.0", "1e5", "1E+5",
                             "3.14159265358979323846264338327950288", "123456789012345678901234567890"}) {
    EXPECT_EQ(canonical(number), number);
  }
  EXPECT_EQ(canonical("-0"), "0");
}

TEST(CanonicalJson, IsItsOwnCanonicalForm) {
  std::string once = canonical(R"([{"x":"\u0007","a":[[],{}]},1.50,"é"])");
  EXPECT_EQ(canonical(once), once);
}

TEST(CanonicalJson, AnythingElseIsRefused) {
  for (const char* text : {"",        " ",   "{",           "[1,]",  "{\"a\":1,}", "01",          "+1",        ".5",
                           "1.",      "nul", "'a'",         "\"a",   "\"\n\"",     "1 2",         "{\"a\" 1}", "{1:2}",
                           "// c\n1", "NaN", "\"\\ud800\"", "1e999", "\"\xff\"",   "\"\xc0\x80\""}) {
    EXPECT_EQ(canonical(text).substr(0, 8), "refused:") << text;
  }
}

TEST(CanonicalJson, RepeatedKeysAreRefused) {
  EXPECT_EQ(canonical(R"({"a":1,"\u0061":2})"), "refused: the key \"a\" comes twice");
}

TEST(CanonicalJson, DeepNestingIsRefusedBeforeItHurts) {
  EXPECT_EQ(canonical(std::string(64, '[') + std::string(64, ']')).size(), 128U);
  EXPECT_EQ(canonical(std::string(65, '[') + std::string(65, ']')).substr(0, 8), "refused:");
  EXPECT_EQ(canonical(std::string(5'000'000, '[')).substr(0, 8), "refused:");
  std::string objects;
  for (int i = 0; i < 500000; ++i) objects += "{\"a\":";
  EXPECT_EQ(canonical(objects).substr(0, 8), "refused:");
}

TEST(CanonicalMembers, AreThoseOfTheObject) {
  auto members = canonical_members(R"({"b":{"y":1,"x":[]},"a":"s"})");
  ASSERT_TRUE(members.ok());
  EXPECT_EQ(*members, (std::map<std::string, std::string>{{"a", "\"s\""}, {"b", R"({"x":[],"y":1})"}}));
  EXPECT_FALSE(canonical_members("[]").ok());
}

}  // namespace
}  // namespace cowstore::object
