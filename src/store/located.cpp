#include "store/located.hpp"

#include "hash/sha256.hpp"

namespace cowstore::store {

Error corrupt_at(std::string_view path, std::uint64_t offset, std::string_view what) {
  return located(corrupt(what), path, offset);
}

Error corrupt(std::string_view what) {
  return {ErrorCode::kCorrupt, 0, "read", "", std::string(what), ""};
}

Error unsupported(std::string_view what) {
  return {ErrorCode::kUnsupported, 0, "read", "", std::string(what), "a newer cowstore wrote this; use that one"};
}

Error located(Error error, std::string_view path, std::uint64_t offset) {
  if (!error.path.empty()) return error;
  error.path = path;
  error.reason += " (at offset " + std::to_string(offset) + ")";
  return error;
}

Check check_of(std::initializer_list<ByteView> pieces) {
  Digest digest = hash::sha256(pieces);
  Check check;
  std::copy_n(digest.bytes.begin(), check.size(), check.begin());
  return check;
}

}  // namespace cowstore::store
