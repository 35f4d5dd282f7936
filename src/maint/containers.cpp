#include "maint/containers.hpp"

#include "base/try.hpp"
#include "content/content_hasher.hpp"
#include "store/index_view.hpp"
#include "store/pack_reader.hpp"
#include "sys/file.hpp"

namespace cowstore::maint {

namespace {

using store::ContainerKind;
using store::Location;

void collect(const store::Segment& segment, ListedContainers& listed, Findings& findings) {
  auto verified = segment.verify();
  if (!verified) {
    findings.fault(verified.error());
    return;
  }
  std::vector<Listed*> by_number;
  for (std::uint32_t number = 0; number < segment.container_count(); ++number) {
    auto record = segment.container(number);
    if (!record) return findings.fault(record.error());
    Listed& entry = listed[{record->kind, record->name}];
    entry.record = *record;
    by_number.push_back(&entry);
  }
  for (std::uint64_t position = 0; position < segment.size(); ++position) {
    auto entry = segment.entry(position);
    if (!entry) return findings.fault(entry.error());
    by_number[entry->location.container]->entries.push_back({entry->id, entry->location});
  }
}

/// Where an object was found in a pack.
using PackPlace = std::pair<std::uint64_t, std::uint32_t>;

class ContainerCheck {
 public:
  ContainerCheck(store::Store& store, const Listed& listed, Findings& findings, Progress* progress)
      : store_(store), listed_(listed), findings_(findings), progress_(progress), path_(listed.record.path()) {}

  Result<void> run() {
    auto checked = listed_.record.kind == ContainerKind::kPack ? check_pack() : check_loose();
    if (!checked) {
      findings_.fault(checked.error(), path_);
      for (const Listed::Entry& entry : listed_.entries) findings_.bad(entry.id);
    }
    return {};
  }

 private:
  Result<void> check_pack() {
    store::PackReader reader = COWSTORE_TRY(store_.open_pack(listed_.record.name));
    COWSTORE_TRY(reader.verify_name());
    std::map<PackPlace, store::ObjectInfo> found;
    for (const store::BlockPlace& place : COWSTORE_TRY(reader.blocks())) check_block(reader, place, found);
    for (const Listed::Entry& entry : listed_.entries) {
      auto at = found.find({entry.location.offset, entry.location.inner});
      store::ObjectInfo expected{entry.id, entry.location.kind, entry.location.length};
      if (at == found.end() || at->second != expected)
        wrong_entry(entry, "a segment lists it here, but the pack has something else");
    }
    return {};
  }

  void check_block(const store::PackReader& reader, const store::BlockPlace& place,
                   std::map<PackPlace, store::ObjectInfo>& found) {
    auto block = reader.read_verified(place);
    if (!block) {
      findings_.fault(Fault{"", path_, place.offset, "", block.error().message()});
      for (const Listed::Entry& entry : listed_.entries) {
        if (entry.location.offset == place.offset) findings_.bad(entry.id);
      }
      // Their table may be whole: then they are where they should be, only damaged, which has been said.
      auto table = reader.read_table(place);
      if (table) note_places(place, *table, found);
      return;
    }
    note_places(place, block->objects, found);
    std::uint64_t chunks = 0;
    for (const store::ObjectInfo& object : block->objects) chunks += object.kind == store::ObjectKind::kChunk ? 1 : 0;
    findings_.count(block->bytes.size(), chunks, 0);
    if (progress_ != nullptr) progress_->advance(0, block->bytes.size());
  }

  static void note_places(const store::BlockPlace& place, const std::vector<store::ObjectInfo>& objects,
                          std::map<PackPlace, store::ObjectInfo>& found) {
    std::uint32_t inner = 0;
    for (const store::ObjectInfo& object : objects) {
      found.emplace(PackPlace{place.offset, inner}, object);
      inner += object.length;
    }
  }

  Result<void> check_loose() {
    sys::Fd file = COWSTORE_TRY(store_.dir().open_read(path_));
    sys::Stat stat = COWSTORE_TRY(sys::stat(file, path_));
    std::map<std::uint64_t, std::pair<Digest, std::uint32_t>> chunks;
    auto note = [&](const ChunkId& id, std::uint64_t offset, ByteView bytes) -> Result<void> {
      chunks[offset] = {id.digest(), static_cast<std::uint32_t>(bytes.size())};
      if (progress_ != nullptr) progress_->advance(0, bytes.size());
      return {};
    };
    content::NoNodes nodes;
    const chunk::CutRule& rule = chunk::rule_of(store_.config().chunking);
    auto found = COWSTORE_TRY(content::hash_content(file, stat.size, rule, nodes, note, path_));
    bool same = found.id.digest() == listed_.record.name && found.depth == listed_.record.depth &&
                found.size == listed_.record.size;
    if (!same) {
      findings_.fault(
          Fault{listed_.record.name.hex(), path_, 0, "",
                "the file's content is another: expected " + listed_.record.name.hex() + ", found " + found.id.hex()});
    }
    for (const Listed::Entry& entry : listed_.entries) {
      auto at = chunks.find(entry.location.offset);
      bool right = at != chunks.end() && at->second == std::pair(entry.id, entry.location.length);
      if (!right) wrong_entry(entry, "a segment lists the chunk here, but the file has something else");
    }
    findings_.count(found.size, chunks.size(), 1);
    return {};
  }

  void wrong_entry(const Listed::Entry& entry, const char* message) {
    if (!findings_.is_bad(entry.id)) findings_.fault(Fault{entry.id.hex(), path_, entry.location.offset, "", message});
    findings_.bad(entry.id);
  }

  store::Store& store_;
  const Listed& listed_;
  Findings& findings_;
  Progress* progress_;
  std::string path_;
};

}  // namespace

ListedContainers collect_listed(store::Store& store, Findings& findings) {
  ListedContainers listed;
  auto view = store.view();
  for (const Error& error : view->damaged()) findings.fault(error);
  for (const auto& segment : view->segments()) collect(*segment, listed, findings);
  for (const auto& segment : view->superseded()) {
    auto verified = segment->verify();
    if (!verified) findings.note("superseded segment, of no use any more: " + verified.error().message());
  }
  return listed;
}

Result<void> check_containers(store::Store& store, const ListedContainers& listed, base::ThreadPool& pool,
                              Progress* progress, Findings& findings) {
  base::TaskGroup group(pool);
  for (const auto& [key, container] : listed) {
    group.add_bounded([&store, &findings, progress, item = &container] {
      return ContainerCheck(store, *item, findings, progress).run();
    });
  }
  return group.wait();
}

}  // namespace cowstore::maint
