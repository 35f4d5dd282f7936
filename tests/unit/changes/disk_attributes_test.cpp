#include "changes/disk_attributes.hpp"

#include <gtest/gtest.h>

#include "changes/list_bytes.hpp"
#include "chunk/chunker.hpp"

namespace cowstore::changes {
namespace {

using Links = FullAttributes::Links;

object::Attributes owned_by(std::uint32_t uid, std::uint32_t gid, std::uint16_t mode) {
  object::Attributes attributes;
  attributes.owner = object::Owner{uid, gid};
  attributes.mode = mode;
  return attributes;
}

sys::Privileges user(std::uint32_t uid) {
  sys::Privileges privileges;
  privileges.uid = uid;
  privileges.groups = {uid};
  return privileges;
}

sys::Privileges root() {
  sys::Privileges privileges;
  privileges.chown = privileges.make_devices = privileges.set_capabilities = privileges.trusted_attributes = true;
  return privileges;
}

Result<object::FileRef> large(const std::string& value) {
  return hash_bytes(as_bytes(value), chunk::rule_of(chunk::Profile::kDefault));
}

TEST(WithinReach, AForeignOwnerCountsForAnOrdinaryUserAsTheVersionsDoes) {
  const auto before = owned_by(0, 0, 04755);
  const auto seen = within_reach(owned_by(1000, 1000, 0755), Links::kAlone, before, user(1000));
  EXPECT_EQ(seen, before);
}

TEST(WithinReach, WithTheRightToChangeItAnOwnerIsWhatTheDiskHas) {
  const auto disk = owned_by(1000, 1000, 0755);
  EXPECT_EQ(within_reach(disk, Links::kAlone, owned_by(0, 0, 04755), root()), disk);
}

TEST(WithinReach, AnOwnGroupCouldHaveBeenRestoredSoThatItCounts) {
  sys::Privileges privileges = user(1000);
  privileges.groups = {7, 1000};
  const auto disk = owned_by(1000, 7, 0644);
  EXPECT_EQ(within_reach(disk, Links::kAlone, owned_by(1000, 1000, 0644), privileges), disk);
}

TEST(WithinReach, PermissionBitsOfAForeignFileStillCount) {
  const auto seen = within_reach(owned_by(1000, 1000, 0700), Links::kAlone, owned_by(0, 0, 04755), user(1000));
  EXPECT_EQ(seen.mode, 04700);
}

TEST(WithinReach, CapabilitiesAndTrustedAttributesAreTheVersionsAndOthersTheDisks) {
  auto disk = owned_by(1000, 1000, 0644);
  disk.xattrs = {{"user.a", "disk"}};
  auto before = owned_by(1000, 1000, 0644);
  before.xattrs = {
      {"security.capability", "cap"}, {"trusted.t", "hidden"}, {"user.a", "version"}, {"user.b", "version"}};
  const auto seen = within_reach(disk, Links::kAlone, before, user(1000));
  const std::vector<object::ExtendedAttribute> expected = {
      {"security.capability", "cap"}, {"trusted.t", "hidden"}, {"user.a", "disk"}};
  EXPECT_EQ(seen.xattrs, expected);
  EXPECT_EQ(within_reach(disk, Links::kAlone, before, root()).xattrs, disk.xattrs);
}

TEST(WithinReach, AVersionWithoutOwnersChangesNothing) {
  auto disk = owned_by(1000, 1000, 0644);
  object::Attributes before;
  before.mode = 0644;
  EXPECT_EQ(within_reach(disk, Links::kAlone, before, user(1000)), disk);
}

TEST(WithinReach, AnUnknownLinkGroupIsTheVersions) {
  auto disk = owned_by(0, 0, 0644);
  auto before = owned_by(0, 0, 0644);
  before.link_group = 5;
  EXPECT_EQ(within_reach(disk, Links::kUnknown, before, root()).link_group, 5U);
  EXPECT_EQ(within_reach(disk, Links::kAlone, before, root()).link_group, std::nullopt);
}

TEST(WithinReach, OnlyDevicesMayBeUnmadeAndOnlyByWhoMayNotMakeThem) {
  EXPECT_TRUE(may_be_unmade(object::EntryKind::kCharDevice, user(1)));
  EXPECT_TRUE(may_be_unmade(object::EntryKind::kBlockDevice, user(1)));
  EXPECT_FALSE(may_be_unmade(object::EntryKind::kFifo, user(1)));
  EXPECT_FALSE(may_be_unmade(object::EntryKind::kCharDevice, root()));
}

TEST(DiskAttributes, SmallValuesAreInlineAndLargeOnesFiles) {
  ScannedEntry entry;
  entry.full = std::make_unique<FullAttributes>();
  const std::string value(object::kMaxInlineXattrBytes + 1, 'v');
  entry.full->xattrs = {{"user.large", value}, {"user.small", "s"}};
  const auto attributes = disk_attributes(entry, large);
  ASSERT_TRUE(attributes.ok());
  ASSERT_EQ(attributes->xattrs.size(), 2U);
  EXPECT_EQ(std::get<object::FileRef>(attributes->xattrs[0].value), *large(value));
  EXPECT_EQ(std::get<std::string>(attributes->xattrs[1].value), "s");
  EXPECT_EQ(object::entry_problem(object::AttributesEntry{"f", *attributes, {}}), nullptr);
}

TEST(DiskAttributes, ALinkHasNoPermissionsAndADeviceItsNumbers) {
  ScannedEntry link;
  link.kind = object::EntryKind::kSymlink;
  EXPECT_EQ(disk_attributes(link, large)->mode, std::nullopt);
  ScannedEntry device;
  device.kind = object::EntryKind::kBlockDevice;
  device.stat.device_major = 8;
  device.stat.device_minor = 1;
  const auto attributes = disk_attributes(device, large);
  EXPECT_EQ(attributes->special, (object::SpecialFile{object::SpecialKind::kBlockDevice, 8, 1}));
}

TEST(DiskAttributes, AValueIsTheFileThatItsBytesWouldBe) {
  const std::string value(300'000, 'x');
  const auto single = hash_bytes(as_bytes(std::string("one")), chunk::rule_of(chunk::Profile::kDefault));
  EXPECT_EQ(single->depth, 0);
  EXPECT_EQ(hash_bytes(as_bytes(value), chunk::rule_of(chunk::Profile::kDefault))->size, value.size());
  EXPECT_EQ(*hash_bytes({}, chunk::rule_of(chunk::Profile::kDefault)), object::FileRef::empty());
}

}  // namespace
}  // namespace cowstore::changes
