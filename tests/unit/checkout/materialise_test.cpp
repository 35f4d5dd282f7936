#include "checkout/materialise.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "index/stat_index.hpp"
#include "object/named_tree.hpp"
#include "support/descriptor_limit.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/tree_listing.hpp"
#include "sys/system.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::checkout {
namespace {

using object::TreeRoots;

constexpr std::string_view kBoot = "11111111-2222-3333-4444-555555555555";

class MaterialiseBed : public testing::Test {
 protected:
  MaterialiseBed() {
    test::make_dirs(temp_ / "out");
    out_ = std::move(sys::Dir::open(temp_ / "out")).value();
  }

  object::TreeEntry file(const std::string& name, const std::string& content,
                         object::EntryKind kind = object::EntryKind::kFile) {
    object::TreeEntry entry;
    entry.name = name;
    entry.kind = kind;
    entry.file = content.empty() ? object::FileRef::empty() : bed_.add_packed(content);
    return entry;
  }
  TreeRoots directory(const std::vector<object::TreeEntry>& tree, std::vector<object::AttributesEntry> attributes,
                      std::int64_t seconds, std::uint16_t mode) {
    attributes.insert(attributes.begin(), object::times_entry("", seconds, mode));
    return {object::build_tree(nodes_, tree), object::build_attributes(nodes_, attributes)};
  }

  Result<Materialised> run(const TreeRoots& version) {
    share::Ladder ladder(share::Policy::kAuto);
    provider::FileMaker maker(*bed_.store, ladder, Verification::kTrust, provider::Times::kRecorded);
    return materialise({nodes_, maker, pool_, nullptr}, version, out_);
  }
  Materialised make(const TreeRoots& version) {
    auto made = run(version);
    EXPECT_TRUE(made.ok()) << made.error().message();
    return made.ok() ? std::move(made).value() : Materialised{};
  }
  /// Directories of `width` empty files each.
  TreeRoots wide(std::size_t directories, std::size_t width) {
    std::vector<object::TreeEntry> files, tree;
    for (std::size_t i = 0; i < width; ++i) files.push_back(file(object::numbered("f", i), ""));
    TreeId below = object::build_tree(nodes_, files);
    for (std::size_t i = 0; i < directories; ++i)
      tree.push_back(object::directory_entry(object::numbered("d", i), below));
    return {object::build_tree(nodes_, tree), std::nullopt};
  }

  test::TempDir temp_;
  test::StoreBed bed_{temp_};
  object::MemoryNodes nodes_;
  sys::Dir out_;
  base::ThreadPool pool_{3};
};

class Materialise : public MaterialiseBed {};

TEST_F(Materialise, MakesEveryThingOfAVersionWithItsModesAndTimes) {
  TreeRoots inner = directory({file("x", "1"), object::link_entry("y", "../a")},
                              {object::times_entry("x", 11, 0400), object::times_entry("y", 12, 0777)}, 13, 0500);
  inner.attributes = [&] {  // of a link only the time is recorded
    object::AttributesEntry link{"y", {}, std::nullopt};
    link.attributes.mtime = Timestamp{12, 5};
    return object::build_attributes(nodes_,
                                    {object::times_entry("", 13, 0500), object::times_entry("x", 11, 0400), link});
  }();
  TreeRoots version =
      directory({file("a", "2", object::EntryKind::kExecutable), object::directory_entry("d", *inner.tree)},
                {object::times_entry("a", 21, 0750), {"d", {}, inner.attributes}}, 22, 0751);
  Materialised made = make(version);
  EXPECT_EQ(made.files, 3u);
  EXPECT_EQ(test::read_file(temp_ / "out/a"), "2");
  EXPECT_EQ(test::read_file(temp_ / "out/d/x"), "1");
  EXPECT_EQ(*out_.read_link("d/y"), "../a");
  EXPECT_EQ(out_.stat("a")->mode, 0750);
  EXPECT_EQ(out_.stat("d/x")->mode, 0400);
  EXPECT_EQ(out_.stat("d")->mode, 0500);
  EXPECT_EQ(out_.stat_self()->mode, 0751);
  EXPECT_EQ(out_.stat("a")->mtime, (Timestamp{21, 5}));
  EXPECT_EQ(out_.stat("d/x")->mtime, (Timestamp{11, 5}));
  EXPECT_EQ(out_.stat("d/y")->mtime, (Timestamp{12, 5}));
  EXPECT_EQ(out_.stat("d")->mtime, (Timestamp{13, 5}));
  EXPECT_EQ(out_.stat_self()->mtime, (Timestamp{22, 5}));
}

TEST_F(Materialise, TellsTheStatsThatTheFilesHaveInTheEnd) {
  TreeRoots locked = directory({file("x", "1")}, {object::times_entry("x", 1, 0000)}, 2, 0000);
  TreeRoots version = directory({object::directory_entry("d", *locked.tree)}, {{"d", {}, locked.attributes}}, 3, 0111);
  Materialised made = make(version);
  ASSERT_EQ(made.directories.size(), 2u);
  for (const MadeDirectory& directory : made.directories) {
    auto now = directory.path.empty() ? out_.stat_self() : out_.stat(directory.path);
    EXPECT_EQ(directory.stat.mode, now->mode) << directory.path;
    EXPECT_EQ(directory.stat.mtime, now->mtime) << directory.path;
    EXPECT_EQ(directory.stat.ctime, now->ctime) << directory.path;
  }
}

object::AttributesEntry grouped(const std::string& name, std::uint64_t group) {
  object::AttributesEntry entry = object::times_entry(name, 7, 0644);
  entry.attributes.link_group = group;
  return entry;
}

TEST_F(Materialise, NamesOfOneLinkGroupBecomeOneFileAcrossDirectories) {
  TreeRoots inner = directory({file("x", "1"), file("y", "2")}, {grouped("x", 5), grouped("y", 6)}, 13, 0755);
  TreeRoots version = directory({file("a", "1"), file("b", "2"), object::directory_entry("d", *inner.tree)},
                                {grouped("a", 5), grouped("b", 6), {"d", {}, inner.attributes}}, 22, 0755);
  Materialised made = make(version);
  EXPECT_EQ(made.linked, 2u);
  EXPECT_EQ(out_.stat("a")->inode, out_.stat("d/x")->inode);
  EXPECT_EQ(out_.stat("b")->inode, out_.stat("d/y")->inode);
  EXPECT_EQ(out_.stat("d")->mtime, (Timestamp{13, 5}));
  EXPECT_EQ(out_.stat_self()->mtime, (Timestamp{22, 5}));
  for (const MadeDirectory& directory : made.directories) {
    for (const MadeEntry& entry : directory.entries) {
      if (entry.entry.kind == object::EntryKind::kDirectory) continue;
      auto now = out_.stat(directory.path.empty() ? entry.entry.name : directory.path + "/" + entry.entry.name);
      EXPECT_EQ(entry.stat.ctime, now->ctime) << entry.entry.name;
    }
  }
}

TEST_F(Materialise, OneGroupWithTwoContentsIsTwoFiles) {
  TreeRoots version = directory({file("a", "1"), file("b", "other"), file("c", "1")},
                                {grouped("a", 5), grouped("b", 5), grouped("c", 5)}, 22, 0755);
  Materialised made = make(version);
  EXPECT_EQ(made.linked, 1u);
  EXPECT_EQ(test::read_file(temp_ / "out/b"), "other");
  EXPECT_EQ(out_.stat("a")->inode, out_.stat("c")->inode);
}

TEST_F(Materialise, ASpecialFileInThePlaceOfAnotherIsCorruption) {
  object::AttributesEntry fifo{"a", {}, std::nullopt};
  fifo.attributes.special = object::SpecialFile{object::SpecialKind::kFifo, 0, 0};
  EXPECT_EQ(run(directory({file("a", "1")}, {fifo}, 22, 0755)).error().code, ErrorCode::kCorrupt);
}

TEST_F(Materialise, SpecialFilesAreMade) {
  object::AttributesEntry fifo{"pipe", {}, std::nullopt};
  fifo.attributes.special = object::SpecialFile{object::SpecialKind::kFifo, 0, 0};
  fifo.attributes.mtime = Timestamp{9, 5};
  EXPECT_EQ(make(directory({file("a", "1")}, {fifo}, 22, 0755)).files, 2u);
  EXPECT_EQ(out_.stat("pipe")->kind, sys::FileKind::kFifo);
  EXPECT_EQ(out_.stat("pipe")->mtime, (Timestamp{9, 5}));
}

TEST_F(Materialise, MakesNothingOfNoVersion) {
  EXPECT_EQ(make({}).files, 0u);
  EXPECT_TRUE(out_.list()->empty());
}

TEST_F(Materialise, FillsLargeDirectoriesInSlicesWithNothingLeftOut) {
  Materialised made = make(wide(2, 2500));
  EXPECT_EQ(made.files, 5000u);
  EXPECT_EQ(out_.open_dir("d000000")->list()->size(), 2500u);
  EXPECT_EQ(out_.open_dir("d000001")->list()->size(), 2500u);
}

TEST_F(Materialise, HoldsFewDescriptorsHoweverManyLargeDirectoriesThereAre) {
  TreeRoots version = wide(20, 1030);
  test::DescriptorLimit limit(24);
  auto made = run(version);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->files, 20600u);
}

TEST_F(Materialise, StopsAtADamagedDirectory) {
  TreeRoots version = wide(3, 3);
  nodes_.nodes.erase({object::NodeKind::kDirectory, version.tree->digest()});
  auto made = run(version);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kCorrupt);
}

TEST_F(Materialise, PassesEveryFailureOn) {
  TreeRoots version = wide(2, 3);
  for (std::uint64_t n = 1;; ++n) {
    test::remove_path(temp_ / "out");
    test::make_dirs(temp_ / "out");
    out_ = std::move(sys::Dir::open(temp_ / "out")).value();
    test::FailNth fault(n, EIO);
    bool ok = false;
    {
      test::ScopedObserver watching(fault);
      ok = run(version).ok();
    }
    if (!fault.fired()) {
      EXPECT_TRUE(ok);
      break;
    }
    EXPECT_FALSE(ok) << n;
  }
}

class MadeIndex : public MaterialiseBed {};

TEST_F(MadeIndex, VouchesForEverythingThatWasMade) {
  TreeRoots below = directory({file("x", "1"), file("y", test::random_bytes(100'000, 1))}, {}, 1, 0755);
  TreeRoots version =
      directory({file("a", ""), object::directory_entry("d", *below.tree), object::link_entry("l", "a")},
                {{"d", {}, below.attributes}}, 2, 0755);
  Materialised made = make(version);
  test::make_dirs(temp_ / "out/.cowstore");
  auto bytes = index_of(made, *out_.open_dir(".cowstore"), kBoot);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message();
  index::StatIndex index = index::StatIndex::decode(*bytes, kBoot);
  ASSERT_EQ(index.problem(), "");
  EXPECT_EQ(index.directory_count(), 2u);
  EXPECT_EQ(index.find_directory("")->tree(), version.tree);
  EXPECT_EQ(index.find_directory("d")->attributes(), below.attributes);
  for (const auto& [directory, name] : {std::pair("", "a"), {"", "l"}, {"d", "x"}, {"d", "y"}}) {
    auto entry = index.find_directory(directory)->find(name);
    ASSERT_TRUE(entry) << name;
    std::string path = std::string(directory) + (*directory == '\0' ? "" : "/") + name;
    EXPECT_EQ(index.judge(*entry, *out_.stat(path)), index::Trust::kClean) << path;
  }
}

TEST_F(MadeIndex, NoticesWhatIsEditedRightAfterwards) {
  Materialised made = make(directory({file("a", "1")}, {}, 1, 0755));
  auto bytes = index_of(made, out_, kBoot);
  ASSERT_TRUE(bytes.ok());
  index::StatIndex index = index::StatIndex::decode(*bytes, kBoot);
  test::overwrite_file(temp_ / "out/a", "2", 0);
  EXPECT_NE(index.judge(*index.find_directory("")->find("a"), *out_.stat("a")), index::Trust::kClean);
}

}  // namespace
}  // namespace cowstore::checkout
