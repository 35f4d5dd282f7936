#include "sys/xattr.hpp"

#include <sys/xattr.h>

#include <cerrno>

#include "base/text.hpp"
#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

/// Values and lists grow between asking for their size and reading them; nobody keeps that up.
constexpr int kAttempts = 8;
constexpr std::size_t kFirstGuess = 256;

/// A name in an open directory as a path for calls that take no descriptor. The last component isn't followed by them.
class PlaceInProc {
 public:
  static Result<PlaceInProc> find(const Dir& dir, std::string_view name) {
    PlaceInProc place;
    if (name.find('/') != std::string_view::npos) {
      ParentAndName split = COWSTORE_TRY(open_parent(dir, name));
      place.parent_ = std::move(split.parent);
      place.set_path(place.parent_, split.name);
    } else {
      place.set_path(dir, name);
    }
    return place;
  }
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  void set_path(const Dir& dir, std::string_view name) {
    path_ = "/proc/self/fd/" + std::to_string(dir.fd()) + "/" + std::string(name);
  }
  Dir parent_;
  std::string path_;
};

Error failure(std::string_view operation, const std::string& attribute, const Dir& dir, std::string_view name) {
  int error = errno;
  std::string what = std::string(operation) + " the attribute " + base::escape_for_terminal(attribute) + " of";
  return system_error(what, dir.path_of(name), error);
}

/// Calls `read` with a buffer, and again with a larger one while that is too small. -1 with errno on failure.
template <class Read>
ssize_t read_growing(std::string& buffer, Read read) {
  buffer.resize(kFirstGuess);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ssize_t size = read(buffer.data(), buffer.size());
    if (size >= 0) buffer.resize(static_cast<std::size_t>(size));
    if (size >= 0 || errno != ERANGE) return size;
    ssize_t wanted = read(nullptr, 0);
    if (wanted < 0) return wanted;
    buffer.resize(static_cast<std::size_t>(wanted));
  }
  errno = ERANGE;
  return -1;
}

std::vector<std::string> split_at_nul(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < list.size();) {
    std::size_t end = std::min(list.find('\0', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

}  // namespace

Result<std::vector<std::string>> list_xattrs(const Dir& dir, std::string_view name) {
  PlaceInProc place = COWSTORE_TRY(PlaceInProc::find(dir, name));
  std::string list;
  ssize_t size = read_growing(list, [&](char* buffer, std::size_t room) {
    return observed(Call::kReadXattr, name, [&] { return ::llistxattr(place.path(), buffer, room); });
  });
  if (size < 0 && errno == ENOTSUP) return std::vector<std::string>();
  if (size < 0) return system_error("list the attributes of", dir.path_of(name), errno);
  return split_at_nul(list);
}

Result<std::optional<std::string>> read_xattr(const Dir& dir, std::string_view name, const std::string& attribute) {
  PlaceInProc place = COWSTORE_TRY(PlaceInProc::find(dir, name));
  std::string value;
  ssize_t size = read_growing(value, [&](char* buffer, std::size_t room) {
    return observed(Call::kReadXattr, name, [&] { return ::lgetxattr(place.path(), attribute.c_str(), buffer, room); });
  });
  if (size < 0 && (errno == ENODATA || errno == ENOTSUP)) return std::optional<std::string>();
  if (size < 0) return failure("read", attribute, dir, name);
  return std::optional(std::move(value));
}

Result<void> set_xattr(const Dir& dir, std::string_view name, const std::string& attribute, std::string_view value) {
  PlaceInProc place = COWSTORE_TRY(PlaceInProc::find(dir, name));
  int failed = observed(Call::kSetXattr, name,
                        [&] { return ::lsetxattr(place.path(), attribute.c_str(), value.data(), value.size(), 0); });
  if (failed != 0) return failure("set", attribute, dir, name);
  return {};
}

Result<void> remove_xattr(const Dir& dir, std::string_view name, const std::string& attribute) {
  PlaceInProc place = COWSTORE_TRY(PlaceInProc::find(dir, name));
  int failed = observed(Call::kSetXattr, name, [&] { return ::lremovexattr(place.path(), attribute.c_str()); });
  if (failed != 0 && errno != ENODATA) return failure("remove", attribute, dir, name);
  return {};
}

}  // namespace cowstore::sys
