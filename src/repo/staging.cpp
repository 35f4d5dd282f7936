#include "repo/staging.hpp"

#include <algorithm>
#include <optional>

#include "base/try.hpp"
#include "repo/working_copy.hpp"

namespace cowstore::repo {

namespace {

constexpr std::string_view kPartial = ".cowstore-partial";
constexpr std::string_view kPartialOfLongName = ".cowstore-partial-";
constexpr std::string_view kRemoving = ".cowstore-removing";
constexpr std::size_t kLongestName = 255;
constexpr const char* kLock = "lock";

/// A name that is too long for the suffix is cut. It isn't the only one that begins so, but the only one at a time.
std::string with_suffix(const std::string& name, std::string_view suffix) {
  return "." + name.substr(0, kLongestName - 1 - suffix.size()) + std::string(suffix);
}

bool is_partial(const std::string& name) {
  return (name.starts_with('.') && name.ends_with(kPartial)) || name.starts_with(kPartialOfLongName);
}

/// Whether nobody is making it.
bool take_directory(Leftover& leftover, const sys::Dir& root) {
  auto lock = sys::DirLock::try_acquire(root);
  if (!lock) leftover.use = Leftover::Use::kUnknown;
  if (!lock) return false;
  if (!*lock) leftover.use = Leftover::Use::kBusy;
  if (!*lock) return false;
  leftover.directory_lock = std::move(*lock);
  return true;
}

/// Whether it names that store, or a snapshot of it would. One that has a store of its own is nobody's leftover.
bool belongs_to(const Home& home, const std::string& store_path) {
  return home.store.starts_with('/') ? home.store == store_path : home.store_at == store_path;
}

/// Whose it is, and whether somebody is at it. A partial one may have no home yet, and of one that is being removed the
/// home may be gone.
void look_into(Leftover& leftover, const sys::Dir& parent, const std::string& store_path, const Context& context) {
  auto root = parent.open_dir(leftover.name);
  if (root && !take_directory(leftover, *root)) return;
  auto control = root ? root->open_dir(kControlName) : Result<sys::Dir>(root.error());
  if (!control) {
    if (control.error().code != ErrorCode::kNotFound) leftover.use = Leftover::Use::kUnknown;
    return;
  }
  auto home = read_home(*control);
  if (home) leftover.home_id = home->id;
  if (auto uuid = subvolume_uuid(*root)) leftover.uuid = *uuid;
  if (!home && home.error().code != ErrorCode::kNotFound) leftover.use = Leftover::Use::kUnknown;
  if (home && !belongs_to(*home, store_path)) leftover.use = Leftover::Use::kForeign;
  if (leftover.use != Leftover::Use::kNone || !control->exists(kLock)) return;
  auto lock = sys::FileLock::try_acquire(*control, kLock, context.command_line);
  if (!lock) {
    leftover.use = Leftover::Use::kUnknown;
  } else if (!*lock) {
    leftover.use = Leftover::Use::kBusy;
  } else {
    leftover.lock = std::move(*lock);
  }
}

}  // namespace

std::string removing_name(const std::string& name) {
  return with_suffix(name, kRemoving);
}

std::optional<std::string> name_before_removing(const std::string& name) {
  if (!name.starts_with('.') || !name.ends_with(kRemoving)) return std::nullopt;
  return name.substr(1, name.size() - 1 - kRemoving.size());
}

bool is_staging_name(const std::string& name) {
  return is_partial(name) || name_before_removing(name).has_value();
}

Result<WorkingCopy> open_half_removed(const Registered& registered) {
  const std::string& path = registered.path;
  WorkingCopy copy =
      COWSTORE_TRY(open_working_copy(directory_above(path) + "/" + removing_name(name_in_directory(path))));
  if (is_same(registered, copy.uuid, copy.home.id)) return copy;
  return Error{ErrorCode::kNotFound, 0, "open", copy.path, "it is another working copy", ""};
}

bool is_half_removed(const Registered& registered) {
  return open_half_removed(registered).ok();
}

std::vector<Leftover> leftovers_in(const std::string& directory, const std::string& store_path,
                                   const Context& context) {
  std::vector<Leftover> found;
  auto parent = sys::Dir::open(directory);
  auto names = parent ? parent->list() : Result<std::vector<sys::ListedEntry>>(parent.error());
  if (!names) return found;
  for (const sys::ListedEntry& entry : *names) {
    bool removing = name_before_removing(entry.name).has_value();
    if (!removing && !is_partial(entry.name)) continue;
    auto stat = parent->stat(entry.name);
    if (!stat || stat->kind != sys::FileKind::kDirectory) continue;
    Leftover leftover;
    leftover.kind = removing ? Leftover::Kind::kRemoving : Leftover::Kind::kPartial;
    leftover.directory = directory;
    leftover.name = entry.name;
    look_into(leftover, *parent, store_path, context);
    found.push_back(std::move(leftover));
  }
  std::sort(found.begin(), found.end(), [](const Leftover& a, const Leftover& b) { return a.name < b.name; });
  return found;
}

}  // namespace cowstore::repo
