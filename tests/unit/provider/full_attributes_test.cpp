#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <functional>

#include "provider/file_maker.hpp"
#include "store_bed.hpp"
#include "support/fault_observer.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::provider {
namespace {

using object::EntryKind;

class FullMaker : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    ready_ = !skipped() && test::is_root_or_skip();
    if (!ready_) return;
    bed_ = std::make_unique<test::StoreBed>(temp());
    test::make_dirs(temp() / "out");
    out_ = std::move(sys::Dir::open(temp() / "out")).value();
  }
  [[nodiscard]] bool ready() const { return ready_; }

  Result<Made> make(EntryKind kind, const object::Attributes& attributes) {
    object::TreeEntry entry;
    entry.kind = kind;
    if (object::is_file(kind)) entry.file = bed_->add_packed("content");
    if (kind == EntryKind::kSymlink) entry.target = "nowhere";
    return FileMaker(*bed_->store, ladder_, Verification::kTrust, Times::kRecorded)
        .make_full(out_, "f", entry, attributes);
  }
  struct stat stat() const {
    struct stat info {};
    EXPECT_EQ(::lstat((temp() / "out/f").c_str(), &info), 0);
    return info;
  }
  std::string xattr(const std::string& name) const {
    char buffer[65536];
    auto size = ::lgetxattr((temp() / "out/f").c_str(), name.c_str(), buffer, sizeof buffer);
    return size < 0 ? "none" : std::string(buffer, static_cast<std::size_t>(size));
  }

  std::unique_ptr<test::StoreBed> bed_;
  share::Ladder ladder_{share::Policy::kAuto};
  sys::Dir out_;

 private:
  bool ready_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, FullMaker, test::every_filesystem(), test::filesystem_param_name);

object::Attributes owned(std::uint32_t uid, std::uint32_t gid, std::uint16_t mode) {
  object::Attributes attributes;
  attributes.owner = object::Owner{uid, gid};
  attributes.mode = mode;
  attributes.mtime = Timestamp{1'000'000, 42};
  return attributes;
}

/// CAP_NET_BIND_SERVICE, permitted and effective, in the form of version 2.
const std::string kCapability("\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);

TEST_P(FullMaker, SetuidAndCapabilitiesSurviveTheChangeOfOwner) {
  if (!ready()) return;
  auto attributes = owned(11, 12, 06755);
  attributes.xattrs = {{std::string(object::kCapabilityXattr), kCapability}};
  auto made = make(EntryKind::kExecutable, attributes);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_TRUE(made->unrestored.empty());
  EXPECT_EQ(stat().st_uid, 11U);
  EXPECT_EQ(stat().st_gid, 12U);
  EXPECT_EQ(stat().st_mode & 07777U, 06755U);
  EXPECT_EQ(stat().st_mtim.tv_nsec, 42);
  EXPECT_EQ(xattr("security.capability"), kCapability);
  EXPECT_EQ(made->stat.mode, 06755);
}

TEST_P(FullMaker, AFileIsNeverSetuidForAnotherOwnerThanTheRecorded) {
  if (!ready()) return;
  bool seen = false;
  test::ActBefore look(sys::Call::kSetOwner, "f", [&] {
    seen = true;
    EXPECT_EQ(stat().st_mode & 06000U, 0U);
  });
  test::ScopedObserver watching(look);
  ASSERT_TRUE(make(EntryKind::kExecutable, owned(11, 12, 06755)).ok());
  EXPECT_TRUE(seen);
}

TEST_P(FullMaker, WhatIsRefusedIsToldAndSetIdBitsGoWithTheOwner) {
  if (!ready()) return;
  test::FailNth refuse(1, EPERM, {sys::Call::kSetOwner, sys::Call::kSetXattr}, test::Repeat::kFromThenOn);
  auto attributes = owned(11, 12, 06755);
  attributes.xattrs = {{std::string(object::kCapabilityXattr), kCapability}, {"user.a", "v"}};
  test::ScopedObserver watching(refuse);
  auto made = make(EntryKind::kExecutable, attributes);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->unrestored,
            (std::vector<std::string>{"owner 11:12", "security.capability", "user.a", "setuid and setgid bits"}));
  EXPECT_EQ(stat().st_mode & 07777U, 0755U);
}

TEST_P(FullMaker, ADeviceThatMayNotBeMadeIsToldAndMissing) {
  if (!ready()) return;
  auto attributes = owned(0, 0, 0600);
  attributes.special = object::SpecialFile{object::SpecialKind::kCharDevice, 1, 3};
  {
    test::FailNth refuse(1, EPERM, {sys::Call::kMakeSpecial});
    test::ScopedObserver watching(refuse);
    auto made = make(EntryKind::kCharDevice, attributes);
    ASSERT_TRUE(made.ok());
    EXPECT_FALSE(made->exists);
    EXPECT_EQ(made->unrestored, (std::vector<std::string>{"character device"}));
  }
  auto made = make(EntryKind::kCharDevice, attributes);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->exists);
  EXPECT_EQ(stat().st_mtim.tv_sec, 1'000'000);
}

TEST_P(FullMaker, AFullDiskIsAnError) {
  if (!ready()) return;
  auto attributes = owned(0, 0, 0600);
  attributes.xattrs = {{"user.a", "v"}};
  test::FailNth full(1, EIO, {sys::Call::kSetXattr});
  test::ScopedObserver watching(full);
  EXPECT_EQ(make(EntryKind::kFile, attributes).error().code, ErrorCode::kIo);
}

TEST_P(FullMaker, AValueThatHasNoRoomBesideItsInodeIsToldNotAFullDisk) {
  if (!ready() || filesystem() == "xfs") return;  // XFS has room for the largest there is
  auto attributes = owned(0, 0, 0600);
  attributes.xattrs = {{"user.large", bed_->add_packed(std::string(65536, 'v'))}};
  auto made = make(EntryKind::kFile, attributes);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->unrestored, (std::vector<std::string>{"user.large"}));
}

TEST_P(FullMaker, WhatNoMachineShouldBeToldByAnotherIsNotSet) {
  if (!ready()) return;
  auto attributes = owned(0, 0, 0600);
  attributes.xattrs = {{"security.ima", "forged"}, {"trusted.overlay.opaque", "y"}};
  auto huge = object::FileRef{1, std::uint64_t{1} << 40, FileId(hash::sha256(as_bytes(std::string("none"))))};
  attributes.xattrs.push_back({"user.huge", huge});
  auto made = make(EntryKind::kFile, attributes);
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(made->unrestored, (std::vector<std::string>{"security.ima", "trusted.overlay.opaque", "user.huge"}));
  EXPECT_EQ(::llistxattr((temp() / "out/f").c_str(), nullptr, 0), 0);
}

TEST_P(FullMaker, ReadOnlyFilesAndLinksGetTheirAttributes) {
  if (!ready()) return;
  auto attributes = owned(5, 6, 0444);
  attributes.xattrs = {{"user.a", "v"}};
  ASSERT_TRUE(make(EntryKind::kFile, attributes)->unrestored.empty());
  EXPECT_EQ(xattr("user.a"), "v");
  EXPECT_EQ(stat().st_mode & 07777U, 0444U);
  test::remove_path(temp() / "out/f");
  attributes.mode.reset();
  attributes.xattrs = {{"trusted.a", "v"}};
  ASSERT_TRUE(make(EntryKind::kSymlink, attributes)->unrestored.empty());
  EXPECT_EQ(stat().st_uid, 5U);
  EXPECT_EQ(xattr("trusted.a"), "v");
}

TEST_P(FullMaker, AttributesThatAreNotRecordedAreTakenAway) {
  if (!ready()) return;
  test::write_file(temp() / "out/f", "x");
  ASSERT_EQ(::setxattr((temp() / "out/f").c_str(), "user.old", "v", 1, 0), 0);
  ASSERT_EQ(::setxattr((temp() / "out/f").c_str(), "trusted.overlay.x", "v", 1, 0), 0);
  std::vector<std::string> unrestored;
  FileMaker maker(*bed_->store, ladder_, Verification::kTrust, Times::kRecorded);
  ASSERT_TRUE(maker.apply_full(out_, "f", owned(1, 2, 0600), unrestored).ok());
  EXPECT_EQ(xattr("user.old"), "none");
  EXPECT_EQ(xattr("trusted.overlay.x"), "v");
  EXPECT_EQ(stat().st_uid, 1U);
}

TEST_P(FullMaker, WithoutARecordedOwnerNothingIsLookedAt) {
  if (!ready()) return;
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  object::Attributes times;
  times.mode = 0600;
  ASSERT_TRUE(make(EntryKind::kFile, times).ok());
  EXPECT_EQ(calls.count(sys::Call::kReadXattr) + calls.count(sys::Call::kSetOwner), 0U);
}

}  // namespace
}  // namespace cowstore::provider
