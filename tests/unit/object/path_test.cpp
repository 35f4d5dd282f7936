#include "object/path.hpp"

#include "unit/object/memory_nodes.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

class ResolvePath : public testing::Test {
 protected:
  MemoryNodes nodes;
  TreeId inner = build_tree(nodes, {file_entry("f", "x"), link_entry("l", "f")});
  TreeId root =
      build_tree(nodes, {directory_entry("a", build_tree(nodes, {directory_entry("b", inner)})), file_entry("z", "")});

  ErrorCode code(std::string_view path) { return resolve_path(nodes, root, path).error().code; }
};

TEST_F(ResolvePath, FindsWhatIsThere) {
  EXPECT_EQ(*resolve_path(nodes, root, "a/b/f"), file_entry("f", "x"));
  EXPECT_EQ(*resolve_path(nodes, root, "a/b/l"), link_entry("l", "f"));
  EXPECT_EQ(*resolve_path(nodes, root, "a/b"), directory_entry("b", inner));
  EXPECT_EQ(*resolve_path(nodes, root, "z"), file_entry("z", ""));
}

TEST_F(ResolvePath, TheEmptyPathIsTheRoot) {
  EXPECT_EQ(*resolve_path(nodes, root, ""), directory_entry("", root));
}

TEST_F(ResolvePath, WhatIsNotThereIsNotFound) {
  for (const char* path : {"b", "a/x", "a/b/f/g", "z/y", "a/b/l/f"})
    EXPECT_EQ(code(path), ErrorCode::kNotFound) << path;
}

TEST_F(ResolvePath, PathsThatAreNoneAreRefused) {
  for (const char* path : {"/", "/a", "a/", "a//b", ".", "a/../z", "..", "a/./b"})
    EXPECT_EQ(code(path), ErrorCode::kUsage) << path;
}

TEST_F(ResolvePath, AMissingNodeIsCorruptAndNotAMissingPath) {
  nodes.nodes.erase({NodeKind::kDirectory, inner.digest()});
  EXPECT_EQ(code("a/b/f"), ErrorCode::kCorrupt);
}

TEST_F(ResolvePath, FindsSpecialFilesInTheAttributes) {
  AttributesEntry fifo{"fifo", {}, std::nullopt};
  fifo.attributes.special = SpecialFile{SpecialKind::kFifo, 0, 0};
  AttributesId a = build_attributes(nodes, {times_entry("", 2), fifo});
  AttributesId top = build_attributes(nodes, {times_entry("", 1), AttributesEntry{"a", {}, a}});
  auto found = resolve_in_roots(nodes, {root, top}, "a/fifo");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->entry.kind, EntryKind::kFifo);
  EXPECT_EQ(found->attributes, fifo.attributes);
  EXPECT_EQ(resolve_in_roots(nodes, {root, top}, "a/fifo/x").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(resolve_in_roots(nodes, {root, std::nullopt}, "a/fifo").error().code, ErrorCode::kNotFound);
}

TEST_F(ResolvePath, FindsTheAttributesBesideTheEntry) {
  AttributesId b = build_attributes(nodes, {times_entry("", 3, 0700), times_entry("f", 4)});
  AttributesId a = build_attributes(nodes, {times_entry("", 2), AttributesEntry{"b", {}, b}});
  AttributesId top = build_attributes(nodes, {times_entry("", 1), AttributesEntry{"a", {}, a}});
  auto file = resolve_in_roots(nodes, {root, top}, "a/b/f");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->attributes, times_entry("f", 4).attributes);
  auto directory = resolve_in_roots(nodes, {root, top}, "a/b");
  EXPECT_EQ(directory->attributes, times_entry("", 3, 0700).attributes);
  EXPECT_EQ(directory->attributes_id, b);
  EXPECT_EQ(resolve_in_roots(nodes, {root, top}, "z")->attributes, std::nullopt);
  EXPECT_EQ(resolve_in_roots(nodes, {root, top}, "")->attributes, times_entry("", 1).attributes);
  EXPECT_EQ(resolve_in_roots(nodes, {root, std::nullopt}, "a/b/f")->attributes, std::nullopt);
  EXPECT_EQ(resolve_in_roots(nodes, {}, "a").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cowstore::object
