// How a wrapper makes its system call. Private to sys.
#pragma once

#include <cerrno>
#include <cstdint>
#include <string_view>

#include "sys/fault.hpp"

namespace cowstore::sys::detail {

/// Asks the observer, makes the call, and does both again while a signal interrupts it. -1 with errno set on failure.
template <class SystemCall>
auto observed(Call kind, std::uint64_t bytes, std::string_view name, SystemCall call) {
  for (;;) {
    decltype(call()) result = -1;
    if (!fault::injected(kind, bytes, name)) result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

template <class SystemCall>
auto observed(Call kind, std::string_view name, SystemCall call) {
  return observed(kind, 0, name, call);
}

}  // namespace cowstore::sys::detail
