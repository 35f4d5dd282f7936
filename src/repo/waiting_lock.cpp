#include "repo/waiting_lock.hpp"

#include <string>

#include "repo/working_copy.hpp"

namespace cowstore::repo {

Result<sys::FileLock> acquire_or_wait(const sys::Dir& dir, const char* name, const Context& context,
                                      std::string_view whose) {
  auto tried = sys::FileLock::try_acquire(dir, name, context.command_line);
  if (!tried) return explain_read_only(std::move(tried).error());
  if (*tried) return std::move(**tried);
  if (context.notice) {
    context.notice("waiting for another cowstore " + std::string(whose) + ": " + sys::FileLock::holder(dir, name));
  }
  return sys::FileLock::acquire(dir, name, context.command_line);
}

}  // namespace cowstore::repo
