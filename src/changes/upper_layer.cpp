#include "changes/upper_layer.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/try.hpp"
#include "changes/depth.hpp"
#include "changes/overlay_notes.hpp"
#include "changes/path_text.hpp"
#include "changes/unreadable.hpp"
#include "sys/xattr.hpp"

namespace cowstore::changes {

namespace {

constexpr int kAttempts = 4;
constexpr std::string_view kControlName = ".cowstore";
constexpr std::string_view kNamespaces[] = {"trusted.overlay.", "user.overlay."};

bool has_moved(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR || error.sys_errno == ELOOP ||
         error.sys_errno == ESTALE;
}

/// One walk. Directories are opened by their paths, so that only one is open at a time.
class Walk {
 public:
  explicit Walk(const sys::Dir& upper) : upper_(upper) {}

  Result<UpperChanges> run() {
    pending_.push_back({"", 0});
    while (!pending_.empty()) {
      Place place = std::move(pending_.back());
      pending_.pop_back();
      COWSTORE_TRY(enter(place));
    }
    return std::move(found_);
  }

 private:
  struct Place {
    std::string path;
    std::size_t depth;
  };

  Result<void> enter(const Place& place) {
    if (place.depth > kMaxDepth) return too_deep(upper_.path_of(place.path));
    std::optional<sys::Dir> opened;
    if (!place.path.empty()) {
      auto dir = upper_.open_dir(place.path);
      if (!dir) return unreadable_or_error(place.path, std::move(dir).error());
      opened = std::move(*dir);
    }
    const sys::Dir& dir = opened ? *opened : upper_;
    auto listed = dir.list();
    if (!listed) return unreadable_or_error(place.path, std::move(listed).error());
    const bool nested = std::any_of(listed->begin(), listed->end(),
                                    [](const sys::ListedEntry& entry) { return entry.name == kControlName; });
    if (nested && !place.path.empty()) {
      found_.paths.push_back(place.path);  // a repository of its own, which who scans stays out of
      return {};
    }
    found_.directories.push_back(place.path);
    for (const sys::ListedEntry& entry : *listed) COWSTORE_TRY(add(dir, place, entry));
    return {};
  }

  Result<void> add(const sys::Dir& dir, const Place& place, const sys::ListedEntry& entry) {
    if (place.path.empty() && entry.name == kControlName) return {};
    std::string path = join_path(place.path, entry.name);
    if (!COWSTORE_TRY(shows_both(dir, entry))) {
      found_.paths.push_back(std::move(path));
    } else {
      pending_.push_back({std::move(path), place.depth + 1});
    }
    return {};
  }

  static Result<bool> shows_both(const sys::Dir& dir, const sys::ListedEntry& entry) {
    auto kind = entry.kind;
    if (!entry.kind_known) kind = COWSTORE_TRY(dir.stat_plain(entry.name)).kind;
    if (kind != sys::FileKind::kDirectory) return false;
    auto notes = read_overlay_notes(dir, entry.name);
    if (!notes && is_unreadable(notes.error())) return false;
    if (!notes) return std::move(notes).error();
    return !notes->opaque && !notes->redirect;
  }

  Result<void> unreadable_or_error(const std::string& path, Error error) {
    if (!is_unreadable(error) || path.empty()) return error;
    found_.paths.push_back(path);
    return {};
  }

  const sys::Dir& upper_;
  UpperChanges found_;
  std::vector<Place> pending_;
};

/// Of one of the two namespaces.
Result<void> read_notes(const sys::Dir& upper, std::string_view name, const std::string& prefix,
                        const std::string& attribute, OverlayNotes& notes) {
  const std::string_view note = std::string_view(attribute).substr(prefix.size());
  // Any value: what the kernel of tomorrow says by another one is no plain directory, either.
  if (note == "opaque") notes.opaque = true;
  if (note == "metacopy") notes.metacopy = true;
  if (note == "redirect") notes.redirect = COWSTORE_TRY(sys::read_xattr(upper, name, attribute));
  return {};
}

}  // namespace

Result<OverlayNotes> read_overlay_notes(const sys::Dir& upper, std::string_view name) {
  OverlayNotes notes;
  for (const std::string& attribute : COWSTORE_TRY(sys::list_xattrs(upper, name))) {
    for (std::string_view prefix : kNamespaces) {
      if (attribute.starts_with(prefix)) COWSTORE_TRY(read_notes(upper, name, std::string(prefix), attribute, notes));
    }
  }
  return notes;
}

std::string follow_redirect(std::string_view redirect, std::string_view lower_parent) {
  return redirect.starts_with('/') ? std::string(redirect.substr(1)) : join_path(lower_parent, redirect);
}

Result<UpperChanges> read_upper(const sys::Dir& upper) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    auto found = Walk(upper).run();
    if (found || !has_moved(found.error())) return found;
  }
  return Error{ErrorCode::kBusy,
               0,
               "read the changes in",
               upper.path(),
               "its directories keep being moved or replaced meanwhile",
               "run the command again when nobody moves them"};
}

}  // namespace cowstore::changes
