// What the library is told about its surroundings: who acts, what time it is, whom to tell. It asks nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "cowstore/time.hpp"

namespace cowstore {

/// Told of long work as it goes on. Called from several threads at once, often: implementations are thread-safe and
/// cheap.
class Progress {
 public:
  virtual ~Progress() = default;
  /// A new stage ("scanning", "storing", "checking out", …); totals are 0 when not known yet.
  virtual void begin(std::string_view stage, std::uint64_t files_total, std::uint64_t bytes_total) = 0;
  /// Adds to what is done in the present stage.
  virtual void advance(std::uint64_t files, std::uint64_t bytes) = 0;
  /// Something else is about to write to the terminal: what is shown there goes away, until there is news.
  virtual void clear() {}
};

struct Context {
  std::string author;        ///< of commits, "Name <mail>" or "user@host"
  std::string user;          ///< of operations
  std::string command_line;  ///< of operations, as `op log` shows it
  std::function<Timestamp()> now;
  std::function<int(Timestamp)> utc_offset_minutes;
  Progress* progress = nullptr;  ///< borrowed; may be null
  std::function<void(const std::string&)>
      notice;               ///< one line for the user that isn't a result: "waiting for …"; may be empty
  std::size_t threads = 0;  ///< 0: as many as there are cores
};

/// The system's clock, time zone, user and host; no progress. `author` becomes user@host.
Context system_context();

}  // namespace cowstore
