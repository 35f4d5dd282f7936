#include "refs/record_body.hpp"

#include <gtest/gtest.h>

#include <random>

#include "hash/sha256.hpp"

namespace cowstore::refs {
namespace {

using namespace std::string_literals;

Operation sample() {
  Operation operation;
  operation.time = {1'764'234'567, 89};
  operation.utc_offset_minutes = -90;
  operation.user = "ada";
  operation.command = "commit -m \"x\\y\"\n";
  operation.worktree = "w1";
  operation.changes = {{"branches/main", std::nullopt, std::string(64, 'a')},
                       {"worktrees/w1/path", "/\xff"s, "\0"s},
                       {"tags/ä", "", std::nullopt}};
  operation.details = R"({"undoes":"x"})";
  operation.parent = OperationId(hash::sha256(as_bytes("parent")));
  return operation;
}

TEST(RecordBody, AnOperationIsThisVeryText) {
  NewOperation operation;
  operation.time = {0, 1};
  operation.utc_offset_minutes = 60;
  operation.user = "ada";
  operation.command = "init";
  operation.changes = {{"branches/b\xff", std::nullopt, "1"}};
  EXPECT_EQ(*encode_operation(operation, OperationId{}),
            R"({"changes":[[{"bytes":"6272616e636865732f62ff"},null,"1"]],"command":"init","details":{},"parent":null,)"
            R"("time":"1970-01-01T01:00:00.000000001+01:00","user":"ada","worktree":""})");
}

TEST(RecordBody, AnOperationComesBackAsItWas) {
  const Operation before = sample();
  const std::string body = *encode_operation(before, before.parent);
  const auto after = decode_operation(body);
  ASSERT_TRUE(after.ok()) << after.error().message();
  EXPECT_EQ(after->id.digest(), hash::sha256(as_bytes(body)));
  EXPECT_EQ(after->parent, before.parent);
  EXPECT_EQ(after->time, before.time);
  EXPECT_EQ(after->utc_offset_minutes, before.utc_offset_minutes);
  EXPECT_EQ(after->user, before.user);
  EXPECT_EQ(after->command, before.command);
  EXPECT_EQ(after->worktree, before.worktree);
  EXPECT_EQ(after->changes, before.changes);
  EXPECT_EQ(after->details, before.details);
}

TEST(RecordBody, TheIdDependsOnEverything) {
  const Operation base = sample();
  std::set<std::string> bodies{*encode_operation(base, base.parent), *encode_operation(base, OperationId{})};
  for (int field = 0; field < 7; ++field) {
    Operation other = sample();
    if (field == 0) other.time.nanoseconds++;
    if (field == 1) other.utc_offset_minutes++;
    if (field == 2) other.user += "x";
    if (field == 3) other.command += "x";
    if (field == 4) other.worktree += "x";
    if (field == 5) other.changes.pop_back();
    if (field == 6) other.details = "{}";
    bodies.insert(*encode_operation(other, base.parent));
  }
  EXPECT_EQ(bodies.size(), 9u);
}

TEST(RecordBody, DetailsAreBroughtIntoCanonicalForm) {
  EXPECT_EQ(*canonical_details(""), "{}");
  EXPECT_EQ(*canonical_details(" { \"b\" : 1 , \"a\" : [ ] } "), R"({"a":[],"b":1})");
  for (const std::string& wrong : {"[]"s, "null"s, "{"s, "{\"a\":1,\"a\":2}"s, "{\"a\":\"\xff\"}"s,
                                   "{\"a\":" + std::string(100, '[') + std::string(100, ']') + "}"})
    EXPECT_EQ(canonical_details(wrong).error().code, ErrorCode::kUsage) << wrong;
}

TEST(RecordBody, DetailsAsDeepAsAllowedCanBeReadAgain) {
  Operation operation = sample();
  operation.details = "{\"a\":" + std::string(62, '[') + std::string(62, ']') + "}";
  const auto body = encode_operation(operation, operation.parent);
  ASSERT_TRUE(body.ok());
  EXPECT_TRUE(decode_operation(*body).ok());
  operation.details = "{\"a\":" + std::string(63, '[') + std::string(63, ']') + "}";
  EXPECT_EQ(encode_operation(operation, operation.parent).error().code, ErrorCode::kUsage);
}

TEST(RecordBody, ATimeThatNoCalendarShowsIsRefused) {
  Operation operation = sample();
  operation.time.seconds = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(encode_operation(operation, operation.parent).error().code, ErrorCode::kUsage);
}

TEST(RecordBody, AnyOtherTextOfAnOperationIsRefused) {
  const std::string body = *encode_operation(sample(), sample().parent);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = body;
    const std::size_t at = other.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return other.replace(at, from.size(), to);
  };
  for (const std::string& other : {with("{\"changes\"", "{ \"changes\""),
                                   with("\"user\":\"ada\"", "\"user\":\"\\u0061da\""),
                                   with("\"user\":\"ada\"", "\"user\":{\"bytes\":\"616461\"}"),
                                   with("\"user\":\"ada\"", "\"user\":1"),
                                   with("\"user\":\"ada\",", ""),
                                   with("\"user\":\"ada\"", "\"extra\":1,\"user\":\"ada\""),
                                   with("-01:30", "+25:00"),
                                   with("null", "false"),
                                   with("{\"bytes\":\"2fff\"}", "{\"bytes\":\"2FFF\"}"),
                                   with("{\"bytes\":\"2fff\"}", "{\"bytes\":\"2ff\"}"),
                                   with("{\"undoes\":\"x\"}", "[]"),
                                   with(sample().parent.hex(), std::string(64, '0')),
                                   with(sample().parent.hex(), "abcd"),
                                   body + " ",
                                   body + "x",
                                   body.substr(1),
                                   "[" + body + "]",
                                   ""s,
                                   "null"s,
                                   "[]"s,
                                   "{}"s}) {
    const auto decoded = decode_operation(other);
    ASSERT_FALSE(decoded.ok()) << other;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  }
}

TEST(RecordBody, NoTruncationAndNoFlipDecodesToAnotherTextsOperation) {
  const std::string body = *encode_operation(sample(), sample().parent);
  for (std::size_t size = 0; size < body.size(); ++size) ASSERT_FALSE(decode_operation(body.substr(0, size)).ok());
  for (std::size_t byte = 0; byte < body.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = body;
      other[byte] = static_cast<char>(other[byte] ^ (1 << bit));
      const auto decoded = decode_operation(other);
      if (!decoded) continue;
      ASSERT_EQ(*encode_operation(*decoded, decoded->parent), other);
    }
  }
}

TEST(RecordBody, NestingThatWouldExhaustTheStackIsRefused) {
  const std::string deep(1'000'000, '[');
  EXPECT_FALSE(decode_operation("{\"changes\":" + deep).ok());
  EXPECT_FALSE(decode_view(deep).ok());
}

TEST(RecordBody, AViewIsThisVeryText) {
  View view;
  EXPECT_EQ(encode_view(view), "[]");
  view.set("tags/\"", "\xff");
  view.set("branches/a", "1");
  EXPECT_EQ(encode_view(view), R"([["branches/a","1"],["tags/\"",{"bytes":"ff"}]])");
}

TEST(RecordBody, AnyViewComesBackAsItWas) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    View view;
    for (unsigned i = 0; i < random() % 20; ++i) {
      std::string key;
      std::string value;
      for (unsigned j = 0; j < random() % 9; ++j) key += static_cast<char>(random());
      for (unsigned j = 0; j < random() % 9; ++j) value += static_cast<char>(random() % 128);
      view.set(key, value);
    }
    const auto decoded = decode_view(encode_view(view));
    ASSERT_TRUE(decoded.ok()) << encode_view(view);
    ASSERT_EQ(*decoded, view);
    ASSERT_EQ(decoded->bytes(), view.bytes());
  }
}

TEST(RecordBody, AnyOtherTextOfAViewIsRefused) {
  for (const std::string& text : {""s,
                                  "["s,
                                  "]"s,
                                  "[[\"a\",\"1\"]"s,
                                  "[[\"a\",\"1\"],]"s,
                                  "[ ]"s,
                                  "[[\"a\",\"1\"],[\"a\",\"2\"]]"s,
                                  "[[\"b\",\"1\"],[\"a\",\"2\"]]"s,
                                  "[[\"a\"]]"s,
                                  "[[\"a\",null]]"s,
                                  "[[\"a\",1]]"s,
                                  "[[\"\\u0061\",\"\"]]"s,
                                  "[[\"\\/\",\"\"]]"s,
                                  "[[\"a\n\",\"\"]]"s,
                                  "[[\"a\\"s,
                                  "[[\"\xff\",\"\"]]"s,
                                  "[[{\"bytes\":\"61\"},\"\"]]"s,
                                  "[[{\"bytes\":\"f\"},\"\"]]"s,
                                  "[[{\"bytes\":\"ff\"},\"\"]] "s,
                                  "[[\"a\",\"1\"][\"b\",\"2\"]]"s,
                                  "[,[\"a\",\"1\"]]"s,
                                  "{}"s,
                                  "[[\"a\",\"1\",\"2\"]]"s,
                                  "[[\"a\",\"\\ud800\"]]"s})
    EXPECT_EQ(decode_view(text).error().code, ErrorCode::kCorrupt) << text;
}

}  // namespace
}  // namespace cowstore::refs
