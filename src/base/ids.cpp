#include "cowstore/ids.hpp"

#include "base/hex.hpp"

namespace cowstore {

std::string Digest::hex() const {
  return base::to_hex(bytes);
}

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  auto decoded = base::from_hex(hex);
  if (!decoded || decoded->size() != 32) return std::nullopt;
  Digest digest;
  std::copy(decoded->begin(), decoded->end(), digest.bytes.begin());
  return digest;
}

}  // namespace cowstore
