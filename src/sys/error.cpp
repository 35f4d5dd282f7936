#include "sys/error.hpp"

#include <sys/statvfs.h>

#include <cerrno>
#include <climits>

#include "sys/system.hpp"

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

namespace {

/// Whether the file system that an absolute path lies on has no inode left.
bool lacks_inodes(std::string_view path) {
  struct statvfs info {};
  for (std::string place(path); place.starts_with('/'); place.resize(place.rfind('/'))) {
    if (::statvfs(place.c_str(), &info) == 0) return info.f_files != 0 && info.f_favail == 0;
  }
  return false;
}

std::string way_out(std::string_view path, int error) {
  if (error == EDQUOT)
    return "the quota there is used up: free some space, or have it raised, and run the command again";
  if (lacks_inodes(path))
    return "the file system has no inodes left: remove some files, as their number is what is used up, and run the "
           "command again";
  return "free some space and run the command again";
}

}  // namespace

bool forbids_writing(int error) {
  return error == EROFS || error == EACCES || error == EPERM;
}

Error system_error(std::string_view operation, std::string_view path, int error) {
  Error result{code_of_errno(error), error, std::string(operation), std::string(path), "", ""};
  if (result.code == ErrorCode::kNoSpace) result.hint = way_out(path, error);
  if (error == EROFS) result.hint = "it is mounted read-only: mount it writable, or work in a copy that is";
  if (error == ENAMETOOLONG && path.size() >= PATH_MAX) {
    result.hint =
        "Linux takes paths of up to 4,095 bytes at once: work nearer to the root, or move the directory there";
  }
  if (error == EMFILE) {
    result.hint = "this process may have " + std::to_string(open_file_limit()) +
                  " files open at once: raise the limit (ulimit -n) and run the command again";
  }
  return result;
}

}  // namespace cowstore::sys
