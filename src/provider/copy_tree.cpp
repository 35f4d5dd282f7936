#include "provider/copy_tree.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>
#include <mutex>

#include "base/try.hpp"
#include "sys/nodes.hpp"
#include "sys/xattr.hpp"

namespace cowstore::provider {

namespace {

/// A directory with more names is copied by several threads.
constexpr std::size_t kSliceNames = 512;

std::string child_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? name : directory + "/" + name;
}

bool is_gone(const Error& error) {
  return error.sys_errno == ENOENT || error.sys_errno == ENOTDIR;
}

/// A directory while it is being copied. Slices write to entries of their own.
struct Copying {
  CopiedDirectory made;
  share::Ladder* ladder = nullptr;
};

/// One of several names of a file.
struct LinkedName {
  std::shared_ptr<Copying> directory;
  std::size_t number;  ///< in made.entries

  [[nodiscard]] CopiedEntry& entry() const { return directory->made.entries[number]; }
  [[nodiscard]] std::string path() const { return child_path(directory->made.path, entry().name); }
};

class TreeCopy {
 public:
  TreeCopy(const CopyTreeTools& tools, const sys::Dir& from, const sys::Dir& to, std::string_view left_out)
      : tools_(tools), from_(from), to_(to), left_out_(left_out), group_(tools.pool) {}

  Result<CopiedTree> run() {
    if (tools_.progress != nullptr) tools_.progress->begin("cloning", 0, 0);
    // Else every file made below would get it.
    COWSTORE_TRY(sys::remove_xattr(to_, ".", "system.posix_acl_default"));
    group_.add([this] { return copy_directory("", &tools_.ladder); });
    COWSTORE_TRY(group_.wait());
    COWSTORE_TRY(make_links());
    COWSTORE_TRY(finish_directories());
    return std::move(result_);
  }

 private:
  struct Pair {
    sys::Dir from;
    sys::Dir to;
  };

  /// Anew for each task: those that wait hold no descriptors.
  Result<Pair> open(const std::string& path) const {
    const std::string name = path.empty() ? "." : path;
    Pair pair;
    pair.from = COWSTORE_TRY(from_.open_dir(name));
    pair.to = COWSTORE_TRY(to_.open_dir(name));
    return pair;
  }

  Result<void> copy_directory(const std::string& path, share::Ladder* ladder) {
    auto opened = open(path);
    if (!opened && is_gone(opened.error()) && !path.empty()) return {};  // an empty one is left of it
    Pair pair = COWSTORE_TRY(std::move(opened));
    auto copying = std::make_shared<Copying>();
    copying->made.path = path;
    // Before it is listed: what comes later shows in the source's time, not in the copy's.
    copying->made.source = COWSTORE_TRY(pair.from.stat_self());
    copying->ladder = copying->made.source.mount_root && !path.empty() ? &tools_.elsewhere : ladder;
    COWSTORE_TRY(list(*copying, pair.from));
    {
      std::lock_guard lock(mutex_);
      directories_.push_back(copying);
    }
    const std::size_t names = copying->made.entries.size();
    for (std::size_t begin = kSliceNames; begin < names; begin += kSliceNames) {
      group_.add([this, copying, begin]() -> Result<void> {
        Pair own = COWSTORE_TRY(open(copying->made.path));
        return copy_slice(copying, own, begin);
      });
    }
    return copy_slice(copying, pair, 0);
  }

  Result<void> list(Copying& copying, const sys::Dir& from) const {
    for (sys::ListedEntry& listed : COWSTORE_TRY(from.list())) {
      if (copying.made.path.empty() && listed.name == left_out_) continue;
      CopiedEntry entry;
      entry.name = std::move(listed.name);
      copying.made.entries.push_back(std::move(entry));
    }
    auto by_name = [](const CopiedEntry& a, const CopiedEntry& b) { return a.name < b.name; };
    std::sort(copying.made.entries.begin(), copying.made.entries.end(), by_name);
    return {};
  }

  Result<void> copy_slice(const std::shared_ptr<Copying>& copying, const Pair& pair, std::size_t begin) {
    const std::size_t end = std::min(begin + kSliceNames, copying->made.entries.size());
    for (std::size_t i = begin; i < end; ++i) COWSTORE_TRY(copy_entry(copying, pair, i));
    return {};
  }

  Result<void> copy_entry(const std::shared_ptr<Copying>& copying, const Pair& pair, std::size_t number) {
    CopiedEntry& entry = copying->made.entries[number];
    auto seen = pair.from.stat_plain(entry.name);
    if (!seen && is_gone(seen.error())) return {};
    entry.source = COWSTORE_TRY(std::move(seen));
    if (entry.source.kind == sys::FileKind::kDirectory) {
      entry.exists = true;
      COWSTORE_TRY(pair.to.make_dir(entry.name, 0700));
      group_.add([this, path = child_path(copying->made.path, entry.name), ladder = copying->ladder] {
        return copy_directory(path, ladder);
      });
      return {};
    }
    if (entry.source.links > 1 && !is_first_name(copying, number)) return {};
    return copy_file(*copying, pair, entry);
  }

  Result<void> copy_file(const Copying& copying, const Pair& pair, CopiedEntry& entry) {
    if (COWSTORE_TRY(link_file(copying, pair, entry))) return {};
    auto copied = COWSTORE_TRY(tools_.copier.copy(pair.from, pair.to, entry.name, entry.source, *copying.ladder));
    if (!copied) return {};
    entry.exists = copied->exists;
    entry.source = copied->source;
    entry.copy = copied->copy;
    entry.target = std::move(copied->target);
    if (entry.exists) files_.fetch_add(1, std::memory_order_relaxed);
    note_incomplete(child_path(copying.made.path, entry.name), std::move(copied->incomplete));
    COWSTORE_TRY(give_write_bits(copying, pair, entry));
    if (tools_.progress != nullptr) tools_.progress->advance(1, entry.source.size);
    return {};
  }

  /// Whether it shares its inode with the store now.
  Result<bool> link_file(const Copying& copying, const Pair& pair, CopiedEntry& entry) {
    if (tools_.known == nullptr) return false;
    auto linked = COWSTORE_TRY(tools_.known->link(pair.from, pair.to, copying.made.path, entry.name, entry.source));
    if (!linked) return false;
    entry.exists = true;
    entry.copy = linked->stat;
    entry.sharing = index::Sharing::kSharedInode;
    entry.recorded_mode = linked->recorded.mode;
    files_.fetch_add(1, std::memory_order_relaxed);
    if (tools_.progress != nullptr) tools_.progress->advance(1, entry.source.size);
    return true;
  }

  Result<void> give_write_bits(const Copying& copying, const Pair& pair, CopiedEntry& entry) const {
    if (tools_.known == nullptr || !entry.exists) return {};
    const auto mode = tools_.known->mode_of_copy(copying.made.path, entry.name, entry.source);
    if (!mode) return {};
    COWSTORE_TRY(pair.to.set_mode(entry.name, *mode));
    entry.copy = COWSTORE_TRY(pair.to.stat(entry.name));
    return {};
  }

  /// Whether the file is to be copied under this name. Else the name is given to it when all are copied.
  bool is_first_name(const std::shared_ptr<Copying>& copying, std::size_t number) {
    const sys::Stat& stat = copying->made.entries[number].source;
    std::lock_guard lock(mutex_);
    std::vector<LinkedName>& names = links_[{stat.device, stat.inode}];
    names.push_back({copying, number});
    return names.size() == 1;
  }

  Result<void> make_links() {
    for (auto& [inode, names] : links_) {
      if (names.size() == 1) continue;
      for (std::size_t i = 1; i < names.size(); ++i) COWSTORE_TRY(make_link(names.front(), names[i]));
      // Each link has changed the ctime of all.
      for (const LinkedName& name : names) {
        if (name.entry().exists) name.entry().copy = COWSTORE_TRY(to_.stat(name.path()));
      }
    }
    return {};
  }

  Result<void> make_link(const LinkedName& first, const LinkedName& name) {
    auto linked = first.entry().exists ? sys::make_link(to_, first.path(), to_, name.path())
                                       : Result<void>(Error{ErrorCode::kNotFound, ENOENT, "", "", "", ""});
    if (linked) {
      CopiedEntry& entry = name.entry();
      entry.exists = true;
      entry.source = first.entry().source;
      entry.target = first.entry().target;
      entry.sharing = first.entry().sharing;
      entry.recorded_mode = first.entry().recorded_mode;
      ++result_.linked;
      files_.fetch_add(1, std::memory_order_relaxed);
      return {};
    }
    // The first name has vanished, or has as many beside it as the file system allows: a file of its own.
    const int error = linked.error().sys_errno;
    if (error != ENOENT && error != EMLINK && error != EPERM && error != EOPNOTSUPP) return linked;
    auto pair = open(name.directory->made.path);
    if (!pair && is_gone(pair.error())) return {};
    if (!pair) return std::move(pair).error();
    return copy_file(*name.directory, *pair, name.entry());
  }

  /// The deepest first: one that can't be searched any more hides what is below it.
  Result<void> finish_directories() {
    std::sort(directories_.begin(), directories_.end(),
              [](const auto& a, const auto& b) { return a->made.path > b->made.path; });
    for (const auto& copying : directories_) {
      COWSTORE_TRY(finish_directory(copying->made));
      result_.directories.push_back(std::move(copying->made));
    }
    result_.files = files_.load();
    return {};
  }

  Result<void> finish_directory(CopiedDirectory& made) {
    std::erase_if(made.entries, [](const CopiedEntry& entry) { return !entry.exists; });
    sys::Dir to = COWSTORE_TRY(to_.open_dir(made.path.empty() ? "." : made.path));
    auto from = from_.open_dir(made.path.empty() ? "." : made.path);
    if (!from && !is_gone(from.error())) return std::move(from).error();
    std::vector<std::string> incomplete;
    if (from) COWSTORE_TRY(FileCopier::copy_attributes(*from, to, ".", made.source, incomplete));
    note_incomplete(made.path.empty() ? "." : made.path, std::move(incomplete));
    COWSTORE_TRY(to.set_mtime(".", made.source.mtime));
    made.copy = COWSTORE_TRY(to.stat_self());
    return {};
  }

  void note_incomplete(std::string path, std::vector<std::string> what) {
    if (what.empty()) return;
    std::lock_guard lock(mutex_);
    result_.incomplete.push_back({std::move(path), std::move(what)});
  }

  const CopyTreeTools& tools_;
  const sys::Dir& from_;
  const sys::Dir& to_;
  std::string_view left_out_;
  std::mutex mutex_;
  CopiedTree result_;
  std::vector<std::shared_ptr<Copying>> directories_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<LinkedName>> links_;  ///< by device and inode
  std::atomic<std::uint64_t> files_{0};
  base::TaskGroup group_;  ///< last: its tasks use all of the above, and it waits for them
};

}  // namespace

Result<CopiedTree> copy_tree(const CopyTreeTools& tools, const sys::Dir& from, const sys::Dir& to,
                             std::string_view left_out) {
  return TreeCopy(tools, from, to, left_out).run();
}

}  // namespace cowstore::provider
