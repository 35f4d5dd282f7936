// Options of commands that look at the working copy: what of it they look at.
#pragma once

#include "cli/parser.hpp"
#include "cowstore/scope.hpp"

namespace cowstore::cli {

struct ScopeFlags {
  bool one_file_system = false;
  bool skip_unreadable = false;
};

inline void declare_one_file_system(Parser& parser, ScopeFlags& flags) {
  parser.flag("--one-file-system", flags.one_file_system, "leave out mount points and subvolumes; they are named");
}

inline void declare_skip_unreadable(Parser& parser, ScopeFlags& flags) {
  parser.flag("--skip-unreadable", flags.skip_unreadable, "leave out what can't be read, and name it");
}

inline Scope scope_of(const ScopeFlags& flags) {
  Scope scope;
  if (flags.one_file_system) scope.file_systems = FileSystems::kOne;
  if (flags.skip_unreadable) scope.unreadable = Unreadable::kSkip;
  return scope;
}

}  // namespace cowstore::cli
