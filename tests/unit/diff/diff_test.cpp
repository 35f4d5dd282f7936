#include "diff/diff.hpp"

#include "unit/diff/tree_model.hpp"

namespace cowstore::diff {
namespace {

using Lines = std::vector<std::string>;

class Diff : public testing::Test {
 protected:
  Lines diff(const ModelNode& from, const ModelNode& to, const DiffOptions& options = {}) {
    return lines(changes(nodes, build(nodes, from), build(nodes, to), options));
  }
  MemoryNodes nodes;
};

TEST_F(Diff, EqualVersionsAreNotRead) {
  TreeRoots roots = build(nodes, directory({{"a", file("1")}, {"b", directory({{"c", file("2")}})}}));
  nodes.reset_counts();
  EXPECT_EQ(lines(changes(nodes, roots, roots)), Lines{});
  EXPECT_EQ(nodes.reads, 0U);
}

TEST_F(Diff, AddedRemovedAndModifiedFilesComeInOrderOfPaths) {
  EXPECT_EQ(diff(directory({{"a", file("1")}, {"b", directory({{"x", file("1")}})}, {"b.c", file("1")}}),
                 directory({{"0", file("1")}, {"b", directory({{"x", file("2")}})}, {"b.c", file("2")}})),
            (Lines{"A 0", "R a", "M b/x", "M b.c"}));
}

TEST_F(Diff, ChangesCarryBothEntriesWithTheirAttributes) {
  auto found = changes(nodes, build(nodes, directory({{"a", file("1", 0600, 7)}})),
                       build(nodes, directory({{"a", file("22", 0644, 8)}})));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from.entry, object::file_entry("a", "1"));
  EXPECT_EQ(found[0].to.entry, object::file_entry("a", "22"));
  EXPECT_EQ(found[0].from.attributes, object::times_entry("a", 7, 0600).attributes);
  EXPECT_EQ(found[0].to.attributes, object::times_entry("a", 8, 0644).attributes);
}

TEST_F(Diff, AChangeOfAttributesAloneCarriesTheEntryToo) {
  auto found = changes(nodes, build(nodes, directory({{"a", file("1", 0600)}})),
                       build(nodes, directory({{"a", file("1", 0644)}})));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].kind, ChangeKind::kModified);
  EXPECT_EQ(found[0].from.entry, object::file_entry("a", "1"));
  EXPECT_EQ(found[0].to.entry, object::file_entry("a", "1"));
}

TEST_F(Diff, AChangeOfContentAloneCarriesTheAttributesToo) {
  auto found = changes(nodes, build(nodes, directory({{"a", file("1", 0600, 3)}})),
                       build(nodes, directory({{"a", file("2", 0600, 3)}})));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].from.attributes, object::times_entry("a", 3, 0600).attributes);
  EXPECT_EQ(found[0].to.attributes, object::times_entry("a", 3, 0600).attributes);
}

TEST_F(Diff, TimesAloneAreReportedOnRequestOnly) {
  ModelNode from = directory({{"a", file("1", 0644, 1)}, {"d", directory({}, 0755, 1)}});
  ModelNode to = directory({{"a", file("1", 0644, 2)}, {"d", directory({}, 0755, 2)}});
  EXPECT_EQ(diff(from, to), Lines{});
  EXPECT_EQ(diff(from, to, {WholeDirectory::kContents, Times::kReport}), (Lines{"T a", "T d"}));
}

TEST_F(Diff, PermissionsOfSymlinksDoNotCount) {
  EXPECT_EQ(diff(directory({{"l", symlink("t", 0777)}}), directory({{"l", symlink("t", 0755)}})), Lines{});
  EXPECT_EQ(diff(directory({{"l", symlink("t")}}), directory({{"l", symlink("u")}})), Lines{"M l"});
}

TEST_F(Diff, PermissionsOfDirectoriesCount) {
  EXPECT_EQ(diff(directory({{"d", directory({{"f", file("1")}}, 0755)}}),
                 directory({{"d", directory({{"f", file("1")}}, 0700)}})),
            Lines{"M d"});
  EXPECT_EQ(diff(directory({}, 0755), directory({}, 0700)), Lines{"M "});
}

TEST_F(Diff, ExecutableIsAChangeOfKind) {
  EXPECT_EQ(diff(directory({{"x", file("1")}}), directory({{"x", executable("1")}})), Lines{"M x"});
}

TEST_F(Diff, WholeDirectoriesAreToldAsAsked) {
  ModelNode from = directory({});
  ModelNode to =
      directory({{"d", directory({{"e", directory({})}, {"f", file("1")}, {"g", directory({{"h", file("2")}})}})}});
  EXPECT_EQ(diff(from, to, {WholeDirectory::kContents}), (Lines{"A d/e", "A d/f", "A d/g/h"}));
  EXPECT_EQ(diff(from, to, {WholeDirectory::kItself}), (Lines{"A d"}));
  EXPECT_EQ(diff(from, to, {WholeDirectory::kBoth}), (Lines{"A d", "A d/e", "A d/f", "A d/g", "A d/g/h"}));
  EXPECT_EQ(diff(to, from, {WholeDirectory::kContents}), (Lines{"R d/e", "R d/f", "R d/g/h"}));
  EXPECT_EQ(diff(to, from, {WholeDirectory::kItself}), (Lines{"R d"}));
}

TEST_F(Diff, AnAddedDirectoryToldAsAWholeIsNotEntered) {
  std::map<std::string, ModelNode> many;
  for (std::uint64_t i = 0; i < 5000; ++i) many[object::numbered("f", i)] = file("x");
  TreeRoots from = build(nodes, directory({}));
  TreeRoots to = build(nodes, directory({{"d", directory(many)}}));
  nodes.reset_counts();
  EXPECT_EQ(changes(nodes, from, to, {WholeDirectory::kItself}).size(), 1U);
  EXPECT_LE(nodes.read_ids.size(), 7U);
}

TEST_F(Diff, AFileThatBecameADirectoryIsOneModificationAndItsContents) {
  ModelNode was_file = directory({{"p", file("1")}, {"q", file("1")}});
  ModelNode is_directory =
      directory({{"p", directory({{"a", file("2")}, {"s", directory({{"b", file("3")}})}})}, {"q", file("1")}});
  EXPECT_EQ(diff(was_file, is_directory), (Lines{"M p", "A p/a", "A p/s/b"}));
  EXPECT_EQ(diff(is_directory, was_file), (Lines{"M p", "R p/a", "R p/s/b"}));
  EXPECT_EQ(diff(was_file, is_directory, {WholeDirectory::kItself}), (Lines{"M p", "A p/a", "A p/s"}));
}

TEST_F(Diff, NothingAtAllIsAnEmptyTree) {
  TreeRoots some = build(nodes, directory({{"a", file("1")}, {"d", directory({{"b", file("2")}})}}));
  nodes.reset_counts();
  EXPECT_EQ(lines(changes(nodes, {}, some)), (Lines{"A a", "A d/b"}));
  EXPECT_EQ(lines(changes(nodes, some, {})), (Lines{"R a", "R d/b"}));
  EXPECT_EQ(lines(changes(nodes, {}, {})), Lines{});
  EXPECT_EQ(nodes.puts, 0U);
}

TEST_F(Diff, AddedFilesCarryTheirAttributes) {
  TreeRoots some = build(nodes, directory({{"d", directory({{"b", file("2", 0640, 9)}})}}));
  auto found = changes(nodes, {}, some);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].to.attributes, object::times_entry("b", 9, 0640).attributes);
}

TEST_F(Diff, WithoutAttributesOnOneSideOnlyTheTreesAreCompared) {
  TreeRoots from = build(nodes, directory({{"a", file("1", 0600)}, {"b", file("1", 0600)}}, 0700));
  TreeRoots to = build(nodes, directory({{"a", file("1", 0644)}, {"b", file("2", 0644)}}, 0755));
  EXPECT_EQ(lines(changes(nodes, {from.tree, std::nullopt}, to)), Lines{"M b"});
  auto found = changes(nodes, from, {to.tree, std::nullopt});
  ASSERT_EQ(lines(found), Lines{"M b"});
  EXPECT_EQ(found[0].from.attributes, object::times_entry("b", 1, 0600).attributes);
  EXPECT_EQ(found[0].to.attributes, std::nullopt);
}

TEST_F(Diff, OwnersAndExtendedAttributesCountWhereBothSidesRecordedThem) {
  auto version = [&](const object::Attributes& a) {
    object::AttributesEntry entry{"f", a, std::nullopt};
    return TreeRoots{object::build_tree(nodes, {object::file_entry("f", "1")}),
                     object::build_attributes(nodes, {object::times_entry("", 1), entry})};
  };
  object::Attributes times = object::times_entry("f", 1).attributes;
  object::Attributes full = times;
  full.owner = object::Owner{0, 0};
  full.xattrs = {{"user.a", "1"}};
  object::Attributes other_owner = full;
  other_owner.owner->gid = 5;
  object::Attributes other_xattr = full;
  other_xattr.xattrs.clear();
  object::Attributes other_group = full;
  other_group.link_group = 3;
  EXPECT_EQ(lines(changes(nodes, version(times), version(full))), Lines{});
  EXPECT_EQ(lines(changes(nodes, version(full), version(other_owner))), Lines{"M f"});
  EXPECT_EQ(lines(changes(nodes, version(full), version(other_xattr))), Lines{"M f"});
  EXPECT_EQ(lines(changes(nodes, version(full), version(other_group))), Lines{});
}

TEST_F(Diff, SpecialFilesAreChangesOfTheirOwn) {
  TreeId empty = object::build_tree(nodes, {});
  TreeId with_file = object::build_tree(nodes, {object::file_entry("p", "1")});
  auto attributes = [&](object::SpecialKind kind) {
    object::AttributesEntry pipe{"p", {}, std::nullopt};
    pipe.attributes.special = object::SpecialFile{kind, 0, 0};
    return object::build_attributes(nodes, {object::times_entry("", 1), pipe});
  };
  TreeRoots none{empty, object::build_attributes(nodes, {object::times_entry("", 1)})};
  TreeRoots pipe{empty, attributes(object::SpecialKind::kFifo)};
  TreeRoots socket{empty, attributes(object::SpecialKind::kSocket)};
  TreeRoots regular{with_file,
                    object::build_attributes(nodes, {object::times_entry("", 1), object::times_entry("p", 1)})};
  EXPECT_EQ(lines(changes(nodes, none, pipe)), Lines{"A p"});
  EXPECT_EQ(lines(changes(nodes, pipe, none)), Lines{"R p"});
  EXPECT_EQ(lines(changes(nodes, pipe, socket)), Lines{"M p"});
  EXPECT_EQ(lines(changes(nodes, pipe, regular)), Lines{"M p"});
  EXPECT_EQ(lines(changes(nodes, regular, pipe)), Lines{"M p"});
}

TEST_F(Diff, AttributesOfNamesThatDoNotExistAreIgnored) {
  TreeId tree = object::build_tree(nodes, {object::file_entry("f", "1")});
  AttributesId sub = object::build_attributes(nodes, {object::times_entry("", 1), object::times_entry("x", 1)});
  TreeRoots from{tree, object::build_attributes(nodes, {object::times_entry("", 1), object::times_entry("f", 1)})};
  TreeRoots to{tree, object::build_attributes(nodes, {object::times_entry("", 1), {"f", {}, sub}, {"g", {}, sub}})};
  EXPECT_EQ(lines(changes(nodes, from, to)), Lines{});
  EXPECT_EQ(lines(changes(nodes, to, from)), Lines{});
}

TEST_F(Diff, OneChangeAmongManyReadsAHandfulOfNodes) {
  ModelNode root = directory({});
  for (std::uint64_t d = 0; d < 40; ++d) {
    ModelNode& dir = root.children[object::numbered("d", d)];
    dir = directory({});
    for (std::uint64_t i = 0; i < 2500; ++i) dir.children[object::numbered("f", i)] = file(std::to_string(d));
  }
  TreeRoots from = build(nodes, root);
  root.children["d000017"].children["f001234"] = file("y", 0644, 99);
  TreeRoots to = build(nodes, root);
  nodes.reset_counts();
  EXPECT_EQ(lines(changes(nodes, from, to)), Lines{"M d000017/f001234"});
  EXPECT_LE(nodes.read_ids.size(), 20U);
  EXPECT_LE(nodes.reads, 40U);
  EXPECT_GT(nodes.nodes.size(), 500U);
}

TEST_F(Diff, NodesThatOnlyOneVersionHasAreAllThatIsReadOfALargeDirectory) {
  std::vector<object::TreeEntry> entries;
  for (std::uint64_t i = 0; i < 100000; ++i) entries.push_back(object::file_entry(object::numbered("f", i), "x"));
  TreeId from = object::build_tree(nodes, entries);
  std::set<MemoryNodes::Key> of_from(nodes.order.begin(), nodes.order.end());
  entries.erase(entries.begin() + 500);
  entries[50000] = object::file_entry(entries[50000].name, "y");
  entries.insert(entries.begin() + 70000, object::file_entry(entries[69999].name + "!", "new"));
  TreeId to = object::build_tree(nodes, entries);
  nodes.reset_counts();
  EXPECT_EQ(lines(changes(nodes, {from, {}}, {to, {}})), (Lines{"R f000500", "M f050001", "A f070000!"}));
  EXPECT_LE(nodes.read_ids.size(), 24U);
}

TEST_F(Diff, TouchingEveryFileReadsEachNodeOnceOrTwice) {
  ModelNode root = directory({});
  for (std::uint64_t i = 0; i < 20000; ++i) root.children[object::numbered("f", i)] = file("x");
  TreeRoots from = build(nodes, root);
  for (auto& [name, node] : root.children) node.mtime = 2;
  TreeRoots to = build(nodes, root);
  nodes.reset_counts();
  EXPECT_EQ(changes(nodes, from, to, {WholeDirectory::kContents, Times::kReport}).size(), 20000U);
  EXPECT_LE(nodes.reads, 2 * nodes.nodes.size());
}

TEST_F(Diff, DirectoriesMayBeNestedAsDeepAsLinuxAllows) {
  auto nested = [&](const char* content) {
    TreeId tree = object::build_tree(nodes, {object::file_entry("f", content)});
    AttributesId attributes = object::build_attributes(nodes, {object::times_entry("", 1)});
    for (int i = 0; i < 20000; ++i) {
      tree = object::build_tree(nodes, {object::directory_entry("d", tree)});
      attributes = object::build_attributes(nodes, {object::times_entry("", 1), {"d", {}, attributes}});
    }
    return TreeRoots{tree, attributes};
  };
  auto found = changes(nodes, nested("1"), nested("2"));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path.size(), 40001U);
}

TEST_F(Diff, ErrorsOfTheSourceAndOfTheFunctionEndIt) {
  TreeRoots from = build(nodes, directory({{"a", file("1")}}));
  TreeRoots to = build(nodes, directory({{"a", file("2")}, {"b", file("2")}}));
  int calls = 0;
  auto done = diff_trees(nodes, from, to, {}, [&](Change&&) -> Result<void> {
    ++calls;
    return Error{ErrorCode::kBusy, 0, "stop", "", "", ""};
  });
  EXPECT_EQ(done.error().code, ErrorCode::kBusy);
  EXPECT_EQ(calls, 1);
  nodes.nodes.erase({object::NodeKind::kDirectory, to.tree->digest()});
  EXPECT_EQ(TreeDiff(nodes, from, to).next().error().code, ErrorCode::kCorrupt);
}

class RandomTrees {
 public:
  explicit RandomTrees(std::uint64_t seed) : random_(seed) {}

  ModelNode tree(int depth) {
    ModelNode root = directory({}, below(4) == 0 ? 0700 : 0755, static_cast<std::int64_t>(below(2)));
    for (std::uint64_t i = below(7); i > 0; --i) root.children[name()] = node(depth);
    return root;
  }

  void mutate(ModelNode& root, int depth) {
    for (std::uint64_t i = below(3); i > 0; --i) {
      if (below(2) == 0) {
        root.children.erase(name());
      } else {
        root.children[name()] = node(depth);
      }
    }
    if (below(5) == 0) root.mode = root.mode == 0700 ? 0755 : 0700;
    if (below(5) == 0) ++root.mtime;
    for (auto& [name, child] : root.children) {
      if (child.is_directory() && below(2) == 0) mutate(child, depth - 1);
    }
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  std::string name() {
    return std::string(1 + below(2), static_cast<char>('a' + below(5))) + (below(3) == 0 ? "." : "");
  }
  ModelNode node(int depth) {
    switch (below(depth > 0 ? 5 : 3)) {
      case 0:
        return executable(std::to_string(below(2)));
      case 1:
        return symlink("t" + std::to_string(below(2)), below(2) == 0 ? 0777 : 0700);
      case 2:
        return file(std::to_string(below(3)), below(2) == 0 ? 0644 : 0600, static_cast<std::int64_t>(below(2)));
      default:
        return tree(depth - 1);
    }
  }
  std::mt19937_64 random_;
};

TEST_F(Diff, AgreesWithBruteForceOnRandomTrees) {
  RandomTrees random(42);
  for (int round = 0; round < 400; ++round) {
    ModelNode from = random.tree(4);
    ModelNode to = from;
    random.mutate(to, 3);
    TreeRoots from_roots = build(nodes, from);
    TreeRoots to_roots = build(nodes, to);
    for (WholeDirectory whole : {WholeDirectory::kContents, WholeDirectory::kItself, WholeDirectory::kBoth}) {
      for (Times times : {Times::kIgnore, Times::kReport}) {
        DiffOptions options{whole, times};
        ASSERT_EQ(lines(changes(nodes, from_roots, to_roots, options)),
                  BruteForce(options, Attributes::kCompared).diff(from, to));
        ASSERT_EQ(lines(changes(nodes, {from_roots.tree, {}}, to_roots, options)),
                  BruteForce(options, Attributes::kIgnored).diff(from, to));
      }
    }
  }
}

}  // namespace
}  // namespace cowstore::diff
