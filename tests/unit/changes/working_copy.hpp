// A working copy without a repository: a directory, its control directory, and versions of it in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_pool.hpp"
#include "changes/compare.hpp"
#include "changes/refresh_index.hpp"
#include "changes/scan.hpp"
#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"
#include "unit/object/memory_nodes.hpp"

namespace cowstore::changes {

constexpr std::string_view kBoot = "11111111-2222-3333-4444-555555555555";
constexpr std::string_view kNextBoot = "99999999-2222-3333-4444-555555555555";

/// What a version records: nothing but content, or times and permission bits as well.
enum class Record { kContent, kTimes };

class WorkingCopy {
 public:
  explicit WorkingCopy(const test::TempDir& temp) : WorkingCopy(temp.path()) {}
  explicit WorkingCopy(std::string path);

  /// Absolute path of something in it.
  std::string operator/(std::string_view path) const { return path_ + "/" + std::string(path); }
  /// The present state as a version, recorded naively. Everything that is there counts, but for nested `.cowstore`.
  object::TreeRoots record(Record what = Record::kTimes);
  object::FileRef reference_to(std::string_view content);

  /// With the index on disk. Failures are failures of the test.
  Scan scan(const ScanOptions& options = {});
  std::vector<Change> compare(Scan& scan, const object::TreeRoots& version, Times times = Times::kIgnore);
  /// "A path", "M path", "D path", "T path", one line each.
  std::string status(const object::TreeRoots& version, const ScanOptions& options = {}, Times times = Times::kIgnore);
  /// A scan and a comparison, after which the index is written; the lines as above.
  std::string refresh(const object::TreeRoots& version, Times times = Times::kIgnore);
  /// As refresh(), until the index vouches for every file: what is younger than a tick of the clock takes a second run.
  void settle(const object::TreeRoots& version);

  [[nodiscard]] const sys::Dir& root() const { return root_; }
  [[nodiscard]] const sys::Dir& control() const { return control_; }
  index::StatIndex index() { return index::StatIndex::load(control_, boot); }
  CompareTools tools() { return {root_, nodes, chunk::rule_of(chunk::Profile::kDefault), pool, nullptr}; }

  std::string_view boot = kBoot;
  object::MemoryNodes nodes;
  base::ThreadPool pool{3};

 private:
  std::string path_;
  sys::Dir root_;
  sys::Dir control_;
};

std::string describe(const std::vector<Change>& changes);
std::string letter(ChangeKind kind);

/// On the file system of the temporary directory ("tmp") and on those of the test bed.
class WorkingCopyTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  std::unique_ptr<test::TempDir> temp_;
  std::unique_ptr<WorkingCopy> copy_;
};

inline auto all_filesystems() {
  return testing::Values("tmp", "ext4", "btrfs", "xfs");
}

}  // namespace cowstore::changes
