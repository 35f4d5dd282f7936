#include "cli/decorations.hpp"
#include "cli/listing.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct LogFlags {
  LogOptions options;
  std::optional<std::string> revision;
  bool one_line = false;
};

void declare(Parser& parser, LogFlags& flags) {
  parser.argument("REV", flags.revision, "where to start; `@` if not given");
  parser.number("-n,--limit", "N", flags.options.limit, "at most N commits");
  parser.flag("--oneline", flags.one_line, "one line each: id and first line of the message");
}

Result<ExitStatus> run(const LogFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto names = decorations_in(*repository);
  if (!names) return names.error();
  LogOptions options = flags.options;
  options.revision = flags.revision.value_or("@");
  Listing listing(session, "commits");
  std::string separator;
  auto show = [&](const CommitInfo& commit) {
    if (flags.one_line) return one_line(commit, *names, session.paint());
    return std::exchange(separator, "\n") + text_of(commit, *names, session.paint());
  };
  auto done = repository->log(options, [&](const CommitInfo& commit) -> Result<bool> {
    auto added = listing.add([&] { return json_of(commit); }, [&] { return show(commit); });
    if (!added) return added.error();
    return true;
  });
  if (!done) return done.error();
  return listing.finish();
}

}  // namespace

Verb log_verb() {
  return make_verb<LogFlags>(
      {.name = "log",
       .summary = "list versions, newest first",
       .usage = {"cowstore log [REV] [-n N] [--oneline]"},
       .description = "Lists the commit that REV names and its ancestors, with author, time, facts (--meta) and "
                      "message. Branches and tags stand behind the commits that they name.",
       .examples = {{"cowstore log --oneline -n 10", "the last ten in short"},
                    {"cowstore log v1.0", "from a tag backwards"},
                    {"cowstore log --json | jq -r '.commits[].meta.loss'", "a metric over time"}}},
      declare, run);
}

}  // namespace cowstore::cli
