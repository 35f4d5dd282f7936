#include "refs/log_notes.hpp"

#include <algorithm>
#include <utility>

namespace cowstore::refs {

void LogNotes::add(LogNote note) {
  if (std::find(notes_.begin(), notes_.end(), note) == notes_.end()) notes_.push_back(std::move(note));
}

void LogNotes::drop(LogNote::Kind kind) {
  std::erase_if(notes_, [kind](const LogNote& note) { return note.kind == kind; });
}

}  // namespace cowstore::refs
