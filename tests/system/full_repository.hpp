// A repository that keeps full attributes, on each file system, in the hands of root.
#pragma once

#include <string>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

class FullRepository : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    ready_ = !skipped() && is_root_or_skip();
    if (!ready_) return;
    InitOptions options;
    options.attributes = "full";
    make_repository(copy(), options);
  }
  /// Not ready: the test was skipped.
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] std::string copy() const { return temp() / "copy"; }

 private:
  bool ready_ = false;
};

}  // namespace cowstore::test
