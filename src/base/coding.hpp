// Reading and writing of binary formats: little-endian integers, LEB128 varints, length-prefixed bytes.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"

namespace cowstore::base {

/// Appends to a byte vector that it borrows.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { fixed(value, 2); }
  void u32(std::uint32_t value) { fixed(value, 4); }
  void u64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value);  ///< LEB128, the shortest form
  void zigzag(std::int64_t value);   ///< a signed varint
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  void sized(ByteView bytes);  ///< varint length, then the bytes
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  void fixed(std::uint64_t value, int bytes);
  Bytes& out_;
};

/// Bounds-checked reading of untrusted bytes. Every failure is kCorrupt and names the offset.
/// Nothing is allocated; views point into the input.
class Reader {
 public:
  explicit Reader(ByteView input) : input_(input) {}

  Result<std::uint8_t> u8();
  Result<std::uint16_t> u16();
  Result<std::uint32_t> u32();
  Result<std::uint64_t> u64();
  Result<std::uint64_t> varint();  ///< refuses forms longer than needed, so that an encoding is unique
  Result<std::int64_t> zigzag();
  Result<ByteView> raw(std::size_t bytes);
  Result<ByteView> sized();
  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return input_.size() - offset_; }
  [[nodiscard]] bool at_end() const { return remaining() == 0; }
  /// kCorrupt unless everything has been read.
  Result<void> expect_end() const;
  /// An error of kind kCorrupt at the present offset.
  [[nodiscard]] Error corrupt(std::string_view what) const;

 private:
  Result<std::uint64_t> fixed(std::size_t bytes);
  ByteView input_;
  std::size_t offset_ = 0;
};

/// Unchecked little-endian loads and stores at an address that the caller has checked, for tables in mappings.
std::uint32_t load_u32(const std::uint8_t* at);
std::uint64_t load_u64(const std::uint8_t* at);
void store_u32(std::uint8_t* at, std::uint32_t value);
void store_u64(std::uint8_t* at, std::uint64_t value);

}  // namespace cowstore::base
