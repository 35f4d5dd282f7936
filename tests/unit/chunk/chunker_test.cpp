#include "chunk/chunker.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "chunk/gear.hpp"
#include "content.hpp"

namespace cowstore::chunk {
namespace {

using test::append;
using test::cut_lengths;
using test::random_bytes;

constexpr std::array kProfiles = {Profile::kDefault, Profile::kFine, Profile::kBulk};

TEST(CutRule, HasTheSizesAndMasksOfTheFormat) {
  const CutRule& standard = rule_of(Profile::kDefault);
  EXPECT_EQ(standard.min, 16U << 10);
  EXPECT_EQ(standard.average, 64U << 10);
  EXPECT_EQ(standard.max, 256U << 10);
  EXPECT_EQ(standard.mask_small, 0xffffc000U);
  EXPECT_EQ(standard.mask_large, 0xfffc0000U);
  const CutRule& fine = rule_of(Profile::kFine);
  EXPECT_EQ(fine.min, 4U << 10);
  EXPECT_EQ(fine.average, 16U << 10);
  EXPECT_EQ(fine.max, 64U << 10);
  EXPECT_EQ(fine.mask_small, 0xffff0000U);
  EXPECT_EQ(fine.mask_large, 0xfff00000U);
  const CutRule& bulk = rule_of(Profile::kBulk);
  EXPECT_EQ(bulk.min, 64U << 10);
  EXPECT_EQ(bulk.average, 256U << 10);
  EXPECT_EQ(bulk.max, 1024U << 10);
  EXPECT_EQ(bulk.mask_small, 0xfffff000U);
  EXPECT_EQ(bulk.mask_large, 0xffff0000U);
}

TEST(Profile, SurvivesTheRoundTripThroughItsName) {
  for (Profile profile : kProfiles) EXPECT_EQ(profile_from_string(to_string(profile)), profile);
  EXPECT_STREQ(to_string(Profile::kBulk), "bulk");
  for (const char* word : {"", "Default", "bulk ", "coarse"})
    EXPECT_EQ(profile_from_string(word), std::nullopt) << word;
}

/// The rule as docs/format.md words it, with nothing rolled, skipped or remembered.
std::size_t first_length_by_definition(const CutRule& rule, ByteView content) {
  for (std::size_t length = rule.min; length < content.size(); ++length) {
    if (length == rule.max) return length;
    std::uint32_t hash = 0;
    for (std::size_t k = 0; k < kWindow; ++k) hash += kGear[content[length - 1 - k]] << k;
    if ((hash & (length < rule.average ? rule.mask_small : rule.mask_large)) == 0) return length;
  }
  return content.size();
}

TEST(Chunker, AgreesWithTheDefinition) {
  for (Profile profile : kProfiles) {
    const CutRule& rule = rule_of(profile);
    const Bytes bytes = random_bytes(11, 3 * rule.max);
    ByteView rest = bytes;
    while (!rest.empty()) {
      const std::size_t length = first_cut(rule, rest);
      ASSERT_EQ(length, first_length_by_definition(rule, rest)) << to_string(profile);
      rest = rest.subspan(length);
    }
  }
}

TEST(Chunker, LeavesContentUpToTheMinimumWhole) {
  for (Profile profile : kProfiles) {
    const CutRule& rule = rule_of(profile);
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{rule.min} - 1, std::size_t{rule.min}})
      EXPECT_EQ(first_cut(rule, random_bytes(3, size)), size);
  }
}

/// 32 bytes of which, among zeros, only the hash over all of them matches the mask: at that place, and nowhere around.
Bytes trigger(std::uint32_t mask) {
  for (std::uint64_t seed = 0;; ++seed) {
    Bytes bytes(kWindow, 0);
    append(bytes, random_bytes(seed, kWindow));
    bytes.resize(4 * kWindow, 0);
    const std::size_t end = bytes.size() + 1;
    if (find_match(bytes.data(), kWindow, end, mask) == 2 * kWindow &&
        find_match(bytes.data(), 2 * kWindow + 1, end, mask) == end)
      return {bytes.begin() + kWindow, bytes.begin() + 2 * kWindow};
  }
}

Bytes zeros_with(ByteView bytes, std::size_t ending_at, std::size_t size) {
  Bytes content(size, 0);
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(ending_at - bytes.size()));
  return content;
}

TEST(Chunker, CutsAtTheMinimumButNotBelow) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes bytes = trigger(rule.mask_small);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.min, rule.max)), rule.min);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.min + 1, rule.max)), rule.min + 1);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.min - 1, rule.max)), rule.max);
}

TEST(Chunker, ChangesItsMaskAtTheAverage) {
  const CutRule& rule = rule_of(Profile::kFine);
  Bytes bytes = trigger(rule.mask_large);
  ASSERT_EQ(first_length_by_definition(rule, zeros_with(bytes, rule.average, rule.max)), rule.average);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.average, rule.max)), rule.average);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.average - 1, rule.max)), rule.max) << "still the strong mask";
}

TEST(Chunker, CutsAtTheMaximumAtLast) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes bytes = trigger(rule.mask_large);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.max - 1, rule.max + 1)), rule.max - 1);
  EXPECT_EQ(first_cut(rule, zeros_with(bytes, rule.max + 1, rule.max + 1)), rule.max);
}

TEST(Chunker, CutsZerosAndEveryOtherRepeatedByteAtTheMaximum) {
  for (Profile profile : kProfiles) {
    const CutRule& rule = rule_of(profile);
    for (unsigned byte = 0; byte < 256; ++byte) {
      const Bytes run(rule.max, static_cast<std::uint8_t>(byte));
      ASSERT_EQ(find_cut(rule, run), rule.max) << byte;
      ASSERT_EQ(find_cut(rule, ByteView(run).first(rule.max - 1)), std::nullopt) << byte;
    }
  }
}

TEST(Chunker, FindsACutAsSoonAsItsBytesAreThere) {
  const CutRule& rule = rule_of(Profile::kFine);
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Bytes bytes = random_bytes(seed, rule.max);
    const std::size_t cut = find_cut(rule, bytes).value();
    EXPECT_EQ(find_cut(rule, ByteView(bytes).first(cut)), cut);
    EXPECT_EQ(find_cut(rule, ByteView(bytes).first(cut - 1)), std::nullopt);
  }
}

TEST(Chunker, GoesOnFromAnyOffsetThatLeavesItAWindow) {
  const CutRule& rule = rule_of(Profile::kFine);
  test::Random random(5);
  for (int round = 0; round < 500; ++round) {
    const Bytes bytes = random_bytes(random.next(), rule.max);
    const std::size_t cut = find_cut(rule, bytes).value();
    const std::size_t from = kWindow + 1 + random.below(cut - kWindow);
    const std::size_t origin = random.below(from - kWindow + 1);
    ASSERT_EQ(find_cut(rule, ByteView(bytes).subspan(origin), origin, from), cut) << origin << ", " << from;
  }
}

TEST(Chunker, FindsItsCutsAgainBehindAnInsertion) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes before = random_bytes(8, 2'000'000);
  Bytes after = random_bytes(9, 100);
  append(after, before);
  std::vector<std::size_t> was = cut_lengths(rule, before);
  std::vector<std::size_t> is = cut_lengths(rule, after);
  std::size_t common = 0;
  while (common < std::min(was.size(), is.size()) && was[was.size() - 1 - common] == is[is.size() - 1 - common])
    ++common;
  EXPECT_GT(common, was.size() - 10) << was.size() << " chunks";
}

TEST(Chunker, MeetsTheAverageRoughly) {
  for (Profile profile : kProfiles) {
    const CutRule& rule = rule_of(profile);
    const std::size_t size = std::size_t{rule.average} * 100;
    const double mean =
        static_cast<double>(size) / static_cast<double>(cut_lengths(rule, random_bytes(2, size)).size());
    EXPECT_GT(mean, 0.8 * rule.average) << to_string(profile);
    EXPECT_LT(mean, 1.4 * rule.average) << to_string(profile);
  }
}

}  // namespace
}  // namespace cowstore::chunk
