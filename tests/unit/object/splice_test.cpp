#include "object/splice.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "memory_nodes.hpp"
#include "samples.hpp"
#include "support/random_bytes.hpp"

namespace cowstore::object {
namespace {

/// A version as plain maps: what the trees say, without any of their mechanisms.
struct Model {
  struct Entry {
    std::string content;             ///< of a file
    std::shared_ptr<Model> entries;  ///< of a directory
  };
  std::int64_t seconds = 0;  ///< the directory's own time
  std::map<std::string, Entry> entries;
};

enum class Attributed { kYes, kNo };

TreeRoots build(MemoryNodes& nodes, const Model& model, Attributed attributed) {
  std::vector<TreeEntry> tree;
  std::vector<AttributesEntry> attributes{times_entry("", model.seconds, 0755)};
  for (const auto& [name, entry] : model.entries) {
    if (entry.entries) {
      TreeRoots below = build(nodes, *entry.entries, attributed);
      tree.push_back(directory_entry(name, *below.tree));
      attributes.push_back({name, {}, below.attributes});
    } else {
      tree.push_back(file_entry(name, entry.content));
      attributes.push_back(times_entry(name, static_cast<std::int64_t>(entry.content.size())));
    }
  }
  TreeRoots roots{build_tree(nodes, tree), std::nullopt};
  if (attributed == Attributed::kYes) roots.attributes = build_attributes(nodes, attributes);
  return roots;
}

Model copy(const Model& model) {
  Model result{model.seconds, {}};
  for (const auto& [name, entry] : model.entries) {
    auto below = entry.entries ? std::make_shared<Model>(copy(*entry.entries)) : nullptr;
    result.entries[name] = {entry.content, below};
  }
  return result;
}

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    std::size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const Model::Entry* find(const Model& model, const std::vector<std::string>& parts) {
  const Model* at = &model;
  for (std::size_t i = 0;; ++i) {
    auto found = at->entries.find(parts[i]);
    if (found == at->entries.end()) return nullptr;
    if (i + 1 == parts.size()) return &found->second;
    if (!found->second.entries) return nullptr;
    at = found->second.entries.get();
  }
}

/// One path of the donor into the model, step by step.
void splice_naively(Model& into, const Model& donor, const std::string& path) {
  if (path.empty()) {
    into = copy(donor);
    return;
  }
  std::vector<std::string> parts = parts_of(path);
  const Model::Entry* given = find(donor, parts);
  if (given == nullptr) {
    if (find(into, parts) == nullptr) return;
    Model* at = &into;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) at = at->entries[parts[i]].entries.get();
    at->entries.erase(parts.back());
    return;
  }
  Model* at = &into;
  const Model* beside = &donor;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    beside = beside->entries.at(parts[i]).entries.get();
    Model::Entry& entry = at->entries[parts[i]];
    if (!entry.entries) entry = {"", std::make_shared<Model>(Model{beside->seconds, {}})};
    at = entry.entries.get();
  }
  auto below = given->entries ? std::make_shared<Model>(copy(*given->entries)) : nullptr;
  at->entries[parts.back()] = {given->content, below};
}

Model random_model(test::Random& random, int depth) {
  Model model{static_cast<std::int64_t>(random.below(1000)), {}};
  // Names that sort differently with and without their slash.
  static const std::vector<std::string> kNames{"a", "a-", "a.b", "b", "c", "\x80", "zz"};
  for (const std::string& name : kNames) {
    std::uint64_t die = random.below(4);
    if (die == 0) continue;
    if (die == 1 && depth > 0) {
      model.entries[name] = {"", std::make_shared<Model>(random_model(random, depth - 1))};
    } else {
      model.entries[name] = {std::to_string(random.below(4)), nullptr};
    }
  }
  return model;
}

std::string random_path(test::Random& random) {
  static const std::vector<std::string> kNames{"a", "a-", "a.b", "b", "c", "\x80", "zz", "absent"};
  std::string path;
  for (std::uint64_t i = random.below(3) + 1; i > 0; --i)
    path += (path.empty() ? "" : "/") + kNames[random.below(kNames.size())];
  return path;
}

class Splice : public testing::Test {
 protected:
  TreeRoots splice(const TreeRoots& into, const TreeRoots& donor, const std::vector<std::string>& paths) {
    auto result = splice_paths(nodes_, nodes_, into, donor, paths);
    EXPECT_TRUE(result.ok()) << result.error().message();
    return result.ok() ? *result : TreeRoots{};
  }
  static Model::Entry file(const std::string& content) { return {content, nullptr}; }
  static Model::Entry directory(Model model) { return {"", std::make_shared<Model>(std::move(model))}; }

  MemoryNodes nodes_;
};

TEST_F(Splice, EqualsTheTreeBuiltFromScratch) {
  constexpr std::uint64_t kRounds = COWSTORE_SOAK ? 100'000 : 2'000;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    test::Random random(seed);
    Attributed attributed = random.below(3) == 0 ? Attributed::kNo : Attributed::kYes;
    Model into = random_model(random, 3), donor = random_model(random, 3);
    std::vector<std::string> paths;
    for (std::uint64_t i = random.below(5); i > 0; --i) paths.push_back(random_path(random));
    TreeRoots before = build(nodes_, into, attributed), source = build(nodes_, donor, attributed);
    TreeRoots result = splice(before, source, paths);
    // Shortest first, so that a path doesn't undo what one below it said: both say the same of it.
    std::set<std::string> sorted(paths.begin(), paths.end());
    for (const std::string& path : sorted) splice_naively(into, donor, path);
    ASSERT_EQ(result, build(nodes_, into, attributed)) << "seed " << seed;
  }
}

TEST_F(Splice, TakesAllOfTheDonorForTheEmptyPath) {
  Model into{1, {{"a", file("1")}}}, donor{2, {{"b", file("2")}}};
  TreeRoots source = build(nodes_, donor, Attributed::kYes);
  EXPECT_EQ(splice(build(nodes_, into, Attributed::kYes), source, {"b", "", "x"}), source);
}

TEST_F(Splice, OfNoPathsIsWhatWasThere) {
  TreeRoots into = build(nodes_, Model{1, {{"a", file("1")}}}, Attributed::kYes);
  EXPECT_EQ(splice(into, {}, {}), into);
}

TEST_F(Splice, LeavesADirectoryEmptyWhoseLastEntryGoes) {
  TreeRoots into = build(nodes_, Model{1, {{"d", directory({7, {{"x", file("1")}}})}}}, Attributed::kYes);
  TreeRoots donor = build(nodes_, Model{1, {}}, Attributed::kYes);
  EXPECT_EQ(splice(into, donor, {"d/x"}), build(nodes_, Model{1, {{"d", directory({7, {}})}}}, Attributed::kYes));
}

TEST_F(Splice, MakesNoDirectoryForAPathThatTheDonorHasNot) {
  TreeRoots into = build(nodes_, Model{1, {{"d", file("a file")}}}, Attributed::kYes);
  TreeRoots donor = build(nodes_, Model{1, {{"d", directory({7, {{"x", file("1")}}})}}}, Attributed::kYes);
  EXPECT_EQ(splice(into, donor, {"d/absent"}), into);
  EXPECT_EQ(splice(into, donor, {"other/absent"}), into);
}

TEST_F(Splice, GivesANewDirectoryTheDonorsOwnAttributesAndNothingElse) {
  TreeRoots into = build(nodes_, Model{1, {}}, Attributed::kYes);
  TreeRoots donor =
      build(nodes_, Model{2, {{"d", directory({7, {{"x", file("1")}, {"y", file("2")}}})}}}, Attributed::kYes);
  EXPECT_EQ(splice(into, donor, {"d/x"}),
            build(nodes_, Model{1, {{"d", directory({7, {{"x", file("1")}}})}}}, Attributed::kYes));
}

TEST_F(Splice, OfAnAbsentVersionMakesOne) {
  TreeRoots donor = build(nodes_, Model{2, {{"a", file("1")}, {"b", file("2")}}}, Attributed::kYes);
  EXPECT_EQ(splice({}, donor, {"b"}), build(nodes_, Model{2, {{"b", file("2")}}}, Attributed::kYes));
}

TEST_F(Splice, RefusesPathsThatLeadAnywhereElse) {
  TreeRoots into = build(nodes_, Model{1, {{"a", file("1")}}}, Attributed::kYes);
  for (const char* path : {"/a", "a/", "a//b", ".", "..", "a/../b", "./a", ".cowstore/x", "/"}) {
    auto result = splice_paths(nodes_, nodes_, into, into, {"a", path});
    ASSERT_FALSE(result.ok()) << path;
    EXPECT_EQ(result.error().code, ErrorCode::kUsage) << path;
  }
}

TEST_F(Splice, ReadsOnlyWhatLiesOnThePaths) {
  Model wide{1, {}};
  for (int i = 0; i < 200; ++i) {
    Model below{i, {}};
    for (int j = 0; j < 20; ++j) below.entries["f" + std::to_string(j)] = file(std::to_string(i * 100 + j));
    wide.entries["d" + std::to_string(i)] = directory(std::move(below));
  }
  Model changed = copy(wide);
  changed.entries["d17"].entries->entries["f3"] = file("new");
  TreeRoots into = build(nodes_, wide, Attributed::kYes), donor = build(nodes_, changed, Attributed::kYes);
  nodes_.reset_counts();
  EXPECT_EQ(splice(into, donor, {"d17/f3"}), donor);
  EXPECT_LE(nodes_.read_ids.size(), 20u);
  EXPECT_LE(nodes_.puts, 8u);
}

}  // namespace
}  // namespace cowstore::object
