#include "refs/log_replay.hpp"

#include <gtest/gtest.h>

#include "refs/record_body.hpp"
#include "unit/refs/log_fixture.hpp"

namespace cowstore::refs {
namespace {

using test::numbered;
using test::set_branch;

class LogReplayTest : public test::LogTest {
 protected:
  LogFile open_file() {
    auto file = LogFile::open(dir_.open(), 1, notes_);
    EXPECT_TRUE(file.ok()) << file.error().message();
    if (!file) std::abort();
    return std::move(*file);
  }
  /// Puts a record behind the log that has every checksum right.
  void add_record(const NewOperation& operation, const std::function<void(RecordHeader&)>& change,
                  const OperationId* parent = nullptr) {
    const LogFile file = open_file();
    const Position at = *newest_position(file, *file.size());
    RecordHeader header;
    header.offset = at.end;
    header.number = at.state->operations + 1;
    header.previous = at.record;
    header.last_view = at.last_view;
    header.before = at.state->head.digest();
    change(header);
    const std::string body = *encode_operation(operation, parent != nullptr ? *parent : at.state->head);
    write(bytes() + std::string(as_text(encode_record(header, body, {}))));
  }
  ErrorCode newest_error() {
    const LogFile file = open_file();
    const auto at = newest_position(file, *file.size());
    return at ? ErrorCode::kOther : at.error().code;
  }

  LogNotes notes_;
};

TEST_F(LogReplayTest, ANewLogBeginsAtItsBaseRecord) {
  const LogFile file = open_file();
  const Position at = *newest_position(file, *file.size());
  EXPECT_EQ(at.record, kFirstRecord);
  EXPECT_EQ(at.end, *file.size());
  EXPECT_EQ(at.last_view, kFirstRecord);
  EXPECT_EQ(at.state->operations, 0u);
}

TEST_F(LogReplayTest, TheStateAfterEachRecordIsThatOfReadingAllBeforeIt) {
  fill(140);
  const LogFile file = open_file();
  const std::uint64_t size = *file.size();
  Position at = *start_at_view(file, kFirstRecord, size);
  while (auto record = *next_record(file, at, size)) {
    ASSERT_TRUE(step(file, at, *record).ok());
    const Position direct = *position_after(file, record->header, size);
    ASSERT_EQ(direct.state->view, at.state->view);
    ASSERT_EQ(direct.state->head, at.state->head);
    ASSERT_EQ(direct.last_view, at.last_view);
    ASSERT_EQ(direct.end, at.end);
  }
  EXPECT_EQ(at.state->operations, 140u);
}

TEST_F(LogReplayTest, AGoodRecordContinuesTheChain) {
  fill(2);
  add_record(numbered(3), [](RecordHeader&) {});
  EXPECT_EQ((*open().current())->operations, 3u);
}

TEST_F(LogReplayTest, ARecordThatDoesNotContinueTheChainIsCorruptHoweverRightItsChecksums) {
  fill(2);
  const std::string whole = bytes();
  const OperationId stranger{};
  const std::vector<std::function<void()>> ways{
      [&] { add_record(numbered(3), [](RecordHeader& header) { header.number++; }); },
      [&] { add_record(numbered(3), [](RecordHeader& header) { header.previous = 4 * kBlock; }); },
      [&] { add_record(numbered(3), [](RecordHeader& header) { header.last_view = 4 * kBlock; }); },
      [&] { add_record(numbered(3), [](RecordHeader& header) { header.before = Digest{}; }); },
      [&] {
        add_record(
            numbered(3), [](RecordHeader&) {}, &stranger);
      },
      [&] { add_record(numbered(1), [](RecordHeader&) {}); },  // its branch is there already
      [&] { add_record(set_branch("b1", "another value", "x"), [](RecordHeader&) {}); },
  };
  for (std::size_t way = 0; way < ways.size(); ++way) {
    write(whole);
    ways[way]();
    EXPECT_EQ(newest_error(), ErrorCode::kCorrupt) << way;
  }
}

TEST_F(LogReplayTest, AStateThatSomebodyHasIsCopiedBeforeItChanges) {
  Position at;
  at.state = std::make_shared<State>();
  State* own = at.state.get();
  EXPECT_EQ(&at.writable_state(), own);
  auto held = at.hand_out();
  held.reset();
  EXPECT_EQ(&at.writable_state(), own) << "nobody has it any more";
  held = at.hand_out();
  EXPECT_NE(&at.writable_state(), own);
  EXPECT_EQ(held.get(), own);
  State* copy = at.state.get();
  EXPECT_EQ(&at.writable_state(), copy);
}

}  // namespace
}  // namespace cowstore::refs
