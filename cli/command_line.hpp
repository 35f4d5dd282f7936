// The parts of a command line that are the same for every verb.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/parser.hpp"
#include "cli/verb.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

/// Options that every command takes, before or after the verb; --version stands alone.
struct Globals {
  std::vector<std::string> directories;  ///< of -C, each relative to the one before
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool help = false;
  bool version = false;
};

void declare_globals(Parser& parser, Globals& globals);
/// Those, and what may only stand where no verb is.
void declare_front_options(Parser& parser, Globals& globals);

struct Invocation {
  const Verb* verb = nullptr;
  std::vector<std::string> args;  ///< what follows the verb
};

/// Finds the verb at the front of `args` (not empty). kUsage offers the verb that was probably meant.
Result<Invocation> find_verb(const std::vector<std::string>& args);

/// Whether the output is to be JSON although the command line could not be parsed.
bool asks_for_json(const std::vector<std::string>& args);

/// The command as one line that a shell would take, for the operation log.
std::string as_shell_line(const std::vector<std::string>& args);

}  // namespace cowstore::cli
