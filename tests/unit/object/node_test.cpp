#include "object/node.hpp"

#include "base/hex.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

TEST(NodeId, IsTheHashOfPrefixKindAndEncoding) {
  std::string hashed("cowstore-node-v1\0\x02hello", 23);
  EXPECT_EQ(hashed.size(), 23U);
  EXPECT_EQ(node_id(NodeKind::kDirectory, as_bytes("hello")), digest_of(hashed));
}

TEST(NodeId, DiffersByKind) {
  EXPECT_NE(node_id(NodeKind::kDirectory, as_bytes("x")), node_id(NodeKind::kAttributes, as_bytes("x")));
}

TEST(CorruptNode, NamesKindIdAndReason) {
  Error error = corrupt_node(NodeKind::kChunkList, Digest{}, "it is empty");
  EXPECT_EQ(error.code, ErrorCode::kCorrupt);
  EXPECT_EQ(error.message(), "read chunk list node " + std::string(64, '0') + ": it is empty");
}

}  // namespace
}  // namespace cowstore::object
