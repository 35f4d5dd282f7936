#include "repo/overlay_scan.hpp"

#include <optional>
#include <utility>

#include "base/try.hpp"
#include "changes/lower_layer.hpp"
#include "changes/upper_layer.hpp"
#include "diff/diff.hpp"
#include "refs/names.hpp"
#include "repo/overlay_place.hpp"
#include "sys/overlay.hpp"

namespace cowstore::repo {

namespace {

struct Overlay {
  OverlayPlace place;
  Template lower;
  object::TreeRoots version;  ///< of the template
};

/// Nothing if the working copy is none, or what it is made of can't be looked into.
Result<std::optional<Overlay>> overlay_of(Session& session) {
  auto state = COWSTORE_TRY(session.state());
  const auto commit = state->view.commit(session.key("template"));
  if (state->view.get(session.key("method")) != kOverlayMethod || !commit) return std::optional<Overlay>();
  if (!COWSTORE_TRY(sys::is_on_overlay(session.copy.root))) return std::optional<Overlay>();
  auto place = open_overlay_place(session, session.copy.home.id);
  if (!place || !COWSTORE_TRY(sees_overlay_notes(*place))) return std::optional<Overlay>();
  auto lower = COWSTORE_TRY(find_template(session, *commit));
  if (!lower) return std::optional<Overlay>();
  object::TreeRoots version = COWSTORE_TRY(session.roots_of(*commit));
  return std::optional(Overlay{std::move(*place), std::move(*lower), std::move(version)});
}

bool is_directory(const diff::Side& side) {
  return side.entry && side.entry->kind == object::EntryKind::kDirectory;
}

/// Every place where the overlay may differ from the version.
Result<changes::PathSelection> what_may_differ(Session& session, const Overlay& overlay,
                                               const object::TreeRoots& version) {
  changes::UpperChanges found = COWSTORE_TRY(changes::read_upper(overlay.place.upper));
  diff::DiffOptions options;
  options.whole_directory = diff::WholeDirectory::kItself;
  options.times = diff::Times::kReport;
  auto take = [&](diff::Change&& change) -> Result<void> {
    const bool itself = is_directory(change.from) && is_directory(change.to);
    (itself ? found.directories : found.paths).push_back(std::move(change.path));
    return {};
  };
  COWSTORE_TRY(diff::diff_trees(*session.store, overlay.version, version, options, take));
  return changes::PathSelection::of(found.paths, found.directories);
}

Result<changes::Scan> scan_and_recognise(Session& session, const std::optional<Overlay>& overlay,
                                         const index::StatIndex& index, const changes::ScanOptions& options) {
  changes::Scan scan =
      COWSTORE_TRY(changes::scan(session.copy.root, session.copy.control, index, session.pool(), options));
  if (!overlay) return scan;
  const changes::Layers layers{overlay->lower.tree, overlay->place.upper, overlay->version};
  COWSTORE_TRY(changes::recognise_lower(scan, layers, *session.store));
  return scan;
}

}  // namespace

Result<changes::Scan> scan_against(Session& session, const index::StatIndex& index, changes::ScanOptions options,
                                   const object::TreeRoots& version) {
  const auto overlay = COWSTORE_TRY(overlay_of(session));
  if (overlay && options.paths.everything() && version.tree)
    options.paths = COWSTORE_TRY(what_may_differ(session, *overlay, version));
  return scan_and_recognise(session, overlay, index, options);
}

Result<changes::Scan> scan_all(Session& session, const index::StatIndex& index, const changes::ScanOptions& options) {
  return scan_and_recognise(session, COWSTORE_TRY(overlay_of(session)), index, options);
}

}  // namespace cowstore::repo
