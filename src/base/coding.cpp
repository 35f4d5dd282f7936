#include "base/coding.hpp"

#include <string>

#include "base/try.hpp"

namespace cowstore::base {

void Writer::fixed(std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void Writer::varint(std::uint64_t value) {
  while (value >= 0x80) {
    out_.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out_.push_back(static_cast<std::uint8_t>(value));
}

void Writer::zigzag(std::int64_t value) {
  varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void Writer::sized(ByteView bytes) {
  varint(bytes.size());
  raw(bytes);
}

Error Reader::corrupt(std::string_view what) const {
  return {ErrorCode::kCorrupt, 0, "decode", "", std::string(what) + " at offset " + std::to_string(offset_), ""};
}

Result<ByteView> Reader::raw(std::size_t bytes) {
  if (bytes > remaining()) return corrupt("truncated");
  ByteView view = input_.subspan(offset_, bytes);
  offset_ += bytes;
  return view;
}

Result<std::uint64_t> Reader::fixed(std::size_t bytes) {
  ByteView view = COWSTORE_TRY(raw(bytes));
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{view[i]} << (8 * i);
  return value;
}

Result<std::uint8_t> Reader::u8() {
  return static_cast<std::uint8_t>(COWSTORE_TRY(fixed(1)));
}
Result<std::uint16_t> Reader::u16() {
  return static_cast<std::uint16_t>(COWSTORE_TRY(fixed(2)));
}
Result<std::uint32_t> Reader::u32() {
  return static_cast<std::uint32_t>(COWSTORE_TRY(fixed(4)));
}
Result<std::uint64_t> Reader::u64() {
  return fixed(8);
}

Result<std::uint64_t> Reader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = COWSTORE_TRY(u8());
    if (shift == 63 && byte > 1) return corrupt("varint too large");
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if ((byte & 0x80) == 0) {
      if (byte == 0 && shift != 0) return corrupt("varint not in its shortest form");
      return value;
    }
  }
  return corrupt("varint too long");
}

Result<std::int64_t> Reader::zigzag() {
  std::uint64_t value = COWSTORE_TRY(varint());
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

Result<ByteView> Reader::sized() {
  std::uint64_t size = COWSTORE_TRY(varint());
  if (size > remaining()) return corrupt("truncated");
  return raw(static_cast<std::size_t>(size));
}

Result<void> Reader::expect_end() const {
  if (!at_end()) return corrupt("trailing bytes");
  return {};
}

std::uint32_t load_u32(const std::uint8_t* at) {
  return std::uint32_t{at[0]} | std::uint32_t{at[1]} << 8 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[3]} << 24;
}

std::uint64_t load_u64(const std::uint8_t* at) {
  return std::uint64_t{load_u32(at)} | std::uint64_t{load_u32(at + 4)} << 32;
}

void store_u32(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void store_u64(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace cowstore::base
