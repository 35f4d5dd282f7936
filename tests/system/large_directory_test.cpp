// One directory with very many files: every command within the memory limit, pages mapped from files included.
#include <sys/resource.h>
#include <unistd.h>

#include <functional>

#include "support/run_child.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr int kFiles = COWSTORE_SOAK != 0 ? 200'000 : 20'000;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long kMostKib = 16L << 20;  // what a sanitizer needs says nothing
#else
/// 200,000 entries take less than 256 MiB, what the process needs without any included; fewer take less.
constexpr long kMostKib = (COWSTORE_SOAK != 0 ? 256L : 96L) << 10;
#endif

/// Runs it in a process of its own; how much memory it has ever had, in KiB. -1 if it failed.
long peak_of(const std::function<void()>& command) {
  int ends[2];
  if (::pipe(ends) != 0) return -1;
  ChildEnd end = run_child([&] {
    command();
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    long peak = usage.ru_maxrss;
    return ::write(ends[1], &peak, sizeof peak) == sizeof peak ? 0 : 1;
  });
  long peak = -1;
  if (end == ChildEnd{0, 0} && ::read(ends[0], &peak, sizeof peak) != sizeof peak) peak = -1;
  ::close(ends[0]);
  ::close(ends[1]);
  return peak;
}

void expect_within_limit(const char* what, const std::function<void()>& command) {
  long peak = peak_of(command);
  EXPECT_GT(peak, 0) << what << " failed";
  EXPECT_LT(peak, kMostKib) << what;
  testing::Test::RecordProperty(std::string(what) + " KiB", static_cast<int>(peak));
}

}  // namespace

TEST(LargeDirectory, IsCommittedComparedAndCheckedOutWithinTheMemoryLimit) {
  // In memory, where there is such a place: disks, and what else they have to do, are not the question here.
  TempDir temp(exists("/dev/shm") ? "/dev/shm" : "/tmp");
  std::string copy = temp / "copy";
  make_repository(copy);
  make_dirs(copy + "/all");
  for (int i = 0; i < kFiles; ++i) {
    write_file(copy + "/all/file-with-a-name-of-some-length-" + std::to_string(i), std::to_string(i));
  }
  expect_within_limit("first status", [&] { (void)status_of(copy); });
  expect_within_limit("commit", [&] { commit_all(copy, "first"); });
  expect_within_limit("status", [&] { expect_clean(copy); });
  expect_within_limit("checkout", [&] { check_out(copy, "@", temp / "made"); });
  expect_within_limit("status of a new working copy", [&] { expect_clean(temp / "made"); });
  write_file(copy + "/all/one-more", "x");
  expect_within_limit("second commit", [&] { commit_all(copy, "second"); });
  for (int i = 0; i < kFiles; ++i) {
    write_file(copy + "/all/file-with-a-name-of-some-length-" + std::to_string(i), std::to_string(i) + " again");
  }
  expect_within_limit("commit of changes in all files", [&] { commit_all(copy, "all of them"); });
  expect_within_limit("removal", [&] {
    remove_path(copy + "/all");
    write_file(copy + "/all", "a file");
    commit_all(copy, "third");
  });
  expect_within_limit("switch", [&] { switch_in_place(copy, "@~1"); });
  EXPECT_EQ(names_in(copy + "/all").size(), std::size_t{kFiles + 1});
  expect_within_limit("undo", [&] { must(open_repository(copy).undo(Overwrite::kRefuse)); });
  expect_clean(copy);
  expect_within_limit("switch back", [&] { switch_in_place(copy, "@~1"); });
  EXPECT_EQ(names_in(copy + "/all").size(), std::size_t{kFiles + 1});
  expect_clean(copy);
}

}  // namespace cowstore::test
