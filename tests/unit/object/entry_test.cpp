#include "object/entry.hpp"

#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

TEST(Names, AnyBytesAreLegalButSlashAndNul) {
  for (int byte = 1; byte < 256; ++byte) {
    std::string name(3, static_cast<char>(byte));
    EXPECT_EQ(name_problem(name) == nullptr, byte != '/') << byte;
  }
  EXPECT_NE(name_problem(std::string_view("a\0b", 3)), nullptr);
}

TEST(Names, SpecialAndOverlongOnesAreRefused) {
  for (const char* name : {"", ".", "..", ".cowstore"}) EXPECT_NE(name_problem(name), nullptr) << name;
  for (const char* name : {"...", ".cowstore2", ".Cowstore", " ", "-"}) EXPECT_EQ(name_problem(name), nullptr) << name;
  EXPECT_EQ(name_problem(std::string(255, 'x')), nullptr);
  EXPECT_NE(name_problem(std::string(256, 'x')), nullptr);
}

TEST(FileRefs, TheEmptyFileHasOneForm) {
  EXPECT_EQ(FileRef::empty().id.hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(file_problem(FileRef::empty()), nullptr);
  EXPECT_NE(file_problem({0, 0, FileId(digest_of("x"))}), nullptr);
  EXPECT_NE(file_problem({1, 0, FileId(digest_of("x"))}), nullptr);
}

TEST(FileRefs, SizesAreLimited) {
  FileId id(digest_of("x"));
  EXPECT_EQ(file_problem({0, kMaxChunkBytes, id}), nullptr);
  EXPECT_NE(file_problem({0, kMaxChunkBytes + 1, id}), nullptr);
  EXPECT_EQ(file_problem({1, kMaxFileBytes, id}), nullptr);
  EXPECT_NE(file_problem({1, kMaxFileBytes + 1, id}), nullptr);
  EXPECT_NE(file_problem({33, 5, id}), nullptr);
}

TEST(Entries, TargetsOfSymlinksAreChecked) {
  EXPECT_EQ(entry_problem(link_entry("l", std::string(4095, 't'))), nullptr);
  EXPECT_NE(entry_problem(link_entry("l", std::string(4096, 't'))), nullptr);
  EXPECT_NE(entry_problem(link_entry("l", "")), nullptr);
  EXPECT_NE(entry_problem(link_entry("l", std::string(1, '\0'))), nullptr);
}

}  // namespace
}  // namespace cowstore::object
