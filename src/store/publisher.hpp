// The last act of a transaction: from staged files to objects that exist.
//
// 1. write the segment into the session's directory  (packs and loose files are there already)
// 2. sync all staged files        one by one while they are few, else by one syncfs on a descriptor that was opened
//                                 before they were written
// 3. rename the containers into packs/ and loose/
// 4. sync those directories       so that no durable segment ever names a container whose name was lost
//                                 (2 to 4 are done already for loose files that a LoosePlacer has moved)
// 5. rename the segment into index/                                     (now its objects exist)
// 6. sync index/                                                        (now they are durable)
// 7. unlink the segments that are superseded         only now: until the sync they may be all that a power cut leaves
//
// No lock is taken. Two writers that merge the same segments at once are harmless: each new segment holds all entries
// of those that it supersedes and is durable before they go; so whatever of it is seen, their union is complete, and
// entries that are there twice are merged by a later one. Names are digests of contents, so that no two segments can
// supersede each other, and a name that is written twice holds the same bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"
#include "store/loose_placer.hpp"
#include "store/new_container.hpp"
#include "store/pack_builder.hpp"
#include "store/segment_writer.hpp"
#include "store/session.hpp"
#include "store/store_parts.hpp"
#include "sys/dir.hpp"
#include "sys/fd.hpp"

namespace cowstore::store {

struct Published {
  std::uint64_t packs = 0;
  std::uint64_t bytes = 0;        ///< of packs and segment
  std::uint64_t loose_new = 0;    ///< files moved into loose/
  std::uint64_t loose_known = 0;  ///< staged files that somebody else published meanwhile
  std::uint64_t segments_merged = 0;
  std::optional<Digest> segment;
};

/// For one use. Borrows all that it is given.
class Publisher {
 public:
  Publisher(StoreParts& parts, const Session& session, PackBuilder& data, PackBuilder& nodes,
            std::vector<NewContainer> containers, LoosePlacer& placer)
      : parts_(parts),
        session_(session),
        data_(data),
        nodes_(nodes),
        containers_(std::move(containers)),
        placer_(placer) {}

  Result<Published> run();

 private:
  Result<void> drop_known_loose();
  Result<bool> is_known(NewContainer& container);
  [[nodiscard]] bool nothing_to_do() const;
  void choose_segments();
  SegmentContents take_contents();
  static void add_containers(std::vector<NewContainer>& containers, SegmentContents& contents);
  void add_packs(PackBuilder& builder, SegmentContents& contents) const;
  Result<void> stage_segment();
  Result<void> await_placed();
  Result<void> sync_staged() const;
  Result<void> move_packs();
  Result<void> move_loose();
  void add_place(sys::Dir directory);
  Result<void> move_one_loose(NewContainer& container, const sys::Dir& directory);
  Result<void> sync_places();
  Result<void> move_segment();
  void remove_superseded() const;

  StoreParts& parts_;
  const Session& session_;
  PackBuilder& data_;
  PackBuilder& nodes_;
  std::vector<NewContainer> containers_;
  LoosePlacer& placer_;
  std::shared_ptr<const IndexView> view_;
  IndexView::Segments merged_;
  std::vector<Digest> superseded_;
  sys::Fd segment_file_;
  WrittenSegment segment_;
  std::vector<sys::Dir> places_;  ///< directories that files were moved into: one more than are synced singly, at most
  Published published_;
};

}  // namespace cowstore::store
