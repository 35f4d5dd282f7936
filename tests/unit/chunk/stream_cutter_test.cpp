#include "chunk/stream_cutter.hpp"

#include <gtest/gtest.h>

#include "content.hpp"

namespace cowstore::chunk {
namespace {

using test::append;
using test::random_bytes;

/// Small enough to try every split.
constexpr CutRule kTiny{64, 256, 1024, 0xff000000, 0xf0000000};

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// Puts the content together again and notes the cuts.
class Recorder : public ChunkSink {
 public:
  explicit Recorder(const CutRule& rule) : rule_(rule) {}

  Result<void> chunk(ByteView bytes) override {
    EXPECT_FALSE(bytes.empty());
    EXPECT_FALSE(bytes.size() == rule_.max && all_zero(bytes)) << "must come as a zero chunk";
    lengths.push_back(bytes.size());
    append(content, bytes);
    return {};
  }
  Result<void> zero_chunks(std::uint64_t count) override {
    EXPECT_GT(count, 0U);
    lengths.insert(lengths.end(), count, rule_.max);
    content.resize(content.size() + count * rule_.max, 0);
    return {};
  }

  std::vector<std::size_t> lengths;
  Bytes content;

 private:
  const CutRule& rule_;
};

/// Content as runs: data, or zeros that may be fed as a hole.
struct Run {
  Bytes bytes;
  bool zeros;
};

std::vector<Run> random_runs(test::Random& random, const CutRule& rule) {
  std::vector<Run> runs(1 + random.below(8));
  for (Run& run : runs) {
    run.zeros = random.below(2) == 0;
    const std::size_t limit = random.below(3) == 0 ? 40 : (run.zeros ? 4 : 2) * std::size_t{rule.max};
    const std::size_t size = random.below(limit);
    run.bytes = run.zeros ? Bytes(size, 0) : random_bytes(random.next(), size);
  }
  return runs;
}

Bytes expand(const std::vector<Run>& runs) {
  Bytes content;
  for (const Run& run : runs) append(content, run.bytes);
  return content;
}

/// Pieces of every magnitude; zeros sometimes as bytes, sometimes as holes.
void feed_in_pieces(StreamCutter& cutter, const std::vector<Run>& runs, test::Random& random, std::size_t largest) {
  for (const Run& run : runs) {
    ByteView rest = run.bytes;
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.size(), 1 + random.below(std::size_t{1} << random.below(largest)));
      const bool as_hole = run.zeros && random.below(3) != 0;
      ASSERT_TRUE((as_hole ? cutter.feed_zeros(size) : cutter.feed(rest.first(size))).ok());
      rest = rest.subspan(size);
    }
  }
}

void expect_cuts_of(const CutRule& rule, const std::vector<Run>& runs, test::Random& random, std::size_t largest) {
  const Bytes content = expand(runs);
  Recorder recorder(rule);
  StreamCutter cutter(rule, recorder);
  feed_in_pieces(cutter, runs, random, largest);
  ASSERT_TRUE(cutter.finish().ok());
  ASSERT_EQ(recorder.lengths, test::cut_lengths(rule, content));
  ASSERT_TRUE(recorder.content == content);
}

/// Looks at the chunks only after the call that cut them.
class LateReader : public ChunkSink {
 public:
  Result<void> chunk(ByteView bytes) override {
    waiting_.push_back(bytes);
    return {};
  }
  Result<void> zero_chunks(std::uint64_t count) override {
    read();
    content.resize(content.size() + count * kTiny.max, 0);
    return {};
  }
  void read() {
    for (ByteView bytes : waiting_) append(content, bytes);
    waiting_.clear();
  }
  Bytes content;

 private:
  std::vector<ByteView> waiting_;
};

TEST(StreamCutter, ChunksStayReadableUntilItsNextCall) {
  test::Random random(2);
  for (int round = 0; round < 500; ++round) {
    LateReader reader;
    StreamCutter cutter(kTiny, reader);
    Bytes content;
    for (const auto& [bytes, zeros] : random_runs(random, kTiny)) {
      ASSERT_TRUE((zeros ? cutter.feed_zeros(bytes.size()) : cutter.feed(bytes)).ok());
      reader.read();
      append(content, bytes);
    }
    ASSERT_TRUE(cutter.finish().ok());
    reader.read();
    ASSERT_TRUE(reader.content == content) << "round " << round;
  }
}

TEST(StreamCutter, CutsAreIndependentOfHowTheInputIsSplit) {
  test::Random random(1);
  for (int round = 0; round < 2000; ++round) {
    SCOPED_TRACE(round);
    expect_cuts_of(kTiny, random_runs(random, kTiny), random, 13);
    if (HasFatalFailure()) return;
  }
}

TEST(StreamCutter, CutsOfTheRealProfilesAreIndependentOfHowTheInputIsSplit) {
  test::Random random(2);
  for (Profile profile : {Profile::kFine, Profile::kDefault, Profile::kBulk}) {
    for (int round = 0; round < 6; ++round) {
      SCOPED_TRACE(to_string(profile) + std::string(", round ") + std::to_string(round));
      expect_cuts_of(rule_of(profile), random_runs(random, rule_of(profile)), random, 22);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(StreamCutter, EveryTwoWaySplitGivesTheSameCuts) {
  const Bytes content = random_bytes(3, 3000);
  const auto expected = test::cut_lengths(kTiny, content);
  Recorder recorder(kTiny);
  StreamCutter cutter(kTiny, recorder);
  for (std::size_t split = 0; split <= content.size(); ++split) {
    recorder.lengths.clear();
    ASSERT_TRUE(cutter.feed(ByteView(content).first(split)).ok());
    ASSERT_TRUE(cutter.feed(ByteView(content).subspan(split)).ok());
    ASSERT_TRUE(cutter.finish().ok());
    ASSERT_EQ(recorder.lengths, expected) << split;
  }
}

TEST(StreamCutter, EveryPlaceAndLengthOfAHoleGivesTheCutsOfItsZeros) {
  const Bytes data = random_bytes(4, 1500);
  test::Random random(4);
  for (std::size_t place = 0; place <= data.size(); place += 1 + random.below(4)) {
    const ByteView head = ByteView(data).first(place);
    const ByteView tail = ByteView(data).subspan(place);
    const std::size_t length = random.below(3 * kTiny.max);
    Bytes content(head.begin(), head.end());
    content.resize(place + length, 0);
    append(content, tail);
    Recorder recorder(kTiny);
    StreamCutter cutter(kTiny, recorder);
    ASSERT_TRUE(cutter.feed(head).ok() && cutter.feed_zeros(length).ok() && cutter.feed(tail).ok());
    ASSERT_TRUE(cutter.finish().ok());
    ASSERT_EQ(recorder.lengths, test::cut_lengths(kTiny, content)) << place << ", " << length;
  }
}

/// Counts calls; remembers where the chunks were.
class Spy : public ChunkSink {
 public:
  Result<void> chunk(ByteView bytes) override {
    views.push_back(bytes);
    return {};
  }
  Result<void> zero_chunks(std::uint64_t count) override {
    ++zero_calls;
    zeros += count;
    return {};
  }
  /// How many chunks aren't views of the buffer.
  [[nodiscard]] std::ptrdiff_t copies(ByteView buffer) const {
    return std::count_if(views.begin(), views.end(), [&](ByteView view) {
      return view.data() < buffer.data() || view.data() + view.size() > buffer.data() + buffer.size();
    });
  }

  std::vector<ByteView> views;
  std::uint64_t zeros = 0;
  int zero_calls = 0;
};

TEST(StreamCutter, AHugeHoleIsOneCall) {
  const CutRule& rule = rule_of(Profile::kDefault);
  Spy spy;
  StreamCutter cutter(rule, spy);
  ASSERT_TRUE(cutter.feed_zeros((std::uint64_t{100} << 30) + 5).ok());
  ASSERT_TRUE(cutter.finish().ok());
  EXPECT_EQ(spy.zeros, (std::uint64_t{100} << 30) / rule.max);
  EXPECT_EQ(spy.zero_calls, 1);
  ASSERT_EQ(spy.views.size(), 1U);
  EXPECT_EQ(spy.views[0].size(), 5U);
}

TEST(StreamCutter, TakesTheLongestHoleThereCanBe) {
  const CutRule& rule = rule_of(Profile::kBulk);
  Spy spy;
  StreamCutter cutter(rule, spy);
  ASSERT_TRUE(cutter.feed_zeros(~std::uint64_t{0}).ok());
  EXPECT_EQ(spy.zeros, ~std::uint64_t{0} / rule.max);
}

TEST(StreamCutter, ZerosFedAsBytesComeAsZeroChunksToo) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes content(std::size_t{rule.max} * 3 + 1, 0);
  Spy spy;
  StreamCutter cutter(rule, spy);
  ASSERT_TRUE(cutter.feed(ByteView(content).first(100)).ok());
  ASSERT_TRUE(cutter.feed(ByteView(content).subspan(100)).ok());
  ASSERT_TRUE(cutter.finish().ok());
  EXPECT_EQ(spy.zeros, 3U);
  EXPECT_EQ(spy.views.size(), 1U);
}

TEST(StreamCutter, HandsOutViewsOfTheCallersBuffer) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes content = random_bytes(6, 1'000'000);
  const std::size_t chunks = test::cut_lengths(rule, content).size();
  Spy spy;
  StreamCutter cutter(rule, spy);
  ASSERT_TRUE(cutter.feed(content).ok());
  EXPECT_EQ(spy.views.size(), chunks - 1);
  EXPECT_EQ(spy.copies(content), 0);
}

TEST(StreamCutter, CopiesOnlyTheChunksAcrossTwoBuffers) {
  const CutRule& rule = rule_of(Profile::kFine);
  const Bytes content = random_bytes(7, 1'000'000);
  Spy spy;
  StreamCutter cutter(rule, spy);
  ASSERT_TRUE(cutter.feed(ByteView(content).first(500'000)).ok());
  ASSERT_TRUE(cutter.feed(ByteView(content).subspan(500'000)).ok());
  ASSERT_TRUE(cutter.finish().ok());
  EXPECT_EQ(spy.views.size(), test::cut_lengths(rule, content).size());
  EXPECT_EQ(spy.copies(content), 2) << "one across the buffers, and the last one";
}

TEST(StreamCutter, EmptyContentHasNoChunks) {
  Spy spy;
  StreamCutter cutter(kTiny, spy);
  ASSERT_TRUE(cutter.feed({}).ok() && cutter.feed_zeros(0).ok() && cutter.finish().ok());
  EXPECT_TRUE(spy.views.empty());
  EXPECT_EQ(spy.zero_calls, 0);
}

TEST(StreamCutter, StartsANewContentAfterFinish) {
  const Bytes first = random_bytes(8, 1777);
  const Bytes second = random_bytes(9, 1234);
  Recorder recorder(kTiny);
  StreamCutter cutter(kTiny, recorder);
  ASSERT_TRUE(cutter.feed(first).ok() && cutter.finish().ok());
  recorder.lengths.clear();
  ASSERT_TRUE(cutter.feed(second).ok() && cutter.finish().ok());
  EXPECT_EQ(recorder.lengths, test::cut_lengths(kTiny, second));
}

/// Refuses the n-th call.
class Refusing : public ChunkSink {
 public:
  explicit Refusing(int allowed) : allowed_(allowed) {}
  Result<void> chunk(ByteView) override { return answer(); }
  Result<void> zero_chunks(std::uint64_t) override { return answer(); }
  int calls = 0;

 private:
  Result<void> answer() {
    if (++calls > allowed_) return Error{ErrorCode::kNoSpace, 0, "store a chunk", "", "full", ""};
    return {};
  }
  int allowed_;
};

TEST(StreamCutter, KeepsReturningTheErrorOfItsSink) {
  const Bytes content = random_bytes(10, 20 * kTiny.max);
  for (int allowed : {0, 1, 5}) {
    Refusing sink(allowed);
    StreamCutter cutter(kTiny, sink);
    for (const Result<void>& outcome :
         {cutter.feed(content), cutter.feed(content), cutter.feed_zeros(1), cutter.finish()}) {
      ASSERT_FALSE(outcome.ok());
      EXPECT_EQ(outcome.error().code, ErrorCode::kNoSpace);
    }
    EXPECT_EQ(sink.calls, allowed + 1) << "a refused cutter calls its sink no more";
  }
}

TEST(StreamCutter, ReportsARefusalInAHoleAndAtTheEnd) {
  Refusing in_hole(0);
  EXPECT_FALSE(StreamCutter(kTiny, in_hole).feed_zeros(kTiny.max).ok());
  Refusing at_end(0);
  StreamCutter cutter(kTiny, at_end);
  ASSERT_TRUE(cutter.feed(as_bytes("short")).ok());
  EXPECT_FALSE(cutter.finish().ok());
}

}  // namespace
}  // namespace cowstore::chunk
