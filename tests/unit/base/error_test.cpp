#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "cowstore/result.hpp"

namespace cowstore {
namespace {

TEST(Error, MessageIsOperationPathAndReason) {
  Error error{ErrorCode::kNotFound, 0, "read the pack", "a/b.pack", "it was removed", "run fsck"};
  EXPECT_EQ(error.message(), "read the pack a/b.pack: it was removed");
}

TEST(Error, WithoutAReasonTheSystemsTextStandsInLowerCase) {
  EXPECT_EQ((Error{ErrorCode::kNotFound, ENOENT, "open", "a/b.bin", "", ""}.message()),
            "open a/b.bin: no such file or directory");
  EXPECT_EQ((Error{ErrorCode::kIo, EIO, "read", "x", "", ""}.message()), "read x: input/output error");
}

TEST(Error, TheSystemsTextFollowsAReason) {
  Error error{ErrorCode::kNoSpace, ENOSPC, "store", "x", "the journal can't grow", ""};
  EXPECT_EQ(error.message(), "store x: the journal can't grow (no space left on device)");
}

TEST(Error, EveryPartMayBeMissing) {
  EXPECT_EQ(Error{}.message(), "");
  EXPECT_EQ((Error{ErrorCode::kUsage, 0, "", "", "no such branch", ""}.message()), "no such branch");
  EXPECT_EQ((Error{ErrorCode::kUsage, 0, "", "path", "is odd", ""}.message()), "path: is odd");
  EXPECT_EQ((Error{ErrorCode::kUsage, 0, "commit", "", "", ""}.message()), "commit");
  EXPECT_EQ((Error{ErrorCode::kIo, EACCES, "commit", "", "", ""}.message()), "commit: permission denied");
}

TEST(Error, APathCannotWriteControlCodesToATerminal) {
  Error error{ErrorCode::kNotFound, 0, "open", "a\x1b[2Jb\nc", "gone", ""};
  EXPECT_EQ(error.message(), "open a\\x1b[2Jb\\nc: gone");
}

TEST(Error, AnUnknownErrnoStillHasAText) {
  EXPECT_EQ((Error{ErrorCode::kIo, 9999, "read", "x", "", ""}.message()), "read x: unknown error 9999");
}

TEST(Error, EveryCodeHasAWordOfItsOwn) {
  std::set<std::string> words;
  for (auto code :
       {ErrorCode::kOther, ErrorCode::kUsage, ErrorCode::kNotFound, ErrorCode::kConflict, ErrorCode::kCorrupt,
        ErrorCode::kIo, ErrorCode::kNoSpace, ErrorCode::kBusy, ErrorCode::kUnsupported}) {
    words.insert(to_string(code));
  }
  EXPECT_EQ(words, (std::set<std::string>{"other", "usage", "not_found", "conflict", "corrupt", "io", "no_space",
                                          "busy", "unsupported"}));
}

}  // namespace
}  // namespace cowstore
