// Commands with few open files allowed: they work, or say that the limit is in the way.
#include <sys/resource.h>

#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr int kDone = 0, kLimitTold = 1, kOtherFailure = 2;

template <class T>
int end_of(const Result<T>& result) {
  if (result) return kDone;
  const Error& error = result.error();
  bool told = error.code == ErrorCode::kIo && error.hint.find("ulimit -n") != std::string::npos;
  return told ? kLimitTold : kOtherFailure;
}

/// Every command, one after the other, in a process that may have so many files open.
int all_commands(rlim_t limit, const std::string& copy, const std::string& made) {
  rlimit lower{limit, limit};
  ::setrlimit(RLIMIT_NOFILE, &lower);
  Context context = test_context();
  context.threads = 64;
  auto repository = Repository::open(copy, context);
  if (!repository) return end_of(repository);
  CommitOptions options;
  options.message = "with few descriptors";
  if (int end = end_of(repository->commit(options)); end != kDone) return end;
  if (int end = end_of(repository->status({})); end != kDone) return end;
  if (int end = end_of(repository->checkout("@", made, {})); end != kDone) return end;
  if (int end = end_of(repository->switch_to("@~1", {})); end != kDone) return end;
  if (int end = end_of(repository->undo(Overwrite::kRefuse)); end != kDone) return end;
  if (int end = end_of(repository->fsck()); end != kDone) return end;
  return end_of(repository->log({}, [](const CommitInfo&) -> Result<bool> { return true; }));
}

class FewDescriptors : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
    fill(1);
    commit_all(copy(), "first");
    fill(2);
  }

  void fill(std::uint64_t seed) const {
    for (int i = 0; i < 300; ++i) {
      write_file(copy() + "/d" + std::to_string(i % 40) + "/e/" + std::to_string(i),
                 random_bytes(i % 3 == 0 ? 30'000 : 500, seed * 1000 + static_cast<std::uint64_t>(i)));
    }
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
};
INSTANTIATE_TEST_SUITE_P(On, FewDescriptors, every_filesystem(), filesystem_param_name);

}  // namespace

TEST_P(FewDescriptors, SixtyFourAreEnoughForAnyNumberOfThreads) {
  if (skipped()) return;
  ChildEnd end = run_child([&] { return all_commands(64, copy(), temp() / "made"); });
  EXPECT_EQ(end, (ChildEnd{kDone, 0}));
  expect_clean(copy());
  expect_clean(temp() / "made");
  expect_sound(copy());
}

TEST_P(FewDescriptors, FewerWorkOrAreToldAsTheReason) {
  if (skipped()) return;
  for (rlim_t limit = 8; limit <= 40; limit += 4) {
    std::string made = temp() / ("made" + std::to_string(limit));
    ChildEnd end = run_child([&] { return all_commands(limit, copy(), made); });
    EXPECT_TRUE(end == (ChildEnd{kDone, 0}) || end == (ChildEnd{kLimitTold, 0})) << limit << ": " << end.status;
    fill(limit);
    commit_all(copy(), "with enough of them");
    expect_clean(copy());
    expect_sound(copy());
  }
}

}  // namespace cowstore::test
