#include "diff/diff.hpp"

#include <utility>

#include "base/try.hpp"
#include "diff/directory_pair.hpp"

namespace cowstore::diff {

using object::EntryKind;

const char* to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "added";
    case ChangeKind::kRemoved:
      return "removed";
    case ChangeKind::kModified:
      return "modified";
    case ChangeKind::kTimes:
      return "times";
  }
  return "unknown";
}

namespace {

bool exists(const Side& side) {
  return side.entry || (side.attributes && side.attributes->special);
}
bool is_directory(const Side& side) {
  return side.entry && side.entry->kind == EntryKind::kDirectory;
}
bool is_symlink(const Side& side) {
  return side.entry && side.entry->kind == EntryKind::kSymlink;
}

TreeRoots below(const Side& side) {
  if (!is_directory(side)) return {};
  return {side.entry->tree, side.attributes_id};
}

template <class T>
bool both_and_different(const std::optional<T>& a, const std::optional<T>& b) {
  return a && b && *a != *b;
}

/// What stands at the path is different; for directories that is not yet what is below them.
bool content_differs(const Side& from, const Side& to) {
  if (from.entry.has_value() != to.entry.has_value()) return true;
  if (!from.entry || (is_directory(from) && is_directory(to))) return false;
  return from.entry != to.entry;
}

/// Fields are compared where both sides recorded them. Extended attributes are recorded together with the owner: only
/// that tells "none" from "not recorded".
bool attributes_differ(const Side& from, const Side& to) {
  if (!from.attributes || !to.attributes) return false;
  const object::Attributes& a = *from.attributes;
  const object::Attributes& b = *to.attributes;
  if (!is_symlink(from) && both_and_different(a.mode, b.mode)) return true;
  if (a.owner && b.owner && (a.owner != b.owner || a.xattrs != b.xattrs)) return true;
  return a.special != b.special;
}

bool times_differ(const Side& from, const Side& to) {
  return from.attributes && to.attributes && both_and_different(from.attributes->mtime, to.attributes->mtime);
}

}  // namespace

struct TreeDiff::State {
  /// A directory whose contents are being compared.
  struct Frame {
    DirectoryPair pair;
    std::size_t path_size;  ///< of the path, without the directory's contents
  };

  object::NodeSource& source;
  TreeRoots from;
  TreeRoots to;
  DiffOptions options;
  bool started = false;
  std::string path;           ///< of the top frame
  std::vector<Frame> frames;  ///< the heap's depth, not the stack's: directories may be nested very deep

  Result<std::optional<Change>> start();
  Result<std::optional<Change>> next();
  Result<std::optional<Change>> change_at(const std::string& name, Side from_side, Side to_side);
  Result<bool> reported_itself(const Side& from_side, const Side& to_side);
  Result<bool> is_empty(const Side& side);
  Result<void> enter(const std::string& name, const Side& from_side, const Side& to_side);
};

namespace {

std::optional<ChangeKind> kind_of(const Side& from, const Side& to, Times times) {
  if (!exists(from) || !exists(to)) {
    if (exists(to)) return ChangeKind::kAdded;
    return exists(from) ? std::optional(ChangeKind::kRemoved) : std::nullopt;
  }
  if (content_differs(from, to) || attributes_differ(from, to)) return ChangeKind::kModified;
  if (times == Times::kReport && times_differ(from, to)) return ChangeKind::kTimes;
  return std::nullopt;
}

/// Whether there may be something to find below: not if only one side is a directory that is told as a whole.
bool is_entered(const Side& from, const Side& to, WholeDirectory whole) {
  if (!is_directory(from) && !is_directory(to)) return false;
  const bool one_sided = !exists(from) || !exists(to);
  return !one_sided || whole != WholeDirectory::kItself;
}

}  // namespace

Result<void> TreeDiff::State::enter(const std::string& name, const Side& from_side, const Side& to_side) {
  TreeRoots from_roots = below(from_side);
  TreeRoots to_roots = below(to_side);
  if (from_roots == to_roots) return {};
  const std::size_t size = path.size();
  if (!path.empty()) path += '/';
  path += name;
  frames.push_back({COWSTORE_TRY(DirectoryPair::open(source, from_roots, to_roots)), size});
  return {};
}

Result<bool> TreeDiff::State::is_empty(const Side& side) {
  auto cursor = COWSTORE_TRY(object::Cursor<object::DirectoryNode>::open(source, side.entry->tree.digest()));
  return cursor.at_end();
}

/// Of a directory that only one side has. Anything else is reported.
Result<bool> TreeDiff::State::reported_itself(const Side& from_side, const Side& to_side) {
  if (exists(from_side) && exists(to_side)) return true;
  const Side& side = exists(from_side) ? from_side : to_side;
  if (!is_directory(side) || options.whole_directory != WholeDirectory::kContents) return true;
  return is_empty(side);
}

Result<std::optional<Change>> TreeDiff::State::change_at(const std::string& name, Side from_side, Side to_side) {
  Change change{path.empty() ? name : path + '/' + name, ChangeKind::kModified, std::move(from_side),
                std::move(to_side)};
  if (is_entered(change.from, change.to, options.whole_directory)) COWSTORE_TRY(enter(name, change.from, change.to));
  std::optional<ChangeKind> kind = kind_of(change.from, change.to, options.times);
  if (!kind || !COWSTORE_TRY(reported_itself(change.from, change.to))) return std::optional<Change>();
  change.kind = *kind;
  return std::optional<Change>(std::move(change));
}

/// The roots are directories without a name. A version without a tree is an empty one, so they always exist.
Result<std::optional<Change>> TreeDiff::State::start() {
  started = true;
  if (from == to) return std::optional<Change>();
  frames.push_back({COWSTORE_TRY(DirectoryPair::open(source, from, to)), 0});
  if (!from.tree || !to.tree) return std::optional<Change>();
  Side from_side = COWSTORE_TRY(own_side(source, from, ""));
  Side to_side = COWSTORE_TRY(own_side(source, to, ""));
  std::optional<ChangeKind> kind = kind_of(from_side, to_side, options.times);
  if (!kind) return std::optional<Change>();
  return std::optional(Change{"", *kind, std::move(from_side), std::move(to_side)});
}

Result<std::optional<Change>> TreeDiff::State::next() {
  if (!started) {
    if (auto change = COWSTORE_TRY(start())) return change;
  }
  while (!frames.empty()) {
    DirectoryPair& pair = frames.back().pair;
    if (!COWSTORE_TRY(pair.next())) {
      path.resize(frames.back().path_size);
      frames.pop_back();
      continue;
    }
    std::string name = pair.name();
    Side from_side = COWSTORE_TRY(pair.take_from());
    Side to_side = COWSTORE_TRY(pair.take_to());
    if (auto change = COWSTORE_TRY(change_at(name, std::move(from_side), std::move(to_side)))) return change;
  }
  return std::optional<Change>();
}

TreeDiff::TreeDiff(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to, const DiffOptions& options)
    : state_(std::make_unique<State>(State{source, from, to, options, false, {}, {}})) {}
TreeDiff::~TreeDiff() = default;
TreeDiff::TreeDiff(TreeDiff&&) noexcept = default;
TreeDiff& TreeDiff::operator=(TreeDiff&&) noexcept = default;

Result<std::optional<Change>> TreeDiff::next() {
  return state_->next();
}

Result<void> diff_trees(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to,
                        const DiffOptions& options, const std::function<Result<void>(Change&&)>& function) {
  TreeDiff diff(source, from, to, options);
  while (auto change = COWSTORE_TRY(diff.next())) COWSTORE_TRY(function(std::move(*change)));
  return {};
}

}  // namespace cowstore::diff
