// The worked example at the end of docs/format.md is a fixture: what it says, the code says.
#include <fstream>
#include <map>
#include <string>

#include "base/hex.hpp"
#include "hash/sha256.hpp"
#include "memory_nodes.hpp"
#include "object/commit.hpp"
#include "object/named_tree.hpp"

namespace cowstore::object {
namespace {

struct Row {
  std::string bytes;
  std::string id;
};

/// "| what | `bytes` | `id` |" under the heading of the example.
std::map<std::string, Row> read_example() {
  std::ifstream file(COWSTORE_SOURCE_DIR "/docs/format.md");
  std::map<std::string, Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line == "## A worked example") inside = true;
    if (!inside || !line.starts_with("| ")) continue;
    std::size_t name_end = line.find(" | ");
    std::size_t first = line.find('`'), second = line.rfind("` | `");
    if (first == std::string::npos || second == std::string::npos) continue;
    rows[line.substr(2, name_end - 2)] = {line.substr(first + 1, second - first - 1), line.substr(second + 5, 64)};
  }
  return rows;
}

class WorkedExample : public testing::Test {
 protected:
  std::map<std::string, Row> rows_ = read_example();
  Bytes bytes(const std::string& what) { return *base::from_hex(rows_.at(what).bytes); }
  Digest id(const std::string& what) { return *Digest::from_hex(rows_.at(what).id); }
};

TEST_F(WorkedExample, HasTheIdsThatTheFormatGivesIt) {
  ASSERT_EQ(rows_.size(), 4u);
  EXPECT_EQ(hash::sha256(bytes("chunk")).hex(), rows_["chunk"].id);
  EXPECT_EQ(node_id(NodeKind::kDirectory, bytes("directory")).hex(), rows_["directory"].id);
  EXPECT_EQ(node_id(NodeKind::kAttributes, bytes("attributes")).hex(), rows_["attributes"].id);
  EXPECT_EQ(node_id(NodeKind::kCommit, as_bytes(rows_["commit"].bytes)).hex(), rows_["commit"].id);
}

TEST_F(WorkedExample, IsWhatTheEncodersMakeOfTheSameTree) {
  MemoryNodes nodes;
  DirectoryBuilder directory(nodes);
  TreeEntry entry;
  entry.name = "a";
  entry.file = FileRef::single_chunk(ChunkId(id("chunk")), 3);
  ASSERT_TRUE(directory.add(entry).ok());
  EXPECT_EQ(directory.finish()->digest(), id("directory"));

  AttributesBuilder attributes(nodes);
  Attributes own{Timestamp{1, 0}, 0755, {}, {}, {}, {}};
  Attributes of_file{Timestamp{1, 0}, 0644, {}, {}, {}, {}};
  ASSERT_TRUE(attributes.add({"", own, {}}).ok());
  ASSERT_TRUE(attributes.add({"a", of_file, {}}).ok());
  EXPECT_EQ(attributes.finish()->digest(), id("attributes"));

  Commit commit;
  commit.tree = TreeId(id("directory"));
  commit.attributes = AttributesId(id("attributes"));
  commit.author = "a";
  commit.message = "m";
  commit.time.at = {2, 0};
  auto encoded = encode_commit(commit);
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(std::string(as_text(*encoded)), rows_["commit"].bytes);
}

}  // namespace
}  // namespace cowstore::object
