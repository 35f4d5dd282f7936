#include "checkout/difference.hpp"

#include <utility>

#include "base/try.hpp"

namespace cowstore::checkout {

namespace {

std::optional<object::EntryKind> kind_of(const diff::Side& side) {
  if (side.entry) return side.entry->kind;
  if (side.attributes && side.attributes->special) return object::entry_kind(side.attributes->special->kind);
  return std::nullopt;
}

std::shared_ptr<const Wanted> wanted_of(diff::Side side) {
  const auto kind = kind_of(side);
  if (!kind) return nullptr;
  Wanted::More more;
  if (side.entry) more.target = std::move(side.entry->target);
  if (side.attributes) more.attributes = std::move(*side.attributes);
  auto wanted = std::make_shared<Wanted>();
  wanted->kind = *kind;
  wanted->mode = more.attributes.mode;
  wanted->mtime = more.attributes.mtime;
  if (side.entry) wanted->file = side.entry->file;
  if (!more.target.empty() || more.attributes != wanted->attributes())
    wanted->more = std::make_shared<const Wanted::More>(std::move(more));
  return wanted;
}

}  // namespace

std::optional<std::uint64_t> Wanted::link_group() const {
  return more == nullptr ? std::nullopt : more->attributes.link_group;
}

object::Attributes Wanted::attributes() const {
  if (more != nullptr) return more->attributes;
  object::Attributes attributes;
  attributes.mode = mode;
  attributes.mtime = mtime;
  return attributes;
}

object::TreeEntry Wanted::entry() const {
  object::TreeEntry entry;
  entry.kind = kind;
  entry.file = file;
  if (more != nullptr) entry.target = more->target;
  return entry;
}

bool same_file(const Wanted& a, const Wanted& b) {
  return a.kind == b.kind && a.file == b.file && a.entry().target == b.entry().target &&
         a.attributes() == b.attributes();
}

Difference difference_of(diff::Change change) {
  Former from{kind_of(change.from), change.from.attributes ? change.from.attributes->mode : std::nullopt};
  return {std::move(change.path), from, wanted_of(std::move(change.to))};
}

Result<std::vector<Difference>> differences_between(const VersionPair& versions) {
  std::vector<Difference> differences;
  auto take = [&](diff::Change&& change) -> Result<void> {
    differences.push_back(difference_of(std::move(change)));
    return {};
  };
  COWSTORE_TRY(for_each_difference(versions, take));
  return differences;
}

Result<void> for_each_difference(const VersionPair& versions,
                                 const std::function<Result<void>(diff::Change&&)>& function) {
  diff::DiffOptions options;
  options.whole_directory = diff::WholeDirectory::kBoth;
  return diff::diff_trees(versions.source, versions.from, versions.to, options, function);
}

}  // namespace cowstore::checkout
