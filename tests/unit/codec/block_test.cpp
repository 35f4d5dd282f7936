#include "codec/block.hpp"

#include <gtest/gtest.h>
#include <zstd.h>

#include <limits>
#include <random>

namespace cowstore::codec {
namespace {

Bytes noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes prose(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i)
    text += "{\"record\": " + std::to_string(i * i) + ", \"kind\": \"x\"}\n";
  return {text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size)};
}

Bytes concatenation(ByteView a, ByteView b) {
  Bytes both(a.begin(), a.end());
  both.insert(both.end(), b.begin(), b.end());
  return both;
}

void expect_corrupt(ByteView stored, std::size_t raw_size, Codec codec = Codec::kZstd) {
  Bytes out(raw_size);
  const Result<void> outcome = decompress(codec, stored, out);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
  EXPECT_FALSE(outcome.error().reason.empty());
}

TEST(Block, SurvivesTheRoundTripAtEveryLevel) {
  for (int level : {-5, 1, 3, 9, 19}) {
    Compressor compressor(level);
    for (std::size_t size : {0U, 1U, 2U, 100U, 4096U, 131072U, 400000U}) {
      for (const Bytes& raw : {prose(size), noise(size), Bytes(size, 0)}) {
        const Encoded encoded = compressor.compress(raw);
        ASSERT_LE(encoded.bytes.size(), raw.size());
        Bytes out(raw.size(), 0xee);
        ASSERT_TRUE(decompress(encoded.codec, encoded.bytes, out).ok()) << level << ", " << size;
        ASSERT_TRUE(out == raw) << level << ", " << size;
      }
    }
  }
}

TEST(Block, IsRawWhenItDoesNotShrink) {
  const Bytes raw = noise(100'000);
  const Encoded encoded = Compressor(1).compress(raw);
  EXPECT_EQ(encoded.codec, Codec::kRaw);
  EXPECT_TRUE(encoded.bytes == raw);
}

TEST(Block, IsRawWhenItShrinksByTooLittle) {
  const Bytes little = concatenation(noise(100'000), Bytes(2'000, 0));
  EXPECT_EQ(Compressor(1).compress(little).codec, Codec::kRaw);
  const Bytes enough = concatenation(noise(100'000), Bytes(6'000, 0));
  EXPECT_EQ(Compressor(1).compress(enough).codec, Codec::kZstd);
}

TEST(Block, TakesAnyNumberAsALevel) {
  const Bytes raw = prose(10'000);
  for (int level : {std::numeric_limits<int>::min(), 0, 100, std::numeric_limits<int>::max()}) {
    const Encoded encoded = Compressor(level).compress(raw);
    Bytes out(raw.size());
    ASSERT_TRUE(decompress(encoded.codec, encoded.bytes, out).ok()) << level;
    EXPECT_TRUE(out == raw) << level;
  }
}

TEST(Block, RefusesUnknownCodecs) {
  const Bytes raw = prose(100);
  for (unsigned byte = 2; byte < 256; ++byte) expect_corrupt(raw, raw.size(), static_cast<Codec>(byte));
}

TEST(Block, RefusesARawBlockOfAnotherSize) {
  const Bytes raw = prose(100);
  for (std::size_t size : {0U, 99U, 101U}) expect_corrupt(raw, size, Codec::kRaw);
}

TEST(Block, RefusesEveryTruncation) {
  const Bytes raw = prose(3000);
  const Encoded encoded = Compressor(3).compress(raw);
  ASSERT_EQ(encoded.codec, Codec::kZstd);
  for (std::size_t size = 0; size < encoded.bytes.size(); ++size)
    expect_corrupt(ByteView(encoded.bytes).first(size), raw.size());
}

TEST(Block, RefusesAnyOtherSizeThanItsOwn) {
  const Bytes raw = prose(3000);
  const Encoded encoded = Compressor(3).compress(raw);
  for (std::size_t size : {0U, 1U, 2999U, 3001U, 1U << 20}) expect_corrupt(encoded.bytes, size);
}

TEST(Block, RefusesAnythingBehindTheFrame) {
  const Bytes raw = prose(3000);
  const Bytes frame = Compressor(3).compress(raw).bytes;
  const Bytes skippable = {0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0};
  expect_corrupt(concatenation(frame, Bytes{0}), raw.size());
  expect_corrupt(concatenation(frame, frame), raw.size());
  expect_corrupt(concatenation(frame, frame), 2 * raw.size());
  expect_corrupt(concatenation(frame, skippable), raw.size());
  expect_corrupt(concatenation(skippable, frame), raw.size());
  expect_corrupt(skippable, 0);
}

TEST(Block, WithABitFlippedIsRefusedOrFillsItsOutput) {
  const Bytes raw = prose(2000);
  Bytes stored = Compressor(3).compress(raw).bytes;
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    const auto flip = static_cast<std::uint8_t>(1U << (bit % 8));
    stored[bit / 8] ^= flip;
    Bytes out(raw.size());
    const Result<void> outcome = decompress(Codec::kZstd, stored, out);
    if (!outcome) {
      EXPECT_EQ(outcome.error().code, ErrorCode::kCorrupt);
      ++refused;
    }
    stored[bit / 8] ^= flip;
  }
  EXPECT_GT(refused, 0U);
  Bytes out(raw.size());
  EXPECT_TRUE(decompress(Codec::kZstd, stored, out).ok()) << "what was refused must not spoil the decoder";
  EXPECT_TRUE(out == raw);
}

TEST(Block, OfGarbageBehindAMagicNumberIsNoDanger) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Bytes stored = noise(4 + seed % 200, seed);
    const std::array<std::uint8_t, 4> magic = {0x28, 0xb5, 0x2f, 0xfd};
    std::copy(magic.begin(), magic.end(), stored.begin());
    Bytes out(seed % 5000);
    const Result<void> outcome = decompress(Codec::kZstd, stored, out);
    EXPECT_TRUE(outcome.ok() || outcome.error().code == ErrorCode::kCorrupt) << seed;
  }
}

TEST(Block, ABombDoesNotGoOff) {
  const Bytes bomb = Compressor(19).compress(Bytes(std::size_t{64} << 20, 0)).bytes;
  ASSERT_LT(bomb.size(), 16'384U);
  expect_corrupt(bomb, 100);
  // A frame that says 100 bytes and then repeats one byte 131,071 times.
  const Bytes liar = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 100, 0xfb, 0xff, 0x0f, 'x'};
  expect_corrupt(liar, 100);
  // 2^64-2 bytes, it says.
  const Bytes boaster = {0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0, 0};
  expect_corrupt(boaster, 100);
}

/// One frame made with parameters that Compressor never uses.
Bytes foreign_frame(ByteView raw, ZSTD_cParameter parameter, int value) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, parameter, value);
  Bytes out(ZSTD_compressBound(raw.size()));
  out.resize(ZSTD_compress2(context, out.data(), out.size(), raw.data(), raw.size()));
  ZSTD_freeCCtx(context);
  return out;
}

TEST(Block, RefusesAFrameThatDoesNotSayItsSize) {
  const Bytes raw = prose(3000);
  expect_corrupt(foreign_frame(raw, ZSTD_c_contentSizeFlag, 0), raw.size());
}

TEST(Block, HasNeitherChecksumNorDictionary) {
  const Bytes raw = prose(3000);
  const Bytes stored = Compressor(3).compress(raw).bytes;
  EXPECT_EQ(stored.size() + 4, foreign_frame(raw, ZSTD_c_checksumFlag, 1).size());
  EXPECT_EQ(ZSTD_getDictID_fromFrame(stored.data(), stored.size()), 0U);
}

}  // namespace
}  // namespace cowstore::codec
