#include "checkout/aliases.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <cerrno>
#include <memory>

#include "support/temp_dir.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::checkout {
namespace {

/// A directory that takes `.COWSTORE` for `.cowstore`, as one that folds case does: by a mount, since file systems that
/// fold aren't in every kernel.
class AliasesTest : public testing::Test {
 protected:
  void SetUp() override {
    test::make_dirs(temp_ / ".cowstore");
    test::make_dirs(temp_ / ".COWSTORE");
  }
  [[nodiscard]] bool fold() {
    if (!test::is_root_or_skip()) return false;
    EXPECT_EQ(::mount((temp_ / ".cowstore").c_str(), (temp_ / ".COWSTORE").c_str(), nullptr, MS_BIND, nullptr), 0);
    return true;
  }
  static Difference coming(const std::string& path) { return {path, {}, std::make_shared<const Wanted>()}; }
  static Difference going(const std::string& path) { return {path, {object::EntryKind::kFile, {}}, nullptr}; }
  /// The message, or "" if nothing is refused.
  std::string refusal(const std::vector<Difference>& differences) {
    auto done = refuse_aliases(temp_.open(), *temp_.open().open_dir(".cowstore"), differences);
    if (done) return "";
    EXPECT_EQ(done.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(done.error().hint, "");
    return done.error().message();
  }

  test::TempDir temp_;
};

TEST_F(AliasesTest, NamesAreWhatTheyAreWhereTheDirectoryTellsThemApart) {
  EXPECT_EQ(refusal({coming(".COWSTORE"), coming(".COWSTORE/journal"), coming("a"), coming("A"), going("B")}), "");
}

TEST_F(AliasesTest, WhatWouldLieInTheControlDirectoryIsRefused) {
  if (!fold()) return;
  EXPECT_NE(refusal({coming("a"), coming(".COWSTORE/journal")}).find(".COWSTORE"), std::string::npos);
  EXPECT_NE(refusal({coming(".COWSTORE")}), "");
  EXPECT_EQ(refusal({coming("a"), coming("d/.COWSTORE/journal"), going(".COWSTORE/journal")}), "");
}

TEST_F(AliasesTest, TwoNamesOfOneVersionThatFoldToOneAreRefused) {
  if (!fold()) return;
  EXPECT_NE(refusal({coming("README"), coming("readme")}).find("readme"), std::string::npos);
  EXPECT_NE(refusal({coming("d"), coming("d/x"), coming("d/X")}).find("d/"), std::string::npos);
  EXPECT_EQ(refusal({coming("d/x"), coming("e/X"), coming("x")}), "");
}

TEST_F(AliasesTest, ANameThatFoldsToOneOnDiskIsRefusedUnlessThatGoes) {
  if (!fold()) return;
  test::write_file(temp_ / "d/readme", "");
  EXPECT_NE(refusal({coming("d/README")}).find("d/readme"), std::string::npos);
  EXPECT_EQ(refusal({coming("d/README"), going("d/readme")}), "");
  EXPECT_EQ(refusal({coming("d/readme")}), "") << "it is that one";
}

TEST_F(AliasesTest, OnlyANameThatIsTakenIsExplained) {
  const Error taken{ErrorCode::kConflict, EEXIST, "make", "/x/a", "", ""};
  EXPECT_EQ(explain_alias(taken, "a").code, ErrorCode::kUnsupported);
  EXPECT_EQ(explain_alias(taken, "a").path, "a");
  const Error full{ErrorCode::kNoSpace, ENOSPC, "make", "/x/a", "", ""};
  EXPECT_EQ(explain_alias(full, "a").code, ErrorCode::kNoSpace);
}

}  // namespace
}  // namespace cowstore::checkout
