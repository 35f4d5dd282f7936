#include "sys/error.hpp"

#include <cerrno>

namespace cowstore::sys {

ErrorCode code_of_errno(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:  // a link, or a file, where the path wants a directory: what it names is not in this tree
      return ErrorCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return ErrorCode::kConflict;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kNoSpace;
    case EWOULDBLOCK:
    case EBUSY:
    case ETXTBSY:
      return ErrorCode::kBusy;
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
    case EXDEV:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kIo;
  }
}

Error system_error(std::string_view operation, std::string_view path, int error) {
  Error result{code_of_errno(error), error, std::string(operation), std::string(path), "", ""};
  if (result.code == ErrorCode::kNoSpace) result.hint = "free some space and run the command again";
  return result;
}

}  // namespace cowstore::sys
