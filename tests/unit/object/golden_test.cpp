// The encodings against fixtures/format/object-*.json. Each file holds cases: what is encoded, in words of JSON or by a
// rule, then the nodes that come out and their ids. With COWSTORE_UPDATE_FIXTURES=1 in the environment the outcomes are
// written anew; that is a change of the format.

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/hex.hpp"
#include "object/chunk_list.hpp"
#include "object/commit.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

using Json = nlohmann::ordered_json;

Digest digest(const Json& hex) {
  return Digest::from_hex(hex.get<std::string>()).value();
}

Json to_json(const FileRef& file) {
  return {{"depth", file.depth}, {"size", file.size}, {"id", file.id.hex()}};
}

FileRef file_ref(const Json& file) {
  return {file.at("depth").get<std::uint8_t>(), file.at("size").get<std::uint64_t>(), FileId(digest(file.at("id")))};
}

std::string text_of(const Json& entry, const char* key) {
  std::string hex_key = std::string(key) + "_hex";
  if (!entry.contains(hex_key)) return entry.at(key).get<std::string>();
  Bytes bytes = base::from_hex(entry.at(hex_key).get<std::string>()).value();
  return {bytes.begin(), bytes.end()};
}

/// All nodes that were written, in order; the bytes of small ones.
Json to_json(const MemoryNodes& nodes) {
  Json list = Json::array();
  for (const auto& [kind, id] : nodes.order) {
    const Bytes& bytes = nodes.bytes(kind, id);
    Json node = {{"id", id.hex()}, {"bytes", bytes.size()}};
    if (bytes.size() <= 1024) node["encoding"] = base::to_hex(bytes);
    list.push_back(node);
  }
  return list;
}

EntryKind kind_of(const std::string& word) {
  for (EntryKind kind : {EntryKind::kFile, EntryKind::kExecutable, EntryKind::kSymlink}) {
    if (word == to_string(kind)) return kind;
  }
  return EntryKind::kDirectory;
}

TreeEntry tree_entry(const Json& entry) {
  TreeEntry result;
  result.name = text_of(entry, "name");
  result.kind = kind_of(entry.at("kind").get<std::string>());
  if (is_file(result.kind)) result.file = file_ref(entry.at("file"));
  if (result.kind == EntryKind::kSymlink) result.target = entry.at("target").get<std::string>();
  if (result.kind == EntryKind::kDirectory) result.tree = TreeId(digest(entry.at("tree")));
  return result;
}

SpecialFile special_file(const Json& special) {
  const std::vector<std::string> words = {"", "fifo", "socket", "character device", "block device"};
  auto word = std::find(words.begin(), words.end(), special.at("kind").get<std::string>());
  return {static_cast<SpecialKind>(word - words.begin()), special.value("major", 0U), special.value("minor", 0U)};
}

Attributes attributes_of(const Json& entry) {
  Attributes a;
  if (entry.contains("mtime"))
    a.mtime = Timestamp{entry["mtime"].at(0).get<std::int64_t>(), entry["mtime"].at(1).get<std::uint32_t>()};
  if (entry.contains("mode"))
    a.mode = static_cast<std::uint16_t>(std::stoul(entry["mode"].get<std::string>(), nullptr, 8));
  if (entry.contains("owner"))
    a.owner = Owner{entry["owner"].at(0).get<std::uint32_t>(), entry["owner"].at(1).get<std::uint32_t>()};
  for (const Json& xattr : entry.value("xattrs", Json::array())) {
    ExtendedAttribute value{xattr.at("name").get<std::string>(), {}};
    if (xattr.contains("file")) {
      value.value = file_ref(xattr.at("file"));
    } else {
      value.value = text_of(xattr, "value");
    }
    a.xattrs.push_back(value);
  }
  if (entry.contains("link_group")) a.link_group = entry["link_group"].get<std::uint64_t>();
  if (entry.contains("special")) a.special = special_file(entry["special"]);
  return a;
}

AttributesEntry attributes_entry(const Json& entry) {
  AttributesEntry result{text_of(entry, "name"), attributes_of(entry), std::nullopt};
  if (entry.contains("children")) result.children = AttributesId(digest(entry["children"]));
  return result;
}

void encode_chunk_list(Json& c, MemoryNodes& nodes) {
  ChunkListBuilder builder(nodes);
  for (const Json& run : c.value("runs", Json::array())) {
    ASSERT_TRUE(builder.add(ChunkId(digest(run.at("chunk"))), run.at("length"), run.at("repeat")).ok());
  }
  for (std::uint64_t i = 0; i < c.value("count", std::uint64_t{0}); ++i) {
    ASSERT_TRUE(builder.add(ChunkId(digest_of("chunk " + std::to_string(i))), 1000 + i % 7).ok());
  }
  c["file"] = to_json(*builder.finish());
}

void encode_directory(Json& c, MemoryNodes& nodes) {
  std::vector<TreeEntry> entries;
  for (const Json& entry : c.value("entries", Json::array())) entries.push_back(tree_entry(entry));
  for (std::uint64_t i = 0; i < c.value("count", std::uint64_t{0}); ++i) {
    entries.push_back(file_entry(numbered("file-", i), "content " + std::to_string(i)));
  }
  c["id"] = build_tree(nodes, entries).hex();
}

void encode_attributes(Json& c, MemoryNodes& nodes) {
  std::vector<AttributesEntry> entries;
  for (const Json& entry : c.value("entries", Json::array())) entries.push_back(attributes_entry(entry));
  for (std::uint64_t i = 0; i < c.value("count", std::uint64_t{0}); ++i) {
    AttributesEntry entry{numbered("file-", i), {}, std::nullopt};
    entry.attributes.mtime = Timestamp{1000 + static_cast<std::int64_t>(i), static_cast<std::uint32_t>(i)};
    entry.attributes.mode = 0644;
    entries.push_back(entry);
  }
  c["id"] = build_attributes(nodes, entries).hex();
}

void encode_commit_case(Json& c, MemoryNodes& nodes) {
  const Json& in = c.at("commit");
  Commit commit;
  commit.tree = TreeId(digest(in.at("tree")));
  if (!in.at("attributes").is_null()) commit.attributes = AttributesId(digest(in.at("attributes")));
  for (const Json& parent : in.at("parents")) commit.parents.emplace_back(digest(parent));
  commit.author = in.at("author").get<std::string>();
  commit.time.at = Timestamp{in.at("seconds").get<std::int64_t>(), in.at("nanoseconds").get<std::uint32_t>()};
  commit.time.utc_offset_minutes = in.at("utc_offset_minutes").get<int>();
  commit.message = in.at("message").get<std::string>();
  commit.chunking = chunk::profile_from_string(in.at("chunking").get<std::string>()).value();
  commit.meta = in.at("meta_as_given").get<std::string>();
  CommitId id = *put_commit(nodes, commit);
  c["id"] = id.hex();
  c["text"] = as_text(nodes.bytes(NodeKind::kCommit, id.digest()));
}

void check_fixture(const std::string& name, void (*encode)(Json&, MemoryNodes&)) {
  const std::string path = std::string(COWSTORE_FIXTURES) + "/format/" + name;
  const Json expected = Json::parse(std::ifstream(path));
  Json actual = expected;
  for (Json& c : actual.at("cases")) {
    MemoryNodes nodes;
    encode(c, nodes);
    c["nodes"] = to_json(nodes);
  }
  if (std::getenv("COWSTORE_UPDATE_FIXTURES") != nullptr) {
    std::ofstream(path) << actual.dump(1) << '\n';
    return;
  }
  for (std::size_t i = 0; i < expected.at("cases").size(); ++i) {
    EXPECT_EQ(actual["cases"][i], expected["cases"][i]) << name << ": " << expected["cases"][i]["name"];
  }
}

TEST(Golden, ChunkLists) {
  check_fixture("object-chunk-list.json", encode_chunk_list);
}
TEST(Golden, Directories) {
  check_fixture("object-directory.json", encode_directory);
}
TEST(Golden, Attributes) {
  check_fixture("object-attributes.json", encode_attributes);
}
TEST(Golden, Commits) {
  check_fixture("object-commit.json", encode_commit_case);
}

}  // namespace
}  // namespace cowstore::object
