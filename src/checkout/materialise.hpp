// A whole version into an empty directory, parallel by directory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/thread_pool.hpp"
#include "checkout/unrestored.hpp"
#include "cowstore/context.hpp"
#include "cowstore/result.hpp"
#include "index/stat_index.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"
#include "provider/file_maker.hpp"
#include "provider/variant_linker.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::checkout {

/// One file or link that was made.
struct MadeEntry {
  object::TreeEntry entry;
  sys::Stat stat;
  index::Sharing sharing = index::Sharing::kOwnInode;
  index::Recorded recorded{};  ///< what the disk was given otherwise
};

/// One directory that was made, with what the version has there.
struct MadeDirectory {
  std::string path;  ///< "" for the root
  object::TreeRoots roots;
  sys::Stat stat;
  bool has_special_files = false;  ///< which are not among the entries
  std::vector<MadeEntry> entries;  ///< sorted by name, directories included (of which only the name and kind count)
};

struct Materialised {
  std::vector<MadeDirectory> directories;  ///< in no particular order
  std::uint64_t files = 0;                 ///< files and links, hard-linked and special ones included
  std::uint64_t linked = 0;                ///< of these, names that were given to a file that was made before
  std::vector<Unrestored> unrestored;      ///< sorted by path
};

/// All borrowed; `progress` and `linker` may be null. With a linker, the maker makes what isn't to be linked, and what
/// is linked is durable and known to others when all is made.
struct MaterialiseTools {
  object::NodeSource& source;
  const provider::FileMaker& maker;
  base::ThreadPool& pool;
  Progress* progress;
  provider::VariantLinker* linker = nullptr;
};

/// Makes everything that the version has below `target`, a directory that nobody else writes to and that holds nothing
/// but, maybe, a `.cowstore`. Directories get their recorded permissions and times after what is in them.
/// Full attributes, where recorded, are restored as far as the process may; the names of one link group with the same
/// content become one inode.
/// After an error the directory holds a part: remove it.
Result<Materialised> materialise(const MaterialiseTools& tools, const object::TreeRoots& version,
                                 const sys::Dir& target);

/// The stat index of what was made, all of it proven: waits for the file system's clock to tick past the last change,
/// which takes a few milliseconds at most. `control` lies on the same file system. kSynced is for what will be durable
/// before anybody can find the index.
Result<Bytes> index_of(const Materialised& made, const sys::Dir& control, std::string_view boot_id,
                       index::Durability durability = index::Durability::kUnsynced);

}  // namespace cowstore::checkout
