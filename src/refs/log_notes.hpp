// Collects what reading a log has to say, each thing once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "refs/log_note.hpp"

namespace cowstore::refs {

class LogNotes {
 public:
  void add(LogNote note);
  void drop(LogNote::Kind kind);  ///< those of one kind
  void clear() { notes_.clear(); }
  [[nodiscard]] const std::vector<LogNote>& all() const { return notes_; }

 private:
  std::vector<LogNote> notes_;
};

}  // namespace cowstore::refs
