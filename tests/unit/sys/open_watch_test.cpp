#include "sys/open_watch.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/fault_observer.hpp"
#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"
#include "sys/file.hpp"

namespace cowstore::sys {
namespace {

class OpenWatchTest : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    dir_ = temp().open();
    watch_ = std::move(OpenWatch::start(dir_)).value();
    for (const char* name : {"a", "b", "c"}) test::write_file(temp() / name, "content");
  }
  int add(const char* name) { return std::move(watch_->add(dir_, name)).value(); }
  std::unordered_set<int> opened() { return std::move(watch_->opened()).value().value(); }

  Dir dir_;
  std::optional<OpenWatch> watch_;
};
INSTANTIATE_TEST_SUITE_P(On, OpenWatchTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(OpenWatchTest, TellsWhoWasOpenedByWhateverName) {
  int a = add("a");
  int b = add("b");
  int c = add("c");
  EXPECT_TRUE(opened().empty());
  test::make_dirs(temp() / "d");
  test::rename_path(temp() / "a", temp() / "d/other");
  test::make_hard_link(temp() / "b", temp() / "d/link");
  EXPECT_TRUE(opened().empty());
  test::append_file(temp() / "d/other", "+");
  (void)test::read_file(temp() / "d/link");
  EXPECT_EQ(opened(), (std::unordered_set<int>{a, b}));
  EXPECT_EQ(::truncate((temp() / "c").c_str(), 1), 0);
  EXPECT_EQ(opened(), std::unordered_set<int>{c});
}

TEST_P(OpenWatchTest, DoesntCountWhatLeavesTheContentAlone) {
  add("a");
  test::set_mode(temp() / "a", 0600);
  (void)dir_.stat("a");
  ASSERT_TRUE(dir_.rename("a", dir_, "b", RenameMode::kExchange).ok());
  ASSERT_TRUE(dir_.unlink("b").ok());
  EXPECT_TRUE(opened().empty());
}

TEST_P(OpenWatchTest, DoesntFollowLinks) {
  test::make_symlink("a", temp() / "l");
  add("l");
  (void)test::read_file(temp() / "a");
  EXPECT_TRUE(opened().empty());
}

TEST(OpenWatch, SaysNothingWhereTooMuchHappened) {
  test::TempDir temp;
  Dir dir = temp.open();
  auto watch = OpenWatch::start(dir);
  ASSERT_TRUE(watch.ok()) << watch.error().message();
  test::write_file(temp / "a", "");
  test::write_file(temp / "b", "");
  ASSERT_TRUE(watch->add(dir, "a").ok() && watch->add(dir, "b").ok());
  // Equal events in a row are one; these differ.
  bool known = true;
  for (int round = 0; round < 200 && known; ++round) {
    for (int i = 0; i < 1000; ++i) {
      (void)::close(::open((temp / (i % 2 == 0 ? "a" : "b")).c_str(), O_RDONLY | O_CLOEXEC));
      (void)::close(::open((temp / (i % 2 == 0 ? "a" : "b")).c_str(), O_RDONLY | O_CLOEXEC));
    }
    if (round == 100) known = std::move(watch->opened()).value().has_value();
  }
  EXPECT_FALSE(known) << "more than 100,000 events were queued";
}

TEST(OpenWatch, RefusesFileSystemsThatOthersMayWriteTo) {
  auto watch = OpenWatch::start(std::move(Dir::open("/proc")).value());
  ASSERT_FALSE(watch.ok());
  EXPECT_EQ(watch.error().code, ErrorCode::kUnsupported);
}

TEST(OpenWatch, ReportsWhatFails) {
  test::TempDir temp;
  Dir dir = temp.open();
  test::write_file(temp / "a", "");
  for (std::uint64_t n = 1; n <= 2; ++n) {
    test::FailNth fault(n, EMFILE, {Call::kWatch});
    test::ScopedObserver watching(fault);
    auto watch = OpenWatch::start(dir);
    ASSERT_EQ(watch.ok(), n == 2);
    if (!watch) continue;
    EXPECT_EQ(watch->add(dir, "a").error().sys_errno, EMFILE);
  }
}

}  // namespace
}  // namespace cowstore::sys
