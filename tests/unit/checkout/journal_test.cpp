#include "checkout/journal.hpp"

#include <gtest/gtest.h>

#include "support/fault_observer.hpp"
#include "support/temp_dir.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::checkout {
namespace {

using object::digest_of;

/// Every so manieth damage: planting them takes a while.
constexpr std::size_t kStep = COWSTORE_SOAK ? 1 : 13;

Journal sample() {
  Journal journal;
  journal.state = Journal::State::kExecuting;
  journal.boot_id = "11111111-2222-3333-4444-555555555555";
  journal.from = {TreeId(digest_of("a")), AttributesId(digest_of("b"))};
  journal.to = {TreeId(digest_of("c")), std::nullopt};
  journal.unsynced_from = {};
  journal.times = FileTimes::kRecorded;
  journal.operation.time = {-5, 999'999'999};
  journal.operation.utc_offset_minutes = -570;
  // Neither is text: every byte but NUL and '/' can be in a name, and a command line has names in it.
  journal.operation.user = "J\xf6rg";
  journal.operation.command = "cowstore checkout \xff\xfe \"quoted\"\n\x01";
  journal.operation.worktree = "0123456789abcdef";
  journal.operation.details = R"({"after":"x"})";
  journal.operation.changes = {{"heads/\xc3\x28", std::nullopt, "new"}, {"tags/t", "old\xff", std::nullopt}};
  return journal;
}

void expect_same(const Journal& a, const Journal& b) {
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.boot_id, b.boot_id);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.to, b.to);
  EXPECT_EQ(a.unsynced_from, b.unsynced_from);
  EXPECT_EQ(a.times, b.times);
  EXPECT_EQ(a.operation.time, b.operation.time);
  EXPECT_EQ(a.operation.utc_offset_minutes, b.operation.utc_offset_minutes);
  EXPECT_EQ(a.operation.user, b.operation.user);
  EXPECT_EQ(a.operation.command, b.operation.command);
  EXPECT_EQ(a.operation.worktree, b.operation.worktree);
  EXPECT_EQ(a.operation.details, b.operation.details);
  EXPECT_EQ(a.operation.changes, b.operation.changes);
}

class JournalTest : public testing::Test {
 protected:
  Result<std::optional<Journal>> read() { return read_journal(control_); }
  [[nodiscard]] std::string text() const { return test::read_file(temp_ / "journal"); }
  void plant(const std::string& text) { test::write_file(temp_ / "journal", text); }
  /// The journal with one piece of its text replaced.
  void plant_with(const std::string& old_text, const std::string& new_text) {
    std::string changed = whole_;
    std::size_t at = changed.find(old_text);
    ASSERT_NE(at, std::string::npos) << old_text;
    plant(changed.replace(at, old_text.size(), new_text));
  }
  void SetUp() override {
    ASSERT_TRUE(write_journal(control_, sample()).ok());
    whole_ = text();
  }

  test::TempDir temp_;
  sys::Dir control_ = temp_.open();
  std::string whole_;
};

TEST_F(JournalTest, ComesBackAsItWasWrittenWhateverItsBytes) {
  auto journal = read();
  ASSERT_TRUE(journal.ok() && *journal);
  expect_same(**journal, sample());
}

TEST_F(JournalTest, KeepsItsStateAndTimes) {
  Journal finished = sample();
  finished.state = Journal::State::kFinished;
  finished.times = FileTimes::kCurrent;
  ASSERT_TRUE(write_journal(control_, finished).ok());
  expect_same(**read(), finished);
}

TEST_F(JournalTest, IsAbsentUntilWrittenAndAfterItsRemoval) {
  ASSERT_TRUE(remove_journal(control_).ok());
  auto journal = read();
  ASSERT_TRUE(journal.ok());
  EXPECT_FALSE(journal->has_value());
  EXPECT_TRUE(remove_journal(control_).ok());
}

TEST_F(JournalTest, IsSyncedWithItsDirectoryWhileExecuting) {
  test::CountCalls calls;
  test::ScopedObserver watching(calls);
  ASSERT_TRUE(write_journal(control_, sample()).ok());
  EXPECT_EQ(calls.count(sys::Call::kSync), 2u);
}

TEST_F(JournalTest, StaysAsItWasWhenWritingFails) {
  for (std::uint64_t n = 1;; ++n) {
    Journal next = sample();
    next.operation.command = "another";
    test::FailNth fault(n, ENOSPC, test::CallSet::changes());
    auto written = [&] {
      test::ScopedObserver watching(fault);
      return write_journal(control_, next);
    }();
    auto journal = read();
    ASSERT_TRUE(journal.ok() && *journal) << n;
    if (!fault.fired()) {
      EXPECT_TRUE(written.ok());
      break;
    }
    EXPECT_FALSE(written.ok()) << n;
    const std::string& command = (*journal)->operation.command;
    // A failure behind the rename (the directory's sync) leaves the new one.
    EXPECT_TRUE(command == sample().operation.command || command == next.operation.command) << n;
    ASSERT_TRUE(write_journal(control_, sample()).ok());
  }
}

TEST_F(JournalTest, TruncatedAnywhereIsCorruptAndNeverAnotherJournal) {
  for (std::size_t length = 0; length < whole_.size(); length += kStep) {
    plant(whole_.substr(0, length));
    auto journal = read();
    ASSERT_FALSE(journal.ok()) << length;
    EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt) << length;
  }
}

TEST_F(JournalTest, WithAnyBitFlippedIsAnErrorOrAJournal) {
  for (std::size_t at = 0; at < whole_.size() * 8; at += kStep) {
    std::string damaged = whole_;
    damaged[at / 8] = static_cast<char>(damaged[at / 8] ^ (1 << at % 8));
    plant(damaged);
    auto journal = read();
    if (!journal) {
      EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt);
      continue;
    }
    // Finishing it would remove every file if a version had become "none".
    EXPECT_TRUE((*journal)->from.tree && (*journal)->to.tree) << "bit " << at;
  }
}

TEST_F(JournalTest, IsCorruptWhereAMemberIsDamaged) {
  const std::pair<const char*, const char*> kDamages[] = {
      {R"("state":"executing")", R"("state":"exec")"},
      {R"("times":"recorded")", R"("times":"rec")"},
      {R"("format":1)", R"("format":2)"},
      {R"("format":1)", R"("format":"1")"},
      {R"("nanoseconds":)", R"("nano":)"},
      {R"("tree":")", R"("tree":"zz)"},
      {R"("offset":-570)", R"("offset":[])"},
      {R"("changes":[)", R"("changes":[7,)"},
      {R"("name":")", R"("name":"0)"},
      {R"("user":")", R"("user":"G)"},
  };
  for (const auto& [old_text, new_text] : kDamages) {
    plant_with(old_text, new_text);
    auto journal = read();
    ASSERT_FALSE(journal.ok()) << new_text;
    EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt) << new_text;
    EXPECT_NE(journal.error().hint, "") << new_text;
  }
}

TEST_F(JournalTest, IsCorruptWhateverElseIsThere) {
  for (const char* other : {"", "{", "[]", "null", "7", "\"format\"", "{\"format\":1}", "\xff\xfe"}) {
    plant(other);
    auto journal = read();
    ASSERT_FALSE(journal.ok()) << other;
    EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt) << other;
  }
  plant(std::string(1 << 20, '['));
  EXPECT_FALSE(read().ok());
}

TEST_F(JournalTest, LargerThanAnyIsRefusedBeforeItIsRead) {
  test::write_hole(temp_ / "journal", std::uint64_t{1} << 40);
  auto journal = read();
  ASSERT_FALSE(journal.ok());
  EXPECT_EQ(journal.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cowstore::checkout
