#include "sys/fault.hpp"

#include <atomic>
#include <cerrno>

namespace cowstore::sys {

namespace {
std::atomic<Observer*> g_observer{nullptr};
}

void set_observer(Observer* observer) {
  g_observer.store(observer, std::memory_order_release);
}

namespace fault {

bool injected(Call call, std::uint64_t bytes, std::string_view name) {
  Observer* observer = g_observer.load(std::memory_order_acquire);
  if (observer == nullptr) [[likely]]
    return false;
  int error = observer->before(call, bytes, name);
  if (error == 0) return false;
  errno = error;
  return true;
}

std::uint64_t allowed(std::uint64_t bytes) {
  Observer* observer = g_observer.load(std::memory_order_acquire);
  return observer == nullptr ? bytes : observer->allow(bytes);
}

}  // namespace fault

}  // namespace cowstore::sys
