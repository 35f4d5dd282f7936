#include "changes/lower_layer.hpp"

#include <optional>
#include <string>
#include <utility>

#include "base/try.hpp"
#include "changes/overlay_notes.hpp"
#include "changes/path_text.hpp"
#include "object/path.hpp"

namespace cowstore::changes {

namespace {

/// Where a directory of the overlay comes from.
struct Origin {
  std::optional<std::string> lower;  ///< its path in the lower directory; nothing if nothing of that shows
  bool has_upper = false;            ///< whether the upper directory has one of its path
};

class Recognition {
 public:
  Recognition(const Layers& layers, object::NodeSource& source) : layers_(layers), source_(source) {}

  Result<void> directory(ScannedDirectory& directory, const Origin& origin) {
    for (ScannedEntry& entry : directory.entries) {
      if (entry.directory != nullptr) {
        COWSTORE_TRY(this->directory(*entry.directory, origin_of(entry.directory->path, origin)));
      } else if (object::is_file(entry.kind) && entry.state == ScannedEntry::State::kUnknown) {
        COWSTORE_TRY(file(entry, directory, origin));
      }
    }
    return {};
  }

 private:
  /// Nothing where that can't be told: then nothing below is taken for known.
  [[nodiscard]] Origin origin_of(const std::string& path, const Origin& parent) const {
    Origin origin;
    if (parent.lower) origin.lower = join_path(*parent.lower, last_name(path));
    if (!parent.has_upper) return origin;
    auto stat = layers_.upper.stat_plain(path);
    if (!stat && stat.error().code == ErrorCode::kNotFound) return origin;
    auto notes = stat ? read_overlay_notes(layers_.upper, path) : Result<OverlayNotes>(stat.error());
    if (!notes || notes->opaque) return {std::nullopt, true};
    origin.has_upper = true;
    if (notes->redirect && parent.lower) origin.lower = follow_redirect(*notes->redirect, *parent.lower);
    // From the top it doesn't matter where its parent comes from.
    if (notes->redirect && !parent.lower && notes->redirect->starts_with('/'))
      origin.lower = follow_redirect(*notes->redirect, "");
    return origin;
  }

  Result<void> file(ScannedEntry& entry, const ScannedDirectory& directory, const Origin& parent) {
    const std::string path = join_path(directory.path, entry.name);
    auto upper = parent.has_upper ? layers_.upper.stat_plain(path) : Result<sys::Stat>(nothing());
    if (upper) return metadata_only(entry, directory, parent, path);
    if (upper.error().code != ErrorCode::kNotFound || !parent.lower) return {};
    return take(entry, directory, join_path(*parent.lower, entry.name), Metadata::kLower);
  }

  Result<void> metadata_only(ScannedEntry& entry, const ScannedDirectory& directory, const Origin& parent,
                             const std::string& path) {
    auto notes = read_overlay_notes(layers_.upper, path);
    if (!notes || !notes->metacopy) return {};
    if (!parent.lower && !(notes->redirect && notes->redirect->starts_with('/'))) return {};
    const std::string above = parent.lower.value_or("");
    const std::string lower = notes->redirect ? follow_redirect(*notes->redirect, above) : join_path(above, entry.name);
    return take(entry, directory, lower, Metadata::kUpper);
  }

  enum class Metadata { kLower, kUpper };

  Result<void> take(ScannedEntry& entry, const ScannedDirectory& directory, const std::string& lower,
                    Metadata metadata) {
    auto stat = layers_.lower.stat_plain(lower);
    if (!stat || stat->kind != sys::FileKind::kRegular || stat->size != entry.stat.size) return {};
    // The overlay gives a file that it has copied up the number that it had: so this is the file that was looked at,
    // even if directories were moved since.
    if (stat->inode != entry.stat.inode) return {};
    if (metadata == Metadata::kLower && (stat->mtime != entry.stat.mtime || stat->ctime != entry.stat.ctime)) return {};
    auto recorded = object::resolve_in_roots(source_, layers_.version, lower);
    if (!recorded && recorded.error().code == ErrorCode::kNotFound) return {};
    if (!recorded) return std::move(recorded).error();
    if (!object::is_file(recorded->entry.kind) || recorded->entry.file.size != stat->size) return {};
    entry.set_content(recorded->entry.file, sys::Stat(entry.stat), directory.stamp);
    return {};
  }

  static Error nothing() { return {ErrorCode::kNotFound, 0, "look for", "", "", ""}; }

  const Layers& layers_;
  object::NodeSource& source_;
};

}  // namespace

Result<void> recognise_lower(Scan& scan, const Layers& layers, object::NodeSource& source) {
  return Recognition(layers, source).directory(scan.directory(), {std::string(), true});
}

}  // namespace cowstore::changes
