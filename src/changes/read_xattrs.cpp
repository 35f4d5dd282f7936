#include "changes/read_xattrs.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/try.hpp"
#include "object/attributes.hpp"
#include "sys/xattr.hpp"

namespace cowstore::changes {

namespace {

bool is_gone(const Error& error) {
  return error.code == ErrorCode::kNotFound || error.sys_errno == ESTALE;
}

/// Whoever may not read a file's user attributes may not read the file, which is told of its content.
bool is_unreadable(const Error& error) {
  return error.sys_errno == EACCES;
}

Result<Xattrs> read_listed(const sys::Dir& dir, std::string_view name, const std::vector<std::string>& names) {
  Xattrs found;
  for (const std::string& attribute : names) {
    if (!object::is_recorded_xattr(attribute)) continue;
    auto value = COWSTORE_TRY(sys::read_xattr(dir, name, attribute));
    if (value) found.emplace_back(attribute, std::move(*value));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

Result<Xattrs> read_xattrs(const sys::Dir& dir, std::string_view name) {
  auto names = sys::list_xattrs(dir, name);
  if (!names && is_gone(names.error())) return Xattrs{};
  if (!names) return std::move(names).error();
  if (names->empty()) return Xattrs{};
  auto found = read_listed(dir, name, *names);
  if (!found && (is_gone(found.error()) || is_unreadable(found.error()))) return Xattrs{};
  return found;
}

void read_xattrs_of(ScannedDirectory& directory, const sys::Dir& dir, Failures& failures) {
  const auto read = [&](std::string_view name) {
    auto found = read_xattrs(dir, name);
    if (found) return std::move(found).value();
    failures.add(std::move(found).error());
    return Xattrs{};
  };
  directory.xattrs = read(".");
  for (ScannedEntry& entry : directory.entries) {
    if (entry.directory != nullptr || entry.state == ScannedEntry::State::kKept) continue;
    Xattrs found = read(entry.name);
    if (found.empty()) continue;
    if (entry.full == nullptr) entry.full = std::make_unique<FullAttributes>();
    entry.full->xattrs = std::move(found);
  }
  directory.xattr_state = ScannedDirectory::XattrState::kRead;
}

Result<void> read_missing_xattrs(ScannedDirectory& directory, const sys::Dir& root) {
  if (directory.xattr_state == ScannedDirectory::XattrState::kRead) return {};
  auto dir = root.open_dir(directory.path.empty() ? std::string_view(".") : std::string_view(directory.path));
  if (!dir && is_gone(dir.error())) return {};
  if (!dir) return std::move(dir).error();
  Failures failures;
  read_xattrs_of(directory, *dir, failures);
  return failures.result();
}

}  // namespace cowstore::changes
