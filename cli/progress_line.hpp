// Progress as one line on a terminal, redrawn in place.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/io.hpp"
#include "cowstore/context.hpp"

namespace cowstore::cli {

/// Appears when work has taken half a second, is redrawn at most ten times a second, and is gone after clear().
/// Thread-safe; whoever advances draws, so that a quiet moment costs nothing.
class ProgressLine : public Progress {
 public:
  explicit ProgressLine(Io& io);  ///< borrowed
  ~ProgressLine() override;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void begin(std::string_view stage, std::uint64_t files_total, std::uint64_t bytes_total) override;
  void advance(std::uint64_t files, std::uint64_t bytes) override;

  void clear() override;
  /// Clears it for good: from now on the terminal belongs to the result.
  void stop();

 private:
  void draw(std::chrono::nanoseconds now);  ///< with mutex_ held

  Io& io_;
  std::atomic<std::uint64_t> files_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::int64_t> next_draw_;  ///< nanoseconds of the steady clock

  std::mutex mutex_;  ///< guards what follows and the stream
  std::string stage_;
  std::uint64_t files_total_ = 0;
  std::uint64_t bytes_total_ = 0;
  std::chrono::nanoseconds stage_begin_{0};
  bool shown_ = false;
  bool stopped_ = false;
};

/// What the line says: "storing  1,200/40,000 files  1.2/3.4 GiB  210.0 MiB/s  0:12 left". Totals of 0 are unknown.
struct ProgressState {
  std::string_view stage;
  std::uint64_t files = 0;
  std::uint64_t files_total = 0;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_total = 0;
  std::chrono::nanoseconds elapsed{0};
};
std::string progress_text(const ProgressState& state);

}  // namespace cowstore::cli
