// A read-only mapping of a whole file that nobody truncates (immutable files of the store only: a truncated one is
// SIGBUS).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "sys/fd.hpp"

namespace cowstore::sys {

class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  /// The descriptor may be closed afterwards. An empty file gives an empty view.
  static Result<MappedFile> map(const Fd& fd, std::string_view path);
  [[nodiscard]] ByteView bytes() const { return {data_, size_}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace cowstore::sys
