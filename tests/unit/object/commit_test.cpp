#include "object/commit.hpp"

#include "unit/object/damage.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

Commit sample_commit() {
  Commit commit;
  commit.tree = TreeId(digest_of("tree"));
  commit.attributes = AttributesId(digest_of("attributes"));
  commit.parents = {CommitId(digest_of("p1")), CommitId(digest_of("p0"))};
  commit.author = "Ann <ann@example.org>";
  commit.time = *parse_time("2026-11-22T15:16:49.123456789+01:00");
  commit.message = "First\n\nWith \"quotes\" and é.";
  commit.chunking = chunk::Profile::kFine;
  commit.meta = R"({"metrics":{"loss":0.25},"params":[1,"two"]})";
  return commit;
}

std::string encoded(const Commit& commit) {
  auto bytes = encode_commit(commit);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message();
  return bytes ? std::string(as_text(*bytes)) : "";
}

std::string refusal(std::string_view text) {
  auto commit = decode_commit(as_bytes(text));
  return commit ? "accepted" : commit.error().reason;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

std::string quoted_id(std::string_view text) {
  return '"' + digest_of(text).hex() + '"';
}

TEST(Commit, IsCanonicalJson) {
  Commit commit;
  commit.time.utc_offset_minutes = -60;
  std::string zeros(64, '0');
  EXPECT_EQ(encoded(commit), R"({"attributes":null,"author":"","chunking":"default","format":1,"message":"","meta":{},)"
                             R"("parents":[],"time":"1969-12-31T23:00:00.000000000-01:00","tree":")" +
                                 zeros + "\"}");
}

TEST(Commit, ComesBack) {
  MemoryNodes nodes;
  auto id = put_commit(nodes, sample_commit());
  ASSERT_TRUE(id.ok());
  auto commit = read_commit(nodes, *id);
  ASSERT_TRUE(commit.ok()) << commit.error().message();
  EXPECT_EQ(*commit, sample_commit());
}

TEST(Commit, MetaIsBroughtIntoCanonicalForm) {
  Commit commit = sample_commit();
  commit.meta = R"( { "b" : 1.50, "a" : "\u0041" } )";
  auto back = decode_commit(as_bytes(encoded(commit)));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->meta, R"({"a":"A","b":1.50})");
}

TEST(Commit, DamageIsNoticed) {
  std::string text = encoded(sample_commit());
  expect_canonical(Bytes(text.begin(), text.end()), [](ByteView bytes) -> std::optional<Bytes> {
    auto commit = decode_commit(bytes);
    if (!commit) return std::nullopt;
    auto again = encode_commit(*commit);
    return again ? std::optional(*again) : std::nullopt;
  });
}

TEST(Commit, UnknownMembersAreRefusedByName) {
  std::string text = replaced(encoded(sample_commit()), "\"message\"", "\"massage\"");
  EXPECT_NE(refusal(text).find("\"massage\""), std::string::npos) << refusal(text);
}

TEST(Commit, MissingMembersAreRefusedByName) {
  std::string text = replaced(encoded(sample_commit()), "\"format\":1,", "");
  EXPECT_NE(refusal(text).find("\"format\""), std::string::npos) << refusal(text);
}

TEST(Commit, ALaterFormatIsUnsupported) {
  std::string text = replaced(encoded(sample_commit()), "\"format\":1", "\"format\":2");
  EXPECT_EQ(decode_commit(as_bytes(text)).error().code, ErrorCode::kUnsupported);
}

TEST(Commit, OtherFormsOfTheSameValueAreRefused) {
  std::string good = encoded(sample_commit());
  EXPECT_NE(refusal(" " + good), "accepted");
  EXPECT_NE(refusal(good + "\n"), "accepted");
  EXPECT_NE(refusal("\xef\xbb\xbf" + good), "accepted");
  EXPECT_NE(refusal(replaced(good, "Ann", "\\u0041nn")), "accepted");
  EXPECT_NE(refusal(replaced(good, R"("loss":0.25)", R"("loss": 0.25)")), "accepted");
}

TEST(Commit, ValuesOfTheWrongTypeAreRefused) {
  std::string good = encoded(sample_commit());
  EXPECT_NE(refusal(replaced(good, "\"fine\"", "\"coarse\"")), "accepted");
  EXPECT_NE(refusal(replaced(good, "\"fine\"", "1")), "accepted");
  EXPECT_NE(refusal(replaced(good, R"({"metrics":{"loss":0.25},"params":[1,"two"]})", "[]")), "accepted");
  EXPECT_NE(refusal(replaced(good, quoted_id("p1"), "7")), "accepted");
  EXPECT_NE(refusal(replaced(good, "+01:00", "+25:00")), "accepted");
  EXPECT_NE(refusal("[]"), "accepted");
  EXPECT_NE(refusal("null"), "accepted");
  EXPECT_NE(refusal(""), "accepted");
}

TEST(Commit, AParentNamedTwiceIsRefused) {
  Commit commit = sample_commit();
  commit.parents.push_back(commit.parents.front());
  EXPECT_EQ(encode_commit(commit).error().code, ErrorCode::kUsage);
  EXPECT_NE(refusal(replaced(encoded(sample_commit()), quoted_id("p1"), quoted_id("p0"))), "accepted");
}

TEST(Commit, WhatHasNoCanonicalFormIsRefused) {
  auto refused = [](auto change) {
    Commit commit = sample_commit();
    change(commit);
    auto bytes = encode_commit(commit);
    return !bytes.ok() && bytes.error().code == ErrorCode::kUsage;
  };
  EXPECT_TRUE(refused([](Commit& c) { c.author = "\xff"; }));
  EXPECT_TRUE(refused([](Commit& c) { c.message = "\xc0\x80"; }));
  EXPECT_TRUE(refused([](Commit& c) { c.time.at.nanoseconds = 1'000'000'000; }));
  EXPECT_TRUE(refused([](Commit& c) { c.meta = "[]"; }));
  EXPECT_TRUE(refused([](Commit& c) { c.meta = "{"; }));
  EXPECT_TRUE(refused([](Commit& c) { c.message = std::string(kMaxCommitBytes, 'x'); }));
}

TEST(Commit, MetaMayBeNestedSixtyThreeLevels) {
  Commit commit = sample_commit();
  commit.meta = "{\"a\":" + std::string(62, '[') + std::string(62, ']') + "}";
  EXPECT_EQ(decode_commit(as_bytes(encoded(commit)))->meta, commit.meta);
  commit.meta = "{\"a\":" + std::string(63, '[') + std::string(63, ']') + "}";
  EXPECT_FALSE(encode_commit(commit).ok());
}

TEST(Commit, HostileNestingIsRefused) {
  std::string text = replaced(encoded(sample_commit()), "[1,\"two\"]", std::string(8'000'000, '['));
  EXPECT_NE(refusal(text).find("nested deeper"), std::string::npos) << refusal(text);
}

}  // namespace
}  // namespace cowstore::object
