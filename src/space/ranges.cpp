#include "space/ranges.hpp"

#include <algorithm>

namespace cowstore::space {

namespace {

constexpr std::size_t kWorthJoining = 1 << 16;
constexpr std::uint32_t kMany = 2;

bool before(const Range& a, const Range& b) {
  return a.space != b.space ? a.space < b.space : a.begin < b.begin;
}

void append(std::vector<Range>& out, const Range& range) {
  if (!out.empty()) {
    Range& last = out.back();
    bool continues = last.space == range.space && last.end == range.begin && last.owners == range.owners &&
                     last.references == range.references;
    if (continues) {
      last.end = range.end;
      return;
    }
  }
  out.push_back(range);
}

}  // namespace

bool Ranges::add(const Range& range) {
  if (range.begin >= range.end) return true;
  if (ranges_.size() - joined_ >= std::max(kWorthJoining, joined_)) join();
  if (joined_ >= limit_) return false;
  ranges_.push_back(range);
  return true;
}

void Ranges::for_each(const std::function<void(const Range&)>& visit) {
  join();
  for (const Range& range : ranges_) visit(range);
}

void Ranges::join() {
  if (joined_ == ranges_.size()) return;
  std::sort(ranges_.begin(), ranges_.end(), before);
  std::vector<Range> out;
  sweep(out);
  ranges_ = std::move(out);
  joined_ = ranges_.size();
}

/// From boundary to boundary, with those that lie over the present stretch at hand.
void Ranges::sweep(std::vector<Range>& out) const {
  std::vector<Range> open;
  std::uint64_t at = 0;
  std::size_t next = 0;
  while (next < ranges_.size() || !open.empty()) {
    if (open.empty()) at = ranges_[next].begin;
    std::uint32_t space = open.empty() ? ranges_[next].space : open.front().space;
    while (next < ranges_.size() && ranges_[next].space == space && ranges_[next].begin == at)
      open.push_back(ranges_[next++]);
    std::uint64_t until = open.front().end;
    for (const Range& range : open) until = std::min(until, range.end);
    if (next < ranges_.size() && ranges_[next].space == space) until = std::min(until, ranges_[next].begin);
    Range stretch{space, open.front().owners, at, until, 0};
    for (const Range& range : open) {
      stretch.owners = sets_.united(stretch.owners, range.owners);
      stretch.references = std::min(kMany, stretch.references + range.references);
    }
    append(out, stretch);
    at = until;
    std::erase_if(open, [&](const Range& range) { return range.end <= at; });
  }
}

}  // namespace cowstore::space
