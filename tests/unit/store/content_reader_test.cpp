#include "store/content_reader.hpp"

#include "object/chunk_list.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"

namespace cowstore::store {
namespace {

constexpr std::uint32_t kZeroLength = 256 << 10;

class ContentReaderTest : public StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    store_ = open();
  }
  struct Part {
    Sample chunk;
    std::uint64_t repeat = 1;
  };
  object::FileRef put_file(const std::vector<Part>& parts) {
    auto transaction = begin(*store_);
    object::ChunkListBuilder list(*transaction);
    for (const Part& part : parts) {
      EXPECT_OK(transaction->put_chunk(part.chunk.id, part.chunk.bytes));
      EXPECT_OK(list.add(part.chunk.id, part.chunk.bytes.size(), part.repeat));
    }
    auto file = list.finish();
    EXPECT_OK(file);
    EXPECT_OK(transaction->publish());
    return *file;
  }
  Bytes read_rest(ContentReader& reader) {
    Bytes bytes;
    for (;;) {
      auto piece = reader.next();
      EXPECT_OK(piece);
      if (!piece || !*piece) return bytes;
      EXPECT_GT((*piece)->size(), 0U);
      bytes.insert(bytes.end(), (*piece)->data.begin(), (*piece)->data.end());
      bytes.insert(bytes.end(), static_cast<std::size_t>((*piece)->zeros), 0);
    }
  }
  static Part zeros(std::uint64_t repeat) {
    Bytes bytes(kZeroLength);
    return {{ChunkId(hash::sha256(bytes)), bytes}, repeat};
  }
  static Bytes content_of(const std::vector<Part>& parts) {
    Bytes all;
    for (const Part& part : parts) {
      for (std::uint64_t i = 0; i < part.repeat; ++i) {
        all.insert(all.end(), part.chunk.bytes.begin(), part.chunk.bytes.end());
      }
    }
    return all;
  }
  std::vector<Part> parts_ = {{random_chunk(1000, 1)}, {random_chunk(2000, 2), 5}, zeros(3),
                              {random_chunk(1, 3)},    {random_chunk(2000, 2), 2}, zeros(1)};
  std::shared_ptr<Store> store_;
};

TEST_F(ContentReaderTest, GivesTheWholeContentInOrder) {
  object::FileRef file = put_file(parts_);
  store_ = open();
  ContentReader reader(*store_, file);
  EXPECT_EQ(read_rest(reader), content_of(parts_));
  EXPECT_EQ(reader.offset(), file.size);
}

TEST_F(ContentReaderTest, AFileOfOneChunkAndAnEmptyOne) {
  Sample chunk = random_chunk(1000, 1);
  object::FileRef file = put_file({{chunk}});
  EXPECT_EQ(file.depth, 0);
  ContentReader reader(*store_, file);
  EXPECT_EQ(read_rest(reader), chunk.bytes);
  ContentReader empty(*store_, object::FileRef::empty());
  EXPECT_TRUE(read_rest(empty).empty());
}

TEST_F(ContentReaderTest, BeginsAtWhateverByteIsSought) {
  object::FileRef file = put_file(parts_);
  Bytes content = content_of(parts_);
  ContentReader reader(*store_, file);
  test::Random random(1);
  std::vector<std::uint64_t> offsets = {0, 1, 999, 1000, 1001, 11000, 11001, file.size - 1, file.size, file.size + 5};
  for (int i = 0; i < 100; ++i) offsets.push_back(random.below(file.size));
  for (std::uint64_t offset : offsets) {
    ASSERT_OK(reader.seek(offset));
    std::uint64_t at = std::min(offset, file.size);
    ASSERT_EQ(reader.offset(), at);
    auto piece = reader.next();
    ASSERT_OK(piece);
    ASSERT_EQ(piece->has_value(), at < file.size);
    if (!*piece) continue;
    Bytes got((*piece)->data.begin(), (*piece)->data.end());
    got.resize(static_cast<std::size_t>((*piece)->size()));
    auto from = content.begin() + static_cast<std::ptrdiff_t>(at);
    ASSERT_TRUE(std::equal(got.begin(), got.end(), from)) << offset;
    ASSERT_EQ(reader.offset(), at + got.size());
  }
}

TEST_F(ContentReaderTest, SeveralChunksAtOnceAreTheSameBytesFromAnywhereIntoAnyRoom) {
  std::vector<Part> parts = parts_;
  for (std::uint64_t i = 0; i < 12; ++i) parts.push_back({random_chunk(500 + 300 * i, 50 + i)});
  object::FileRef file = put_file(parts);
  Bytes content = content_of(parts);
  ContentReader reader(*store_, file);
  test::Random random(2);
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t from = i == 0 ? 0 : random.below(file.size);
    const std::uint64_t end = from + random.below(file.size - from + 1);
    Bytes room(random.below(10'000));  // too small for some chunks
    ASSERT_OK(reader.seek(from));
    std::uint64_t at = from;
    while (at < end) {
      auto piece = reader.next_into(room, end);
      ASSERT_OK(piece);
      ASSERT_TRUE(*piece);
      Bytes got((*piece)->data.begin(), (*piece)->data.end());
      got.resize(static_cast<std::size_t>((*piece)->size()));
      ASSERT_TRUE(std::equal(got.begin(), got.end(), content.begin() + static_cast<std::ptrdiff_t>(at))) << i;
      at += got.size();
      ASSERT_EQ(reader.offset(), at);
    }
  }
  ASSERT_OK(reader.seek(file.size));
  Bytes room(10'000);
  EXPECT_FALSE(*reader.next_into(room, file.size));
}

TEST_F(ContentReaderTest, AHundredGibibytesOfZerosAreOnePieceAndCostNoRead) {
  constexpr std::uint64_t kChunks = (std::uint64_t{100} << 30) / kZeroLength;
  std::vector<Part> parts = {{random_chunk(1000, 1)}, zeros(kChunks), {random_chunk(2000, 2)}};
  object::FileRef file = put_file(parts);
  ContentReader reader(*store_, file);
  ASSERT_EQ((*reader.next())->data.size(), 1000U);
  test::CountCalls calls;
  {
    test::ScopedObserver watching(calls);
    auto piece = reader.next();
    ASSERT_OK(piece);
    EXPECT_EQ((*piece)->zeros, std::uint64_t{100} << 30);
    EXPECT_TRUE((*piece)->data.empty());
  }
  EXPECT_EQ(calls.total(), 0U);
  ASSERT_EQ((*reader.next())->data.size(), 2000U);
  EXPECT_FALSE(*reader.next());
}

TEST_F(ContentReaderTest, ARepeatedChunkIsReadOnce) {
  object::FileRef file = put_file({{random_chunk(300000, 1), 50}});
  store_ = open();
  ContentReader reader(*store_, file);
  ASSERT_OK(reader.next());
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  for (int i = 1; i < 50; ++i) ASSERT_TRUE(*reader.next());
  EXPECT_EQ(calls.total(), 0U);
}

TEST_F(ContentReaderTest, AMissingChunkIsAnErrorNotAShortFile) {
  auto transaction = begin(*store_);
  object::ChunkListBuilder list(*transaction);
  Sample present = random_chunk(1000, 1);
  ASSERT_OK(transaction->put_chunk(present.id, present.bytes));
  ASSERT_OK(list.add(present.id, 1000));
  ASSERT_OK(list.add(random_chunk(1000, 2).id, 1000));
  auto file = list.finish();
  ASSERT_OK(file);
  ASSERT_OK(transaction->publish());
  ContentReader reader(*store_, *file);
  ASSERT_OK(reader.next());
  auto piece = reader.next();
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code, ErrorCode::kCorrupt);
}

TEST_F(ContentReaderTest, AReferenceOfAnotherSizeIsCorrupt) {
  object::FileRef file = put_file(parts_);
  ++file.size;
  ContentReader reader(*store_, file);
  auto piece = reader.next();
  ASSERT_FALSE(piece);
  EXPECT_EQ(piece.error().code, ErrorCode::kCorrupt);
  Sample chunk = random_chunk(1000, 1);
  ContentReader single(*store_, object::FileRef::single_chunk(chunk.id, 1001));
  EXPECT_EQ(single.next().error().code, ErrorCode::kCorrupt);
  ContentReader giant(*store_, object::FileRef::single_chunk(chunk.id, std::uint64_t{1} << 50));
  EXPECT_EQ(giant.next().error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cowstore::store
