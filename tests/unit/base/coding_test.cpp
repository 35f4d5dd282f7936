#include "base/coding.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "support/random_bytes.hpp"

namespace cowstore::base {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

Bytes varint(std::uint64_t value) {
  Bytes out;
  Writer(out).varint(value);
  return out;
}

Bytes zigzag(std::int64_t value) {
  Bytes out;
  Writer(out).zigzag(value);
  return out;
}

void expect_corrupt(const Error& error, std::string_view where) {
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_TRUE(error.reason.ends_with(where)) << error.reason;
}

TEST(Coding, FixedIntegersAreLittleEndian) {
  Bytes out;
  Writer writer(out);
  writer.u8(0x01);
  writer.u16(0x0302);
  writer.u32(0x07060504);
  writer.u64(0x0f0e0d0c0b0a0908);
  Bytes expected;
  for (std::uint8_t i = 1; i <= 15; ++i) expected.push_back(i);
  EXPECT_EQ(out, expected);
  EXPECT_EQ(writer.size(), 15U);

  Reader reader(out);
  EXPECT_EQ(*reader.u8(), 0x01);
  EXPECT_EQ(*reader.u16(), 0x0302);
  EXPECT_EQ(*reader.u32(), 0x07060504U);
  EXPECT_EQ(*reader.u64(), 0x0f0e0d0c0b0a0908U);
  EXPECT_TRUE(reader.at_end());
}

TEST(Coding, VarintsAreLeb128) {
  EXPECT_EQ(varint(0), (Bytes{0x00}));
  EXPECT_EQ(varint(127), (Bytes{0x7f}));
  EXPECT_EQ(varint(128), (Bytes{0x80, 0x01}));
  EXPECT_EQ(varint(300), (Bytes{0xac, 0x02}));
  EXPECT_EQ(varint(kMax64), (Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
}

TEST(Coding, EveryVarintComesBack) {
  for (int bit = 0; bit < 64; ++bit) {
    for (std::uint64_t value : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit, kMax64 >> bit}) {
      Bytes encoded = varint(value);
      Reader reader(encoded);
      auto read = reader.varint();
      ASSERT_TRUE(read.ok()) << value;
      EXPECT_EQ(*read, value);
      EXPECT_TRUE(reader.at_end());
    }
  }
}

TEST(Coding, VarintsHaveOneEncoding) {
  for (const Bytes& longer : {Bytes{0x80, 0x00}, Bytes{0xff, 0x00}, Bytes{0x80, 0x80, 0x00},
                              Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00}}) {
    auto read = Reader(longer).varint();
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Coding, VarintsBeyond64BitsAreRefused) {
  for (std::uint8_t last : Bytes{0x02, 0x03, 0x7f, 0x80, 0x81, 0xff}) {
    Bytes encoded(9, 0xff);
    encoded.push_back(last);
    encoded.push_back(0x01);
    auto read = Reader(encoded).varint();
    ASSERT_FALSE(read.ok()) << int{last};
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Coding, ATruncatedVarintIsCorruptAtItsEnd) {
  Bytes encoded = varint(kMax64);
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    auto read = Reader(ByteView(encoded).first(size)).varint();
    ASSERT_FALSE(read.ok()) << size;
    expect_corrupt(read.error(), "truncated at offset " + std::to_string(size));
  }
}

TEST(Coding, ZigzagKeepsSmallNumbersShortWhateverTheirSign) {
  EXPECT_EQ(zigzag(0), (Bytes{0}));
  EXPECT_EQ(zigzag(-1), (Bytes{1}));
  EXPECT_EQ(zigzag(1), (Bytes{2}));
  EXPECT_EQ(zigzag(-64), (Bytes{127}));
  EXPECT_EQ(zigzag(64), (Bytes{0x80, 0x01}));
}

TEST(Coding, EverySignedNumberComesBack) {
  using Limits = std::numeric_limits<std::int64_t>;
  for (std::int64_t value : {Limits::min(), Limits::min() + 1, std::int64_t{-65}, std::int64_t{-1}, std::int64_t{0},
                             std::int64_t{1}, std::int64_t{64}, Limits::max() - 1, Limits::max()}) {
    Bytes encoded = zigzag(value);
    Reader reader(encoded);
    EXPECT_EQ(*reader.zigzag(), value);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(Coding, SizedBytesComeBackAsAViewOfTheInput) {
  Bytes out;
  Writer writer(out);
  writer.sized(as_bytes("some bytes"));
  writer.sized({});
  writer.sized(as_bytes(std::string(200, 'x')));
  Reader reader(out);
  ByteView first = *reader.sized();
  EXPECT_EQ(as_text(first), "some bytes");
  EXPECT_EQ(first.data(), out.data() + 1);
  EXPECT_EQ(reader.sized()->size(), 0U);
  EXPECT_EQ(reader.sized()->size(), 200U);
  EXPECT_TRUE(reader.at_end());
}

TEST(Coding, ALengthFieldLargerThanTheInputIsRefusedBeforeAnythingIsAllocated) {
  for (std::uint64_t claimed : {std::uint64_t{5}, std::uint64_t{1} << 40, kMax64}) {
    Bytes out = varint(claimed);
    out.insert(out.end(), {1, 2, 3, 4});
    auto read = Reader(out).sized();
    ASSERT_FALSE(read.ok()) << claimed;
    EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  }
}

TEST(Coding, EveryTruncationOfARecordIsCorrupt) {
  Bytes record;
  Writer writer(record);
  writer.u16(7);
  writer.varint(100000);
  writer.sized(as_bytes("name"));
  writer.u64(9);
  auto decode = [](ByteView bytes) -> bool {
    Reader reader(bytes);
    return reader.u16().ok() && reader.varint().ok() && reader.sized().ok() && reader.u64().ok() &&
           reader.expect_end().ok();
  };
  EXPECT_TRUE(decode(record));
  for (std::size_t size = 0; size < record.size(); ++size) EXPECT_FALSE(decode(ByteView(record).first(size))) << size;
}

TEST(Coding, AFailedFixedReadConsumesNothing) {
  Bytes three{1, 2, 3};
  Reader reader(three);
  EXPECT_FALSE(reader.u32().ok());
  EXPECT_EQ(reader.offset(), 0U);
  EXPECT_FALSE(reader.raw(4).ok());
  EXPECT_EQ(reader.remaining(), 3U);
  EXPECT_EQ(*reader.u16(), 0x0201);
}

TEST(Coding, TrailingBytesAreNamedWithTheirOffset) {
  Bytes two{1, 2};
  Reader reader(two);
  (void)reader.u8();
  auto end = reader.expect_end();
  ASSERT_FALSE(end.ok());
  expect_corrupt(end.error(), "trailing bytes at offset 1");
}

TEST(Coding, AReaderSurvivesRandomBytes) {
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    std::string input = test::random_bytes(seed % 40, seed);
    Reader reader(as_bytes(input));
    test::Random choice(seed);
    while (!reader.at_end()) {
      std::size_t before = reader.offset();
      std::uint64_t which = choice.below(3);
      bool ok = which == 0 ? reader.varint().ok() : which == 1 ? reader.sized().ok() : reader.u32().ok();
      ASSERT_LE(reader.offset(), input.size());
      if (!ok) break;
      ASSERT_GT(reader.offset(), before);
    }
  }
}

TEST(Coding, AnAcceptedVarintEncodesToTheSameBytes) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      Bytes input{static_cast<std::uint8_t>(first), static_cast<std::uint8_t>(second), 0x05};
      Reader reader(input);
      auto value = reader.varint();
      if (!value) continue;
      Bytes again = varint(*value);
      EXPECT_TRUE(std::equal(again.begin(), again.end(), input.begin()));
      EXPECT_EQ(again.size(), reader.offset());
    }
  }
}

TEST(Coding, LoadsAndStoresAgreeWithTheWriterAtAnyAlignment) {
  Bytes out;
  Writer writer(out);
  writer.u8(0);
  writer.u32(0x89abcdef);
  writer.u64(0x0123456789abcdef);
  EXPECT_EQ(load_u32(out.data() + 1), 0x89abcdefU);
  EXPECT_EQ(load_u64(out.data() + 5), 0x0123456789abcdefU);
  Bytes stored(13);
  store_u32(stored.data() + 1, 0x89abcdef);
  store_u64(stored.data() + 5, 0x0123456789abcdef);
  EXPECT_EQ(stored, out);
}

}  // namespace
}  // namespace cowstore::base
