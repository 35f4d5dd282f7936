#include "object/named_node.hpp"

#include "object/split.hpp"
#include "unit/object/damage.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

template <class Entry>
Bytes encode(const NamedNode<Entry>& node) {
  OpenNamedNode<Entry> open(node.level());
  for (std::size_t i = 0; i < node.size(); ++i) {
    if (node.level() == 0) {
      open.append(node.entry(i));
    } else {
      open.append(node.link(i));
    }
  }
  return open.encode();
}

template <class Entry>
std::optional<Bytes> reencode(ByteView bytes) {
  auto node = NamedNode<Entry>::decode(bytes);
  return node ? std::optional(encode(*node)) : std::nullopt;
}

Bytes directory_of(const std::vector<TreeEntry>& entries) {
  OpenNamedNode<TreeEntry> node(0);
  for (const TreeEntry& entry : entries) node.append(entry);
  return node.encode();
}

std::string refusal(const Bytes& bytes) {
  auto node = DirectoryNode::decode(bytes);
  if (node) return "accepted";
  EXPECT_EQ(node.error().code, ErrorCode::kCorrupt);
  return node.error().reason;
}

TEST(DirectoryNode, DamageIsNoticed) {
  expect_canonical(directory_of({file_entry("a", ""), file_entry("b.sh", "x", EntryKind::kExecutable),
                                 link_entry("c", "a"), directory_entry("d", TreeId(digest_of("d")))}),
                   reencode<TreeEntry>);
}

TEST(DirectoryNode, DamageOfAnInteriorNodeIsNoticed) {
  OpenNamedNode<TreeEntry> node(2);
  node.append(NamedLink{"alpha", digest_of("1")});
  node.append(NamedLink{"omega", digest_of("2")});
  expect_canonical(node.encode(), reencode<TreeEntry>);
}

TEST(AttributesNode, DamageIsNoticed) {
  OpenNamedNode<AttributesEntry> node(0);
  node.append(times_entry("", 1, 0755));
  node.append(AttributesEntry{"d", {}, AttributesId(digest_of("d"))});
  AttributesEntry full = times_entry("f", -77);
  full.attributes.owner = Owner{1, 2};
  full.attributes.xattrs = {{"user.a", "value"}};
  full.attributes.special = SpecialFile{SpecialKind::kCharDevice, 5, 1};
  node.append(full);
  expect_canonical(node.encode(), reencode<AttributesEntry>);
}

TEST(DirectoryNode, TheEmptyOneIsALeaf) {
  EXPECT_TRUE(DirectoryNode::decode(Bytes{0, 0}).ok());
  EXPECT_FALSE(DirectoryNode::decode(Bytes{1, 0}).ok());
  EXPECT_FALSE(AttributesNode::decode(Bytes{0, 0}).ok());
}

TEST(DirectoryNode, NamesOutOfOrderAreRefused) {
  EXPECT_NE(refusal(directory_of({file_entry("b", ""), file_entry("a", "")})).find("out of order"), std::string::npos);
  EXPECT_NE(refusal(directory_of({file_entry("a", ""), file_entry("a", "")})).find("out of order"), std::string::npos);
  EXPECT_EQ(refusal(directory_of({file_entry("a", ""), file_entry("\xff", "")})), "accepted");
}

TEST(DirectoryNode, NamesThatLeadElsewhereAreRefused) {
  for (const char* name : {"..", ".", "", "a/b", "/etc", ".cowstore"}) {
    EXPECT_NE(refusal(directory_of({file_entry(name, "")})), "accepted") << name;
    OpenNamedNode<TreeEntry> interior(1);
    interior.append(NamedLink{name, digest_of("x")});
    EXPECT_NE(refusal(interior.encode()), "accepted") << name;
  }
}

TEST(DirectoryNode, FalseCountsAllocateNothing) {
  Bytes bytes = {0};
  base::Writer(bytes).varint(~std::uint64_t{0});
  EXPECT_NE(refusal(bytes).find("truncated"), std::string::npos);
}

TEST(DirectoryNode, LevelsAreLimited) {
  OpenNamedNode<TreeEntry> node(kMaxLevel + 1);
  node.append(NamedLink{"a", digest_of("1")});
  EXPECT_NE(refusal(node.encode()).find("level"), std::string::npos);
}

TEST(DirectoryNode, AnEndInTheMiddleIsRefused) {
  OpenNamedNode<TreeEntry> node(0);
  std::uint64_t i = 0;
  while (!node.at_end()) node.append(file_entry(numbered("f", i++), "x"));
  EXPECT_EQ(refusal(node.encode()), "accepted");
  node.append(file_entry(numbered("f", i), "x"));
  EXPECT_NE(refusal(node.encode()).find("goes on after its end"), std::string::npos);
}

TEST(DirectoryNode, OversizedOnesAreRefused) {
  EXPECT_NE(refusal(Bytes(kMaxNodeBytes + 1)).find("too large"), std::string::npos);
}

}  // namespace
}  // namespace cowstore::object
