#include "sys/fd.hpp"

#include <unistd.h>

#include <cerrno>

#include "sys/error.hpp"

namespace cowstore::sys {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> Fd::close(std::string_view path) {
  int fd = std::exchange(fd_, -1);
  // Linux has released the descriptor even when it reports EINTR.
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return system_error("close", path, errno);
  return {};
}

}  // namespace cowstore::sys
