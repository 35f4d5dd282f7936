// Clocks that jump: by which commits, operations and files are dated.
#include <sys/stat.h>

#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::int64_t kYear = 365 * 86'400;
constexpr std::int64_t kToday = 1'800'000'000;

Context at(std::int64_t seconds, const std::string& command = "test") {
  Context context = test_context(command);
  context.now = [seconds] { return Timestamp{seconds, 0}; };
  context.utc_offset_minutes = [](Timestamp) { return 0; };
  return context;
}

class Clock : public testing::Test {
 protected:
  Clock() { make_repository(repo()); }
  [[nodiscard]] std::string repo() const { return temp_ / "repo"; }
  [[nodiscard]] std::string other() const { return temp_ / "other"; }
  [[nodiscard]] std::string path(const std::string& name) const { return temp_ / name; }

  CommitId commit(const std::string& content, std::int64_t seconds) {
    write_file(repo() + "/file", content);
    CommitOptions options;
    options.message = content;
    return must(must(Repository::open(repo(), at(seconds))).commit(options)).commit;
  }
  /// The message of what `revision` names when the clock says `seconds`.
  std::string message_of(const std::string& revision, std::int64_t seconds) {
    auto shown = must(Repository::open(repo(), at(seconds))).show(revision);
    return shown ? shown->message : shown.error().reason;
  }

 private:
  TempDir temp_;
};

std::vector<std::string> log_of(const std::string& repo) {
  std::vector<std::string> messages;
  must(open_repository(repo).log({}, [&](const CommitInfo& commit) -> Result<bool> {
    messages.push_back(commit.message);
    return true;
  }));
  return messages;
}

std::size_t count_operations(const std::string& repo, const std::string& command) {
  std::size_t count = 0;
  for (const OperationInfo& operation : must(open_repository(repo).operations(0)))
    count += operation.command == command ? 1 : 0;
  return count;
}

}  // namespace

TEST_F(Clock, ThatIsSetBackByYearsChangesNeitherTheOrderNorUndo) {
  commit("one", kToday);
  commit("two", kToday - 20 * kYear);
  commit("three", kToday - 10 * kYear);
  EXPECT_EQ(log_of(repo()), (std::vector<std::string>{"three", "two", "one"}));
  auto operations = must(open_repository(repo()).operations(2));
  EXPECT_EQ(operations.at(0).time.seconds, kToday - 10 * kYear);
  EXPECT_EQ(operations.at(1).time.seconds, kToday - 20 * kYear);
  must(must(Repository::open(repo(), at(0))).restore_operation("@~2"));
  EXPECT_EQ(message_of("main", kToday), "one");
  must(must(Repository::open(repo(), at(kToday - 30 * kYear))).undo(Overwrite::kRefuse));
  EXPECT_EQ(message_of("main", kToday), "three");
  expect_sound(repo());
}

TEST_F(Clock, ThatWasAheadForAWhileHidesOnlyWhatItMisdated) {
  commit("one", kToday);
  commit("two, dated ahead", kToday + 20 * kYear);
  commit("three", kToday + 86'400);
  EXPECT_EQ(message_of("main@{yesterday}", kToday + 86'400 + 1), "one");
  EXPECT_EQ(message_of("main@{yesterday}", kToday + 2 * 86'400), "three");
  EXPECT_EQ(message_of("main@{1}", kToday), "two, dated ahead");
}

TEST_F(Clock, ThatWasBehindForAWhileLeavesTheNewestStateThatIsOldEnough) {
  commit("one", kToday);
  commit("two, dated back", kToday - 20 * kYear);
  commit("three", kToday + 2 * 86'400);
  EXPECT_EQ(message_of("main@{yesterday}", kToday + 2 * 86'400), "two, dated back");
  EXPECT_EQ(message_of("main@{2}", kToday), "one");
}

TEST_F(Clock, OutsideOfWhatCanBeWrittenIsRefusedBeforeAnythingIsMade) {
  commit("one", kToday);
  write_file(repo() + "/file", "two");
  CommitOptions options;
  options.message = "two";
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  auto refused = must(Repository::open(repo(), at(kYear10000))).commit(options);
  expect_error(refused, ErrorCode::kUsage, "range");
  EXPECT_EQ(status_of(repo()).modified, std::vector<std::string>{"file"});
  EXPECT_EQ(log_of(repo()), std::vector<std::string>{"one"});
}

/// What died right after its operation was appended must not append it again, though what came after it looks older.
TEST_F(Clock, ThatIsSetBackBeforeAnInterruptedSwitchIsFinishedMakesNoSecondOperation) {
  commit("one", kToday);
  commit("two", kToday);
  check_out(repo(), "main", other());
  int killed = 0;
  for (std::uint64_t n = 1;; ++n) {
    std::string target = n % 2 == 1 ? "main~1" : "main";
    std::string command = "switch " + std::to_string(n);
    ChildEnd end = run_child([&] {
      KillNth death(n);
      ScopedObserver watching(death);
      auto opened = Repository::open(repo(), at(kToday + 20 * kYear, command));
      return opened && opened->switch_to(target, {}) ? 0 : 1;
    });
    must(must(Repository::open(other(), at(kToday))).create_tag("t" + std::to_string(n), "main", Overwrite::kRefuse));
    open_repository(repo());  // finishes it
    EXPECT_LE(count_operations(repo(), command), 1u) << n;
    if (!end.killed()) break;
    ++killed;
    must(open_repository(repo()).switch_to(n % 2 == 1 ? "main" : "main~1", {}));
  }
  EXPECT_GT(killed, 10);
  expect_sound(repo());
}

TEST_F(Clock, AFileFromTheFutureIsCleanAndAnEditOfItIsNoticed) {
  write_file(repo() + "/file", "one");
  set_mtime(repo() + "/file", {kToday + 70 * kYear, 5});
  set_mtime(repo(), {kToday + 70 * kYear, 5});
  commit_all(repo(), "first");
  expect_clean(repo());
  write_file(repo() + "/file", "two");
  set_mtime(repo() + "/file", {kToday + 70 * kYear, 5});
  EXPECT_EQ(status_of(repo()).modified, std::vector<std::string>{"file"});
  check_out(repo(), "main", other());
  EXPECT_EQ(mtime_of(other() + "/file"), (Timestamp{kToday + 70 * kYear, 5}));
  expect_clean(other());
  write_file(other() + "/file", "six");
  set_mtime(other() + "/file", {kToday + 70 * kYear, 5});
  EXPECT_EQ(status_of(other()).modified, std::vector<std::string>{"file"});
}

}  // namespace cowstore::test
