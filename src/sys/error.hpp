// errno becomes an ErrorCode here and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "cowstore/result.hpp"

namespace cowstore::sys {

ErrorCode code_of_errno(int error);

/// Whether it says that this place can't be written at all (mounted read-only, or another user's), rather than that
/// something went wrong.
bool forbids_writing(int error);

/// An Error for a failed system call; `error` is the errno.
Error system_error(std::string_view operation, std::string_view path, int error);

}  // namespace cowstore::sys
