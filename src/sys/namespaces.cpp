#include "sys/namespaces.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/fd.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

constexpr const char* kOperation = "enter a user namespace";

Error refused(int error) {
  Error failure = system_error(kOperation, "", error);
  failure.code = ErrorCode::kUnsupported;
  failure.hint =
      "run it as root, or allow user namespaces (kernel.unprivileged_userns_clone, user.max_user_namespaces, "
      "AppArmor's "
      "restriction of them)";
  if (error == EINVAL) {
    failure.reason = "this process has several threads by now";
    failure.hint = "run it again";
  }
  return failure;
}

Result<void> write_file(const char* path, const std::string& text) {
  const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file.valid()) return system_error(kOperation, path, errno);
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    return system_error(kOperation, path, errno);
  return {};
}

std::string map_of(unsigned id) {
  return std::to_string(id) + " " + std::to_string(id) + " 1\n";
}

}  // namespace

Result<void> enter_own_namespaces() {
  const std::string user = map_of(::geteuid());
  const std::string group = map_of(::getegid());
  if (observed(Call::kMount, "", [] { return ::unshare(CLONE_NEWUSER | CLONE_NEWNS); }) != 0) return refused(errno);
  COWSTORE_TRY(write_file("/proc/self/setgroups", "deny"));
  COWSTORE_TRY(write_file("/proc/self/uid_map", user));
  COWSTORE_TRY(write_file("/proc/self/gid_map", group));
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return refused(errno);
  return {};
}

}  // namespace cowstore::sys
