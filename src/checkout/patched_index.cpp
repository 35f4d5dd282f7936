#include <algorithm>
#include <set>

#include "base/try.hpp"
#include "checkout/new_index.hpp"
#include "checkout/patch.hpp"
#include "index/index_builder.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

namespace {

Timestamp last_change(const Patched& patched) {
  Timestamp last = last_change(patched.made);
  for (const auto& [path, directory] : patched.directories) {
    last = std::max(last, directory.stat.ctime);
    for (const auto& [name, entry] : directory.entries) {
      if (entry) last = std::max(last, entry->stat.ctime);
    }
  }
  return last;
}

class PatchedIndex {
 public:
  PatchedIndex(const index::StatIndex& before, const Patched& patched, NewIndex& out)
      : before_(before), patched_(patched), out_(out) {}

  Bytes run() {
    out_.builder.reserve(before_.directory_count() + patched_.made.directories.size(),
                         before_.entry_count() + patched_.made.files);
    for (std::size_t i = 0; i < before_.directory_count(); ++i) take(before_.directory(i));
    for (const MadeDirectory& directory : patched_.made.directories) out_.add(directory);
    return out_.builder.finish();
  }

 private:
  void take(const index::IndexedDirectory& old) {
    if (is_gone(old.path())) return;
    auto patched = patched_.directories.find(old.path());
    if (patched == patched_.directories.end()) return out_.builder.keep(before_, old);
    const PatchedDirectory& directory = patched->second;
    const bool proven = index::prove(directory.stat, out_.stamp) == index::Proof::kProven;
    out_.builder.begin_directory({old.path(), directory.stat, directory.roots.tree, directory.roots.attributes,
                                  proven ? old.listing() : index::Listing::kUnknown});
    merge(old, directory);
  }

  /// Both are sorted by name.
  void merge(const index::IndexedDirectory& old, const PatchedDirectory& directory) {
    auto changed = directory.entries.begin();
    for (std::size_t i = 0; i < old.size(); ++i) {
      for (; changed != directory.entries.end() && changed->first < old.name(i); ++changed) add(changed->second);
      if (changed == directory.entries.end() || changed->first != old.name(i)) {
        out_.builder.keep(before_, old, i);
        continue;
      }
      add(changed->second);
      ++changed;
    }
    for (; changed != directory.entries.end(); ++changed) add(changed->second);
  }

  void add(const std::optional<MadeEntry>& entry) {
    if (entry) out_.add(*entry);
  }

  /// It or a directory above it.
  [[nodiscard]] bool is_gone(std::string_view path) const {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (removed_.contains(path.substr(0, slash))) return true;
    }
    return removed_.contains(path);
  }

  const index::StatIndex& before_;
  const Patched& patched_;
  std::set<std::string_view, std::less<>> removed_{patched_.removed.begin(), patched_.removed.end()};
  NewIndex& out_;
};

}  // namespace

Result<Bytes> index_of(const index::StatIndex& before, const Patched& patched, const sys::Dir& control,
                       std::string_view boot_id, index::Durability durability) {
  Timestamp stamp = COWSTORE_TRY(sys::file_system_time_after(control, last_change(patched)));
  NewIndex out{index::IndexBuilder(boot_id), stamp, durability};
  return PatchedIndex(before, patched, out).run();
}

}  // namespace cowstore::checkout
