#include "commit/staged_nodes.hpp"

#include <gtest/gtest.h>

#include "unit/provider/store_bed.hpp"

namespace cowstore::commit {
namespace {

using object::NodeKind;

class StagedNodesTest : public testing::Test {
 protected:
  test::TempDir temp_;
  test::StoreBed bed_{temp_};
  Bytes encoding_{1, 2, 3};
  Digest id_ = object::node_id(NodeKind::kDirectory, encoding_);
};

TEST_F(StagedNodesTest, GivesBackWhatWasPutBeforeItIsPublished) {
  auto transaction = std::move(bed_.store->begin()).value();
  StagedNodes nodes(*bed_.store, *transaction);
  EXPECT_FALSE(nodes.read_node(NodeKind::kDirectory, id_).ok());
  ASSERT_TRUE(nodes.put_node(NodeKind::kDirectory, id_, encoding_).ok());
  auto read = nodes.read_node(NodeKind::kDirectory, id_);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(**read, encoding_);
  EXPECT_FALSE(bed_.store->read_node(NodeKind::kDirectory, id_).ok());
  ASSERT_TRUE(transaction->publish().ok());
  EXPECT_TRUE(bed_.store->read_node(NodeKind::kDirectory, id_).ok());
}

TEST_F(StagedNodesTest, GivesWhatTheStoreHas) {
  {
    auto transaction = std::move(bed_.store->begin()).value();
    ASSERT_TRUE(transaction->put_node(NodeKind::kDirectory, id_, encoding_).ok());
    ASSERT_TRUE(transaction->publish().ok());
  }
  auto transaction = std::move(bed_.store->begin()).value();
  StagedNodes nodes(*bed_.store, *transaction);
  EXPECT_TRUE(nodes.read_node(NodeKind::kDirectory, id_).ok());
}

}  // namespace
}  // namespace cowstore::commit
