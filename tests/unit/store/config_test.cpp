#include "store/config.hpp"

namespace cowstore::store {
namespace {

TEST(StoreConfigText, IsCanonicalJson) {
  EXPECT_EQ(encode_config({}), R"({"attributes":"times","chunking":"default","features":[],"format":1})");
}

TEST(StoreConfigText, ComesBackAsItWas) {
  for (auto attributes : {AttributesPolicy::kNone, AttributesPolicy::kTimes, AttributesPolicy::kFull}) {
    for (auto chunking : {chunk::Profile::kDefault, chunk::Profile::kFine, chunk::Profile::kBulk}) {
      StoreConfig config{attributes, chunking};
      auto decoded = decode_config(encode_config(config));
      ASSERT_TRUE(decoded) << decoded.error().message();
      EXPECT_EQ(*decoded, config);
    }
  }
}

TEST(StoreConfigText, AnUnknownFeatureIsRefusedByName) {
  auto decoded = decode_config(R"({"attributes":"times","chunking":"default","features":["encryption"],"format":1})");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(decoded.error().message().find("\"encryption\""), std::string::npos);
}

TEST(StoreConfigText, ANewerFormatIsUnsupportedWhateverElseItSays) {
  auto decoded = decode_config(R"({"format":2,"features":17,"attributes":[]})");
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::kUnsupported);
}

TEST(StoreConfigText, AnythingElseIsCorrupt) {
  for (std::string_view text : {
           "",
           "{",
           "[]",
           "null",
           "{}",
           R"({"format":1})",
           R"({"format":0,"features":[]})",
           R"({"format":-1,"features":[]})",
           R"({"format":"1","features":[]})",
           R"({"attributes":"some","chunking":"default","features":[],"format":1})",
           R"({"attributes":"times","chunking":"large","features":[],"format":1})",
           R"({"attributes":1,"chunking":"default","features":[],"format":1})",
           R"({"attributes":"times","chunking":"default","features":[7],"format":1})",
           R"({"attributes":"times","chunking":"default","features":{},"format":1})",
       }) {
    auto decoded = decode_config(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt) << text;
  }
}

TEST(StoreConfigText, EveryTruncationIsCorrupt) {
  std::string text = encode_config({});
  for (std::size_t size = 0; size < text.size(); ++size) {
    auto decoded = decode_config(text.substr(0, size));
    ASSERT_FALSE(decoded) << size;
    EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt) << size;
  }
}

}  // namespace
}  // namespace cowstore::store
