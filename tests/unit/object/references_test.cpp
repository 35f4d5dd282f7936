#include "object/references.hpp"

#include "object/chunk_list.hpp"
#include "object/commit.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

class References : public testing::Test {
 protected:
  std::vector<Reference> of(NodeKind kind, const Digest& id) {
    auto found = references_of(kind, id, nodes.bytes(kind, id));
    EXPECT_TRUE(found.ok()) << found.error().message();
    return found ? *found : std::vector<Reference>{};
  }
  static Reference node(NodeKind kind, std::string_view text) {
    return {ReferenceTarget::kNode, kind, digest_of(text)};
  }
  static Reference chunk(std::string_view text, std::uint64_t length) {
    return {ReferenceTarget::kChunk, NodeKind::kChunkList, digest_of(text), length};
  }
  MemoryNodes nodes;
};

TEST_F(References, OfADirectoryAreItsFilesAndDirectories) {
  TreeEntry large{"c", EntryKind::kExecutable, {2, 1000000, FileId(digest_of("list"))}, {}, {}};
  TreeId id = build_tree(nodes, {file_entry("a", "content"), file_entry("b", ""), large,
                                 directory_entry("d", TreeId(digest_of("tree"))), link_entry("e", "x")});
  EXPECT_EQ(of(NodeKind::kDirectory, id.digest()),
            (std::vector{chunk("content", 7), node(NodeKind::kChunkList, "list"), node(NodeKind::kDirectory, "tree")}));
}

TEST_F(References, OfAttributesAreLargeValuesAndChildren) {
  AttributesEntry file{"f", {}, std::nullopt};
  file.attributes.xattrs = {{"user.a", "inline"}, {"user.b", FileRef{0, 5000, FileId(digest_of("value"))}}};
  AttributesId id =
      build_attributes(nodes, {times_entry("", 1), AttributesEntry{"d", {}, AttributesId(digest_of("sub"))}, file});
  EXPECT_EQ(of(NodeKind::kAttributes, id.digest()),
            (std::vector{node(NodeKind::kAttributes, "sub"), chunk("value", 5000)}));
}

TEST_F(References, OfAChunkListAreChunksOrNodes) {
  ChunkListBuilder builder(nodes);
  for (int i = 0; i < 2000; ++i) ASSERT_TRUE(builder.add(ChunkId(digest_of(std::to_string(i))), 9).ok());
  FileRef file = *builder.finish();
  std::size_t chunks = 0;
  for (const Reference& child : of(NodeKind::kChunkList, file.id.digest())) {
    EXPECT_EQ(child.target, ReferenceTarget::kNode);
    for (const Reference& leaf : of(NodeKind::kChunkList, child.id))
      chunks += leaf.target == ReferenceTarget::kChunk ? 1 : 0;
  }
  EXPECT_EQ(chunks, 2000U);
}

TEST_F(References, OfACommitAreItsTreesAndParents) {
  Commit commit;
  commit.tree = TreeId(digest_of("t"));
  commit.attributes = AttributesId(digest_of("a"));
  commit.parents = {CommitId(digest_of("p"))};
  CommitId id = *put_commit(nodes, commit);
  EXPECT_EQ(
      of(NodeKind::kCommit, id.digest()),
      (std::vector{node(NodeKind::kDirectory, "t"), node(NodeKind::kAttributes, "a"), node(NodeKind::kCommit, "p")}));
}

TEST_F(References, OfADamagedNodeAreALocatedError) {
  auto found = references_of(NodeKind::kDirectory, digest_of("id"), Bytes{0, 5});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(found.error().path, digest_of("id").hex());
}

}  // namespace
}  // namespace cowstore::object
