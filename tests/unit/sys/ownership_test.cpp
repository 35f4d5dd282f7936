#include "sys/ownership.hpp"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::sys {
namespace {

struct stat lstat_of(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info;
}

/// What the function returns when an ordinary user calls it.
int as_nobody(const std::function<int()>& body) {
  return test::run_child([&] {
           const gid_t groups[] = {1234};
           bool dropped = ::setgroups(1, groups) == 0 && ::setgid(65534) == 0 && ::setuid(65534) == 0;
           return dropped ? body() : 100;
         })
      .status;
}

TEST(Ownership, IsSetOfFilesDirectoriesAndLinksThemselves) {
  if (!test::is_root_or_skip()) return;
  test::TempDir temp;
  test::write_file(temp / "d/file", "x");
  test::make_symlink("file", temp / "d/link");
  auto dir = temp.open();
  ASSERT_TRUE(set_owner(dir, "d/link", 11, 12).ok());
  EXPECT_EQ(lstat_of(temp / "d/link").st_uid, 11U);
  EXPECT_EQ(lstat_of(temp / "d/file").st_uid, 0U);
  ASSERT_TRUE(set_owner(dir, "d", 21, 22).ok());
  EXPECT_EQ(lstat_of(temp / "d").st_gid, 22U);
  ASSERT_TRUE(set_group(dir, "d/file", 31).ok());
  EXPECT_EQ(lstat_of(temp / "d/file").st_uid, 0U);
  EXPECT_EQ(lstat_of(temp / "d/file").st_gid, 31U);
}

TEST(Ownership, TheNumberThatMeansNobodyIsRefused) {
  test::TempDir temp;
  test::write_file(temp / "file", "x");
  EXPECT_EQ(set_owner(temp.open(), "file", 0xffffffff, 0).error().sys_errno, EINVAL);
  EXPECT_EQ(set_owner(temp.open(), "file", 0, 0xffffffff).error().sys_errno, EINVAL);
  EXPECT_EQ(set_group(temp.open(), "file", 0xffffffff).error().sys_errno, EINVAL);
}

TEST(Ownership, NoPathLeadsThroughALink) {
  test::TempDir temp;
  test::write_file(temp / "real/file", "x");
  test::make_symlink("real", temp / "link");
  EXPECT_EQ(set_group(temp.open(), "link/file", ::getegid()).error().code, ErrorCode::kNotFound);
}

TEST(Privileges, OfAnOrdinaryUserEndAtItsOwnFilesAndGroups) {
  if (!test::is_root_or_skip()) return;
  EXPECT_TRUE(privileges().chown);
  EXPECT_EQ(as_nobody([] {
              Privileges mine = privileges();
              bool none = !mine.chown && !mine.make_devices && !mine.set_capabilities && !mine.trusted_attributes;
              bool own = mine.may_give_to(65534, 65534) && mine.may_give_to(65534, 1234);
              bool others = mine.may_give_to(0, 65534) || mine.may_give_to(65534, 0);
              return none && !mine.all() && own && !others ? 0 : 1;
            }),
            0);
}

TEST(Privileges, WithTheRightToChangeOwnersAnybodyMayBeGivenAFile) {
  Privileges all;
  all.chown = true;
  EXPECT_TRUE(all.may_give_to(5, 6));
  EXPECT_FALSE(all.all());
}

}  // namespace
}  // namespace cowstore::sys
