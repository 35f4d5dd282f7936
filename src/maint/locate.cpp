#include <map>
#include <set>
#include <string>

#include "base/try.hpp"
#include "maint/reachable.hpp"
#include "object/chunk_list.hpp"
#include "object/commit.hpp"
#include "object/named_tree.hpp"

namespace cowstore::maint {

namespace {

/// Walks the trees of one commit after another until every lost object has a place.
class Locator {
 public:
  explicit Locator(store::Store& store, FsckReport& report) : store_(store) {
    for (Fault& fault : report.faults) {
      if (!fault.object.empty()) wanted_[fault.object].push_back(&fault);
    }
  }

  void commit(const CommitId& id) {
    if (wanted_.empty()) return;
    auto read = object::read_commit(store_, id);
    if (!read) return;
    commit_ = id;
    found(read->tree.hex(), "");
    directory(read->tree, "");
  }

 private:
  void directory(const TreeId& tree, const std::string& path) {
    if (wanted_.empty() || !visited_.insert(tree.digest()).second) return;
    auto look = [&](const object::TreeEntry& entry) -> Result<void> {
      std::string below = path.empty() ? entry.name : path + "/" + entry.name;
      if (entry.kind == object::EntryKind::kDirectory) {
        found(entry.tree.hex(), below);
        directory(entry.tree, below);
      } else if (object::is_file(entry.kind)) {
        file(entry.file, below);
      }
      return {};
    };
    // A node of the directory itself may be what is lost: then the rest of it can't be walked, and the directory is the
    // place.
    auto walked = object::DirectoryReader(store_, tree).for_each(look);
    if (!walked) found_in(walked.error(), path);
  }

  void file(const object::FileRef& file, const std::string& path) {
    found(file.id.hex(), path);
    object::ChunkListReader chunks(store_, file);
    for (;;) {
      auto run = chunks.next();
      if (!run) return found_in(run.error(), path);
      if (!*run) return;
      found((*run)->chunk.hex(), path);
    }
  }

  void found(const std::string& id, const std::string& path) {
    auto wanted = wanted_.find(id);
    if (wanted == wanted_.end()) return;
    for (Fault* fault : wanted->second) fault->path = commit_.hex() + ":" + path;
    wanted_.erase(wanted);
  }

  /// An error of reading names the node that it is about in its text.
  void found_in(const Error& error, const std::string& path) {
    std::string text = error.message();
    for (auto it = wanted_.begin(); it != wanted_.end();) {
      auto next = std::next(it);
      if (text.find(it->first) != std::string::npos) found(std::string(it->first), path);
      it = next;
    }
  }

  store::Store& store_;
  std::map<std::string, std::vector<Fault*>> wanted_;
  std::set<Digest> visited_;
  CommitId commit_;
};

}  // namespace

void locate_losses(store::Store& store, const std::vector<CommitId>& commits, FsckReport& report) {
  Locator locator(store, report);
  for (const CommitId& commit : commits) locator.commit(commit);
}

}  // namespace cowstore::maint
