// The command line from end to end.
#pragma once

#include <string>
#include <vector>

#include "cli/io.hpp"

namespace cowstore::cli {

/// Runs one command; `args` without the program's name. Returns the exit status (docs/cli.md). Touches the process in
/// no way, so that tests can call it any number of times.
int run(const std::vector<std::string>& args, Io& io);

}  // namespace cowstore::cli
