// A file descriptor with one owner.
#pragma once

#include <string_view>
#include <utility>

#include "cowstore/result.hpp"

namespace cowstore::sys {

/// Move-only; closes on destruction. Every descriptor here is O_CLOEXEC.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  /// Closes and reports what close() says; a write error of NFS or a quota may show only here. Never retried on EINTR.
  Result<void> close(std::string_view path);

 private:
  int fd_ = -1;
};

}  // namespace cowstore::sys
