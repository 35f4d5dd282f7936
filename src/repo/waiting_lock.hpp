// Locks for which a command waits, and says for whom.
#pragma once

#include <string_view>

#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "sys/dir.hpp"
#include "sys/lock.hpp"

namespace cowstore::repo {

/// The lock `name` in `dir`. Where somebody has it: says "waiting for another cowstore `whose`: " with who it is, and
/// waits. Where nothing may be written the error says the way out.
Result<sys::FileLock> acquire_or_wait(const sys::Dir& dir, const char* name, const Context& context,
                                      std::string_view whose);

}  // namespace cowstore::repo
