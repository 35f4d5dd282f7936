#include "sys/open_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/native.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

constexpr const char* kWhat = "the list of opened files";

}  // namespace

Result<OpenWatch> OpenWatch::start(const Dir& place) {
  if (!COWSTORE_TRY(is_native(place))) return system_error("watch files in", place.path(), EOPNOTSUPP);
  int fd = observed(Call::kWatch, place.path(), [&] { return ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC); });
  if (fd < 0) return system_error("watch files in", place.path(), errno);
  return OpenWatch(Fd(fd));
}

Result<int> OpenWatch::add(const Dir& dir, std::string_view name) const {
  // There is no inotify_add_watchat(): the directory is reached by its descriptor all the same.
  std::string path = "/proc/self/fd/" + std::to_string(dir.fd()) + "/" + std::string(name);
  int number = observed(Call::kWatch, name, [&] {
    return ::inotify_add_watch(fd_.get(), path.c_str(), IN_OPEN | IN_MODIFY | IN_DONT_FOLLOW);
  });
  if (number < 0) return system_error("watch", dir.path_of(name), errno);
  return number;
}

Result<std::optional<std::unordered_set<int>>> OpenWatch::opened() const {
  std::unordered_set<int> numbers;
  alignas(inotify_event) char buffer[16 * 1024];
  for (;;) {
    ssize_t got = observed(Call::kRead, sizeof buffer, kWhat, [&] { return ::read(fd_.get(), buffer, sizeof buffer); });
    if (got < 0 && errno == EAGAIN) return std::optional(std::move(numbers));
    if (got <= 0) return system_error("read", kWhat, got < 0 ? errno : EIO);
    inotify_event event;
    for (ssize_t at = 0; at < got; at += static_cast<ssize_t>(sizeof event + event.len)) {
      std::memcpy(&event, buffer + at, sizeof event);
      if ((event.mask & IN_Q_OVERFLOW) != 0) return std::optional<std::unordered_set<int>>();
      if ((event.mask & (IN_OPEN | IN_MODIFY)) != 0) numbers.insert(event.wd);
    }
  }
}

}  // namespace cowstore::sys
