#include "refs/commit_source.hpp"

#include <gtest/gtest.h>

#include <map>

#include "object/commit.hpp"

namespace cowstore::refs {
namespace {

class MemoryNodes final : public object::NodeSource, public object::NodeSink {
 public:
  Result<object::NodeBytes> read_node(object::NodeKind, const Digest& id) override {
    const auto found = nodes_.find(id);
    if (found == nodes_.end()) return Error{ErrorCode::kNotFound, 0, "read", id.hex(), "no such node", ""};
    return found->second;
  }
  Result<void> put_node(object::NodeKind, const Digest& id, ByteView encoding) override {
    nodes_[id] = std::make_shared<const Bytes>(encoding.begin(), encoding.end());
    return {};
  }

 private:
  std::map<Digest, object::NodeBytes> nodes_;
};

TEST(NodeCommitSource, ParentsAreThoseOfTheStoredCommit) {
  MemoryNodes nodes;
  object::Commit commit;
  const CommitId first = *object::put_commit(nodes, commit);
  commit.message = "second";
  commit.parents = {first};
  const CommitId second = *object::put_commit(nodes, commit);
  NodeCommitSource source(nodes, [](auto, auto) { return std::vector<CommitId>(); });
  EXPECT_EQ(*source.parents(second), std::vector<CommitId>{first});
  EXPECT_TRUE(source.parents(first)->empty());
  EXPECT_EQ(source.parents(CommitId{}).error().code, ErrorCode::kNotFound);
}

TEST(NodeCommitSource, PrefixesAreTheFindersBusiness) {
  MemoryNodes nodes;
  std::string asked;
  NodeCommitSource source(nodes, [&](std::string_view hex, std::size_t limit) -> Result<std::vector<CommitId>> {
    asked = std::string(hex) + "/" + std::to_string(limit);
    return std::vector<CommitId>{CommitId{}};
  });
  EXPECT_EQ(source.with_prefix("abcd", 5)->size(), 1u);
  EXPECT_EQ(asked, "abcd/5");
}

}  // namespace
}  // namespace cowstore::refs
