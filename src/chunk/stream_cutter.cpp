#include "chunk/stream_cutter.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/try.hpp"
#include "chunk/gear.hpp"

namespace cowstore::chunk {
namespace {

/// Zeros for a hole that begins inside a chunk.
constexpr std::array<std::uint8_t, std::size_t{16} * 1024> kZeros{};

bool is_zero(ByteView bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

Result<void> StreamCutter::emit(ByteView bytes) {
  if (bytes.size() == rule_.max && is_zero(bytes)) return note(sink_.zero_chunks(1));
  return note(sink_.chunk(bytes));
}

Result<void> StreamCutter::emit_pending() {
  std::swap(pending_, emitted_);
  pending_.clear();
  return emit(emitted_);
}

Result<void> StreamCutter::note(Result<void> outcome) {
  if (!outcome) failure_ = outcome.error();
  return outcome;
}

/// The first cut of pending_ + bytes, of which pending_ alone has none. The hashes across the seam are computed in
/// pending_, which takes over as many bytes as they need; the others where they are.
std::optional<std::size_t> StreamCutter::find_cut_across(ByteView bytes) {
  const std::size_t before = pending_.size();
  const std::size_t seam = std::min({bytes.size(), kWindow - 1, rule_.max - before});
  pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(seam));
  auto cut = find_cut(rule_, pending_, 0, before + 1);
  if (!cut && bytes.size() > seam) cut = find_cut(rule_, bytes, before, before + kWindow);
  pending_.resize(before);
  return cut;
}

/// Goes on with the chunk in pending_; returns how many of `bytes` belong to it.
Result<std::size_t> StreamCutter::extend_pending(ByteView bytes) {
  const std::size_t before = pending_.size();
  const auto cut = find_cut_across(bytes);
  const std::size_t taken = cut ? *cut - before : bytes.size();
  pending_.insert(pending_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  if (cut) COWSTORE_TRY(emit_pending());
  return taken;
}

Result<void> StreamCutter::feed(ByteView bytes) {
  if (failure_) return *failure_;
  if (!pending_.empty() && !bytes.empty()) bytes = bytes.subspan(COWSTORE_TRY(extend_pending(bytes)));
  while (const auto cut = find_cut(rule_, bytes)) {
    COWSTORE_TRY(emit(bytes.first(*cut)));
    bytes = bytes.subspan(*cut);
  }
  pending_.reserve(rule_.max);
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<void> StreamCutter::feed_zeros(std::uint64_t length) {
  if (failure_) return *failure_;
  while (length > 0 && !pending_.empty()) {
    const std::size_t piece = std::min<std::uint64_t>(length, kZeros.size());
    length -= COWSTORE_TRY(extend_pending(ByteView(kZeros).first(piece)));
  }
  if (length >= rule_.max) COWSTORE_TRY(note(sink_.zero_chunks(length / rule_.max)));
  pending_.reserve(rule_.max);
  pending_.resize(pending_.size() + length % rule_.max);
  return {};
}

Result<void> StreamCutter::finish() {
  if (failure_) return *failure_;
  if (pending_.empty()) return {};
  return emit_pending();
}

}  // namespace cowstore::chunk
