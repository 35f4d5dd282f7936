// The process's own surroundings. With external_diff.cpp the only place of the command line that talks to the system
// directly: what it asks (is this a terminal, how wide) is no business of the library.
#pragma once

#include "cli/io.hpp"

namespace cowstore::cli {

/// Standard output and error, the current directory, the environment, the clocks.
Io system_io();

/// A broken pipe ends the program silently, as is usual for `cowstore log | head`, whatever the parent process set.
/// An interrupt takes the progress line off the terminal, then ends the program as usual: every command may be killed
/// at any point.
void handle_signals(const Io& io);

/// Ends this process by that signal. Returns only if that isn't possible.
void end_by_signal(int number);

}  // namespace cowstore::cli
