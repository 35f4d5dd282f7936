#include "chunk/chunker.hpp"

#include <algorithm>
#include <array>

#include "chunk/gear.hpp"

namespace cowstore::chunk {
namespace {

constexpr std::uint32_t kKiB = 1024;

constexpr std::uint32_t top_bits(int count) {
  return ~std::uint32_t{0} << (32 - count);
}

/// Masks two bits stronger before the average and two weaker behind it (normalised chunking, level 2).
constexpr CutRule rule_for(std::uint32_t average_bits) {
  const std::uint32_t average = 1U << average_bits;
  const int bits = static_cast<int>(average_bits);
  return {average / 4, average, average * 4, top_bits(bits + 2), top_bits(bits - 2)};
}

constexpr std::array<CutRule, 3> kRules = {rule_for(16), rule_for(14), rule_for(18)};
constexpr std::array<const char*, 3> kNames = {"default", "fine", "bulk"};

static_assert(kRules[0].min == 16 * kKiB && kRules[0].max == 256 * kKiB);
static_assert(kRules[1].min == 4 * kKiB && kRules[1].max == 64 * kKiB);
static_assert(kRules[2].min == 64 * kKiB && kRules[2].max == 1024 * kKiB);

/// Lengths from `from` up to and including `last` under one mask.
std::optional<std::size_t> match_between(ByteView data, std::size_t origin, std::size_t from, std::size_t last,
                                         std::uint32_t mask) {
  if (from > last) return std::nullopt;
  const std::size_t end = last + 1 - origin;
  const std::size_t found = find_match(data.data(), from - origin, end, mask);
  if (found == end) return std::nullopt;
  return origin + found;
}

}  // namespace

const char* to_string(Profile profile) {
  return kNames[static_cast<std::size_t>(profile)];
}

std::optional<Profile> profile_from_string(std::string_view word) {
  const auto* found = std::find(kNames.begin(), kNames.end(), word);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Profile>(found - kNames.begin());
}

const CutRule& rule_of(Profile profile) {
  return kRules[static_cast<std::size_t>(profile)];
}

std::optional<std::size_t> find_cut(const CutRule& rule, ByteView data, std::size_t origin, std::size_t from) {
  const std::size_t have = origin + data.size();
  from = std::max<std::size_t>(from, rule.min);
  const std::size_t last_small = std::min<std::size_t>(have, rule.average - 1);
  if (auto cut = match_between(data, origin, from, last_small, rule.mask_small)) return cut;
  from = std::max<std::size_t>(from, rule.average);
  const std::size_t last_large = std::min<std::size_t>(have, rule.max - 1);
  if (auto cut = match_between(data, origin, from, last_large, rule.mask_large)) return cut;
  if (have >= rule.max) return rule.max;
  return std::nullopt;
}

std::optional<std::size_t> find_cut(const CutRule& rule, ByteView data) {
  return find_cut(rule, data, 0, rule.min);
}

std::size_t first_cut(const CutRule& rule, ByteView data) {
  return find_cut(rule, data).value_or(data.size());
}

}  // namespace cowstore::chunk
