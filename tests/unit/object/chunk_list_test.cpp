#include "object/chunk_list.hpp"

#include "object/run_node.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

ChunkId chunk(std::uint64_t number) {
  return ChunkId(digest_of("chunk " + std::to_string(number)));
}

FileRef build(MemoryNodes& nodes, const std::vector<ChunkRun>& runs) {
  ChunkListBuilder builder(nodes);
  for (const ChunkRun& run : runs) EXPECT_TRUE(builder.add(run.chunk, run.length, run.repeat).ok());
  auto file = builder.finish();
  EXPECT_TRUE(file.ok());
  return *file;
}

std::vector<ChunkRun> distinct(std::uint64_t count) {
  std::vector<ChunkRun> runs;
  for (std::uint64_t i = 0; i < count; ++i) runs.push_back({chunk(i), static_cast<std::uint32_t>(1000 + i % 7), 1});
  return runs;
}

/// All chunks one by one, as (id, offset).
std::vector<std::pair<ChunkId, std::uint64_t>> chunks_from(MemoryNodes& nodes, const FileRef& file,
                                                           std::uint64_t offset) {
  std::vector<std::pair<ChunkId, std::uint64_t>> found;
  ChunkListReader reader(nodes, file);
  EXPECT_TRUE(reader.seek(offset).ok());
  while (true) {
    std::uint64_t at = reader.offset();
    auto run = reader.next();
    EXPECT_TRUE(run.ok()) << run.error().message();
    if (!run.ok() || !*run) return found;
    for (std::uint64_t i = 0; i < (*run)->repeat; ++i) found.emplace_back((*run)->chunk, at + i * (*run)->length);
  }
}

TEST(ChunkList, NoChunksAreTheEmptyFile) {
  MemoryNodes nodes;
  EXPECT_EQ(build(nodes, {}), FileRef::empty());
  EXPECT_TRUE(chunks_from(nodes, FileRef::empty(), 0).empty());
  EXPECT_EQ(nodes.puts, 0U);
}

TEST(ChunkList, OneChunkIsTheFile) {
  MemoryNodes nodes;
  FileRef file = build(nodes, {{chunk(1), 5, 1}});
  EXPECT_EQ(file, (FileRef{0, 5, FileId(chunk(1).digest())}));
  EXPECT_EQ(chunks_from(nodes, file, 0).size(), 1U);
  EXPECT_EQ(nodes.puts, 0U);
}

TEST(ChunkList, ARunIsOneEntryHoweverItIsGiven) {
  MemoryNodes nodes;
  FileRef file = build(nodes, {{chunk(1), 5, 3}, {chunk(1), 5, 1}, {chunk(1), 5, 2}});
  EXPECT_EQ(file, build(nodes, {{chunk(1), 5, 6}}));
  EXPECT_EQ(file.depth, 1);
  EXPECT_EQ(file.size, 30U);
  EXPECT_EQ(nodes.bytes(NodeKind::kChunkList, file.id.digest()).size(), 2U + 32 + 1 + 1);
}

TEST(ChunkList, AnEnormousRunOfZerosIsOneNode) {
  MemoryNodes nodes;
  FileRef file = build(nodes, {{chunk(0), 65536, (kMaxFileBytes >> 16)}, {chunk(1), 65535, 1}});
  EXPECT_EQ(file.size, kMaxFileBytes);
  EXPECT_EQ(nodes.puts, 1U);
}

TEST(ChunkList, EveryNumberOfChunksComesBack) {
  MemoryNodes nodes;
  for (auto [count, depth] : std::vector<std::pair<std::uint64_t, int>>{
           {2, 1}, {63, 1}, {64, 1}, {65, 1}, {1024, 2}, {1025, 2}, {5000, 2}, {70000, 3}}) {
    auto runs = distinct(count);
    FileRef file = build(nodes, runs);
    auto chunks = chunks_from(nodes, file, 0);
    ASSERT_EQ(chunks.size(), count);
    for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(chunks[i].first, runs[i].chunk);
    EXPECT_EQ(file.depth, depth) << count;
  }
}

TEST(ChunkList, NodesHave256EntriesOnAverage) {
  MemoryNodes nodes;
  build(nodes, distinct(100000));
  EXPECT_GT(nodes.order.size(), 340U);
  EXPECT_LT(nodes.order.size(), 450U);
}

TEST(ChunkList, SeekFindsTheChunkOfEveryOffset) {
  MemoryNodes nodes;
  auto runs = distinct(3000);
  runs[100].repeat = 50;
  runs[2999].repeat = 3;
  FileRef file = build(nodes, runs);
  auto all = chunks_from(nodes, file, 0);
  std::mt19937_64 random(7);
  for (int i = 0; i < 300; ++i) {
    std::uint64_t offset = random() % file.size;
    auto first = std::prev(std::upper_bound(all.begin(), all.end(), offset,
                                            [](std::uint64_t value, const auto& c) { return value < c.second; }));
    ChunkListReader reader(nodes, file);
    ASSERT_TRUE(reader.seek(offset).ok());
    EXPECT_EQ(reader.offset(), first->second);
    EXPECT_EQ((*reader.next())->chunk, first->first);
  }
  for (std::uint64_t offset : {file.size - 1, file.size, file.size + 1}) {
    EXPECT_EQ(chunks_from(nodes, file, offset).size(), offset < file.size ? 1U : 0U);
  }
  EXPECT_EQ(chunks_from(nodes, file, all[120].second + 1).size(), all.size() - 120);
}

TEST(ChunkList, ALocalChangeRewritesAHandfulOfNodes) {
  MemoryNodes nodes;
  auto runs = distinct(50000);
  build(nodes, runs);
  runs.insert(runs.begin() + 20000, ChunkRun{chunk(999999), 77, 1});
  runs.erase(runs.begin() + 20005, runs.begin() + 20010);
  nodes.reset_counts();
  build(nodes, runs);
  EXPECT_LE(nodes.order.size(), 6U);
}

TEST(ChunkList, PeriodicContentRepeatsNodes) {
  MemoryNodes nodes;
  std::vector<ChunkRun> runs;
  for (std::uint64_t i = 0; i < 300000; ++i) runs.push_back({chunk(i % 3000), 100, 1});
  FileRef file = build(nodes, runs);
  EXPECT_LT(nodes.order.size(), 100U);
  auto chunks = chunks_from(nodes, file, 0);
  ASSERT_EQ(chunks.size(), runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) ASSERT_EQ(chunks[i].first, runs[i].chunk) << i;
  for (std::uint64_t offset : {100ULL, 1'234'567ULL, 29'999'950ULL}) {
    auto rest = chunks_from(nodes, file, offset);
    ASSERT_EQ(rest.size(), runs.size() - offset / 100);
    EXPECT_EQ(rest.front().first, runs[offset / 100].chunk);
    EXPECT_EQ(rest.back().first, runs.back().chunk);
  }
}

TEST(ChunkList, ImpossibleChunksAreRefused) {
  MemoryNodes nodes;
  ChunkListBuilder builder(nodes);
  EXPECT_EQ(builder.add(chunk(1), 0).error().code, ErrorCode::kUsage);
  EXPECT_EQ(builder.add(chunk(1), kMaxChunkBytes + 1).error().code, ErrorCode::kUsage);
  EXPECT_EQ(builder.add(chunk(1), 1, 0).error().code, ErrorCode::kUsage);
  ASSERT_TRUE(builder.add(chunk(1), 1, kMaxFileBytes).ok());
  EXPECT_EQ(builder.add(chunk(2), 1).error().code, ErrorCode::kUsage);
}

TEST(ChunkList, AChunkHasOneLength) {
  MemoryNodes nodes;
  ChunkListBuilder builder(nodes);
  ASSERT_TRUE(builder.add(chunk(1), 5).ok());
  EXPECT_EQ(builder.add(chunk(1), 6).error().code, ErrorCode::kUsage);
}

TEST(ChunkList, AReferenceThatDoesNotFitItsListIsCorrupt) {
  MemoryNodes nodes;
  FileRef good = build(nodes, distinct(100));
  for (FileRef bad :
       {FileRef{1, good.size, good.id}, FileRef{3, good.size, good.id}, FileRef{2, good.size + 1, good.id},
        FileRef{2, kMaxFileBytes + 1, good.id}, FileRef{0, kMaxChunkBytes + 1, good.id}}) {
    ChunkListReader reader(nodes, bad);
    auto run = reader.next();
    ASSERT_FALSE(run.ok());
    EXPECT_EQ(run.error().code, ErrorCode::kCorrupt);
  }
}

TEST(ChunkList, ANodeOfAnotherSizeThanItsParentSaysIsCorrupt) {
  MemoryNodes nodes;
  nodes.checks = MemoryNodes::Checks::kNothing;
  FileRef file = build(nodes, distinct(3000));
  Digest leaf = nodes.order.front().second;
  OpenRunNode other(0);
  other.append(object::Run{digest_of("x"), 7, 1});
  nodes.plant(NodeKind::kChunkList, leaf, other.encode());
  auto run = ChunkListReader(nodes, file).next();
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().path, leaf.hex());
}

}  // namespace
}  // namespace cowstore::object
