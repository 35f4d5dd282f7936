#include "object/split.hpp"

namespace cowstore::object {

bool ends_after_run(std::size_t runs, const Digest& last_id) {
  if (runs < kMinRuns) return false;
  if (runs >= kMaxRuns) return true;
  const auto& b = last_id.bytes;
  std::uint64_t head = std::uint64_t{b[0]} << 24 | std::uint64_t{b[1]} << 16 | std::uint64_t{b[2]} << 8 | b[3];
  return head * kRunSplitFactor < std::uint64_t{1} << 32;
}

std::uint32_t name_hash(std::uint8_t level, std::string_view name) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t hash = (0xcbf29ce484222325 ^ level) * kPrime;
  for (char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * kPrime;
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return static_cast<std::uint32_t>((hash ^ (hash >> 33)) >> 32);
}

bool ends_after_name(std::uint8_t level, std::string_view name, std::size_t before, std::size_t after) {
  if (after < kMinNamedBytes) return false;
  if (after >= kMaxNamedBytes) return true;
  auto fourth_power = [](std::uint64_t x) { return x * x * x * x; };  // below 2^60
  return name_hash(level, name) < (fourth_power(after) - fourth_power(before)) / kNamedSplitDivisor;
}

}  // namespace cowstore::object
