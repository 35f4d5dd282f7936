#include "checkout/execute.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

#include "base/try.hpp"
#include "checkout/scratch.hpp"
#include "sys/nodes.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

namespace {

/// Names of files under construction where they can't be built in the scratch directory. A crash may leave one behind;
/// what follows differs each time, so that it is never in the way.
constexpr std::string_view kTemporaryPrefix = ".cowstore-tmp-";

/// So many files may find the disk full before that is taken for the end of it.
constexpr std::size_t kMostDeferred = 256;

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".") : path.substr(0, slash);
}

std::string name_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

/// Enough that opening the directory doesn't matter, few enough to share the work.
constexpr std::size_t kBundleFiles = 64;

/// After a renaming, which changes the ctime.
bool is_what_was_seen(const sys::Stat& now, const sys::Stat& seen) {
  return now.inode == seen.inode && now.kind == seen.kind && now.size == seen.size && now.mtime == seen.mtime;
}

/// Before it: the ctime also shows an edit after which size and mtime were made what they had been. Of a file with
/// several names in the working copy we may have changed it ourselves, with another one of them.
bool is_untouched(const sys::Stat& now, const sys::Stat& seen) {
  return is_what_was_seen(now, seen) && (seen.links > 1 || now.ctime == seen.ctime);
}

/// Whether it is still such a thing as the target has there: what is set would be set on something else.
bool is_of_kind(const sys::Stat& now, object::EntryKind kind) {
  switch (now.kind) {
    case sys::FileKind::kRegular:
      return object::is_file(kind);
    case sys::FileKind::kDirectory:
      return kind == object::EntryKind::kDirectory;
    case sys::FileKind::kSymlink:
      return kind == object::EntryKind::kSymlink;
    case sys::FileKind::kFifo:
      return kind == object::EntryKind::kFifo;
    case sys::FileKind::kSocket:
      return kind == object::EntryKind::kSocket;
    case sys::FileKind::kCharDevice:
      return kind == object::EntryKind::kCharDevice;
    case sys::FileKind::kBlockDevice:
      return kind == object::EntryKind::kBlockDevice;
  }
  return false;
}

bool has_errno(const Result<void>& result, int error) {
  return !result && result.error().sys_errno == error;
}

class Executor {
 public:
  explicit Executor(const ExecuteTools& tools) : tools_(tools) {}

  Result<Execution> run(const Plan& plan) {
    result_.made.reserve(plan.makings.size() + plan.directory_makings.size() + plan.mode_changes.size());
    for (const Removal& removal : plan.removals) COWSTORE_TRY(remove(removal));
    for (const std::string& path : plan.directory_removals) COWSTORE_TRY(remove_directory(path));
    for (const DirectoryMaking& directory : plan.directory_makings) COWSTORE_TRY(make_directory(directory));
    COWSTORE_TRY(make_files(plan.makings));
    // The deepest first: what a directory's permissions forbid must not keep us from what is below it. Nothing that
    // stays is below something new.
    for (auto it = plan.directory_makings.rbegin(); it != plan.directory_makings.rend(); ++it)
      COWSTORE_TRY(finish_directory(*it));
    for (const ModeChange& change : plan.mode_changes) COWSTORE_TRY(change_mode(change));
    result_.unrestored = unrestored_.take();
    return std::move(result_);
  }

 private:
  void note_untouched(const std::string& path) {
    std::lock_guard lock(mutex_);
    result_.untouched.push_back(path);
  }

  /// Gives somebody's work that was moved out its name again, or, if that has been taken meanwhile, one beside it:
  /// the scratch directory is emptied by the next command.
  Result<void> put_back(const sys::Dir& from, const std::string& moved, const sys::Dir& parent,
                        const std::string& path) {
    note_untouched(path);
    auto back = from.rename(moved, parent, name_of(path), sys::RenameMode::kNoReplace);
    return has_errno(back, EEXIST) ? save_beside(from, moved, parent) : back;
  }

  Result<void> save_beside(const sys::Dir& from, const std::string& moved, const sys::Dir& parent) {
    std::string saved = std::string(kSavedPrefix) + sys::unique_name();
    note_untouched(parent.path_of(saved));
    return from.rename(moved, parent, saved, sys::RenameMode::kNoReplace);
  }

  /// Moves a file out, and unlinks it if it is what the plan saw.
  Result<void> remove(const Removal& removal) {
    auto parent = tools_.root.open_dir(parent_of(removal.path));
    if (!parent && parent.error().code == ErrorCode::kNotFound) return {};
    if (!parent) return std::move(parent).error();
    std::string name = name_of(removal.path);
    auto now = parent->stat(name);
    if (now && !is_untouched(*now, *removal.seen)) {
      note_untouched(removal.path);
      return {};
    }
    std::string moved = names_.moving();
    auto out = parent->rename(name, tools_.scratch, moved, sys::RenameMode::kNoReplace);
    if (has_errno(out, EXDEV)) return remove_in_place(*parent, name, removal);
    if (has_errno(out, ENOENT)) return {};
    COWSTORE_TRY(std::move(out));
    if (is_what_was_seen(COWSTORE_TRY(tools_.scratch.stat(moved)), *removal.seen)) {
      COWSTORE_TRY(tools_.scratch.unlink(moved));
      result_.removed.push_back(removal.path);
      return {};
    }
    return put_back(tools_.scratch, moved, *parent, removal.path);
  }

  /// Another file system is mounted there: the same within its own directory.
  Result<void> remove_in_place(const sys::Dir& parent, const std::string& name, const Removal& removal) {
    std::string moved = std::string(kTemporaryPrefix) + sys::unique_name();
    auto out = parent.rename(name, parent, moved, sys::RenameMode::kNoReplace);
    if (has_errno(out, ENOENT)) return {};
    COWSTORE_TRY(std::move(out));
    if (!is_what_was_seen(COWSTORE_TRY(parent.stat(moved)), *removal.seen))
      return put_back(parent, moved, parent, removal.path);
    result_.removed.push_back(removal.path);
    return parent.unlink(moved);
  }

  Result<void> remove_directory(const std::string& path) {
    auto removed = tools_.root.remove_dir(path);
    if (removed) {
      result_.removed.push_back(path);
      return {};
    }
    int error = removed.error().sys_errno;
    // Something that isn't versioned is in it, or it is gone, or is no directory any more: all the same to us.
    if (error == ENOTEMPTY || error == EEXIST || error == ENOENT || error == ENOTDIR || error == EBUSY) return {};
    return removed;
  }

  /// What somebody put in its place, or in that of a directory above, stays.
  Result<void> make_directory(const DirectoryMaking& directory) {
    auto made = tools_.root.make_dir(directory.path, 0777);
    if (made) return {};
    bool in_the_way = has_errno(made, EEXIST) || made.error().code == ErrorCode::kNotFound;
    if (!in_the_way) return made;
    auto stat = tools_.root.stat(directory.path);
    if (stat && stat->kind == sys::FileKind::kDirectory) return {};
    note_untouched(directory.path);
    not_made_.insert(directory.path);
    return {};
  }

  Result<void> finish_directory(const DirectoryMaking& directory) {
    if (not_made_.contains(directory.path)) return {};
    const object::Attributes& attributes = directory.attributes;
    if (attributes.mode && !attributes.owner) COWSTORE_TRY(tools_.root.set_mode(directory.path, *attributes.mode));
    COWSTORE_TRY(apply_full(directory.path, attributes));
    sys::Stat stat = COWSTORE_TRY(tools_.root.stat(directory.path));
    result_.made.push_back({directory.path, nullptr, std::nullopt, stat, {}, {}});
    return {};
  }

  Result<void> change_mode(const ModeChange& change) {
    std::string_view path = change.path.empty() ? std::string_view(".") : change.path;
    const Wanted& wanted = *change.wanted;
    auto now = tools_.root.stat(path);
    if (!now && now.error().code == ErrorCode::kNotFound) return {};
    COWSTORE_TRY(now);
    bool as_seen = !change.seen || now->mode == *change.seen || now->mode == wanted.mode;
    if (!is_of_kind(*now, wanted.kind) || !as_seen) {
      note_untouched(change.path);
      return {};
    }
    COWSTORE_TRY(apply_full(change.path, wanted.attributes()));
    if (!wanted.has_owner()) COWSTORE_TRY(tools_.root.set_mode(path, *wanted.mode));
    if (wanted.kind == object::EntryKind::kDirectory) return {};
    sys::Stat stat = COWSTORE_TRY(tools_.root.stat(path));
    result_.made.push_back({change.path, &wanted, std::nullopt, stat, {}, {}});
    return {};
  }

  /// Owner, extended attributes and permissions, where full attributes are recorded.
  Result<void> apply_full(const std::string& path, const object::Attributes& attributes) {
    if (!attributes.owner) return {};
    auto parent = COWSTORE_TRY(sys::open_parent(tools_.root, path.empty() ? std::string_view(".") : path));
    std::vector<std::string> unrestored;
    COWSTORE_TRY(tools_.maker.apply_full(parent.parent, parent.name, attributes, unrestored));
    unrestored_.note(path, std::move(unrestored));
    return {};
  }

  /// What one task makes, all of one directory.
  using Bundle = std::vector<const Making*>;

  Result<void> make_files(const std::vector<Making>& makings) {
    std::map<std::string_view, Bundle> by_parent;
    Bundle large;
    std::vector<Linking> linkings;
    std::map<std::uint64_t, const Making*> groups;
    std::uint64_t bytes = 0;
    for (const Making& making : makings) {
      if (auto path = path_to_link(making, groups)) {
        linkings.push_back({*path, &making});
        continue;
      }
      bool is_large = making.wanted->file.size >= provider::kLargeFileBytes;
      (is_large ? large : by_parent[parent_of(making.path)]).push_back(&making);
      bytes += making.wanted->file.size;
    }
    if (tools_.progress != nullptr) tools_.progress->begin("checking out", makings.size(), bytes);
    base::TaskGroup group(tools_.pool);
    for (const auto& [parent, files] : by_parent) {
      for (std::size_t begin = 0; begin < files.size(); begin += kBundleFiles) {
        std::size_t end = std::min(files.size(), begin + kBundleFiles);
        Bundle bundle(files.begin() + static_cast<std::ptrdiff_t>(begin),
                      files.begin() + static_cast<std::ptrdiff_t>(end));
        group.add_bounded([this, parent = parent, bundle = std::move(bundle)] { return make_bundle(parent, bundle); });
      }
    }
    // By this thread, which may wait for the pool's to write their parts.
    for (const Making* making : large) {
      if (!group.failed()) COWSTORE_TRY(make_bundle(parent_of(making->path), {making}));
    }
    COWSTORE_TRY(group.wait());
    COWSTORE_TRY(make_deferred());
    const auto inodes = inodes_of_first(linkings);
    for (const Linking& linking : linkings) COWSTORE_TRY(make_link(linking, inodes));
    COWSTORE_TRY(make_deferred());
    return refresh_linked(linkings);
  }

  /// Whether a file that found the disk full is to be tried again when others have given back what they displace.
  bool defer(const Making& making, const Error& error) {
    std::lock_guard lock(mutex_);
    if (error.code != ErrorCode::kNoSpace || deferred_.size() == kMostDeferred) return false;
    if (deferred_.empty()) disk_full_ = error;
    deferred_.push_back(&making);
    return true;
  }

  Result<void> make_deferred() {
    while (!deferred_.empty()) {
      std::vector<const Making*> waiting = std::exchange(deferred_, {});
      for (const Making* making : waiting) COWSTORE_TRY(make_bundle(parent_of(making->path), {making}));
      if (deferred_.size() == waiting.size()) return disk_full_;
    }
    return {};
  }

  /// A name for a file that another making makes, or that is there already.
  struct Linking {
    std::string_view path;
    const Making* making;
  };

  /// The path at which the making's file will be when the others are made; nothing if it is to be made itself.
  static std::optional<std::string_view> path_to_link(const Making& making,
                                                      std::map<std::uint64_t, const Making*>& groups) {
    if (making.link_to) return making.link_to->path;
    if (!making.wanted->link_group()) return std::nullopt;
    auto [at, is_new] = groups.emplace(*making.wanted->link_group(), &making);
    if (is_new) return std::nullopt;
    const Making& first = *at->second;
    return same_file(*first.wanted, *making.wanted) ? std::optional<std::string_view>(first.path) : std::nullopt;
  }

  /// Where it can't be linked (somebody was at the first one, or there are too many names), it is a file of its own.
  Result<void> make_link(const Linking& linking, const std::map<std::string_view, std::uint64_t>& inodes) {
    const Making& making = *linking.making;
    auto parent = tools_.root.open_dir(parent_of(making.path));
    if (!parent && parent.error().code != ErrorCode::kNotFound) return std::move(parent).error();
    std::string temporary = names_.building();
    auto first = inodes.find(linking.path);
    if (!parent || first == inodes.end()) return make_bundle(parent_of(making.path), {&making});
    if (!sys::make_link(tools_.root, linking.path, tools_.scratch, temporary))
      return make_bundle(parent_of(making.path), {&making});
    sys::Stat stat = COWSTORE_TRY(tools_.scratch.stat(temporary));
    if (stat.inode != first->second) {
      COWSTORE_TRY(tools_.scratch.unlink(temporary));
      return make_bundle(parent_of(making.path), {&making});
    }
    ++result_.linked;
    Finished file{tools_.scratch, std::move(temporary), stat, std::nullopt, true, {}};
    return move_in(file, *parent, making);
  }

  /// What is at the paths that are to be linked to.
  std::map<std::string_view, std::uint64_t> inodes_of_first(const std::vector<Linking>& linkings) const {
    std::map<std::string_view, std::uint64_t> inodes;
    std::set<std::string_view> paths;
    for (const Linking& linking : linkings) {
      if (linking.making->link_to) inodes.emplace(linking.path, linking.making->link_to->inode);
      paths.insert(linking.path);
    }
    for (const Done& done : result_.made) {
      auto path = paths.find(done.path);
      if (path != paths.end()) inodes.emplace(*path, done.stat.inode);
    }
    return inodes;
  }

  /// Each link has changed the ctime of all names of its file.
  Result<void> refresh_linked(const std::vector<Linking>& linkings) {
    std::set<std::string_view> paths;
    for (const Linking& linking : linkings) paths.insert({linking.path, std::string_view(linking.making->path)});
    for (Done& done : result_.made) {
      if (!paths.contains(done.path)) continue;
      auto stat = tools_.root.stat(done.path);
      if (stat && stat->inode == done.stat.inode) done.stat = *stat;
    }
    return {};
  }

  Result<void> make_bundle(std::string_view parent_path, const Bundle& files) {
    auto parent = tools_.root.open_dir(parent_path);
    if (!parent && parent.error().code == ErrorCode::kNotFound) {  // gone, or something else stands there
      for (const Making* making : files) note_untouched(making->path);
      return {};
    }
    if (!parent) return std::move(parent).error();
    for (const Making* making : files) {
      auto made = make_file(*parent, *making);
      if (!made && defer(*making, made.error())) continue;
      COWSTORE_TRY(std::move(made));
      if (tools_.progress != nullptr) tools_.progress->advance(1, making->wanted->file.size);
    }
    return {};
  }

  /// A finished file that has no name of its own yet.
  struct Finished {
    const sys::Dir& dir;
    std::string temporary;
    sys::Stat stat;
    std::optional<int> watched;
    bool exists;  ///< false for a device that this process may not make
    std::vector<std::string> unrestored;
  };

  Result<void> make_file(const sys::Dir& parent, const Making& making) {
    Finished file = COWSTORE_TRY(build(tools_.scratch, names_.building(), making));
    unrestored_.note(making.path, std::move(file.unrestored));
    if (!file.exists) return {};
    auto moved = move_in(file, parent, making);
    if (moved || moved.error().sys_errno != EXDEV) return moved;
    Finished beside = COWSTORE_TRY(build(parent, std::string(kTemporaryPrefix) + sys::unique_name(), making));
    return move_in(beside, parent, making);
  }

  /// Leaves nothing after an error: on a full disk its space is what the next file needs.
  Result<Finished> build(const sys::Dir& dir, std::string temporary, const Making& making) {
    auto made = tools_.maker.make_full(dir, temporary, making.wanted->entry(), making.wanted->attributes());
    if (!made) {
      (void)dir.unlink(temporary);
      return std::move(made).error();
    }
    std::optional<int> watched;
    if (tools_.watch != nullptr && object::is_file(making.wanted->kind)) {
      auto number = tools_.watch->add(dir, temporary);
      if (number) watched = *number;  // else it will be looked at by the next status
    }
    return Finished{dir, std::move(temporary), made->stat, watched, made->exists, std::move(made->unrestored)};
  }

  /// Gives the finished file its name. What somebody put there meanwhile stays.
  Result<void> move_in(Finished& file, const sys::Dir& parent, const Making& making) {
    std::string name = name_of(making.path);
    if (making.displaces != nullptr) {
      auto now = parent.stat(name);
      if (now && !is_untouched(*now, *making.displaces)) return leave(file, making);
      auto announced = announce_exchange(file);
      if (!announced) return discard(file, std::move(announced));
      auto exchanged = file.dir.rename(file.temporary, parent, name, sys::RenameMode::kExchange);
      if (exchanged) return settle_exchange(file, parent, name, making);
      if (exchanged.error().sys_errno != ENOENT) return discard(file, std::move(exchanged));
      // It was removed meanwhile: a new name.
    }
    auto moved = file.dir.rename(file.temporary, parent, name, sys::RenameMode::kNoReplace);
    if (has_errno(moved, EEXIST)) return leave(file, making);
    if (!moved) return discard(file, std::move(moved));
    return note_made(file, parent, name, making);
  }

  /// A finished file that could not get its name.
  static Result<void> discard(const Finished& file, Result<void> why) {
    (void)file.dir.unlink(file.temporary);
    return why;
  }

  Result<void> leave(const Finished& file, const Making& making) {
    note_untouched(making.path);
    return file.dir.unlink(file.temporary);
  }

  /// From the exchange on somebody's work may have the temporary name: after a crash it isn't to be taken for a part of
  /// ours.
  Result<void> announce_exchange(Finished& file) {
    if (&file.dir != &tools_.scratch) return {};  // nobody clears that one
    std::string name = names_.moving();
    COWSTORE_TRY(file.dir.rename(file.temporary, file.dir, name, sys::RenameMode::kNoReplace));
    file.temporary = std::move(name);
    return {};
  }

  Result<void> settle_exchange(const Finished& file, const sys::Dir& parent, const std::string& name,
                               const Making& making) {
    if (is_what_was_seen(COWSTORE_TRY(file.dir.stat(file.temporary)), *making.displaces)) {
      COWSTORE_TRY(file.dir.unlink(file.temporary));
      return note_made(file, parent, name, making);
    }
    auto exchanged = file.dir.rename(file.temporary, parent, name, sys::RenameMode::kExchange);
    if (has_errno(exchanged, ENOENT)) return put_back(file.dir, file.temporary, parent, making.path);
    COWSTORE_TRY(std::move(exchanged));
    note_untouched(making.path);
    // What comes out is ours, unless somebody was at it in this moment.
    bool ours = is_what_was_seen(COWSTORE_TRY(file.dir.stat(file.temporary)), file.stat);
    return ours ? file.dir.unlink(file.temporary) : save_beside(file.dir, file.temporary, parent);
  }

  Result<void> note_made(const Finished& file, const sys::Dir& parent, const std::string& name, const Making& making) {
    sys::Stat stat = COWSTORE_TRY(parent.stat(name));
    bool ours = stat.inode == file.stat.inode;
    Done done{making.path, making.wanted.get(), making.wanted->mtime, stat, ours ? file.watched : std::nullopt, {}};
    std::lock_guard lock(mutex_);
    result_.made.push_back(std::move(done));
    return {};
  }

  const ExecuteTools& tools_;
  ScratchNames names_;
  std::set<std::string, std::less<>> not_made_;  ///< directories
  UnrestoredList unrestored_;
  std::mutex mutex_;
  std::vector<const Making*> deferred_;
  Error disk_full_;  ///< why the first of them was deferred
  Execution result_;
};

}  // namespace

Result<Execution> execute(const ExecuteTools& tools, const Plan& plan) {
  return Executor(tools).run(plan);
}

}  // namespace cowstore::checkout
