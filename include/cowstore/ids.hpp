// Ids: SHA-256 digests, typed by what they name so that the compiler refuses a mix-up.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cowstore {

/// 32 bytes of SHA-256, untyped.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  [[nodiscard]] std::string hex() const;  ///< 64 lower-case digits
  static std::optional<Digest> from_hex(std::string_view hex);
  auto operator<=>(const Digest&) const = default;
};

template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  explicit constexpr Id(const Digest& digest) : digest_(digest) {}
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] std::string hex() const { return digest_.hex(); }
  auto operator<=>(const Id&) const = default;

 private:
  Digest digest_{};
};

using ChunkId = Id<struct ChunkTag>;            ///< SHA-256 of a chunk's bytes
using FileId = Id<struct FileTag>;              ///< a file's content: its only chunk, or the root of its chunk list
using TreeId = Id<struct TreeTag>;              ///< root node of a directory
using AttributesId = Id<struct AttributesTag>;  ///< root node of a directory's attributes
using CommitId = Id<struct CommitTag>;

/// Digests are uniform already: their first bytes are the hash.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
  template <class Tag>
  std::size_t operator()(const Id<Tag>& id) const {
    return (*this)(id.digest());
  }
};

}  // namespace cowstore
