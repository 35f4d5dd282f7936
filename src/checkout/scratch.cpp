#include "checkout/scratch.hpp"

#include <algorithm>
#include <set>

#include "base/try.hpp"
#include "changes/hash_file.hpp"
#include "provider/special_file.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

namespace {

constexpr std::string_view kBuilding = "new-";
constexpr std::string_view kMoving = "out-";

/// The contents that the store has for certain.
class StoredContents {
 public:
  explicit StoredContents(const chunk::CutRule& rule) : rule_(rule) {}

  /// Of one side of a difference.
  void add(const diff::Side& side) {
    if (side.attributes && side.attributes->special) special_.push_back(*side.attributes->special);
    if (!side.entry) return;
    if (object::is_file(side.entry->kind)) files_.insert(side.entry->file.id);
    if (side.entry->kind == object::EntryKind::kSymlink) targets_.insert(side.entry->target);
  }

  Result<bool> have(const sys::Dir& dir, const std::string& name) const {
    sys::Stat stat = COWSTORE_TRY(dir.stat(name));
    if (stat.kind == sys::FileKind::kSymlink) return targets_.contains(COWSTORE_TRY(dir.read_link(name)));
    if (stat.kind != sys::FileKind::kRegular) return has_special(stat);
    if (stat.size == 0) return true;
    auto hashed = changes::hash_file(dir, name, rule_);
    if (!hashed && hashed.error().code == ErrorCode::kBusy) return false;  // somebody writes to it at this moment
    if (!hashed) return std::move(hashed).error();
    return files_.contains(hashed->file.id);
  }

 private:
  /// What a special file is, is all that it has for content.
  [[nodiscard]] bool has_special(const sys::Stat& stat) const {
    return std::any_of(special_.begin(), special_.end(), [&](const object::SpecialFile& special) {
      return provider::file_kind(special.kind) == stat.kind && special.device_major == stat.device_major &&
             special.device_minor == stat.device_minor;
    });
  }

  const chunk::CutRule& rule_;
  std::vector<object::SpecialFile> special_;
  std::set<FileId> files_;
  std::set<std::string> targets_;
};

}  // namespace

std::string ScratchNames::building() {
  return std::string(kBuilding) + std::to_string(counter_.fetch_add(1));
}

std::string ScratchNames::moving() {
  return std::string(kMoving) + std::to_string(counter_.fetch_add(1));
}

Result<std::vector<std::string>> clear_scratch(const sys::Dir& scratch, const sys::Dir& root,
                                               const VersionPair& versions, const chunk::CutRule& rule) {
  std::vector<std::string> saved;
  auto left = COWSTORE_TRY(scratch.list());
  if (left.empty()) return saved;
  StoredContents stored(rule);
  COWSTORE_TRY(for_each_difference(versions, [&](diff::Change&& difference) -> Result<void> {
    stored.add(difference.from);
    stored.add(difference.to);
    return {};
  }));
  for (const sys::ListedEntry& entry : left) {
    if (entry.name.starts_with(kBuilding) || COWSTORE_TRY(stored.have(scratch, entry.name))) {
      COWSTORE_TRY(scratch.remove_tree(entry.name));
      continue;
    }
    std::string name = std::string(kSavedPrefix) + sys::unique_name();
    COWSTORE_TRY(scratch.rename(entry.name, root, name, sys::RenameMode::kNoReplace));
    saved.push_back(std::move(name));
  }
  return saved;
}

}  // namespace cowstore::checkout
