#include "checkout/scratch.hpp"

#include <gtest/gtest.h>

#include "support/temp_dir.hpp"
#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::checkout {
namespace {

class Scratch : public testing::Test {
 protected:
  Scratch() {
    test::make_dirs(temp_ / "root");
    test::make_dirs(temp_ / "scratch");
    root_ = std::move(sys::Dir::open(temp_ / "root")).value();
    scratch_ = std::move(sys::Dir::open(temp_ / "scratch")).value();
  }
  void left(const std::string& name, const std::string& content) {
    test::write_file(temp_ / ("scratch/" + name), content);
  }

  std::vector<std::string> clear() {
    // One file that was "old" and becomes "new", one link that goes.
    const object::TreeEntry link = object::link_entry("link", "target");
    const object::TreeRoots from{object::build_tree(nodes_, {object::file_entry("file", "old"), link}), {}};
    const object::TreeRoots to{object::build_tree(nodes_, {object::file_entry("file", "new")}), {}};
    auto saved = clear_scratch(scratch_, root_, {nodes_, from, to}, chunk::rule_of(chunk::Profile::kDefault));
    EXPECT_TRUE(saved.ok()) << saved.error().message();
    EXPECT_TRUE(scratch_.list()->empty());
    return saved.ok() ? *saved : std::vector<std::string>{};
  }

  test::TempDir temp_;
  sys::Dir root_, scratch_;
  ScratchNames names_;
  object::MemoryNodes nodes_;
};

TEST_F(Scratch, ForgetsWhatWasUnderConstructionAndWhatTheStoreHas) {
  left(names_.building(), "half a fi");
  left(names_.moving(), "old");
  left(names_.moving(), "new");
  left(names_.moving(), "");
  test::make_symlink("target", temp_ / ("scratch/" + names_.moving()));
  EXPECT_EQ(clear(), std::vector<std::string>{});
  EXPECT_TRUE(root_.list()->empty());
}

TEST_F(Scratch, KeepsEverythingElse) {
  left(names_.moving(), "somebody's");
  left("7", "of an unknown cowstore");
  test::make_symlink("elsewhere", temp_ / ("scratch/" + names_.moving()));
  left("d/e", "a whole directory");
  auto saved = clear();
  ASSERT_EQ(saved.size(), 4u);
  std::set<std::string> contents;
  for (const std::string& name : saved) {
    EXPECT_TRUE(name.starts_with(kSavedPrefix));
    auto stat = root_.stat(name);
    ASSERT_TRUE(stat.ok());
    if (stat->kind == sys::FileKind::kSymlink) contents.insert("link to " + *root_.read_link(name));
    if (stat->kind == sys::FileKind::kRegular) contents.insert(test::read_file(temp_ / ("root/" + name)));
    if (stat->kind == sys::FileKind::kDirectory) contents.insert(test::read_file(temp_ / ("root/" + name + "/e")));
  }
  EXPECT_EQ(contents,
            (std::set<std::string>{"somebody's", "of an unknown cowstore", "link to elsewhere", "a whole directory"}));
}

TEST_F(Scratch, NamesNothingTwice) {
  std::set<std::string> names;
  for (int i = 0; i < 10; ++i) {
    names.insert(names_.building());
    names.insert(names_.moving());
  }
  EXPECT_EQ(names.size(), 20u);
}

}  // namespace
}  // namespace cowstore::checkout
