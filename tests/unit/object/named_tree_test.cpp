#include "object/named_tree.hpp"

#include "object/cursor.hpp"
#include "object/named_node.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

template <class Entry>
class NamedTree : public testing::Test {
 public:
  using Id = typename NamedTraits<Entry>::Id;
  using Model = std::map<std::string, Entry>;

  static Model model_of(std::uint64_t count) {
    Model model;
    for (const Entry& own : own_entries<Entry>()) model[own.name] = own;
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string name = numbered("file-", i);
      model[name] = sample<Entry>(name, i);
    }
    return model;
  }

  static std::vector<Entry> entries_of(const Model& model) {
    std::vector<Entry> entries;
    for (const auto& [name, entry] : model) entries.push_back(entry);
    return entries;
  }

  Id scratch(const Model& model) {
    MemoryNodes elsewhere;
    return build_named(elsewhere, entries_of(model));
  }

  Id edited(const Id& root, const std::vector<NamedEdit<Entry>>& edits) {
    auto id = edit_named_tree<Entry>(nodes, nodes, root, edits);
    EXPECT_TRUE(id.ok()) << id.error().message();
    return id.ok() ? *id : Id{};
  }

  /// Edits to `model` as given: the new entries, nullopt for what goes.
  static void apply(Model& model, const std::vector<NamedEdit<Entry>>& edits) {
    for (const auto& edit : edits) {
      if (edit.entry) {
        model[edit.name] = *edit.entry;
      } else {
        model.erase(edit.name);
      }
    }
  }

  MemoryNodes nodes;
};

using Kinds = testing::Types<TreeEntry, AttributesEntry>;

struct KindNames {
  template <class Entry>
  static std::string GetName(int) {
    return std::is_same_v<Entry, TreeEntry> ? "Directory" : "Attributes";
  }
};
TYPED_TEST_SUITE(NamedTree, Kinds, KindNames);

TYPED_TEST(NamedTree, GivesBackWhatWasPut) {
  for (std::uint64_t count : {0, 1, 2, 100, 5000}) {
    auto entries = this->entries_of(this->model_of(count));
    EXPECT_EQ(read_named<TypeParam>(this->nodes, build_named(this->nodes, entries)), entries);
  }
}

TYPED_TEST(NamedTree, FindReadsOneNodePerLevel) {
  auto model = this->model_of(20000);
  auto root = build_named(this->nodes, this->entries_of(model));
  NamedReader<TypeParam> reader(this->nodes, root);
  for (std::uint64_t i = 0; i < 20000; i += 997) {
    this->nodes.reset_counts();
    auto found = reader.find(numbered("file-", i));
    ASSERT_TRUE(found.ok());
    EXPECT_EQ(*found, model.at(numbered("file-", i)));
    EXPECT_LE(this->nodes.reads, 3U);
  }
  for (const char* name : {"a", "file-000042x", "zzz"}) EXPECT_EQ(*reader.find(name), std::nullopt) << name;
}

TYPED_TEST(NamedTree, RandomEditsGiveTheTreeThatIsBuiltFromScratch) {
  std::mt19937_64 random(20261122);
  auto model = this->model_of(0);
  auto root = build_named(this->nodes, this->entries_of(model));
  for (int step = 0; step < 250; ++step) {
    // It grows, and shrinks again to nothing, several times.
    bool growing = (step / 25) % 2 == 0;
    std::map<std::string, NamedEdit<TypeParam>> batch;
    std::size_t count = 1 + random() % (step % 5 == 0 ? 600 : 6);
    for (std::size_t i = 0; i < count; ++i) {
      std::string name = numbered("n", random() % 4000);
      bool remove = random() % 10 < (growing ? 2 : 8);
      batch[name] = {name, remove ? std::nullopt : std::optional(sample<TypeParam>(name, random()))};
    }
    std::vector<NamedEdit<TypeParam>> edits;
    for (auto& [name, edit] : batch) edits.push_back(edit);
    this->apply(model, edits);
    root = this->edited(root, edits);
    ASSERT_EQ(root, this->scratch(model)) << "step " << step << ", " << model.size() << " entries";
  }
}

TYPED_TEST(NamedTree, RemovingRangesGivesTheTreeThatIsBuiltFromScratch) {
  const std::uint64_t kCount = 30000;  // three levels
  auto full = this->model_of(kCount);
  auto root = build_named(this->nodes, this->entries_of(full));
  for (auto [begin, end] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{{0, kCount},
                                                                                {0, kCount - 1},
                                                                                {0, kCount - 50},
                                                                                {0, kCount - 9000},
                                                                                {1, kCount},
                                                                                {100, kCount},
                                                                                {9000, kCount},
                                                                                {1000, 29000},
                                                                                {0, 15000},
                                                                                {15000, 15001}}) {
    auto model = full;
    std::vector<NamedEdit<TypeParam>> edits;
    for (std::uint64_t i = begin; i < end; ++i) edits.push_back({numbered("file-", i), std::nullopt});
    this->apply(model, edits);
    EXPECT_EQ(this->edited(root, edits), this->scratch(model)) << begin << " to " << end;
  }
}

TYPED_TEST(NamedTree, AppendingOneByOneGivesTheTreeThatIsBuiltFromScratch) {
  auto model = this->model_of(0);
  auto root = build_named(this->nodes, this->entries_of(model));
  for (std::uint64_t i = 0; i < 700; ++i) {
    std::vector<NamedEdit<TypeParam>> edits = {{numbered("file-", i), sample<TypeParam>(numbered("file-", i), i)}};
    this->apply(model, edits);
    root = this->edited(root, edits);
    if (i % 10 != 0) continue;
    ASSERT_EQ(root, this->scratch(model)) << i;
  }
}

constexpr std::uint64_t kMany = COWSTORE_SOAK ? 1'000'000 : 100'000;

TYPED_TEST(NamedTree, OneChangeAmongManyReadsAndWritesAHandfulOfNodes) {
  auto model = this->model_of(kMany);
  auto root = build_named(this->nodes, this->entries_of(model));
  std::size_t all = this->nodes.order.size();
  EXPECT_GT(all, 200U);
  std::mt19937_64 random(1);
  std::size_t written = 0, read = 0;
  for (int i = 0; i < 50; ++i) {
    std::string name = numbered("file-", random() % kMany);
    if (i % 3 == 1) name += "-new";
    std::vector<NamedEdit<TypeParam>> edits = {{name, sample<TypeParam>(name, random())}};
    if (i % 3 == 2) edits.front().entry.reset();
    this->nodes.reset_counts();
    this->edited(root, edits);
    EXPECT_LE(this->nodes.puts, 12U);
    EXPECT_LE(this->nodes.reads, 16U);
    written += this->nodes.puts;
    read += this->nodes.reads;
  }
  EXPECT_LE(written, 50U * 6);
  EXPECT_LE(read, 50U * 7);
}

TYPED_TEST(NamedTree, NoEditsReadAndWriteNothing) {
  auto root = build_named(this->nodes, this->entries_of(this->model_of(1000)));
  this->nodes.reset_counts();
  EXPECT_EQ(this->edited(root, {}), root);
  EXPECT_EQ(this->nodes.reads + this->nodes.puts, 0U);
}

TYPED_TEST(NamedTree, RemovingWhatIsNotThereChangesNothing) {
  auto root = build_named(this->nodes, this->entries_of(this->model_of(5000)));
  EXPECT_EQ(this->edited(root, {{"file-000017x", std::nullopt}, {"zzz", std::nullopt}}), root);
}

TYPED_TEST(NamedTree, EditsOutOfOrderOrMisnamedAreRefused) {
  auto root = build_named(this->nodes, this->entries_of(this->model_of(3)));
  auto refused = [&](const std::vector<NamedEdit<TypeParam>>& edits) {
    auto id = edit_named_tree<TypeParam>(this->nodes, this->nodes, root, edits);
    return !id.ok() && id.error().code == ErrorCode::kUsage;
  };
  EXPECT_TRUE(refused({{"b", std::nullopt}, {"a", std::nullopt}}));
  EXPECT_TRUE(refused({{"a", std::nullopt}, {"a", std::nullopt}}));
  EXPECT_TRUE(refused({{"a", sample<TypeParam>("b", 1)}}));
  EXPECT_TRUE(refused({{"..", sample<TypeParam>("..", 1)}}));
}

TYPED_TEST(NamedTree, EntriesOutOfOrderAreRefused) {
  NamedBuilder<TypeParam> builder(this->nodes);
  for (const TypeParam& own : own_entries<TypeParam>()) ASSERT_TRUE(builder.add(own).ok());
  ASSERT_TRUE(builder.add(sample<TypeParam>("b", 1)).ok());
  EXPECT_EQ(builder.add(sample<TypeParam>("a", 1)).error().code, ErrorCode::kUsage);
  EXPECT_EQ(builder.add(sample<TypeParam>("b", 1)).error().code, ErrorCode::kUsage);
}

TYPED_TEST(NamedTree, AFailedWriteFailsTheEditAndEverythingAfterIt) {
  auto entries = this->entries_of(this->model_of(3000));
  this->nodes.fail_at_put = 3;
  NamedBuilder<TypeParam> builder(this->nodes);
  std::size_t failures = 0;
  for (const TypeParam& entry : entries) failures += builder.add(entry).ok() ? 0 : 1;
  EXPECT_GT(failures, 100U);
  EXPECT_FALSE(builder.finish().ok());
}

TEST(DirectoryTree, TheEmptyOneIsTwoZeros) {
  MemoryNodes nodes;
  TreeId empty = build_tree(nodes, {});
  EXPECT_EQ(nodes.bytes(NodeKind::kDirectory, empty.digest()), (Bytes{0, 0}));
}

TEST(AttributesTree, TheDirectoryItselfComesFirstAndStays) {
  MemoryNodes nodes;
  AttributesBuilder builder(nodes);
  EXPECT_EQ(builder.add(times_entry("a", 1)).error().code, ErrorCode::kUsage);
  EXPECT_EQ(AttributesBuilder(nodes).finish().error().code, ErrorCode::kUsage);
  AttributesId root = build_attributes(nodes, {times_entry("", 1), times_entry("a", 1)});
  std::vector<AttributesEdit> edits = {{"", std::nullopt}};
  EXPECT_EQ(edit_attributes(nodes, nodes, root, edits).error().code, ErrorCode::kUsage);
  edits.front().entry = times_entry("", 2);
  EXPECT_EQ(*edit_attributes(nodes, nodes, root, edits),
            build_attributes(nodes, {times_entry("", 2), times_entry("a", 1)}));
}

TEST(AttributesTree, HoldsTheLargestEntriesThatLinuxAllows) {
  // 64 KiB of names of extended attributes, each with a value of its own.
  std::vector<AttributesEntry> entries = {times_entry("", 1)};
  for (const char* name : {"a", "b", "c"}) {
    AttributesEntry entry{name, {}, std::nullopt};
    std::uint64_t inline_bytes = 0;
    for (std::uint64_t i = 0; i < 5000; ++i) {
      std::string value(40, 'v');
      bool is_inline = xattr_is_inline(value.size(), inline_bytes);
      if (is_inline) inline_bytes += value.size();
      ExtendedAttribute xattr{numbered("user.", i), small_file(value)};
      if (is_inline) xattr.value = value;
      entry.attributes.xattrs.push_back(xattr);
    }
    entries.push_back(entry);
  }
  MemoryNodes nodes;
  EXPECT_EQ(read_named<AttributesEntry>(nodes, build_attributes(nodes, entries)), entries);
}

TEST(Cursor, DamagedAndMissingNodesAreLocatedErrors) {
  MemoryNodes nodes;
  std::vector<TreeEntry> entries;
  for (std::uint64_t i = 0; i < 2000; ++i) entries.push_back(file_entry(numbered("f", i), "x"));
  TreeId root = build_tree(nodes, entries);
  auto order = nodes.order;
  for (const auto& key : order) {
    MemoryNodes damaged;
    damaged.nodes = nodes.nodes;
    damaged.nodes.erase(key);
    auto done = DirectoryReader(damaged, root).for_each([](const TreeEntry&) -> Result<void> { return {}; });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(done.error().path, key.second.hex());
    damaged.checks = MemoryNodes::Checks::kNothing;
    damaged.plant(key.first, key.second, Bytes{0, 1, 2});
    done = DirectoryReader(damaged, root).for_each([](const TreeEntry&) -> Result<void> { return {}; });
    ASSERT_FALSE(done.ok());
    EXPECT_EQ(done.error().code, ErrorCode::kCorrupt);
    EXPECT_EQ(done.error().path, key.second.hex());
  }
}

}  // namespace
}  // namespace cowstore::object
