// After the machine went down: what a checkout wrote and the disk lost is told apart from edits.
#include "checkout/journal.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

class PowerCut : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    write_file(path("changed"), "first");
    write_file(path("same"), "the same");
    commit_all(copy(), "first");
    write_file(path("changed"), random_bytes(20'000, 1));
    write_file(path("new/added"), "second");
    commit_all(copy(), "second");
    switch_in_place(copy(), "@~1");
    switch_in_place(copy(), "main");
  }

  /// As if the last command had run before the machine was started.
  static void restart_machine(const std::string& directory) {
    sys::Dir control = must(sys::Dir::open(directory + "/.cowstore"));
    auto journal = must(checkout::read_journal(control));
    if (!journal) throw std::runtime_error("no journal");
    journal->boot_id = "00000000-1111-2222-3333-444444444444";
    must(checkout::write_journal(control, *journal));
  }

  /// What delayed allocation leaves: the size, and zeros.
  static void lose_content(const std::string& file) {
    Timestamp mtime = mtime_of(file);
    write_file(file, std::string(read_file(file).size(), '\0'));
    set_mtime(file, mtime);
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
};
INSTANTIATE_TEST_SUITE_P(On, PowerCut, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(PowerCut, WhatASwitchWroteAndTheDiskLostIsNamed) {
  if (skipped()) return;
  restart_machine(copy());
  expect_clean(copy());
  lose_content(path("changed"));
  remove_path(path("new/added"));
  Status status = status_of(copy());
  EXPECT_EQ(status.damaged, (std::vector<std::string>{"changed", "new/added"}));
  RestoreOptions options;
  options.paths = status.damaged;
  must(open_repository(copy()).restore(options));
  expect_clean(copy());
}

TEST_P(PowerCut, EditsOfOtherFilesAreEdits) {
  if (skipped()) return;
  restart_machine(copy());
  write_file(path("same"), "edited");
  Status status = status_of(copy());
  EXPECT_EQ(status.modified, std::vector<std::string>{"same"});
  EXPECT_EQ(status.damaged, std::vector<std::string>());
}

TEST_P(PowerCut, WithoutOneEditsOfTheSameFilesAreEdits) {
  if (skipped()) return;
  write_file(path("changed"), "edited");
  EXPECT_EQ(status_of(copy()).modified, std::vector<std::string>{"changed"});
  EXPECT_EQ(status_of(copy()).damaged, std::vector<std::string>());
}

TEST_P(PowerCut, ANewWorkingCopyIsCoveredToo) {
  if (skipped()) return;
  std::string again = temp() / "again";
  check_out(copy(), "main", again);
  restart_machine(again);
  expect_clean(again);
  lose_content(again + "/same");
  EXPECT_EQ(status_of(again).damaged, std::vector<std::string>{"same"});
}

TEST_P(PowerCut, ACommitMakesWhatIsThereDurableAndSettlesIt) {
  if (skipped()) return;
  write_file(path("same"), "edited");
  commit_all(copy(), "third");
  sys::Dir control = must(sys::Dir::open(copy() + "/.cowstore"));
  EXPECT_FALSE(must(checkout::read_journal(control)));
}

}  // namespace cowstore::test
