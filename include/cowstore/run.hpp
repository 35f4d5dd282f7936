// Running a command in a private working copy of a version, at the path of the working copy that it is called from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cowstore/checkout.hpp"
#include "cowstore/commit.hpp"
#include "cowstore/result.hpp"

namespace cowstore {

struct RunOptions {
  std::string revision = "@";
  std::vector<std::string> command;  ///< the program, found by PATH, and its arguments
  std::string directory;             ///< in which it starts: absolute, in the working copy
  CheckoutMethod method = CheckoutMethod::kAuto;
  CowPolicy cow = CowPolicy::kAllowCopies;
  /// An absolute path, where the private copy stays as a working copy, whatever the command's end; else it is removed.
  std::optional<std::string> keep;
  /// Commits what the command left, if it succeeded, on the branch that `revision` names, if it names one.
  std::optional<CommitOptions> commit;
  enum class StandardOutput { kInherited, kToStandardError } output = StandardOutput::kInherited;
};

struct RunReport {
  int status = 0;                      ///< the command's exit status; 127 or 126 if it could not be executed
  int signal = 0;                      ///< that ended it; 0 for none
  std::optional<Error> not_started;    ///< why it could not be executed
  CheckoutReport copy;                 ///< how the private copy came to be
  bool kept = false;                   ///< at copy.path
  std::optional<CommitReport> commit;  ///< none if none was asked for, or the command failed
};

}  // namespace cowstore
