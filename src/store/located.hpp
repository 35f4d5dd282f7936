// Errors that say where in a file the damage is, and the short checksum that finds it.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"

namespace cowstore::store {

/// kCorrupt: `what` at this offset of this file.
Error corrupt_at(std::string_view path, std::uint64_t offset, std::string_view what);
/// kCorrupt without a place, for decoders whose callers know it.
Error corrupt(std::string_view what);
Error unsupported(std::string_view what);
/// The same error, with the place added if it has none.
Error located(Error error, std::string_view path, std::uint64_t offset);

/// The first eight bytes of the SHA-256 of the pieces: finds accidents, not attackers.
using Check = std::array<std::uint8_t, 8>;
Check check_of(std::initializer_list<ByteView> pieces);

}  // namespace cowstore::store
