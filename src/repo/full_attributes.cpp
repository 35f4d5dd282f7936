#include "repo/full_attributes.hpp"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/try.hpp"
#include "changes/disk_attributes.hpp"
#include "changes/hash_file.hpp"
#include "changes/list_bytes.hpp"
#include "checkout/half_done.hpp"

namespace cowstore::repo {

namespace {

/// Whether the two differ in attributes alone, as far as the comparison went.
bool may_be_half_done(const changes::Change& change, const diff::Change& difference) {
  return change.kind == changes::ChangeKind::kModified && change.content != changes::Content::kDifferent &&
         change.now != nullptr && change.now->directory == nullptr && difference.from.attributes &&
         difference.to.attributes;
}

/// Attributes that differ were reason enough for the comparison not to read the file.
Result<bool> has_content_of_both(Session& session, const changes::Change& change, const diff::Change& difference) {
  if (change.content == changes::Content::kSame) return true;
  const auto& from = difference.from.entry;
  const auto& to = difference.to.entry;
  if (!from || !to || !object::is_file(from->kind) || !object::is_file(to->kind) || from->file != to->file)
    return false;
  auto parent = COWSTORE_TRY(sys::open_parent(session.copy.root, change.path));
  auto hashed = changes::hash_file(parent.parent, parent.name, session.cut_rule());
  return hashed && hashed->file == to->file;
}

Result<bool> is_half_done(Session& session, const changes::Change& change, const diff::Change& difference) {
  if (!may_be_half_done(change, difference)) return false;
  const auto large = [&](const std::string& value) { return changes::hash_bytes(as_bytes(value), session.cut_rule()); };
  auto disk = COWSTORE_TRY(changes::disk_attributes(*change.now, large));
  if (!checkout::is_half_done(disk, *difference.from.attributes, *difference.to.attributes)) return false;
  return has_content_of_both(session, change, difference);
}

}  // namespace

Result<void> drop_half_done(Session& session, const checkout::VersionPair& versions,
                            std::vector<changes::Change>& against_from) {
  std::map<std::string_view, const changes::Change*> by_path;
  for (const changes::Change& change : against_from) by_path.emplace(change.path, &change);
  std::set<const changes::Change*> half_done;
  auto look = [&](diff::Change&& difference) -> Result<void> {
    auto found = by_path.find(difference.path);
    if (found != by_path.end() && COWSTORE_TRY(is_half_done(session, *found->second, difference)))
      half_done.insert(found->second);
    return {};
  };
  COWSTORE_TRY(checkout::for_each_difference(versions, look));
  std::vector<changes::Change> kept;
  for (changes::Change& change : against_from) {
    if (!half_done.contains(&change)) kept.push_back(std::move(change));
  }
  against_from = std::move(kept);
  return {};
}

std::vector<Unrestored> unmade_devices(const changes::Scan& scan,
                                       const std::vector<checkout::Difference>& differences) {
  std::vector<Unrestored> unmade;
  if (scan.attributes != store::AttributesPolicy::kFull) return unmade;
  for (const checkout::Difference& difference : differences) {
    if (difference.to == nullptr || scan.find(difference.path) != nullptr) continue;
    const auto kind = difference.to->kind;
    if (changes::may_be_unmade(kind, scan.privileges)) unmade.push_back({difference.path, {object::to_string(kind)}});
  }
  return unmade;
}

}  // namespace cowstore::repo
