#include "object/chunk_list.hpp"

#include "base/try.hpp"
#include "object/open_list.hpp"
#include "object/tree_builder.hpp"

namespace cowstore::object {

namespace {

Error usage(std::string_view reason) {
  return {ErrorCode::kUsage, 0, "add to chunk list", "", std::string(reason), ""};
}

}  // namespace

struct ChunkListBuilder::State {
  TreeBuilder<OpenRunNode> tree;
  std::uint64_t size = 0;
  Run last;                  ///< the last chunk that was added, not merged
  bool single_chunk = true;  ///< no more than one so far
};

ChunkListBuilder::ChunkListBuilder(NodeSink& sink)
    : state_(std::make_unique<State>(State{TreeBuilder<OpenRunNode>(sink), 0, {}, true})) {}
ChunkListBuilder::~ChunkListBuilder() = default;
ChunkListBuilder::ChunkListBuilder(ChunkListBuilder&&) noexcept = default;
ChunkListBuilder& ChunkListBuilder::operator=(ChunkListBuilder&&) noexcept = default;

Result<void> ChunkListBuilder::add(const ChunkId& chunk, std::uint64_t length, std::uint64_t repeat) {
  State& s = *state_;
  if (length == 0 || length > kMaxChunkBytes || repeat == 0) return usage("a chunk of no bytes, or too many");
  if (length > (kMaxFileBytes - s.size) / repeat) return usage("a file is too large");
  if (s.size > 0 && s.last.id == chunk.digest() && s.last.length != length) return usage("a chunk has two lengths");
  s.single_chunk = s.size == 0 && repeat == 1;
  s.size += length * repeat;
  s.last = Run{chunk.digest(), length, repeat};
  return s.tree.add(s.last);
}

Result<FileRef> ChunkListBuilder::finish() {
  State& s = *state_;
  if (s.size == 0) return FileRef::empty();
  if (s.single_chunk) return FileRef::single_chunk(ChunkId(s.last.id), s.last.length);
  auto root = COWSTORE_TRY(s.tree.finish());
  return FileRef{static_cast<std::uint8_t>(root.level + 1), s.size, FileId(root.id)};
}

Result<Cursor<RunNode>> open_list(NodeSource& source, const FileRef& file) {
  auto cursor = COWSTORE_TRY(Cursor<RunNode>::open(source, file.id.digest()));
  const char* problem = cursor.level() + 1 != file.depth     ? "a file's list isn't as deep as its reference says"
                        : cursor.node().bytes() != file.size ? "a file's list isn't as long as its reference says"
                                                             : nullptr;
  if (problem != nullptr) return corrupt_node(NodeKind::kChunkList, file.id.digest(), problem);
  return cursor;
}

struct ChunkListReader::State {
  NodeSource& source;
  FileRef file;
  std::uint64_t offset = 0;
  std::optional<Cursor<RunNode>> list;  ///< none until it is needed, and for files without a list

  Result<void> check() const {
    const char* problem = file_problem(file);
    if (problem == nullptr) return {};
    return Error{ErrorCode::kCorrupt, 0, "read the file", file.id.hex(), problem, ""};
  }

  Result<void> open() {
    if (!list) list = COWSTORE_TRY(open_list(source, file));
    return {};
  }

  Result<void> seek(std::uint64_t target);
};

ChunkListReader::ChunkListReader(NodeSource& source, const FileRef& file)
    : state_(std::make_unique<State>(State{source, file, 0, std::nullopt})) {}
ChunkListReader::~ChunkListReader() = default;
ChunkListReader::ChunkListReader(ChunkListReader&&) noexcept = default;
ChunkListReader& ChunkListReader::operator=(ChunkListReader&&) noexcept = default;

std::uint64_t ChunkListReader::offset() const {
  return state_->offset;
}

Result<std::optional<ChunkRun>> ChunkListReader::next() {
  State& s = *state_;
  if (s.offset >= s.file.size) return std::optional<ChunkRun>();
  COWSTORE_TRY(s.check());
  if (s.file.depth == 0) {
    s.offset = s.file.size;
    return std::optional(ChunkRun{s.file.chunk(), static_cast<std::uint32_t>(s.file.size), 1});
  }
  COWSTORE_TRY(s.open());
  COWSTORE_TRY(s.list->descend());
  const Run& entry = s.list->entry();  // sizes were checked at every node, so the list can't end before the file
  ChunkRun run{ChunkId(entry.id), static_cast<std::uint32_t>(entry.length), entry.repeat - s.list->passed()};
  s.list->next();
  s.offset += run.bytes();
  return std::optional(run);
}

Result<void> ChunkListReader::seek(std::uint64_t offset) {
  State& s = *state_;
  if (offset >= s.file.size || s.file.depth == 0) {
    s.offset = offset >= s.file.size ? s.file.size : 0;
    return {};
  }
  return s.seek(offset);
}

Result<void> ChunkListReader::State::seek(std::uint64_t target) {
  COWSTORE_TRY(check());
  COWSTORE_TRY(open());
  list->rewind();
  offset = 0;
  while (true) {
    std::size_t index = 0;
    while (target - offset >= list->node().run(index).bytes()) offset += list->node().run(index++).bytes();
    const Run& run = list->node().run(index);
    std::uint64_t passed = (target - offset) / run.length;
    list->jump(index, passed);
    offset += passed * run.length;
    if (list->level() == 0) return {};
    COWSTORE_TRY(list->enter());
  }
}

}  // namespace cowstore::object
