#include "cli/progress_line.hpp"

#include <gtest/gtest.h>

#include <sstream>
#include <thread>

namespace cowstore::test {
namespace {

using cli::progress_text;
using cli::ProgressLine;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// A terminal of 60 columns and a clock that stands still until it is moved.
struct Bed {
  std::ostringstream out;
  std::ostringstream err;
  std::atomic<std::int64_t> now_ms{1000};
  cli::Io io{.out = out,
             .err = err,
             .cwd = "/",
             .environment = [](const std::string&) { return std::nullopt; },
             .out_device = cli::Device::kTerminal,
             .err_device = cli::Device::kTerminal,
             .columns = 60,
             .context = [] { return Context(); },
             .steady = [this] { return std::chrono::nanoseconds(milliseconds(now_ms.load())); }};

  std::size_t draws() const {
    std::string text = err.str();
    std::size_t count = 0;
    for (std::size_t at = text.find("\r\033[K"); at != text.npos; at = text.find("\r\033[K", at + 1)) ++count;
    return count;
  }
};

TEST(ProgressLine, IsSilentInTheFirstHalfSecond) {
  Bed bed;
  ProgressLine line(bed.io);
  line.begin("scanning", 0, 0);
  bed.now_ms += 499;
  line.advance(100, 1000);
  line.clear();
  EXPECT_EQ(bed.err.str(), "");
}

TEST(ProgressLine, AppearsAfterHalfASecondAndIsGoneInTheEnd) {
  Bed bed;
  {
    ProgressLine line(bed.io);
    line.begin("storing", 10, 4096);
    bed.now_ms += 500;
    line.advance(5, 2048);
  }
  EXPECT_EQ(bed.err.str(), "\r\033[Kstoring  5/10 files  2.0 KiB/4.0 KiB\r\033[K");
  EXPECT_EQ(bed.out.str(), "");
}

TEST(ProgressLine, IsDrawnAtMostTenTimesASecond) {
  Bed bed;
  ProgressLine line(bed.io);
  line.begin("storing", 0, 0);
  bed.now_ms += 500;
  for (int i = 0; i < 1000; ++i) {
    line.advance(1, 1);
    bed.now_ms += 1;
  }
  EXPECT_EQ(bed.draws(), 10U);
}

TEST(ProgressLine, NeverFillsTheLastColumn) {
  Bed bed;
  bed.io.columns = 20;
  ProgressLine line(bed.io);
  line.begin("a stage with a very long name", 1000000, 1000000000);
  bed.now_ms += 500;
  line.advance(5, 2048);
  EXPECT_EQ(bed.err.str().size(), std::string_view("\r\033[K").size() + 19);
}

TEST(ProgressLine, OnceStoppedItNeverComesBack) {
  Bed bed;
  ProgressLine line(bed.io);
  line.begin("storing", 0, 0);
  bed.now_ms += 500;
  line.advance(1, 1);
  line.stop();
  bed.now_ms += 500;
  line.advance(1, 1);
  EXPECT_EQ(bed.draws(), 2U) << "drawn and cleared";
  EXPECT_TRUE(bed.err.str().ends_with("\r\033[K"));
}

TEST(ProgressLine, CountsWhatAllThreadsDo) {
  Bed bed;
  ProgressLine line(bed.io);
  line.begin("storing", 0, 0);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&line] {
      for (int n = 0; n < 1000; ++n) line.advance(1, 2);
    });
  }
  for (std::thread& thread : threads) thread.join();
  bed.now_ms += 500;
  line.advance(0, 0);
  EXPECT_NE(bed.err.str().find("4,000 files  7.8 KiB"), std::string::npos) << bed.err.str();
}

TEST(ProgressLine, ANewStageStartsFromZero) {
  Bed bed;
  ProgressLine line(bed.io);
  line.begin("scanning", 0, 0);
  line.advance(100, 0);
  line.begin("storing", 3, 0);
  bed.now_ms += 500;
  line.advance(1, 0);
  EXPECT_NE(bed.err.str().find("storing  1/3 files"), std::string::npos) << bed.err.str();
}

TEST(ProgressText, TellsRateAndTimeLeftAfterASecond) {
  EXPECT_EQ(progress_text({"storing", 1200, 40000, std::uint64_t{1} << 30, std::uint64_t{3} << 30, seconds(4)}),
            "storing  1,200/40,000 files  1.0 GiB/3.0 GiB  256.0 MiB/s  0:08 left");
  EXPECT_EQ(progress_text({"scanning", 1000, 0, 0, 0, seconds(2)}), "scanning  1,000 files  500 files/s");
}

TEST(ProgressText, SaysNothingOfTimeWhenAllIsDone) {
  EXPECT_EQ(progress_text({"storing", 2, 2, 10, 10, seconds(2)}), "storing  2/2 files  10 bytes/10 bytes  5 bytes/s");
}

}  // namespace
}  // namespace cowstore::test
