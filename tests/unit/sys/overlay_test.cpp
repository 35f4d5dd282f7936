#include "sys/overlay.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/as_nobody.hpp"
#include "support/fault_observer.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/file.hpp"
#include "sys/xattr.hpp"

namespace cowstore::sys {
namespace {

using test::read_file;
using test::write_file;

class OverlayTest : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    for (const char* name : {"lower", "upper", "work", "at"}) test::make_dirs(temp() / name);
    write_file(temp() / "lower/file", "lower");
    write_file(temp() / "lower/dir/inner", "inner");
  }
  Result<OverlayMount> make(const std::string& name = "test") {
    return OverlayMount::make(OverlayLayers{open("lower"), open("upper"), open("work")}, OverlayXattrs::kTrusted, name);
  }
  Result<void> mount() {
    auto made = make();
    return made ? made->attach(open("at")) : Result<void>(made.error());
  }
  Result<bool> in_use() {
    return is_upper_in_use(OverlayLayers{open("lower"), open("upper"), open("work")}, OverlayXattrs::kTrusted);
  }
  const Dir& open(const std::string& name) {
    opened_.push_back(std::make_unique<Dir>(*Dir::open(temp() / name)));
    return *opened_.back();
  }
  void close() { opened_.clear(); }

 private:
  std::vector<std::unique_ptr<Dir>> opened_;
};
INSTANTIATE_TEST_SUITE_P(On, OverlayTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(OverlayTest, ShowsTheLowerDirectoryAndKeepsWritesInTheUpperOne) {
  if (skipped()) return;
  auto mounted = mount();
  ASSERT_TRUE(mounted.ok()) << mounted.error().message();
  EXPECT_EQ(read_file(temp() / "at/file"), "lower");
  write_file(temp() / "at/file", "edited");
  EXPECT_EQ(read_file(temp() / "lower/file"), "lower");
  EXPECT_EQ(read_file(temp() / "upper/file"), "edited");
  EXPECT_TRUE(*is_on_overlay(*Dir::open(temp() / "at")));
  EXPECT_FALSE(*is_on_overlay(*Dir::open(temp() / "upper")));
  ASSERT_TRUE(unmount(temp().open(), "at").ok());
  EXPECT_FALSE(test::exists(temp() / "at/file"));
}

TEST_P(OverlayTest, ADirectoryOfTheLowerOneCanBeRenamed) {
  if (skipped()) return;
  ASSERT_TRUE(mount().ok());
  test::rename_path(temp() / "at/dir", temp() / "at/renamed");
  EXPECT_EQ(read_file(temp() / "at/renamed/inner"), "inner");
  EXPECT_FALSE(test::exists(temp() / "upper/renamed/inner"));
}

TEST_P(OverlayTest, OnlyThePermissionsOfAFileAreCopiedWhenOnlyTheyChange) {
  if (skipped()) return;
  ASSERT_TRUE(mount().ok());
  test::set_mode(temp() / "at/file", 0600);
  EXPECT_TRUE(read_xattr(*Dir::open(temp() / "upper"), "file", "trusted.overlay.metacopy")->has_value());
  EXPECT_EQ(read_file(temp() / "at/file"), "lower");
}

TEST_P(OverlayTest, TellsWhetherAnUpperDirectoryIsInUseInAnyNamespace) {
  if (skipped()) return;
  EXPECT_FALSE(*in_use());
  test::ProcessSignal mounted, looked;
  test::Child elsewhere([&] {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return 1;
    if (!mount()) return 2;
    mounted.notify();
    looked.wait();
    return 0;
  });
  mounted.wait();
  EXPECT_FALSE(test::exists(temp() / "at/file"));
  EXPECT_TRUE(*in_use());
  looked.notify();
  EXPECT_EQ(elsewhere.wait().status, 0);
  EXPECT_FALSE(*in_use());
}

TEST_P(OverlayTest, AskingWhetherItIsInUseLeavesNothing) {
  if (skipped()) return;
  ASSERT_FALSE(*in_use());
  EXPECT_TRUE(open("upper").list()->empty());
  EXPECT_TRUE(open("work").list()->empty());
  EXPECT_TRUE(list_xattrs(open("upper"), ".")->empty());
}

TEST_P(OverlayTest, UnattachedItIsGoneWithItsDescriptor) {
  if (skipped()) return;
  ASSERT_TRUE(make().ok());
  EXPECT_FALSE(*in_use());
}

TEST_P(OverlayTest, ItsLayersMayHaveAnyNames) {
  if (skipped()) return;
  const std::string odd = "a,b:c\\d=e f\n\xff" + std::string(200, 'x');
  const std::string deep = odd + "/" + odd;
  for (const char* layer : {"/l", "/u", "/w"}) test::make_dirs(temp() / (deep + layer));
  write_file(temp() / (deep + "/l/file"), "deep");
  auto made = OverlayMount::make(OverlayLayers{open(deep + "/l"), open(deep + "/u"), open(deep + "/w")},
                                 OverlayXattrs::kTrusted, "odd");
  ASSERT_TRUE(made.ok()) << made.error().message();
  ASSERT_TRUE(made->attach(open("at")).ok());
  EXPECT_EQ(read_file(temp() / "at/file"), "deep");
}

TEST_P(OverlayTest, WhoMayNotMountIsToldSo) {
  if (skipped()) return;
  Dir lower = *Dir::open(temp() / "lower"), upper = *Dir::open(temp() / "upper"), work = *Dir::open(temp() / "work");
  test::AsNobody nobody;
  auto made = OverlayMount::make(OverlayLayers{lower, upper, work}, OverlayXattrs::kTrusted, "test");
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(made.error().hint.find("root"), std::string::npos);
}

TEST_P(OverlayTest, AKernelWithoutOverlaysIsNamed) {
  if (skipped()) return;
  test::FailNth fault(1, ENODEV, {Call::kMount});
  test::ScopedObserver watching(fault);
  auto made = make();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(made.error().message().find("no overlays"), std::string::npos);
}

TEST_P(OverlayTest, WhatIsInUseIsNotUnmounted) {
  if (skipped()) return;
  ASSERT_TRUE(mount().ok());
  Dir inside = *Dir::open(temp() / "at/dir");
  auto unmounted = unmount(temp().open(), "at");
  ASSERT_FALSE(unmounted.ok());
  EXPECT_EQ(unmounted.error().code, ErrorCode::kBusy);
}

/// The pages of a mapped file belong to the file below: what reaches the overlay's own reaches none.
TEST_P(OverlayTest, AfterWriteBackAStoreThroughAMappingChangesTheTime) {
  if (skipped()) return;
  ASSERT_TRUE(mount().ok());
  const Fd file = std::move(*Dir::open(temp() / "at")->open_write("file"));
  void* mapping = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  ASSERT_NE(mapping, MAP_FAILED);
  auto* bytes = static_cast<volatile char*>(mapping);
  bytes[0] = 'A';
  ASSERT_TRUE(set_mtime(file, {1, 0}, "file").ok());
  bytes[0] = 'B';
  EXPECT_EQ(stat(file, "file")->mtime, (Timestamp{1, 0}));
  ASSERT_TRUE(write_back(file, "file").ok());
  bytes[0] = 'C';
  EXPECT_NE(stat(file, "file")->mtime, (Timestamp{1, 0}));
  ::munmap(mapping, 4096);
}

}  // namespace
}  // namespace cowstore::sys
