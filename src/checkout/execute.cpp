#include "checkout/execute.hpp"

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <string_view>

#include "base/try.hpp"

namespace cowstore::checkout {

namespace {

/// Names of files under construction where they can't be built in the scratch directory. `status` never shows them:
/// they live for the time of a rename.
constexpr std::string_view kTemporaryPrefix = ".cowstore-tmp-";

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".") : path.substr(0, slash);
}

std::string name_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

/// Renaming changes the ctime, so that it is no part of the comparison.
bool is_what_was_seen(const sys::Stat& now, const sys::Stat& seen) {
  return now.inode == seen.inode && now.kind == seen.kind && now.size == seen.size && now.mtime == seen.mtime;
}

bool has_errno(const Result<void>& result, int error) {
  return !result && result.error().sys_errno == error;
}

class Executor {
 public:
  explicit Executor(const ExecuteTools& tools) : tools_(tools) {}

  Result<Execution> run(const Plan& plan) {
    for (const Removal& removal : plan.removals) COWSTORE_TRY(remove(removal));
    for (const std::string& path : plan.directory_removals) COWSTORE_TRY(remove_directory(path));
    for (const DirectoryMaking& directory : plan.directory_makings) COWSTORE_TRY(make_directory(directory));
    COWSTORE_TRY(make_files(plan.makings));
    for (const ModeChange& change : plan.mode_changes) COWSTORE_TRY(change_mode(change));
    // The deepest first: what a directory's permissions forbid must not keep us from what is below it.
    for (auto it = plan.directory_makings.rbegin(); it != plan.directory_makings.rend(); ++it)
      COWSTORE_TRY(finish_directory(*it));
    return std::move(result_);
  }

 private:
  std::string temporary_name() { return std::to_string(counter_.fetch_add(1)); }

  void note_untouched(const std::string& path) {
    std::lock_guard lock(mutex_);
    result_.untouched.push_back(path);
  }

  /// Moves a file out, and unlinks it if it is what the plan saw.
  Result<void> remove(const Removal& removal) {
    auto parent = tools_.root.open_dir(parent_of(removal.path));
    if (!parent && parent.error().code == ErrorCode::kNotFound) return {};
    if (!parent) return std::move(parent).error();
    std::string name = name_of(removal.path);
    std::string moved = temporary_name();
    auto out = parent->rename(name, tools_.scratch, moved, sys::RenameMode::kNoReplace);
    if (has_errno(out, EXDEV)) return remove_in_place(*parent, name, removal);
    if (has_errno(out, ENOENT)) return {};
    COWSTORE_TRY(std::move(out));
    if (is_what_was_seen(COWSTORE_TRY(tools_.scratch.stat(moved)), removal.seen)) {
      COWSTORE_TRY(tools_.scratch.unlink(moved));
      result_.removed.push_back(removal.path);
      return {};
    }
    COWSTORE_TRY(tools_.scratch.rename(moved, *parent, name, sys::RenameMode::kNoReplace));
    note_untouched(removal.path);
    return {};
  }

  /// Another file system is mounted there: the same within its own directory.
  Result<void> remove_in_place(const sys::Dir& parent, const std::string& name, const Removal& removal) {
    std::string moved = std::string(kTemporaryPrefix) + temporary_name();
    COWSTORE_TRY(parent.rename(name, parent, moved, sys::RenameMode::kNoReplace));
    if (!is_what_was_seen(COWSTORE_TRY(parent.stat(moved)), removal.seen)) {
      COWSTORE_TRY(parent.rename(moved, parent, name, sys::RenameMode::kNoReplace));
      note_untouched(removal.path);
      return {};
    }
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

  Result<void> make_directory(const DirectoryMaking& directory) {
    auto made = tools_.root.make_dir(directory.path, 0777);
    if (has_errno(made, EEXIST)) {
      sys::Stat stat = COWSTORE_TRY(tools_.root.stat(directory.path));
      if (stat.kind == sys::FileKind::kDirectory) return {};
    }
    return made;
  }

  Result<void> finish_directory(const DirectoryMaking& directory) {
    if (directory.attributes.mode) COWSTORE_TRY(tools_.root.set_mode(directory.path, *directory.attributes.mode));
    Done done{directory.path, {}, directory.attributes, COWSTORE_TRY(tools_.root.stat(directory.path)), true};
    result_.made.push_back(std::move(done));
    return {};
  }

  Result<void> change_mode(const ModeChange& change) {
    std::string_view path = change.path.empty() ? std::string_view(".") : change.path;
    auto changed = tools_.root.set_mode(path, change.mode);
    if (!changed && changed.error().code == ErrorCode::kNotFound) return {};
    COWSTORE_TRY(std::move(changed));
    if (change.entry.kind == object::EntryKind::kDirectory) return {};
    object::Attributes attributes;
    attributes.mode = change.mode;
    result_.made.push_back({change.path, change.entry, attributes, COWSTORE_TRY(tools_.root.stat(path)), false});
    return {};
  }

  Result<void> make_files(const std::vector<Making>& makings) {
    std::map<std::string_view, std::vector<const Making*>> by_parent;
    std::uint64_t bytes = 0;
    for (const Making& making : makings) {
      by_parent[parent_of(making.path)].push_back(&making);
      bytes += making.entry.file.size;
    }
    if (tools_.progress != nullptr) tools_.progress->begin("checking out", makings.size(), bytes);
    base::TaskGroup group(tools_.pool);
    for (const auto& [parent, files] : by_parent) {
      group.add_bounded([this, parent = parent, files = &files] { return make_files_in(parent, *files); });
    }
    return group.wait();
  }

  Result<void> make_files_in(std::string_view parent_path, const std::vector<const Making*>& files) {
    sys::Dir parent = COWSTORE_TRY(tools_.root.open_dir(parent_path));
    for (const Making* making : files) {
      COWSTORE_TRY(make_file(parent, *making));
      if (tools_.progress != nullptr) tools_.progress->advance(1, making->entry.file.size);
    }
    return {};
  }

  Result<void> make_file(const sys::Dir& parent, const Making& making) {
    std::string temporary = temporary_name();
    COWSTORE_TRY(tools_.maker.make(tools_.scratch, temporary, making.entry, making.attributes));
    auto moved = move_in(tools_.scratch, temporary, parent, making);
    if (moved || moved.error().sys_errno != EXDEV) return moved;
    COWSTORE_TRY(tools_.scratch.unlink(temporary));
    temporary = std::string(kTemporaryPrefix) + temporary;
    COWSTORE_TRY(tools_.maker.make(parent, temporary, making.entry, making.attributes));
    return move_in(parent, temporary, parent, making);
  }

  /// Gives the finished file its name. What somebody put there meanwhile stays.
  Result<void> move_in(const sys::Dir& from, const std::string& temporary, const sys::Dir& parent,
                       const Making& making) {
    std::string name = name_of(making.path);
    if (making.displaces) {
      auto exchanged = from.rename(temporary, parent, name, sys::RenameMode::kExchange);
      if (exchanged) return settle_exchange(from, temporary, parent, name, making);
      if (exchanged.error().sys_errno != ENOENT) return exchanged;  // else it was removed meanwhile: a new name
    }
    auto moved = from.rename(temporary, parent, name, sys::RenameMode::kNoReplace);
    if (has_errno(moved, EEXIST)) {
      note_untouched(making.path);
      return from.unlink(temporary);
    }
    COWSTORE_TRY(std::move(moved));
    return note_made(parent, name, making);
  }

  Result<void> settle_exchange(const sys::Dir& from, const std::string& temporary, const sys::Dir& parent,
                               const std::string& name, const Making& making) {
    sys::Stat displaced = COWSTORE_TRY(from.stat(temporary));
    if (!is_what_was_seen(displaced, *making.displaces)) {
      COWSTORE_TRY(from.rename(temporary, parent, name, sys::RenameMode::kExchange));
      note_untouched(making.path);
      return from.unlink(temporary);
    }
    COWSTORE_TRY(from.unlink(temporary));
    return note_made(parent, name, making);
  }

  Result<void> note_made(const sys::Dir& parent, const std::string& name, const Making& making) {
    Done done{making.path, making.entry, making.attributes, COWSTORE_TRY(parent.stat(name)), false};
    std::lock_guard lock(mutex_);
    result_.made.push_back(std::move(done));
    return {};
  }

  const ExecuteTools& tools_;
  std::atomic<std::uint64_t> counter_{0};
  std::mutex mutex_;
  Execution result_;
};

}  // namespace

Result<Execution> execute(const ExecuteTools& tools, const Plan& plan) {
  return Executor(tools).run(plan);
}

}  // namespace cowstore::checkout
