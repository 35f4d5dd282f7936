#include "changes/directory_visit.hpp"

#include <algorithm>

namespace cowstore::changes {

namespace {

/// Enough that starting a task doesn't matter, few enough that all threads share a large directory to its end.
constexpr std::size_t kPieceNames = 1024;

}  // namespace

void DirectoryVisit::cut_into_pieces() {
  directory.entries.resize(listed.size());
  const std::span<ScannedEntry> places(directory.entries);
  std::size_t begin = 0;
  do {
    const std::size_t end = std::min(begin + kPieceNames, listed.size());
    const bool may_be_known = known && begin < end;
    const std::size_t next_known = may_be_known ? known->lower_bound(listed[begin].name) : 0;
    pieces.push_back({*this, begin, end, places.subspan(begin, end - begin), next_known});
    begin = end;
  } while (begin < listed.size());
  unfinished = pieces.size();
}

void DirectoryVisit::close_gaps() {
  std::vector<ScannedEntry>& entries = directory.entries;
  auto kept = entries.begin();
  for (const VisitPiece& piece : pieces) {
    const std::span<ScannedEntry> taken = piece.places.first(piece.taken);
    const bool in_place = taken.empty() || &*kept == taken.data();
    kept = in_place ? kept + static_cast<std::ptrdiff_t>(taken.size()) : std::move(taken.begin(), taken.end(), kept);
  }
  if (kept == entries.end()) return;
  entries.erase(kept, entries.end());
  entries.shrink_to_fit();
}

std::optional<index::IndexedEntry> VisitPiece::find_known(std::string_view name) {
  if (!visit.known) return std::nullopt;
  for (; next_known < visit.known->size(); ++next_known) {
    const int order = visit.known->name(next_known).compare(name);
    if (order == 0) return visit.known->entry(next_known);
    if (order > 0) break;
  }
  return std::nullopt;
}

}  // namespace cowstore::changes
