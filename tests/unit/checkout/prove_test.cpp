#include "checkout/prove.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::checkout {
namespace {

class Prove : public test::FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    dir_ = temp().open();
    watch_ = std::move(sys::OpenWatch::start(dir_)).value();
  }

  /// Built aside, watched, moved in, looked at: as the executor does it, with `meanwhile` in between.
  Done make(
      const std::string& name, const std::function<void()>& meanwhile = [] {}) {
    test::write_file(temp() / "aside", "content");
    Done done;
    done.path = names_.emplace_back(name);
    done.watched = std::move(watch_->add(dir_, "aside")).value();
    EXPECT_TRUE(dir_.rename("aside", dir_, name).ok());
    meanwhile();
    done.stat = std::move(dir_.stat(name)).value();
    return done;
  }

  sys::Dir dir_;
  std::optional<sys::OpenWatch> watch_;
  std::deque<std::string> names_;
};
INSTANTIATE_TEST_SUITE_P(On, Prove, test::every_filesystem(), test::filesystem_param_name);

TEST_P(Prove, BelievesWhatNobodyOpened) {
  std::vector<Done> made;
  for (int i = 0; i < 50; ++i) made.push_back(make("f" + std::to_string(i)));
  ASSERT_TRUE(prove(made, *watch_, dir_).ok());
  for (const Done& done : made) EXPECT_EQ(done.proof, index::Proof::kProven) << done.path;
}

TEST_P(Prove, DoubtsAnEditThatLeavesNoTraceInTheStat) {
  std::vector<Done> made;
  // Each within the tick in which the file got its name, if the machine is fast; the stat can't tell.
  made.push_back(make("before the look", [&] {
    Timestamp mtime = test::mtime_of(temp() / "before the look");
    test::overwrite_file(temp() / "before the look", "CONTENT", 0);
    test::set_mtime(temp() / "before the look", mtime);
  }));
  made.push_back(make("after it"));
  Timestamp mtime = test::mtime_of(temp() / "after it");
  test::overwrite_file(temp() / "after it", "CONTENT", 0);
  test::set_mtime(temp() / "after it", mtime);
  made.push_back(make("by another name", [&] {
    test::make_hard_link(temp() / "by another name", temp() / "link");
    test::overwrite_file(temp() / "link", "CONTENT", 0);
    test::remove_path(temp() / "link");
  }));
  made.push_back(make("left alone"));
  ASSERT_TRUE(prove(made, *watch_, dir_).ok());
  for (const Done& done : made) EXPECT_EQ(done.proof == index::Proof::kProven, done.path == "left alone") << done.path;
}

TEST_P(Prove, DoubtsWhatWasntWatchedAndTimesToCome) {
  std::vector<Done> made{make("unwatched"), make("future")};
  made[0].watched.reset();
  made[1].stat.mtime.seconds += 1000;
  ASSERT_TRUE(prove(made, *watch_, dir_).ok());
  for (const Done& done : made) EXPECT_EQ(done.proof, index::Proof::kUnproven) << done.path;
}

}  // namespace
}  // namespace cowstore::checkout
