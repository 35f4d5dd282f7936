// Running another program in the foreground, as if it had been started in this one's place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/result.hpp"

namespace cowstore::sys {

/// A directory that also shows at another place. Both exist; both paths are absolute.
struct BindMount {
  std::string source;
  std::string target;
};

enum class StandardOutput { kInherited, kToStandardError };

struct Command {
  std::vector<std::string> arguments;  ///< the program, found by PATH as a shell does, and what it is given
  std::string directory;               ///< absolute; entered once everything is mounted
  /// Mounted in this order, for the command and its children alone. All sources are found before the first mount hides
  /// anything. None: the command runs in the caller's mount namespace.
  std::vector<BindMount> mounts;
  StandardOutput output = StandardOutput::kInherited;
};

struct CommandEnd {
  int status = 0;                    ///< what it exited with; 127 or 126 if it could not be executed, as in shells
  int signal = 0;                    ///< that ended it; 0 for none
  std::optional<Error> not_started;  ///< why it could not be executed
};

/// Waits for the command's end. Mounting needs CAP_SYS_ADMIN, or a user namespace, in which the caller stays who they
/// are, and every other owner shows as nobody: kUnsupported where neither is allowed.
///
/// Signals that somebody sends to this process meanwhile (HUP, INT, QUIT, TERM, USR1, USR2) go to the command; those of
/// the terminal reach it by itself. When it stops, so does this process, and both continue together. If this process
/// is killed, so is the command. One command at a time in a process.
Result<CommandEnd> run_in_foreground(const Command& command);

}  // namespace cowstore::sys
