#include "space/measure.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "sys/address_space.hpp"

namespace cowstore::space {

namespace {

constexpr std::uint64_t kStatBlock = 512;
constexpr std::uint64_t kLeastExtent = 4096;
/// More than an encoded extent can stand for (128 KiB on Btrfs).
constexpr std::uint64_t kSlot = std::uint64_t{256} << 10;

Stretch encoded(const sys::Extent& extent) {
  return {Stretch::Kind::kEncoded, extent.physical / kLeastExtent * kSlot, std::min(extent.length, kSlot)};
}

void add(const sys::Extent& extent, sys::Placement placement, Measured& measured) {
  bool is_encoded = placement == sys::Placement::kEncoded;
  if (extent.shared() && placement != sys::Placement::kDelayed) {
    measured.stretches.push_back(is_encoded ? encoded(extent)
                                            : Stretch{Stretch::Kind::kPlain, extent.physical, extent.length});
    return;
  }
  measured.own += extent.length;
  if (is_encoded) measured.encoded += extent.length;
}

}  // namespace

std::uint64_t allocated(const sys::Stat& stat) {
  return stat.blocks * kStatBlock;
}

Result<Measured> measure(const sys::Dir& dir, const std::string& name, const sys::Stat& stat, Tells tells) {
  Measured measured;
  if (stat.blocks == 0) return measured;
  if (tells == Tells::kBlocks) {
    measured.own = allocated(stat);
    return measured;
  }
  sys::Fd file = COWSTORE_TRY(dir.open_read(name));
  bool has_inline = false;
  std::uint64_t placed = 0;
  COWSTORE_TRY(sys::visit_extents(file, name, [&](const sys::Extent& extent) {
    auto placement = sys::placement_of(extent);
    if (placement == sys::Placement::kInline) {
      has_inline = true;
    } else {
      placed += extent.length;
      add(extent, placement, measured);
    }
  }));
  if (has_inline) measured.inlined = allocated(stat) - std::min(allocated(stat), placed);
  return measured;
}

}  // namespace cowstore::space
