#include "diff/directory_pair.hpp"

#include "unit/diff/tree_model.hpp"

namespace cowstore::diff {
namespace {

TEST(Lookup, FindsNamesInOrderReadingEachNodeOnce) {
  MemoryNodes nodes;
  std::vector<object::TreeEntry> entries;
  for (std::uint64_t i = 0; i < 20000; ++i) entries.push_back(object::file_entry(object::numbered("f", i), "x"));
  TreeId root = object::build_tree(nodes, entries);
  std::size_t all = nodes.order.size();
  nodes.reset_counts();
  Lookup<object::TreeEntry> lookup(nodes, root);
  for (const auto& entry : entries) ASSERT_EQ(*lookup.find(entry.name), entry);
  EXPECT_EQ(nodes.reads, all);
}

TEST(Lookup, NamesThatAreNotThereAreNothing) {
  MemoryNodes nodes;
  TreeId root = object::build_tree(nodes, {object::file_entry("b", ""), object::file_entry("d", "")});
  Lookup<object::TreeEntry> lookup(nodes, root);
  for (const char* name : {"a", "b", "c", "d", "e", "f"})
    EXPECT_EQ(lookup.find(name)->has_value(), name[0] == 'b' || name[0] == 'd');
  EXPECT_EQ(*Lookup<object::TreeEntry>(nodes, std::nullopt).find("a"), std::nullopt);
}

TEST(DirectoryPair, GivesEachNameOnceWhicheverTreeItDiffersIn) {
  MemoryNodes nodes;
  TreeRoots from = build(
      nodes, directory({{"a", file("1")}, {"b", file("1", 0600)}, {"c", file("1", 0600)}, {"d", file("1")}}, 0700));
  TreeRoots to = build(
      nodes, directory({{"a", file("2")}, {"b", file("1", 0644)}, {"c", file("2", 0644)}, {"d", file("1")}}, 0755));
  auto pair = DirectoryPair::open(nodes, from, to);
  ASSERT_TRUE(pair.ok());
  std::string names;
  while (*pair->next()) names += pair->name();
  EXPECT_EQ(names, "abc");
}

}  // namespace
}  // namespace cowstore::diff
