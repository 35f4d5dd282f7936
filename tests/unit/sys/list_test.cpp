#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <map>
#include <set>

#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {
namespace {

class ListTest : public test::FilesystemTest {};
INSTANTIATE_TEST_SUITE_P(On, ListTest, test::every_filesystem(), test::filesystem_param_name);

TEST_P(ListTest, TellsEveryKindAndLeavesOutDots) {
  test::write_file(temp() / "file", "x");
  test::make_dirs(temp() / "dir");
  test::make_symlink("dir", temp() / "link");
  ASSERT_EQ(::mkfifo((temp() / "fifo").c_str(), 0600), 0);
  std::map<std::string, FileKind> found;
  auto listed = temp().open().list();
  ASSERT_TRUE(listed.ok());
  for (const ListedEntry& entry : *listed) {
    EXPECT_TRUE(entry.kind_known) << entry.name;
    found[entry.name] = entry.kind;
  }
  EXPECT_EQ(found, (std::map<std::string, FileKind>{{"file", FileKind::kRegular},
                                                    {"dir", FileKind::kDirectory},
                                                    {"link", FileKind::kSymlink},
                                                    {"fifo", FileKind::kFifo}}));
}

TEST_P(ListTest, AnEmptyDirectoryHasNoEntries) {
  EXPECT_TRUE(temp().open().list()->empty());
}

TEST_P(ListTest, TenThousandEntriesAreListedOnceEach) {
  Dir dir = temp().open();
  std::set<std::string> made;
  for (int i = 0; i < 10000; ++i) {
    std::string name = "entry-" + std::to_string(i) + std::string(static_cast<std::size_t>(i % 200), 'x');
    ASSERT_TRUE(dir.make_symlink("t", name).ok());
    made.insert(name);
  }
  auto listed = dir.list();
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->size(), made.size());
  std::set<std::string> found;
  for (const ListedEntry& entry : *listed) found.insert(entry.name);
  EXPECT_EQ(found, made);
}

TEST_P(ListTest, AListingDoesNotDisturbAnother) {
  for (int i = 0; i < 5; ++i) test::write_file(temp() / std::to_string(i), "x");
  Dir dir = temp().open();
  EXPECT_EQ(dir.list()->size(), 5U);
  EXPECT_EQ(dir.list()->size(), 5U);
}

TEST(List, NeedsOneDescriptorAndReturnsIt) {
  test::TempDir temp;
  test::write_file(temp / "file", "x");
  auto end = test::run_child([&] {
    Dir dir = temp.open();
    rlimit limit{static_cast<rlim_t>(dir.fd()) + 2, 1024};
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
    for (int i = 0; i < 100; ++i) {
      if (!dir.list()) return 2;
    }
    return 0;
  });
  EXPECT_EQ(end, (test::ChildEnd{0, 0}));
}

}  // namespace
}  // namespace cowstore::sys
