// What a Transaction is made of; for the sources of Store and Transaction alone.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "store/id_set.hpp"
#include "store/loose_placer.hpp"
#include "store/pack_builder.hpp"
#include "store/poison.hpp"
#include "store/publisher.hpp"
#include "store/session.hpp"
#include "store/store_parts.hpp"
#include "store/transaction.hpp"

namespace cowstore::store {

struct Transaction::State {
  State(std::shared_ptr<Store> store_, StoreParts& parts_, std::unique_ptr<Session> session_)
      : store(std::move(store_)),
        parts(parts_),
        session(std::move(session_)),
        data(*session, PackContent::kData, parts.options),
        nodes(*session, PackContent::kNodes, parts.options),
        usable(parts.dir),
        placer(parts.dir, *session) {}

  Result<PutOutcome> put(PackBuilder& builder, ObjectKind kind, const Digest& id, ByteView bytes);
  Result<bool> knows(const Digest& id);
  /// Entries of those chunks that are neither in the store nor in this transaction.
  Result<std::vector<SegmentEntry>> unknown_of(const std::vector<ChunkSpan>& chunks);
  /// Its entries are this transaction's from now on, but for those that another thread was first with.
  std::size_t add_container(NewContainer container);  ///< how many of its entries nobody had claimed before
  Result<Published> publish();
  Error fail(Error error);

  const std::shared_ptr<Store> store;  ///< keeps `parts` alive
  StoreParts& parts;
  const std::unique_ptr<Session> session;
  Poison poison;
  IdSet ids;        ///< of all objects that this transaction stores
  IdSet loose_ids;  ///< of all files that were added, so that none is twice
  PackBuilder data;
  PackBuilder nodes;
  UsableContainers usable;
  std::atomic<std::uint64_t> next_staged{0};
  LoosePlacer placer;

  std::mutex containers_mutex;
  std::vector<NewContainer> containers;  ///< those that are no packs of ours

  std::atomic<std::uint64_t> chunks_new{0}, chunks_known{0}, nodes_new{0}, nodes_known{0};
  std::atomic<std::uint64_t> loose_new{0}, loose_known{0}, loose_bytes{0}, raw_bytes{0};
};

}  // namespace cowstore::store
