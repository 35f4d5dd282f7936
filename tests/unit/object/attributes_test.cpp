#include "object/attributes.hpp"

#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

AttributesEntry with(const Attributes& attributes) {
  return {"f", attributes, std::nullopt};
}

Attributes xattrs(std::vector<ExtendedAttribute> list) {
  Attributes attributes;
  attributes.xattrs = std::move(list);
  return attributes;
}

TEST(Attributes, OfOverlaysSecurityModulesAndFileSystemsThemselvesAreNotRecorded) {
  for (const char* name : {"user.a", "user.overlay", "trusted.a", "security.capability", "system.posix_acl_access",
                           "system.posix_acl_default"}) {
    EXPECT_TRUE(is_recorded_xattr(name)) << name;
  }
  for (const char* name : {"user.overlay.opaque", "trusted.overlay.redirect", "security.selinux", "security.ima",
                           "security.capability2", "btrfs.compression", "system.nfs4_acl", "user", ""}) {
    EXPECT_FALSE(is_recorded_xattr(name)) << name;
  }
}

TEST(Attributes, SpecialKindsAreEntryKindsAndBack) {
  for (auto [kind, entry] :
       {std::pair(SpecialKind::kFifo, EntryKind::kFifo), std::pair(SpecialKind::kSocket, EntryKind::kSocket),
        std::pair(SpecialKind::kCharDevice, EntryKind::kCharDevice),
        std::pair(SpecialKind::kBlockDevice, EntryKind::kBlockDevice)}) {
    EXPECT_EQ(entry_kind(kind), entry);
    EXPECT_EQ(special_kind(entry), kind);
    EXPECT_TRUE(is_special(entry));
  }
  EXPECT_FALSE(is_special(EntryKind::kDirectory));
}

TEST(Attributes, OutOfRangeFieldsAreRefused) {
  Attributes a;
  a.mode = 010000;
  EXPECT_NE(entry_problem(with(a)), nullptr);
  a.mode = 07777;
  EXPECT_EQ(entry_problem(with(a)), nullptr);
  a.mtime = Timestamp{0, 1'000'000'000};
  EXPECT_NE(entry_problem(with(a)), nullptr);
  a.mtime = Timestamp{-1, 999'999'999};
  EXPECT_EQ(entry_problem(with(a)), nullptr);
}

TEST(Attributes, OnlyDevicesHaveDeviceNumbers) {
  Attributes a;
  a.special = SpecialFile{SpecialKind::kFifo, 1, 0};
  EXPECT_NE(entry_problem(with(a)), nullptr);
  a.special = SpecialFile{SpecialKind::kBlockDevice, 8, 1};
  EXPECT_EQ(entry_problem(with(a)), nullptr);
}

TEST(Attributes, ExtendedAttributesAreSortedAndUnique) {
  EXPECT_EQ(entry_problem(with(xattrs({{"user.a", "1"}, {"user.b", "2"}}))), nullptr);
  EXPECT_NE(entry_problem(with(xattrs({{"user.b", "1"}, {"user.a", "2"}}))), nullptr);
  EXPECT_NE(entry_problem(with(xattrs({{"user.a", "1"}, {"user.a", "2"}}))), nullptr);
  EXPECT_NE(entry_problem(with(xattrs({{"", "1"}}))), nullptr);
}

TEST(Attributes, LargeValuesAreFilesAndSmallOnesAreInline) {
  FileRef file{0, 4097, FileId(digest_of("v"))};
  EXPECT_EQ(entry_problem(with(xattrs({{"user.a", file}}))), nullptr);
  EXPECT_EQ(entry_problem(with(xattrs({{"user.a", std::string(4096, 'v')}}))), nullptr);
  EXPECT_NE(entry_problem(with(xattrs({{"user.a", std::string(4097, 'v')}}))), nullptr);
  file.size = 4096;
  EXPECT_NE(entry_problem(with(xattrs({{"user.a", file}}))), nullptr);
}

TEST(Attributes, ValuesThatFollow64KiBOfInlineOnesAreFiles) {
  std::vector<ExtendedAttribute> list;
  for (std::uint64_t i = 0; i < 16; ++i) list.push_back({numbered("user.", i), std::string(4096, 'v')});
  EXPECT_EQ(entry_problem(with(xattrs(list))), nullptr);
  list.push_back({"user.z", "x"});
  EXPECT_NE(entry_problem(with(xattrs(list))), nullptr);
  list.back().value = small_file("x");
  EXPECT_EQ(entry_problem(with(xattrs(list))), nullptr);
}

TEST(Attributes, AnEntryOfAChildDirectoryHoldsNothingElse) {
  AttributesEntry entry = times_entry("d", 1);
  entry.children = AttributesId(digest_of("x"));
  EXPECT_NE(entry_problem(entry), nullptr);
  entry.attributes = {};
  EXPECT_EQ(entry_problem(entry), nullptr);
  entry.name.clear();
  EXPECT_NE(entry_problem(entry), nullptr);
}

TEST(Attributes, OnlyTheDirectoryItselfMaySayNothing) {
  EXPECT_EQ(entry_problem(AttributesEntry{}), nullptr);
  EXPECT_NE(entry_problem(AttributesEntry{"f", {}, std::nullopt}), nullptr);
}

TEST(Attributes, ADirectoryIsNeitherSpecialNorHardLinked) {
  AttributesEntry entry;
  entry.attributes.link_group = 1;
  EXPECT_NE(entry_problem(entry), nullptr);
  entry.attributes.link_group.reset();
  entry.attributes.special = SpecialFile{};
  EXPECT_NE(entry_problem(entry), nullptr);
}

}  // namespace
}  // namespace cowstore::object
