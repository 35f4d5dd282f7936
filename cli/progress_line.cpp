#include "cli/progress_line.hpp"

#include <fmt/format.h>

#include "cli/human.hpp"

namespace cowstore::cli {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr nanoseconds kFirstDraw = milliseconds(500);
constexpr nanoseconds kRedraw = milliseconds(100);
constexpr nanoseconds kSteady = milliseconds(1000);  ///< earlier a rate is noise
constexpr std::string_view kEraseLine = "\r\033[K";

double seconds(nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string files_text(const ProgressState& state) {
  if (state.files_total == 0) return counted(state.files, "file");
  return fmt::format("{}/{} files", grouped(state.files), grouped(state.files_total));
}

std::string bytes_text(const ProgressState& state) {
  if (state.bytes_total == 0) return human_bytes(state.bytes);
  return fmt::format("{}/{}", human_bytes(state.bytes), human_bytes(state.bytes_total));
}

std::string rate_text(const ProgressState& state) {
  if (state.bytes > 0) {
    return human_bytes(static_cast<std::uint64_t>(static_cast<double>(state.bytes) / seconds(state.elapsed))) + "/s";
  }
  return grouped(static_cast<std::uint64_t>(static_cast<double>(state.files) / seconds(state.elapsed))) + " files/s";
}

/// How much is done, by bytes where their total is known; 0 when nobody knows.
double fraction_done(const ProgressState& state) {
  if (state.bytes_total > 0) return static_cast<double>(state.bytes) / static_cast<double>(state.bytes_total);
  if (state.files_total > 0) return static_cast<double>(state.files) / static_cast<double>(state.files_total);
  return 0;
}

}  // namespace

std::string progress_text(const ProgressState& state) {
  std::string text = fmt::format("{}  {}", state.stage, files_text(state));
  if (state.bytes > 0 || state.bytes_total > 0) text += "  " + bytes_text(state);
  if (state.elapsed < kSteady) return text;
  text += "  " + rate_text(state);
  double done = fraction_done(state);
  if (done > 0 && done < 1) {
    auto left = static_cast<std::uint64_t>(seconds(state.elapsed) * (1 - done) / done + 0.5);
    text += fmt::format("  {} left", human_duration(left));
  }
  return text;
}

ProgressLine::ProgressLine(Io& io) : io_(io), next_draw_((io.steady() + kFirstDraw).count()) {}

ProgressLine::~ProgressLine() {
  clear();
}

void ProgressLine::begin(std::string_view stage, std::uint64_t files_total, std::uint64_t bytes_total) {
  std::lock_guard lock(mutex_);
  stage_ = stage;
  files_total_ = files_total;
  bytes_total_ = bytes_total;
  stage_begin_ = io_.steady();
  files_ = 0;
  bytes_ = 0;
}

void ProgressLine::advance(std::uint64_t files, std::uint64_t bytes) {
  files_.fetch_add(files, std::memory_order_relaxed);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
  nanoseconds now = io_.steady();
  if (now.count() < next_draw_.load(std::memory_order_relaxed)) return;
  std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock || stopped_ || now.count() < next_draw_.load(std::memory_order_relaxed)) return;  // another thread draws
  next_draw_ = (now + kRedraw).count();
  draw(now);
}

void ProgressLine::draw(nanoseconds now) {
  std::string text =
      progress_text({stage_, files_.load(), files_total_, bytes_.load(), bytes_total_, now - stage_begin_});
  // The last column stays free: writing it makes some terminals wrap. The text is ASCII, so bytes are columns.
  if (io_.columns > 0 && text.size() >= io_.columns) text.resize(io_.columns - 1);
  io_.err << kEraseLine << text << std::flush;
  shown_ = true;
}

void ProgressLine::clear() {
  std::lock_guard lock(mutex_);
  if (shown_) io_.err << kEraseLine << std::flush;
  shown_ = false;
}

void ProgressLine::stop() {
  clear();
  std::lock_guard lock(mutex_);
  stopped_ = true;
}

}  // namespace cowstore::cli
