#include "support/test_filesystems.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace cowstore::test {

namespace {

bool is_set(const char* variable, std::string_view value) {
  const char* found = std::getenv(variable);
  return found != nullptr && found == value;
}

bool nothing_may_be_skipped() {
  return is_set("CI", "true") || is_set("COWSTORE_REQUIRE_FILESYSTEMS", "1");
}

bool is_mount_point(const std::string& path) {
  struct stat self {};
  struct stat parent {};
  return ::stat(path.c_str(), &self) == 0 && ::stat((path + "/..").c_str(), &parent) == 0 &&
         self.st_dev != parent.st_dev;
}

std::string why_unavailable(const std::string& path) {
  if (is_mount_point(path)) return {};
  std::ifstream recorded(path + ".unavailable");
  std::string reason;
  if (std::getline(recorded, reason)) return reason;
  std::string directory = std::filesystem::path(path).parent_path().string();
  return "not mounted: run ctest, or first: tests/support/filesystems mount " + directory;
}

}  // namespace

std::vector<TestFilesystem> test_filesystems() {
  std::vector<TestFilesystem> found;
  for (const char* name : {"ext4", "btrfs", "xfs"}) {
    std::string path = std::string(COWSTORE_TEST_FILESYSTEMS) + "/" + name;
    found.push_back({name, path, why_unavailable(path)});
  }
  return found;
}

std::unique_ptr<TempDir> temp_dir_on(std::string_view filesystem) {
  for (const TestFilesystem& candidate : test_filesystems()) {
    if (candidate.name != filesystem) continue;
    if (candidate.unavailable.empty()) return std::make_unique<TempDir>(candidate.path);
    skip_test(candidate.name + ": " + candidate.unavailable);
    return nullptr;
  }
  ADD_FAILURE() << "no test file system is called " << filesystem;
  return nullptr;
}

void skip_test(const std::string& reason) {
  if (nothing_may_be_skipped()) FAIL() << "may not be skipped here: " << reason;
  GTEST_SKIP() << reason;
}

bool is_root_or_skip() {
  if (::geteuid() == 0) return true;
  skip_test("needs root");
  return false;
}

void FilesystemTest::SetUp() {
  temp_ = temp_dir_on(filesystem());
}

std::string filesystem_param_name(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

}  // namespace cowstore::test
