#include "checkout/materialise.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "base/try.hpp"
#include "checkout/aliases.hpp"
#include "object/named_tree.hpp"
#include "sys/nodes.hpp"

namespace cowstore::checkout {

namespace {

/// A directory with more files than this, or more bytes, is filled by several threads.
constexpr std::size_t kSliceFiles = 1024;
constexpr std::uint64_t kSliceBytes = std::uint64_t{8} << 20;

/// Owners can do everything in a directory while it is filled, whatever its permissions will be.
constexpr std::uint16_t kOwnerAll = 0700;

std::string child_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

/// The recorded permissions, without setuid and setgid where the owner couldn't be restored.
std::optional<std::uint16_t> mode_to_set(const object::Attributes& own, const sys::Stat& now) {
  const bool wrong_owner = own.owner && (own.owner->uid != now.uid || own.owner->gid != now.gid);
  if (!own.mode || !wrong_owner) return own.mode;
  return static_cast<std::uint16_t>(*own.mode & 01777);
}

/// A directory while it is being filled.
struct Filling {
  MadeDirectory made;
  object::Attributes own;                                             ///< of the directory itself
  std::map<std::string, object::Attributes, std::less<>> attributes;  ///< of its files and links
  std::vector<std::size_t> files;                                     ///< indices into made.entries
  std::vector<std::size_t> slice_ends;                                ///< in files, of what each task makes
  [[nodiscard]] bool has(std::string_view name) const {
    const auto& entries = made.entries;
    auto at =
        std::lower_bound(entries.begin(), entries.end(), name,
                         [](const MadeEntry& entry, std::string_view wanted) { return entry.entry.name < wanted; });
    return at != entries.end() && at->entry.name == name;
  }
  std::atomic<std::size_t> slices{0};     ///< not done yet
  std::atomic<bool> awaits_links{false};  ///< for itself or for others: it is ended when all are made
};

Error two_of_one_name(const std::string& path) {
  return {ErrorCode::kCorrupt,
          0,
          "check out",
          path,
          "it is a special file and something else as well",
          "`cowstore fsck` tells what else is damaged"};
}

/// One of several names that a file has.
struct LinkedName {
  std::shared_ptr<Filling> filling;
  std::size_t number;  ///< in made.entries

  [[nodiscard]] MadeEntry& made() const { return filling->made.entries[number]; }
  [[nodiscard]] std::string path() const { return child_path(filling->made.path, made().entry.name); }
  [[nodiscard]] bool same_content(const LinkedName& other) const {
    const object::TreeEntry& a = made().entry;
    const object::TreeEntry& b = other.made().entry;
    return a.kind == b.kind && a.file == b.file && a.target == b.target;
  }
};

struct LinkGroup {
  object::Attributes attributes;
  std::vector<LinkedName> names;  ///< the first is made, the others are links to it
  std::vector<LinkedName> apart;  ///< of the same number, but with another content: files of their own
};

class Materialiser {
 public:
  Materialiser(const MaterialiseTools& tools, const sys::Dir& target)
      : tools_(tools), target_(target), group_(tools.pool) {}

  Result<Materialised> run(const object::TreeRoots& version) {
    if (tools_.progress != nullptr) tools_.progress->begin("checking out", 0, 0);
    group_.add([this, version] { return begin_directory("", version); });
    COWSTORE_TRY(group_.wait());
    COWSTORE_TRY(make_links());
    COWSTORE_TRY(close_directories());
    if (tools_.linker != nullptr) COWSTORE_TRY(tools_.linker->publish());
    result_.unrestored = unrestored_.take();
    return std::move(result_);
  }

 private:
  Result<void> begin_directory(std::string path, const object::TreeRoots& roots) {
    auto filling = std::make_shared<Filling>();
    filling->made.path = std::move(path);
    filling->made.roots = roots;
    sys::Dir handle = COWSTORE_TRY(open(*filling));
    auto children = COWSTORE_TRY(read_attributes(*filling));
    COWSTORE_TRY(read_entries(*filling));
    COWSTORE_TRY(make_special_files(*filling, handle));
    for (std::size_t i = 0; i < filling->made.entries.size(); ++i) {
      const object::TreeEntry& entry = filling->made.entries[i].entry;
      if (entry.kind != object::EntryKind::kDirectory) {
        filling->files.push_back(i);
        continue;
      }
      std::string child = child_path(filling->made.path, entry.name);
      auto made = handle.make_dir(entry.name, 0777);
      if (!made) return explain_alias(std::move(made).error(), child);
      object::TreeRoots below{entry.tree, children[entry.name]};
      group_.add([this, below, child] { return begin_directory(child, below); });
    }
    return begin_files(filling, handle);
  }

  /// Anew for each task: those that wait hold no descriptors, however many directories there are.
  Result<sys::Dir> open(const Filling& filling) const {
    return target_.open_dir(filling.made.path.empty() ? "." : filling.made.path);
  }

  /// Fills in `own` and `attributes`; gives the attributes of child directories.
  Result<std::map<std::string, std::optional<AttributesId>>> read_attributes(Filling& filling) {
    std::map<std::string, std::optional<AttributesId>> children;
    if (!filling.made.roots.attributes) return children;
    auto take = [&](const object::AttributesEntry& entry) -> Result<void> {
      if (entry.name.empty()) {
        filling.own = entry.attributes;
      } else if (entry.children) {
        children[entry.name] = entry.children;
      } else {
        filling.attributes.emplace_hint(filling.attributes.end(), entry.name, entry.attributes);
      }
      return {};
    };
    COWSTORE_TRY(object::AttributesReader(tools_.source, *filling.made.roots.attributes).for_each(take));
    return children;
  }

  Result<void> read_entries(Filling& filling) {
    auto take = [&](const object::TreeEntry& entry) -> Result<void> {
      filling.made.entries.push_back({entry, {}});
      return {};
    };
    return object::DirectoryReader(tools_.source, *filling.made.roots.tree).for_each(take);
  }

  Result<void> begin_files(const std::shared_ptr<Filling>& filling, const sys::Dir& handle) {
    filling->slice_ends = slice_ends(*filling);
    std::size_t slices = filling->slice_ends.size();
    filling->slices = slices;
    for (std::size_t i = 1; i < slices; ++i) {
      group_.add([this, filling, i]() -> Result<void> {
        sys::Dir own = COWSTORE_TRY(open(*filling));
        return make_slice(filling, own, i);
      });
    }
    return make_slice(filling, handle, 0);
  }

  /// At least one, be it empty.
  static std::vector<std::size_t> slice_ends(const Filling& filling) {
    std::vector<std::size_t> ends;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0, begin = 0; i < filling.files.size(); ++i) {
      bytes += filling.made.entries[filling.files[i]].entry.file.size;
      if (i + 1 - begin < kSliceFiles && bytes < kSliceBytes) continue;
      ends.push_back(begin = i + 1);
      bytes = 0;
    }
    if (ends.empty() || ends.back() < filling.files.size()) ends.push_back(filling.files.size());
    return ends;
  }

  Result<void> make_slice(const std::shared_ptr<Filling>& shared, const sys::Dir& handle, std::size_t slice) {
    Filling& filling = *shared;
    std::size_t begin = slice == 0 ? 0 : filling.slice_ends[slice - 1];
    for (std::size_t i = begin; i < filling.slice_ends[slice]; ++i) {
      MadeEntry& made = filling.made.entries[filling.files[i]];
      auto recorded = filling.attributes.find(made.entry.name);
      static const object::Attributes kNothing;
      const object::Attributes& attributes = recorded == filling.attributes.end() ? kNothing : recorded->second;
      if (!is_made_now(shared, filling.files[i], attributes)) continue;
      auto done = make_entry(handle, filling.made.path, made, attributes);
      if (!done) return explain_alias(std::move(done).error(), child_path(filling.made.path, made.entry.name));
      if (tools_.progress != nullptr) tools_.progress->advance(1, made.entry.file.size);
    }
    if (filling.slices.fetch_sub(1) > 1) return {};
    // Links come when all files are there, and change the directory's time once more.
    return filling.awaits_links ? Result<void>() : end_directory(filling, handle);
  }

  Result<void> make_entry(const sys::Dir& handle, const std::string& directory, MadeEntry& made,
                          const object::Attributes& attributes) {
    const std::string& name = made.entry.name;
    if (tools_.linker != nullptr) {
      auto linked = COWSTORE_TRY(tools_.linker->link(handle, name, made.entry, attributes));
      if (linked) {
        made.stat = linked->stat;
        made.recorded = linked->recorded;
        made.sharing = index::Sharing::kSharedInode;
        return {};
      }
    }
    provider::Made done = COWSTORE_TRY(tools_.maker.make_full(handle, name, made.entry, attributes));
    made.stat = done.stat;
    unrestored_.note(child_path(directory, name), std::move(done.unrestored));
    return {};
  }

  Result<void> make_special_files(Filling& filling, const sys::Dir& handle) {
    for (const auto& [name, attributes] : filling.attributes) {
      if (!attributes.special) continue;
      filling.made.has_special_files = true;
      if (filling.has(name)) return two_of_one_name(child_path(filling.made.path, name));
      object::TreeEntry entry;
      entry.name = name;
      entry.kind = object::entry_kind(attributes.special->kind);
      auto done = COWSTORE_TRY(tools_.maker.make_full(handle, name, entry, attributes));
      unrestored_.note(child_path(filling.made.path, name), std::move(done.unrestored));
      std::lock_guard lock(mutex_);
      if (done.exists) ++result_.files;
    }
    return {};
  }

  /// Whether the file is to be made now. Else it becomes a link to the one of its group that is, when all are there.
  /// What claims to be the same inode but has another content or owner is a file of its own.
  bool is_made_now(const std::shared_ptr<Filling>& filling, std::size_t number, const object::Attributes& attributes) {
    if (!attributes.link_group) return true;
    filling->awaits_links = true;
    const LinkedName name{filling, number};
    std::lock_guard lock(mutex_);
    LinkGroup& group = groups_[*attributes.link_group];
    if (group.names.empty()) group.attributes = attributes;
    const bool same = group.names.empty() || (group.attributes == attributes && group.names.front().same_content(name));
    (same ? group.names : group.apart).push_back(name);
    return !same || group.names.size() == 1;
  }

  Result<void> make_links() {
    std::set<std::shared_ptr<Filling>> waiting;
    for (const auto& [number, group] : groups_) {
      for (std::size_t i = 1; i < group.names.size(); ++i)
        COWSTORE_TRY(make_link(group.names.front(), group.names[i], group.attributes));
      // Each link has changed the ctime of all.
      for (const LinkedName& name : group.names) name.made().stat = COWSTORE_TRY(target_.stat(name.path()));
      for (const auto* names : {&group.names, &group.apart}) {
        for (const LinkedName& name : *names) waiting.insert(name.filling);
      }
    }
    for (const auto& filling : waiting) COWSTORE_TRY(end_directory(*filling, COWSTORE_TRY(open(*filling))));
    return {};
  }

  Result<void> make_link(const LinkedName& first, const LinkedName& name, const object::Attributes& attributes) {
    auto linked = sys::make_link(target_, first.path(), target_, name.path());
    if (linked) {
      ++result_.linked;
      return {};
    }
    // As many names as the file system allows, or none at all: the others are files of their own.
    const int error = linked.error().sys_errno;
    if (error != EMLINK && error != EPERM && error != EOPNOTSUPP) return linked;
    sys::Dir parent = COWSTORE_TRY(open(*name.filling));
    const object::TreeEntry& entry = name.made().entry;
    auto done = COWSTORE_TRY(tools_.maker.make_full(parent, entry.name, entry, attributes));
    unrestored_.note(name.path(), std::move(done.unrestored));
    return {};
  }

  /// All that is in the directory has been made: nothing changes its time any more.
  Result<void> end_directory(Filling& filling, const sys::Dir& handle) {
    MadeDirectory& made = filling.made;
    std::vector<std::string> unrestored;
    const auto open_mode =
        filling.own.mode ? std::optional<std::uint16_t>(*filling.own.mode | kOwnerAll) : std::nullopt;
    COWSTORE_TRY(tools_.maker.apply_full(handle, ".", filling.own, unrestored, open_mode));
    unrestored_.note(made.path, std::move(unrestored));
    made.stat = COWSTORE_TRY(handle.stat_self());
    bool changed = false;
    const auto mode = mode_to_set(filling.own, made.stat);
    if (mode && made.stat.mode != *mode) {
      // What its owner may not do in it is taken away when everything below it is done.
      bool locks_owner_out = (*mode & kOwnerAll) != kOwnerAll;
      COWSTORE_TRY(handle.set_mode(".", *mode | kOwnerAll));
      if (locks_owner_out) note_locked(made.path, *mode);
      changed = true;
    }
    if (filling.own.mtime) {
      COWSTORE_TRY(handle.set_mtime(".", *filling.own.mtime));
      changed = true;
    }
    if (changed) made.stat = COWSTORE_TRY(handle.stat_self());
    std::lock_guard lock(mutex_);
    result_.files += filling.files.size();
    result_.directories.push_back(std::move(made));
    return {};
  }

  void note_locked(const std::string& path, std::uint16_t mode) {
    std::lock_guard lock(mutex_);
    locked_[path] = mode;
  }

  /// The deepest first: a directory that can't be searched any more hides what is below it.
  Result<void> close_directories() {
    if (locked_.empty()) return {};
    std::map<std::string_view, MadeDirectory*> by_path;
    for (MadeDirectory& made : result_.directories) by_path[made.path] = &made;
    for (auto it = locked_.rbegin(); it != locked_.rend(); ++it) {
      std::string_view path = it->first.empty() ? std::string_view(".") : it->first;
      COWSTORE_TRY(target_.set_mode(path, it->second));
      by_path[it->first]->stat = COWSTORE_TRY(target_.stat(path));
    }
    return {};
  }

  const MaterialiseTools& tools_;
  const sys::Dir& target_;
  std::mutex mutex_;
  Materialised result_;
  std::map<std::string, std::uint16_t> locked_;
  std::map<std::uint64_t, LinkGroup> groups_;
  UnrestoredList unrestored_;
  base::TaskGroup group_;  ///< last: its tasks use all of the above, and it waits for them
};

}  // namespace

Result<Materialised> materialise(const MaterialiseTools& tools, const object::TreeRoots& version,
                                 const sys::Dir& target) {
  if (!version.tree) return Materialised{};
  return Materialiser(tools, target).run(version);
}

}  // namespace cowstore::checkout
