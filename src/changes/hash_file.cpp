#include "changes/hash_file.hpp"

#include <cerrno>
#include <optional>
#include <string>

#include "base/try.hpp"
#include "content/content_hasher.hpp"
#include "sys/file.hpp"

namespace cowstore::changes {

namespace {

constexpr int kAttempts = 4;

struct OpenFile {
  sys::Fd fd;
  std::string path;  ///< for messages
};

Error busy(const OpenFile& file, std::string_view reason) {
  return Error{ErrorCode::kBusy, 0, "read", file.path, std::string(reason), "run the command again"};
}

bool same_state(const sys::Stat& a, const sys::Stat& b) {
  return a.size == b.size && a.mtime == b.mtime && a.ctime == b.ctime;
}

/// Nothing if the file changed meanwhile.
Result<std::optional<HashedFile>> try_to_hash(const OpenFile& file, const chunk::CutRule& rule) {
  const sys::Stat before = COWSTORE_TRY(sys::stat(file.fd, file.path));
  if (before.kind != sys::FileKind::kRegular) return busy(file, "it is no regular file any more");
  COWSTORE_TRY(sys::write_back(file.fd, file.path));
  content::NoNodes nodes;
  const auto found = COWSTORE_TRY(content::hash_content(file.fd, before.size, rule, nodes, {}, file.path));
  const sys::Stat after = COWSTORE_TRY(sys::stat(file.fd, file.path));
  if (found.size != before.size || !same_state(before, after)) return std::optional<HashedFile>();
  return std::optional(HashedFile{found, before});
}

/// What opening says of something that has become a link or a socket.
bool is_no_file(const Error& error) {
  return error.sys_errno == ELOOP || error.sys_errno == ENXIO;
}

}  // namespace

Result<HashedFile> hash_file(const sys::Dir& parent, std::string_view name, const chunk::CutRule& rule) {
  OpenFile file{sys::Fd(), parent.path_of(name)};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    // Opened anew each time: many programs don't change a file, they replace it.
    auto fd = parent.open_read(name);
    if (!fd && is_no_file(fd.error())) return busy(file, "it is no regular file any more");
    if (!fd) return std::move(fd).error();
    file.fd = std::move(fd).value();
    if (auto hashed = COWSTORE_TRY(try_to_hash(file, rule))) return *hashed;
  }
  return busy(file, "it keeps changing while it is read");
}

void prepare_to_hash(const sys::Dir& parent, std::string_view name) {
  auto fd = parent.open_read(name);
  if (fd) sys::start_write_back(*fd);
}

}  // namespace cowstore::changes
