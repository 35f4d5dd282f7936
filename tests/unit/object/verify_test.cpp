#include "object/verify.hpp"

#include "object/chunk_list.hpp"
#include "object/commit.hpp"
#include "object/named_node.hpp"
#include "object/run_node.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

class Verify : public testing::Test {
 protected:
  template <class Action>
  std::vector<std::string> problems(Action action) {
    std::vector<std::string> found;
    Verifier verifier(nodes, [&](const Error& error) { found.push_back(error.reason); });
    action(verifier);
    return found;
  }
  std::vector<std::string> of_file(const FileRef& file) {
    return problems([&](Verifier& v) { v.file(file); });
  }
  std::vector<std::string> of_directory(const Digest& id) {
    return problems([&](Verifier& v) { v.directory(TreeId(id)); });
  }
  Digest put(const OpenRunNode& node) { return nodes.store(NodeKind::kChunkList, node.encode()); }
  Digest put(const OpenNamedNode<TreeEntry>& node) { return nodes.store(NodeKind::kDirectory, node.encode()); }

  static OpenRunNode runs(std::uint8_t level, const std::vector<object::Run>& list) {
    OpenRunNode node(level);
    for (const object::Run& run : list) node.append(run);
    return node;
  }
  /// A leaf that ends where the rule says, from names "<prefix>000000" on.
  static OpenNamedNode<TreeEntry> full_leaf(const std::string& prefix) {
    OpenNamedNode<TreeEntry> leaf(0);
    for (std::uint64_t i = 0; !leaf.at_end(); ++i) leaf.append(file_entry(numbered(prefix, i), "x"));
    return leaf;
  }
  static std::string last_name(const OpenNamedNode<TreeEntry>& node) { return node.link_to(Digest{}).last_name; }

  std::vector<TreeEntry> many_files(std::uint64_t count) {
    std::vector<TreeEntry> entries;
    for (std::uint64_t i = 0; i < count; ++i) entries.push_back(file_entry(numbered("f", i), "x"));
    return entries;
  }

  MemoryNodes nodes;
};

TEST_F(Verify, AGoodCommitHasNoProblems) {
  ChunkListBuilder list(nodes);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(list.add(ChunkId(digest_of(std::to_string(i % 1777))), 100).ok());
  TreeEntry large{"large", EntryKind::kFile, *list.finish(), {}, {}};
  TreeId sub = build_tree(nodes, many_files(3000));
  Commit commit;
  commit.tree = build_tree(nodes, {large, directory_entry("sub", sub)});
  AttributesId sub_attributes = build_attributes(nodes, {times_entry("", 1), times_entry("f000000", 1)});
  commit.attributes = build_attributes(nodes, {times_entry("", 1), AttributesEntry{"sub", {}, sub_attributes}});
  CommitId id = *put_commit(nodes, commit);
  EXPECT_EQ(problems([&](Verifier& v) { v.commit(id); }), std::vector<std::string>{});
}

TEST_F(Verify, EveryMissingNodeIsReported) {
  TreeId root = build_tree(nodes, many_files(3000));
  auto order = nodes.order;
  for (const auto& key : order) {
    auto bytes = nodes.nodes.extract(key);
    EXPECT_EQ(of_directory(root.digest()), std::vector<std::string>{"no such node"});
    nodes.nodes.insert(std::move(bytes));
  }
}

TEST_F(Verify, OneBadNodeDoesNotHideTheNext) {
  TreeId a = build_tree(nodes, {file_entry("1", "")});
  TreeId b = build_tree(nodes, {file_entry("2", "")});
  TreeId root = build_tree(nodes, {directory_entry("a", a), directory_entry("b", b)});
  nodes.nodes.erase({NodeKind::kDirectory, a.digest()});
  nodes.nodes.erase({NodeKind::kDirectory, b.digest()});
  EXPECT_EQ(of_directory(root.digest()).size(), 2U);
}

TEST_F(Verify, SharedNodesAreReadOnce) {
  auto entries = many_files(20000);
  TreeId first = build_tree(nodes, entries);
  entries[7000] = file_entry(entries[7000].name, "changed");
  TreeId second = build_tree(nodes, entries);
  Verifier verifier(nodes, [](const Error& error) { FAIL() << error.message(); });
  verifier.directory(first);
  std::size_t once = verifier.nodes_read();
  verifier.directory(second);
  EXPECT_LE(verifier.nodes_read() - once, 5U);
  verifier.directory(second);
  EXPECT_LE(verifier.nodes_read() - once, 5U);
}

TEST_F(Verify, ARootWithASingleChildIsReported) {
  OpenNamedNode<TreeEntry> root(1);
  root.append(NamedLink{"a", build_tree(nodes, {file_entry("a", "")}).digest()});
  EXPECT_EQ(of_directory(put(root)), std::vector<std::string>{"a root has a single child"});
}

TEST_F(Verify, AWrongLastNameIsReported) {
  auto left = full_leaf("a");
  OpenNamedNode<TreeEntry> root(1);
  root.append(NamedLink{"b", put(left)});
  root.append(NamedLink{"z", build_tree(nodes, {file_entry("z", "")}).digest()});
  EXPECT_EQ(of_directory(put(root)), std::vector<std::string>{"a child's last name isn't the one in its parent"});
}

TEST_F(Verify, OverlappingNodesAreReported) {
  auto left = full_leaf("m");
  OpenNamedNode<TreeEntry> root(1);
  root.append(NamedLink{last_name(left), put(left)});
  root.append(NamedLink{"z", build_tree(nodes, {file_entry("b", ""), file_entry("z", "")}).digest()});
  EXPECT_EQ(of_directory(put(root)), std::vector<std::string>{"a child's names reach into the one before it"});
}

TEST_F(Verify, ANodeThatEndsTooEarlyIsReported) {
  OpenNamedNode<TreeEntry> root(1);
  root.append(NamedLink{"a", build_tree(nodes, {file_entry("a", "")}).digest()});
  root.append(NamedLink{"z", build_tree(nodes, {file_entry("z", "")}).digest()});
  EXPECT_EQ(of_directory(put(root)), std::vector<std::string>{"a node ends too early"});
}

TEST_F(Verify, AWrongLevelIsReported) {
  auto left = full_leaf("a");
  OpenNamedNode<TreeEntry> root(2);
  root.append(NamedLink{last_name(left), put(left)});
  root.append(NamedLink{"z", build_tree(nodes, {file_entry("z", "")}).digest()});
  EXPECT_EQ(of_directory(put(root)),
            (std::vector<std::string>{"a child is of the wrong level", "a child is of the wrong level"}));
}

TEST_F(Verify, AttributesWithoutTheDirectoryItselfAreReported) {
  OpenNamedNode<AttributesEntry> leaf(0);
  leaf.append(times_entry("a", 1));
  AttributesId id(nodes.store(NodeKind::kAttributes, leaf.encode()));
  EXPECT_EQ(problems([&](Verifier& v) { v.attributes(id); }),
            std::vector<std::string>{"the directory's own entry is missing"});
}

TEST_F(Verify, AFileOfTheWrongSizeOrDepthIsReported) {
  Digest list = put(runs(0, {{digest_of("a"), 10, 1}, {digest_of("b"), 10, 1}}));
  EXPECT_EQ(of_file({1, 20, FileId(list)}), std::vector<std::string>{});
  EXPECT_EQ(of_file({1, 21, FileId(list)}).size(), 1U);
  EXPECT_EQ(of_file({2, 20, FileId(list)}).size(), 1U);
}

/// 64 runs of which the last ends a node, its id beginning with zeros.
std::vector<object::Run> ending_runs(std::uint64_t salt) {
  std::vector<object::Run> list;
  while (list.size() < 63) {
    object::Run run{digest_of(std::to_string(salt) + "/" + std::to_string(list.size())), 10, 1};
    list.push_back(run);
  }
  object::Run last{digest_of("last"), 10, 1};
  last.id.bytes[0] = last.id.bytes[1] = 0;
  list.push_back(last);
  return list;
}

TEST_F(Verify, ARunThatGoesOnInTheNextNodeIsReported) {
  auto left = ending_runs(1);
  std::vector<object::Run> right = {left.back(), {digest_of("x"), 10, 1}};
  Digest root = put(runs(1, {{put(runs(0, left)), 640, 1}, {put(runs(0, right)), 20, 1}}));
  EXPECT_EQ(of_file({2, 660, FileId(root)}), std::vector<std::string>{"it begins with what the node before ends with"});
}

TEST_F(Verify, ARunThatGoesOnInTheNextRepetitionIsReported) {
  auto left = ending_runs(1);
  left.front() = left.back();
  Digest root = put(runs(1, {{put(runs(0, left)), 640, 3}}));
  EXPECT_EQ(of_file({2, 1920, FileId(root)}),
            std::vector<std::string>{"it begins with what the node before ends with"});
}

TEST_F(Verify, AstronomicRepetitionsAreVerifiedOnce) {
  Digest leaf = put(runs(0, ending_runs(1)));
  Digest root = put(runs(1, {{leaf, 640, std::uint64_t{1} << 50}}));
  Verifier verifier(nodes, [](const Error& error) { FAIL() << error.message(); });
  verifier.file({2, 640 * (std::uint64_t{1} << 50), FileId(root)});
  EXPECT_LE(verifier.nodes_read(), 8U);
}

TEST_F(Verify, DeeplyNestedDirectoriesNeedNoStack) {
  TreeId tree = build_tree(nodes, {});
  for (int i = 0; i < 20000; ++i) tree = build_tree(nodes, {directory_entry("d", tree)});
  EXPECT_EQ(of_directory(tree.digest()), std::vector<std::string>{});
}

}  // namespace
}  // namespace cowstore::object
