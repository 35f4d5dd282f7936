#include "checkout/patch.hpp"

#include <utility>

#include "base/try.hpp"
#include "diff/diff.hpp"
#include "object/path.hpp"

namespace cowstore::checkout {

namespace {

constexpr std::uint16_t kOwnerAll = 0700;

bool is_directory(const diff::Side& side) {
  return side.entry && side.entry->kind == object::EntryKind::kDirectory;
}

/// Whether what is recorded of it is all that patch() knows how to make.
bool is_plain(const diff::Side& side) {
  if (!side.attributes) return true;
  const object::Attributes& recorded = *side.attributes;
  return !recorded.owner && recorded.xattrs.empty() && !recorded.link_group && !recorded.special;
}

int files_in(const diff::Side& side) {
  return side.entry && !is_directory(side) ? 1 : 0;
}

std::string parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash));
}

std::string child_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

/// What is to be done in one directory.
struct Work {
  struct File {
    object::TreeEntry entry;
    object::Attributes attributes;
  };
  std::vector<std::string> unlinked;
  std::vector<std::string> removed;  ///< directories
  std::vector<File> made;
  std::vector<File> retouched;    ///< the same content with other times or permissions
  std::vector<std::string> come;  ///< directories
};

struct Coming {
  std::string path;
  object::TreeRoots roots;
};

class Patching {
 public:
  Patching(const MaterialiseTools& tools, const object::TreeRoots& from, const object::TreeRoots& to,
           const sys::Dir& root)
      : tools_(tools), from_(from), to_(to), root_(root) {}

  Result<Patched> run() {
    if (tools_.progress != nullptr) tools_.progress->begin("checking out", 0, 0);
    COWSTORE_TRY(gather());
    COWSTORE_TRY(change_directories());
    for (const Coming& coming : coming_) COWSTORE_TRY(fill(coming));
    COWSTORE_TRY(finish_directories());
    return std::move(patched_);
  }

 private:
  Result<void> gather() {
    diff::DiffOptions options;
    options.whole_directory = diff::WholeDirectory::kItself;
    options.times = diff::Times::kReport;
    std::optional<std::string> whole;  // what is below it comes or goes with it
    auto take = [&](diff::Change&& change) -> Result<void> {
      if (whole && is_below(change.path, *whole)) return {};
      if (is_directory(change.from) && is_directory(change.to)) {
        work_[change.path];
        return {};
      }
      if (is_directory(change.from) || is_directory(change.to)) whole = change.path;
      take_entry(std::move(change));
      return {};
    };
    return diff::diff_trees(tools_.source, from_, to_, options, take);
  }

  void take_entry(diff::Change&& change) {
    Work& work = work_[parent_of(change.path)];
    const std::string name = change.path.substr(change.path.rfind('/') + 1);
    if (can_be_retouched(change)) {
      work.retouched.push_back(file_of(name, std::move(change.to)));
      return;
    }
    if (is_directory(change.from)) patched_.removed.push_back(change.path);
    if (change.from.entry) (is_directory(change.from) ? work.removed : work.unlinked).push_back(name);
    if (is_directory(change.to)) {
      work.come.push_back(name);
      coming_.push_back({change.path, {change.to.entry->tree, change.to.attributes_id}});
    } else if (change.to.entry) {
      work.made.push_back(file_of(name, std::move(change.to)));
    }
  }

  static Work::File file_of(const std::string& name, diff::Side&& side) {
    Work::File file{std::move(*side.entry), {}};
    file.entry.name = name;
    if (side.attributes) file.attributes = std::move(*side.attributes);
    return file;
  }

  /// What isn't recorded would keep what it was.
  static bool can_be_retouched(const diff::Change& change) {
    if (!change.from.entry || !change.to.entry || !change.to.attributes) return false;
    const object::TreeEntry& a = *change.from.entry;
    const object::TreeEntry& b = *change.to.entry;
    const bool file = object::is_file(a.kind) && object::is_file(b.kind) && a.file == b.file;
    const bool link = a.kind == object::EntryKind::kSymlink && b.kind == a.kind && a.target == b.target;
    return change.to.attributes->mtime && ((file && change.to.attributes->mode) || link);
  }

  Result<void> change_directories() {
    base::TaskGroup group(tools_.pool);
    for (auto& [path, work] : work_) {
      PatchedDirectory& patched = patched_.directories[path];
      group.add([this, &path = path, &work = work, &patched] { return change_directory(path, work, patched); });
    }
    return group.wait();
  }

  Result<sys::Dir> open(const std::string& path) const { return root_.open_dir(path.empty() ? "." : path); }

  Result<void> change_directory(const std::string& path, const Work& work, PatchedDirectory& patched) {
    sys::Dir dir = COWSTORE_TRY(open(path));
    const sys::Stat before = COWSTORE_TRY(dir.stat_self());
    if ((before.mode & kOwnerAll) != kOwnerAll) COWSTORE_TRY(dir.set_mode(".", before.mode | kOwnerAll));
    for (const std::string& name : work.unlinked) {
      COWSTORE_TRY(dir.unlink(name));
      patched.entries[name].reset();
    }
    for (const std::string& name : work.removed) {
      COWSTORE_TRY(dir.remove_tree(name));
      patched.entries[name].reset();
    }
    for (const Work::File& file : work.made) {
      sys::Stat stat = COWSTORE_TRY(tools_.maker.make(dir, file.entry.name, file.entry, file.attributes));
      patched.entries[file.entry.name] = MadeEntry{file.entry, stat};
      if (tools_.progress != nullptr) tools_.progress->advance(1, file.entry.file.size);
    }
    for (const Work::File& file : work.retouched) COWSTORE_TRY(retouch(dir, file, patched));
    for (const std::string& name : work.come) {
      COWSTORE_TRY(dir.make_dir(name, 0777));
      object::TreeEntry entry;
      entry.name = name;
      entry.kind = object::EntryKind::kDirectory;
      patched.entries[name] = MadeEntry{entry, {}};
    }
    return {};
  }

  static Result<void> retouch(const sys::Dir& dir, const Work::File& file, PatchedDirectory& patched) {
    const std::string& name = file.entry.name;
    if (object::is_file(file.entry.kind)) COWSTORE_TRY(dir.set_mode(name, *file.attributes.mode));
    COWSTORE_TRY(dir.set_mtime(name, *file.attributes.mtime));
    patched.entries[name] = MadeEntry{file.entry, COWSTORE_TRY(dir.stat_plain(name))};
    return {};
  }

  Result<void> fill(const Coming& coming) {
    sys::Dir dir = COWSTORE_TRY(root_.open_dir(coming.path));
    Materialised made = COWSTORE_TRY(materialise(tools_, coming.roots, dir));
    patched_.made.files += made.files;
    for (MadeDirectory& directory : made.directories) {
      directory.path = directory.path.empty() ? coming.path : child_path(coming.path, directory.path);
      patched_.made.directories.push_back(std::move(directory));
    }
    return {};
  }

  /// Backwards, so that the deepest come first: one that locks its owner out hides what is below it. Those above what
  /// was changed have other ids by now.
  Result<void> finish_directories() {
    for (const auto& [path, work] : work_) {
      for (std::string above = path; !above.empty();) {
        above = parent_of(above);
        patched_.directories[above];
      }
    }
    for (auto each = patched_.directories.rbegin(); each != patched_.directories.rend(); ++each)
      COWSTORE_TRY(finish(each->first, each->second));
    return {};
  }

  Result<void> finish(const std::string& path, PatchedDirectory& patched) {
    object::ResolvedPath found = COWSTORE_TRY(object::resolve_in_roots(tools_.source, to_, path));
    patched.roots = {found.entry.tree, found.attributes_id};
    const std::string_view name = path.empty() ? std::string_view(".") : path;
    if (found.attributes && work_.contains(path)) {
      if (found.attributes->mode) COWSTORE_TRY(root_.set_mode(name, *found.attributes->mode));
      if (found.attributes->mtime) COWSTORE_TRY(root_.set_mtime(name, *found.attributes->mtime));
    }
    patched.stat = COWSTORE_TRY(root_.stat(name));
    return {};
  }

  const MaterialiseTools& tools_;
  const object::TreeRoots& from_;
  const object::TreeRoots& to_;
  const sys::Dir& root_;
  std::map<std::string, Work> work_;
  std::vector<Coming> coming_;
  Patched patched_;
};

}  // namespace

Result<std::optional<Distance>> distance_between(object::NodeSource& source, const object::TreeRoots& from,
                                                 const object::TreeRoots& to, std::uint64_t limit) {
  diff::DiffOptions options;
  options.whole_directory = diff::WholeDirectory::kBoth;
  options.times = diff::Times::kReport;
  diff::TreeDiff differences(source, from, to, options);
  Distance distance;
  while (auto change = COWSTORE_TRY(differences.next())) {
    if (++distance.paths > limit || !is_plain(change->from) || !is_plain(change->to)) return std::optional<Distance>();
    distance.files += files_in(change->to) - files_in(change->from);
  }
  return std::optional(distance);
}

Result<Patched> patch(const MaterialiseTools& tools, const object::TreeRoots& from, const object::TreeRoots& to,
                      const sys::Dir& root) {
  return Patching(tools, from, to, root).run();
}

}  // namespace cowstore::checkout
