// What a Store is made of; for the sources of Store and Transaction alone.
#pragma once

#include <memory>
#include <mutex>

#include "store/config.hpp"
#include "store/containers.hpp"
#include "store/index_view.hpp"
#include "store/lru_cache.hpp"
#include "store/object_reader.hpp"
#include "store/store.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

struct CachedNode {
  object::NodeKind kind;
  object::NodeBytes bytes;
};

struct StoreParts {
  StoreParts(sys::Dir store_dir, const StoreConfig& store_config, const StoreOptions& store_options,
             std::unique_ptr<IndexDir> index_dir)
      : dir(std::move(store_dir)),
        config(store_config),
        options(store_options),
        index(std::move(index_dir)),
        reader(dir, *index, options),
        usable(dir),
        nodes(options.node_cache_bytes) {}

  /// open_loose_file(), and what was vouched for.
  Result<LooseFile> open_loose(const FileId& id) const;

  const sys::Dir dir;
  const StoreConfig config;
  const StoreOptions options;
  const std::unique_ptr<IndexDir> index;
  ObjectReader reader;
  UsableContainers usable;
  VouchedFiles vouched;
  std::mutex nodes_mutex;
  LruCache<Digest, CachedNode, DigestHash> nodes;
};

}  // namespace cowstore::store
