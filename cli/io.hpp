// What the command line knows of the world outside: streams, directory, environment, terminal, clock.
// The program fills it from the process (terminal.hpp), tests from what they want to see.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "cowstore/context.hpp"

namespace cowstore::cli {

/// What a stream leads to.
enum class Device { kOther, kTerminal };

struct Io {
  std::ostream& out;  ///< borrowed, like err
  std::ostream& err;
  std::string cwd;  ///< absolute; relative paths and -C start there
  std::function<std::optional<std::string>(const std::string& name)> environment;
  Device out_device = Device::kOther;
  Device err_device = Device::kOther;
  std::size_t columns = 80;                          ///< width of the terminal
  std::function<Context()> context;                  ///< identity, wall clock and time zone
  std::function<std::chrono::nanoseconds()> steady;  ///< a clock that never jumps, for progress
  int end_by_signal = 0;  ///< set by a verb that ran a command: what ended that is to end this process too
};

}  // namespace cowstore::cli
