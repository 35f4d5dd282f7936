#include "provider/copy_tree.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::provider {
namespace {

using test::write_file;

class CopyTree : public testing::Test {
 protected:
  CopyTree() {
    test::make_dirs(temp_ / "from");
    test::make_dirs(temp_ / "to");
  }
  Result<CopiedTree> copy(share::Policy policy = share::Policy::kAuto, sys::Observer* observer = nullptr) {
    share::Ladder ladder(policy);
    share::Ladder elsewhere(policy);
    CopyTreeTools tools{copier_, ladder, elsewhere, pool_, nullptr};
    sys::Dir from = *temp_.open().open_dir("from");
    sys::Dir to = *temp_.open().open_dir("to");
    sys::set_observer(observer);
    auto copied = copy_tree(tools, from, to, "left out");
    sys::set_observer(nullptr);
    sharing_ = ladder.report();
    return copied;
  }
  [[nodiscard]] std::string text(const char* name) const { return test::tree_text(temp_ / name); }

  test::TempDir temp_;
  base::ThreadPool pool_{4};
  FileCopier copier_{Timestamp{0, 0}};
  SharingReport sharing_;
};

TEST_F(CopyTree, CopiesAllButTheNameThatIsLeftOutAtTheTop) {
  write_file(temp_ / "from/left out/file", "x");
  write_file(temp_ / "from/d/left out", "but not here");
  test::make_symlink("nowhere", temp_ / "from/d/link");
  test::make_dirs(temp_ / "from/empty/below");
  test::set_mode(temp_ / "from/empty", 0500);
  test::set_mtime(temp_ / "from/d", {1'000'000'000, 5});
  auto copied = copy();
  ASSERT_TRUE(copied.ok()) << copied.error().message();
  EXPECT_FALSE(test::exists(temp_ / "to/left out"));
  test::set_mode(temp_ / "from/empty", 0700);
  test::remove_path(temp_ / "from/left out");
  test::set_mode(temp_ / "from/empty", 0500);
  EXPECT_EQ(text("to"), text("from"));
  EXPECT_EQ(copied->files, 2u);
  EXPECT_EQ(copied->directories.size(), 4u);
}

TEST_F(CopyTree, CopiesADirectoryOfMoreNamesThanOneTaskTakes) {
  for (int i = 0; i < 1500; ++i) write_file(temp_ / ("from/" + std::to_string(i)), std::to_string(i));
  auto copied = copy();
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(copied->files, 1500u);
  EXPECT_EQ(text("to"), text("from"));
  EXPECT_EQ(sharing_.copied_small, 1500u);
}

TEST_F(CopyTree, ASourcesStatIsThatOfTheContentThatWasCopied) {
  write_file(temp_ / "from/file", "before");
  test::ActBefore editing(sys::Call::kRead, "file", [&] { write_file(temp_ / "from/file", "after, and longer"); });
  auto copied = copy(share::Policy::kCopyOnly, &editing);
  ASSERT_TRUE(copied.ok());
  EXPECT_TRUE(editing.fired());
  EXPECT_EQ(test::read_file(temp_ / "to/file"), "after, and longer");
  EXPECT_EQ(copied->directories.front().entries.front().source.size, 17u);
}

TEST_F(CopyTree, AFileThatNeverComesToRestIsRefusedRatherThanTorn) {
  write_file(temp_ / "from/log", "a line\n");
  class Appending : public sys::Observer {
   public:
    explicit Appending(std::string path) : path_(std::move(path)) {}
    int before(sys::Call call, std::uint64_t, std::string_view name) override {
      if (call == sys::Call::kRead && name.ends_with("log")) test::append_file(path_, "another\n");
      return 0;
    }

   private:
    std::string path_;
  };
  Appending appending(temp_ / "from/log");
  auto copied = copy(share::Policy::kCopyOnly, &appending);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code, ErrorCode::kBusy);
  EXPECT_FALSE(copied.error().hint.empty());
}

TEST_F(CopyTree, NamesOfOneFileStayNamesOfOneFile) {
  write_file(temp_ / "from/a", "shared");
  test::make_dirs(temp_ / "from/d");
  test::make_hard_link(temp_ / "from/a", temp_ / "from/d/b");
  test::make_hard_link(temp_ / "from/a", temp_ / "from/c");
  auto copied = copy();
  ASSERT_TRUE(copied.ok());
  EXPECT_EQ(copied->linked, 2u);
  EXPECT_EQ(test::inode_of(temp_ / "to/a"), test::inode_of(temp_ / "to/d/b"));
  EXPECT_EQ(test::inode_of(temp_ / "to/a"), test::inode_of(temp_ / "to/c"));
}

TEST_F(CopyTree, WhereThereAreNoLinksEachNameIsAFile) {
  write_file(temp_ / "from/a", "shared");
  test::make_hard_link(temp_ / "from/a", temp_ / "from/b");
  for (int error : {EMLINK, EPERM, EOPNOTSUPP}) {
    test::FailNth fault(1, error, {sys::Call::kLink});
    ASSERT_TRUE(copy(share::Policy::kAuto, &fault).ok()) << error;
    EXPECT_EQ(test::read_file(temp_ / "to/b"), "shared");
    EXPECT_NE(test::inode_of(temp_ / "to/a"), test::inode_of(temp_ / "to/b"));
    test::remove_path(temp_ / "to");
    test::make_dirs(temp_ / "to");
  }
}

TEST_F(CopyTree, CopiesAreRefusedWhereOnlyClonesAreAllowed) {
  write_file(temp_ / "from/large", test::random_bytes(100'000, 1));
  test::FailNth none(1, EOPNOTSUPP, {sys::Call::kClone}, test::Repeat::kFromThenOn);
  auto copied = copy(share::Policy::kCloneOnly, &none);
  ASSERT_FALSE(copied.ok());
  EXPECT_EQ(copied.error().code, ErrorCode::kUnsupported);
}

TEST_F(CopyTree, EveryFailureIsReported) {
  write_file(temp_ / "from/d/file", test::random_bytes(10'000, 1));
  test::make_symlink("x", temp_ / "from/link");
  for (std::uint64_t n = 1;; ++n) {
    test::FailNth fault(n, EIO, test::CallSet::changes());
    auto copied = copy(share::Policy::kCopyOnly, &fault);
    if (!fault.fired()) break;
    EXPECT_FALSE(copied.ok()) << n;
    test::remove_path(temp_ / "to");
    test::make_dirs(temp_ / "to");
  }
}

}  // namespace
}  // namespace cowstore::provider
