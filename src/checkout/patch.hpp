// Making one version of another: of a tree that nobody else can reach, and that is exactly the one, it makes the other,
// with its recorded permissions and times. A snapshot of a similar tree becomes a new working copy by this.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "checkout/materialise.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::checkout {

/// How far two versions are apart.
struct Distance {
  std::uint64_t paths = 0;  ///< that differ, times included; of directories that one alone has, all in them
  std::int64_t files = 0;   ///< how many files and links the second one has more
};

/// Nothing if they are further apart than `limit` paths, or differ in what patch() doesn't make: full attributes,
/// special files. Reads what differs, and stops at the limit.
Result<std::optional<Distance>> distance_between(object::NodeSource& source, const object::TreeRoots& from,
                                                 const object::TreeRoots& to, std::uint64_t limit);

/// A directory in which something changed, or below it.
struct PatchedDirectory {
  object::TreeRoots roots;  ///< what it is now
  sys::Stat stat;
  std::map<std::string, std::optional<MadeEntry>, std::less<>> entries;  ///< those that changed; nothing: it is gone
};

struct Patched {
  std::map<std::string, PatchedDirectory, std::less<>> directories;  ///< by path, "" the root
  std::vector<std::string> removed;                                  ///< paths of directories that are gone
  Materialised made;                                                 ///< directories that came
};

/// `root` holds exactly `from`, which distance_between() finds near to `to`, and, maybe, a `.cowstore`. Hard links
/// between files of `from` must not exist. Directories are worked on in parallel; those that lock their owner out are
/// opened meanwhile; EACCES if what differs is below one that can't be searched. After an error the tree is neither:
/// remove it.
Result<Patched> patch(const MaterialiseTools& tools, const object::TreeRoots& from, const object::TreeRoots& to,
                      const sys::Dir& root);

/// The stat index of the patched tree, given that of the tree before: see index_of() of materialise.hpp. `durability`
/// is that of what was made; the rest keeps its own.
Result<Bytes> index_of(const index::StatIndex& before, const Patched& patched, const sys::Dir& control,
                       std::string_view boot_id, index::Durability durability);

}  // namespace cowstore::checkout
