// Many at once: committers, checkouts and readers, in threads and in processes. A model notes what was reported.
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <map>
#include <mutex>
#include <thread>

#include "cowstore/repository.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/temp_dir.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {

namespace {

constexpr int kCommitters = 3;
constexpr int kRounds = COWSTORE_SOAK ? 60 : 6;

Context context() {
  Context context = system_context();
  context.author = "Ada <ada@example>";
  context.threads = 2;
  return context;
}

Repository open(const std::string& path) {
  auto opened = Repository::open(path, context());
  if (!opened) {
    std::fprintf(stderr, "open %s: %s\n", path.c_str(), opened.error().message().c_str());
    std::abort();
  }
  return std::move(*opened);
}

CommitOptions message(const std::string& text) {
  CommitOptions options;
  options.message = text;
  return options;
}

std::string branch_of(int committer) {
  return "branch" + std::to_string(committer);
}

/// What a committer writes in one round: a file of its own, one that all share, and one that differs in few bytes.
void edit(const std::string& copy, int committer, int round) {
  std::uint64_t seed = static_cast<std::uint64_t>(committer * 1000 + round);
  write_file(copy + "/own" + std::to_string(round), random_bytes(5'000, seed));
  write_file(copy + "/shared/all", "round " + std::to_string(round) + "\n");
  write_file(copy + "/large", random_bytes(60'000, 7) + std::to_string(seed) + random_bytes(60'000, 8));
}

/// A repository `main` with a commit, and a working copy on a branch of its own for each committer.
class ConcurrencyTest : public testing::Test {
 protected:
  void SetUp() override {
    make_dirs(copy("main"));
    ASSERT_TRUE(Repository::init(copy("main"), {}, context()).ok());
    write_file(copy("main") + "/base", random_bytes(40'000, 9));
    Repository repository = open(copy("main"));
    ASSERT_TRUE(repository.commit(message("base")).ok());
    for (int i = 0; i < kCommitters; ++i) {
      ASSERT_TRUE(repository.create_branch(branch_of(i), "@", Overwrite::kRefuse).ok());
      ASSERT_TRUE(repository.checkout(branch_of(i), copy(branch_of(i)), {}).ok());
    }
  }

  [[nodiscard]] std::string copy(const std::string& name) const { return temp_ / name; }

  /// `report` is told of each commit once it was reported, with the files that it was made of.
  void commit_rounds(int committer, const std::function<void(const std::string&, const std::string&)>& report) {
    std::string path = copy(branch_of(committer));
    for (int round = 0; round < kRounds; ++round) {
      edit(path, committer, round);
      Repository repository = open(path);
      auto made = repository.commit(message("round " + std::to_string(round)));
      if (!made || !made->created) {
        ADD_FAILURE() << (made ? "nothing was committed" : made.error().message());
        return;
      }
      report(made->commit.hex(), tree_text(path, Fields::kNoTimes));
    }
  }

  void check_out_until(const std::atomic<bool>& over) {
    Repository repository = open(copy("main"));
    for (int i = 0; !over; ++i) {
      std::string target = copy("out" + std::to_string(i));
      auto made = repository.checkout(branch_of(i % kCommitters), target, {});
      EXPECT_TRUE(made.ok()) << made.error().message();
      auto status = open(target).status({});
      EXPECT_TRUE(status.ok() && status->clean());
      remove_path(target);
    }
  }

  void read_until(const std::atomic<bool>& over) {
    Repository repository = open(copy("main"));
    while (!over) {
      expect_sound(repository);
      auto status = repository.status({});
      EXPECT_TRUE(status.ok()) << status.error().message();
      auto all = [](const CommitInfo&) -> Result<bool> { return true; };
      EXPECT_TRUE(repository.log({.revision = branch_of(0)}, all).ok());
    }
  }

  static void expect_sound(Repository& repository) {
    auto checked = repository.fsck();
    EXPECT_TRUE(checked.ok()) << checked.error().message();
    if (!checked) return;
    for (const Fault& fault : checked->faults) ADD_FAILURE() << fault.container << ": " << fault.message;
  }

  /// Every reported commit is there, in its branch, with the files that it was made of.
  void expect_all_there(const std::map<std::string, std::string>& reported) {
    EXPECT_EQ(reported.size(), static_cast<std::size_t>(kCommitters * kRounds));
    Repository repository = open(copy("main"));
    expect_sound(repository);
    std::size_t reached = 0;
    for (int i = 0; i < kCommitters; ++i) {
      auto count = [&](const CommitInfo& commit) -> Result<bool> {
        reached += reported.contains(commit.id.hex()) ? 1U : 0U;
        return true;
      };
      ASSERT_TRUE(repository.log({.revision = branch_of(i)}, count).ok());
    }
    EXPECT_EQ(reached, reported.size());
    for (const auto& [commit, files] : reported) {
      ASSERT_TRUE(repository.checkout(commit, copy("check"), {}).ok());
      EXPECT_EQ(tree_text(copy("check"), Fields::kNoTimes), files);
      remove_path(copy("check"));
    }
  }

  TempDir temp_;
};

}  // namespace

TEST_F(ConcurrencyTest, ThreadsThatCommitCheckOutAndReadDontDisturbEachOther) {
  std::mutex mutex;
  std::map<std::string, std::string> reported;
  auto report = [&](const std::string& commit, const std::string& files) {
    std::lock_guard lock(mutex);
    reported.emplace(commit, files);
  };
  std::atomic<bool> over{false};
  std::latch start(kCommitters + 2);
  std::vector<std::thread> others;
  others.emplace_back([&] {
    start.arrive_and_wait();
    check_out_until(over);
  });
  others.emplace_back([&] {
    start.arrive_and_wait();
    read_until(over);
  });
  std::vector<std::thread> committers;
  for (int i = 0; i < kCommitters; ++i) {
    committers.emplace_back([&, i] {
      start.arrive_and_wait();
      commit_rounds(i, report);
    });
  }
  for (std::thread& committer : committers) committer.join();
  over = true;
  for (std::thread& other : others) other.join();
  expect_all_there(reported);
}

TEST_F(ConcurrencyTest, ProcessesThatCommitDontDisturbEachOther) {
  std::vector<std::unique_ptr<Child>> committers;
  for (int i = 0; i < kCommitters; ++i) {
    committers.push_back(std::make_unique<Child>([&, i] {
      int number = 0;
      commit_rounds(i, [&](const std::string& commit, const std::string& files) {
        write_file(copy("reports/" + branch_of(i) + "-" + std::to_string(number++)), commit + files);
      });
      return testing::Test::HasFailure() ? 1 : 0;
    }));
  }
  Repository reader = open(copy("main"));
  for (int i = 0; i < kRounds; ++i) expect_sound(reader);
  std::map<std::string, std::string> reported;
  for (int i = 0; i < kCommitters; ++i) {
    EXPECT_EQ(committers[static_cast<std::size_t>(i)]->wait(), (ChildEnd{0, 0}));
    for (int round = 0; round < kRounds; ++round) {
      std::string text = read_file(copy("reports/" + branch_of(i) + "-" + std::to_string(round)));
      reported.emplace(text.substr(0, 64), text.substr(64));
    }
  }
  expect_all_there(reported);
}

TEST_F(ConcurrencyTest, TwoCommitsInOneWorkingCopyWaitForEachOther) {
  write_file(copy("main") + "/one", "one\n");
  ProcessSignal inside;
  ProcessSignal go_on;
  Child first([&] {
    Repository repository = open(copy("main"));
    auto hold = [&] {
      inside.notify();
      go_on.wait();
    };
    ActBefore stop(sys::Call::kRename, "", hold);  // with the working copy's lock held, before anything is published
    ScopedObserver watching(stop);
    auto made = repository.commit(message("first"));
    return made && made->created ? 0 : 1;
  });
  inside.wait();
  write_file(copy("main") + "/two", "two\n");
  Context waiting = context();
  int notices = 0;
  waiting.notice = [&](const std::string& text) {
    EXPECT_NE(text.find("waiting for another cowstore"), std::string::npos) << text;
    if (++notices == 1) go_on.notify();
  };
  auto repository = Repository::open(copy("main"), waiting);
  ASSERT_TRUE(repository.ok()) << repository.error().message();
  auto made = repository->commit(message("second"));
  ASSERT_TRUE(made.ok()) << made.error().message();
  EXPECT_EQ(first.wait(), (ChildEnd{0, 0}));
  EXPECT_EQ(notices, 1);
  EXPECT_TRUE(made->created);
  auto parent = repository->show("@~1");
  ASSERT_TRUE(parent.ok());
  EXPECT_EQ(parent->message, "first");
  auto status = repository->status({});
  EXPECT_TRUE(status.ok() && status->clean());
}

}  // namespace cowstore::test
