#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct VersionFlags {};

void declare(Parser&, VersionFlags&) {}

Result<ExitStatus> run(const VersionFlags&, Session& session) {
  return session.answer([] { return json_of_version(version()); },
                        [] { return std::string("cowstore ") + version() + "\n"; });
}

}  // namespace

Verb version_verb() {
  return make_verb<VersionFlags>({.name = "version",
                                  .summary = "print the version",
                                  .usage = {"cowstore version"},
                                  .description = "Prints the program's version.",
                                  .examples = {{"cowstore version --json", "as an object"}}},
                                 declare, run);
}

}  // namespace cowstore::cli
