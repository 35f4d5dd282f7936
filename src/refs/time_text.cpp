#include "refs/time_text.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/try.hpp"

namespace cowstore::refs {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::months;
using std::chrono::year_month_day;

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMonthsPerYear = 12;
/// More than anybody means, and small enough that no sum overflows.
constexpr std::int64_t kMaxCount = 1'000'000;

/// What a unit is worth: seconds, or months of the calendar.
struct Unit {
  std::string_view name;
  std::int64_t seconds;
  std::int64_t months;
};

constexpr std::array<Unit, 7> kUnits{{{"second", 1, 0},
                                      {"minute", kMinute, 0},
                                      {"hour", kHour, 0},
                                      {"day", kDay, 0},
                                      {"week", 7 * kDay, 0},
                                      {"month", 0, 1},
                                      {"year", 0, kMonthsPerYear}}};

Error not_a_time(std::string_view text) {
  return {ErrorCode::kUsage,
          0,
          "read the time",
          std::string(text),
          "not a form that is known",
          "write it as 2026-11-20, \"2026-11-20 10:00\", yesterday, or \"3 days ago\""};
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find_first_of(" ."), text.size());
    if (size > 0) words.push_back(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return words;
}

std::optional<std::int64_t> count_of(std::string_view word) {
  if (word == "a" || word == "an") return 1;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  const bool good = error == std::errc() && end == word.data() + word.size() && count >= 0 && count <= kMaxCount;
  return good ? std::optional(count) : std::nullopt;
}

const Unit* unit_of(std::string_view word) {
  if (word.ends_with('s')) word.remove_suffix(1);
  for (const Unit& unit : kUnits)
    if (unit.name == word) return &unit;
  return nullptr;
}

std::int64_t floor_to_day(std::int64_t seconds) {
  const std::int64_t rest = seconds % kDay;
  return seconds - (rest < 0 ? rest + kDay : rest);
}

/// The same time of day so many months earlier; a day that this month doesn't have becomes its last one.
std::optional<std::int64_t> months_before(std::int64_t local, std::int64_t count) {
  const std::int64_t midnight = floor_to_day(local);
  const year_month_day today{local_days(days(midnight / kDay))};
  const std::int64_t month = int{today.year()} * kMonthsPerYear + unsigned{today.month()} - 1 - count;
  if (month < 0) return std::nullopt;
  const std::chrono::year_month target{std::chrono::year(static_cast<int>(month / kMonthsPerYear)),
                                       std::chrono::month(static_cast<unsigned>(month % kMonthsPerYear + 1))};
  year_month_day date = target / today.day();
  if (!date.ok()) date = target / std::chrono::last;
  return local_days(date).time_since_epoch().count() * kDay + (local - midnight);
}

std::optional<std::int64_t> before(std::int64_t local, std::int64_t count, const Unit& unit) {
  if (unit.months > 0) return months_before(local, count * unit.months);
  return local - count * unit.seconds;
}

/// In seconds of the user's wall clock.
std::optional<std::int64_t> parse_relative(std::string_view text, std::int64_t local) {
  const auto words = words_of(text);
  if (words.size() == 1 && words[0] == "now") return local;
  if (words.size() == 1 && words[0] == "yesterday") return local - kDay;
  if (words.size() == 1 && words[0] == "today") return floor_to_day(local);
  if (words.size() != 3 || words[2] != "ago") return std::nullopt;
  const auto count = count_of(words[0]);
  const Unit* unit = unit_of(words[1]);
  return count && unit != nullptr ? before(local, *count, *unit) : std::nullopt;
}

/// Takes fields off the front of a text.
class Fields {
 public:
  explicit Fields(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }
  [[nodiscard]] bool good() const { return good_; }
  bool take(std::string_view any_of) {
    if (!good_ || rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(std::string_view any_of) { good_ = take(any_of); }
  int number(std::size_t digits, int below) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    good_ = good_ && value < below;
    return value;
  }

 private:
  int digit() {
    good_ = good_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
    if (!good_) return 0;
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }
  std::string_view rest_;
  bool good_ = true;
};

std::optional<std::int64_t> parse_date(Fields& in) {
  const int year = in.number(4, 10'000);
  in.expect("-");
  const int month = in.number(2, 13);
  in.expect("-");
  const int day = in.number(2, 32);
  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!in.good() || !date.ok()) return std::nullopt;
  return local_days(date).time_since_epoch().count() * kDay;
}

std::int64_t parse_time_of_day(Fields& in) {
  std::int64_t seconds = in.number(2, 24) * kHour;
  in.expect(":");
  seconds += in.number(2, 60) * kMinute;
  if (in.take(":")) seconds += in.number(2, 61);
  return seconds;
}

/// Minutes east of UTC, if a zone is written.
std::optional<int> parse_zone(Fields& in) {
  if (in.take("Z")) return 0;
  const bool west = in.take("-");
  if (!west && !in.take("+")) return std::nullopt;
  const int hours = in.number(2, 24);
  (void)in.take(":");
  const int minutes = hours * 60 + in.number(2, 60);
  return west ? -minutes : minutes;
}

/// In seconds since 1970 UTC.
std::optional<std::int64_t> parse_absolute(std::string_view text, int utc_offset_minutes) {
  Fields in(text);
  auto seconds = parse_date(in);
  if (!seconds) return std::nullopt;
  int offset = utc_offset_minutes;
  if (in.take(" T")) {
    *seconds += parse_time_of_day(in);
    offset = parse_zone(in).value_or(offset);
  }
  return in.done() ? std::optional(*seconds - offset * kMinute) : std::nullopt;
}

}  // namespace

Result<Timestamp> parse_time_text(std::string_view text, Timestamp now, int utc_offset_minutes) {
  const std::int64_t offset = utc_offset_minutes * kMinute;
  if (const auto local = parse_relative(text, now.seconds + offset)) {
    const bool whole = text == "today";
    return Timestamp{*local - offset, whole ? 0 : now.nanoseconds};
  }
  if (const auto seconds = parse_absolute(text, utc_offset_minutes)) return Timestamp{*seconds, 0};
  return not_a_time(text);
}

}  // namespace cowstore::refs
