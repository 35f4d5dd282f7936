// Real file systems for tests: ext4, btrfs and xfs (with reflinks) on loop images of 1 GiB each.
//
// ctest mounts them once for a run (tests/support/filesystems, a fixture) for binaries that are declared with
// cowstore_test(… FILESYSTEMS). A binary that is started by hand finds them after
//   tests/support/filesystems mount <build directory>/filesystems
// Where they can't be mounted such tests are skipped with the reason; under CI=true or COWSTORE_REQUIRE_FILESYSTEMS=1
// they fail.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/temp_dir.hpp"

namespace cowstore::test {

struct TestFilesystem {
  std::string name;         ///< "ext4", "btrfs", "xfs"
  std::string path;         ///< where it is mounted
  std::string unavailable;  ///< why not; empty when it is there
};

/// All three, available or not.
std::vector<TestFilesystem> test_filesystems();

/// An own directory on that file system. nullptr after having marked the running test as skipped or failed:
///   auto dir = temp_dir_on("btrfs");
///   if (!dir) return;
std::unique_ptr<TempDir> temp_dir_on(std::string_view filesystem);

/// Marks the running test as skipped, or failed where nothing may be skipped; the caller then returns.
/// The only place where a test is skipped.
void skip_test(const std::string& reason);

/// True for root; else the test is skipped, as by skip_test().
bool is_root_or_skip();

/// A test that runs on each file system of its instantiation, in a directory of its own:
///   using CloneTest = FilesystemTest;
///   INSTANTIATE_TEST_SUITE_P(On, CloneTest, testing::Values("btrfs", "xfs"), filesystem_param_name);
/// gives ctest tests named sys_test.On/CloneTest.SharesBlocks/btrfs. A SetUp of a derived class calls this one first
/// and returns when skipped().
class FilesystemTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] const std::string& filesystem() const { return GetParam(); }
  [[nodiscard]] const TempDir& temp() const { return *temp_; }

 private:
  std::unique_ptr<TempDir> temp_;
};

inline auto every_filesystem() {
  return testing::Values("ext4", "btrfs", "xfs");
}
inline auto reflink_filesystems() {
  return testing::Values("btrfs", "xfs");
}
std::string filesystem_param_name(const testing::TestParamInfo<std::string>& info);

}  // namespace cowstore::test
