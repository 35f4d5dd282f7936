#include "sys/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "sys/system.hpp"

namespace cowstore::sys {
namespace {

TEST(SystemError, TellsCallersApartWhatTheyBranchOn) {
  EXPECT_EQ(code_of_errno(ENOENT), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_errno(ENOTDIR), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_errno(ELOOP), ErrorCode::kNotFound);
  EXPECT_EQ(code_of_errno(EEXIST), ErrorCode::kConflict);
  EXPECT_EQ(code_of_errno(ENOTEMPTY), ErrorCode::kConflict);
  EXPECT_EQ(code_of_errno(ENOSPC), ErrorCode::kNoSpace);
  EXPECT_EQ(code_of_errno(EDQUOT), ErrorCode::kNoSpace);
  EXPECT_EQ(code_of_errno(EWOULDBLOCK), ErrorCode::kBusy);
  EXPECT_EQ(code_of_errno(EBUSY), ErrorCode::kBusy);
  EXPECT_EQ(code_of_errno(EXDEV), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of_errno(EOPNOTSUPP), ErrorCode::kUnsupported);
  EXPECT_EQ(code_of_errno(EIO), ErrorCode::kIo);
  EXPECT_EQ(code_of_errno(EACCES), ErrorCode::kIo);
}

TEST(SystemError, CarriesTheCallThePathAndTheErrno) {
  Error error = system_error("open", "a/b.bin", ENOENT);
  EXPECT_EQ(error.sys_errno, ENOENT);
  EXPECT_EQ(error.path, "a/b.bin");
  EXPECT_EQ(error.message(), "open a/b.bin: no such file or directory");
  EXPECT_TRUE(error.hint.empty());
}

TEST(SystemError, AFullDiskComesWithTheWayOut) {
  EXPECT_EQ(system_error("write", "x", ENOSPC).hint, "free some space and run the command again");
  EXPECT_EQ(system_error("write", "/no/such/x", ENOSPC).hint, "free some space and run the command again");
  EXPECT_NE(system_error("write", "/x", EDQUOT).hint.find("quota"), std::string::npos);
}

TEST(SystemError, TooManyOpenFilesNameTheLimit) {
  const std::string limit = std::to_string(open_file_limit());
  EXPECT_NE(system_error("open", "x", EMFILE).hint.find(limit + " files"), std::string::npos);
}

TEST(SystemError, APathThatIsTooLongComesWithTheWayOutAndANameDoesNot) {
  EXPECT_FALSE(system_error("find", std::string(5'000, 'p'), ENAMETOOLONG).hint.empty());
  EXPECT_TRUE(system_error("make", std::string(300, 'n'), ENAMETOOLONG).hint.empty());
}

}  // namespace
}  // namespace cowstore::sys
