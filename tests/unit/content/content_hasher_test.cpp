#include "content/content_hasher.hpp"

#include <gtest/gtest.h>

#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"
#include "unit/object/memory_nodes.hpp"

namespace cowstore::content {
namespace {

class ContentHasher : public testing::Test {
 protected:
  /// As if there were no streams, no holes and no buffers.
  object::FileRef naive(std::string_view content, chunk::Profile profile) {
    object::ChunkListBuilder list(nodes_);
    for (ByteView rest = as_bytes(content); !rest.empty();) {
      ByteView piece = rest.first(chunk::first_cut(chunk::rule_of(profile), rest));
      EXPECT_TRUE(list.add(ChunkId(hash::sha256(piece)), piece.size()).ok());
      rest = rest.subspan(piece.size());
    }
    return *list.finish();
  }
  object::FileRef hash(std::uint64_t size, chunk::Profile profile = chunk::Profile::kDefault,
                       const ChunkVisitor& visit = ignore_chunk) {
    sys::Fd fd = std::move(temp_.open().open_read("f")).value();
    auto file = hash_content(fd, size, chunk::rule_of(profile), nodes_, visit, "f");
    EXPECT_TRUE(file.ok()) << file.error().message();
    return file.ok() ? *file : object::FileRef{};
  }
  static Result<void> ignore_chunk(const ChunkId&, std::uint64_t, ByteView) { return {}; }

  test::TempDir temp_;
  object::MemoryNodes nodes_;
};

TEST_F(ContentHasher, AgreesWithCuttingItAllAtOnce) {
  for (auto profile : {chunk::Profile::kDefault, chunk::Profile::kFine, chunk::Profile::kBulk}) {
    for (std::size_t size : {0, 1, 4095, 65535, 65536, 65537, 1 << 20, (1 << 20) + 1, 5'000'000}) {
      std::string content = test::random_bytes(size, size);
      test::write_file(temp_ / "f", content);
      EXPECT_EQ(hash(size, profile), naive(content, profile)) << size;
    }
  }
}

TEST_F(ContentHasher, DoesntTellHolesFromZeros) {
  for (std::uint64_t seed = 1; seed <= (COWSTORE_SOAK ? 500 : 25); ++seed) {
    test::Random random(seed);
    std::uint64_t size = random.below(4 << 20);
    test::write_hole(temp_ / "f", size);
    for (std::uint64_t i = random.below(5); i > 0 && size > 0; --i) {
      std::uint64_t at = random.below(size);
      test::overwrite_file(temp_ / "f",
                           test::random_bytes(std::min<std::uint64_t>(random.below(300'000), size - at), seed + i), at);
    }
    EXPECT_EQ(hash(size), naive(test::read_file(temp_ / "f"), chunk::Profile::kDefault)) << "seed " << seed;
  }
}

TEST_F(ContentHasher, ShowsEveryChunkInFileOrderWithItsIdAndBytes) {
  std::string content = test::random_bytes(3'000'000, 1);
  test::write_file(temp_ / "f", content);
  std::string seen;
  hash(content.size(), chunk::Profile::kDefault,
       [&](const ChunkId& id, std::uint64_t offset, ByteView bytes) -> Result<void> {
         EXPECT_EQ(offset, seen.size());
         EXPECT_EQ(id, ChunkId(hash::sha256(bytes)));
         seen += as_text(bytes);
         return {};
       });
  EXPECT_EQ(seen, content);
}

TEST_F(ContentHasher, ImpliesTheChunksOfAHoleAndReadsNone) {
  test::write_hole(temp_ / "f", std::uint64_t{64} << 30);
  std::size_t chunks = 0;
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  object::FileRef file = hash(std::uint64_t{64} << 30, chunk::Profile::kDefault,
                              [&](const ChunkId&, std::uint64_t, ByteView) -> Result<void> {
                                ++chunks;
                                return {};
                              });
  EXPECT_EQ(file.size, std::uint64_t{64} << 30);
  EXPECT_EQ(chunks, 0u);
  EXPECT_EQ(calls.bytes_read(), 0u);
}

TEST_F(ContentHasher, EndsWithTheFileAndAtTheSizeGiven) {
  std::string content = test::random_bytes(200'000, 2);
  test::write_file(temp_ / "f", content);
  EXPECT_EQ(hash(100'000), naive(content.substr(0, 100'000), chunk::Profile::kDefault));
  EXPECT_EQ(hash(1'000), naive(content.substr(0, 1'000), chunk::Profile::kDefault));
  test::write_file(temp_ / "f", "short");
  EXPECT_EQ(hash(1'000), naive("short", chunk::Profile::kDefault));
}

TEST_F(ContentHasher, PassesErrorsOn) {
  std::string content = test::random_bytes(500'000, 3);
  test::write_file(temp_ / "f", content);
  sys::Fd fd = std::move(temp_.open().open_read("f")).value();
  Error full{ErrorCode::kNoSpace, 0, "put", "", "full", ""};
  auto of_visitor = hash_content(
      fd, content.size(), chunk::rule_of(chunk::Profile::kDefault), nodes_,
      [&](const ChunkId&, std::uint64_t, ByteView) -> Result<void> { return full; }, "f");
  ASSERT_FALSE(of_visitor.ok());
  EXPECT_EQ(of_visitor.error().code, ErrorCode::kNoSpace);
  test::FailNth fault(1, EIO, {sys::Call::kRead});
  test::ScopedObserver watching(fault);
  auto of_system =
      hash_content(fd, content.size(), chunk::rule_of(chunk::Profile::kDefault), nodes_, ignore_chunk, "f");
  ASSERT_FALSE(of_system.ok());
  EXPECT_EQ(of_system.error().sys_errno, EIO);
}

}  // namespace
}  // namespace cowstore::content
