#include "cli/decorations.hpp"
#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct ShowFlags {
  std::optional<std::string> revision;
};

void declare(Parser& parser, ShowFlags& flags) {
  parser.argument("REV", flags.revision, "the commit; `@` if not given");
}

/// A commit's changes in the two shapes that show has for them.
struct Changes {
  JsonList json;
  std::string text;
};

Result<Changes> changes_of(Repository& repository, const CommitId& commit, const Session& session) {
  Changes changes;
  DiffStat stat;
  auto done = repository.changes_of(commit, [&](const EntryChange& change) -> Result<void> {
    if (session.json()) {
      changes.json.add(json_of(change));
    } else {
      changes.text += stat.add(change, session.paint());
    }
    return {};
  });
  if (!done) return done.error();
  changes.text += stat.summary();
  return changes;
}

Result<ExitStatus> run(const ShowFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto commit = repository->show(flags.revision.value_or("@"));
  if (!commit) return commit.error();
  auto names = decorations_in(*repository);
  if (!names) return names.error();
  auto changes = changes_of(*repository, commit->id, session);
  if (!changes) return changes.error();
  return session.answer(
      [&] { return json_of(*commit, changes->json); },
      [&] { return text_of(*commit, *names, session.paint()) + (changes->text.empty() ? "" : "\n") + changes->text; });
}

}  // namespace

Verb show_verb() {
  return make_verb<ShowFlags>(
      {.name = "show",
       .summary = "one version: who, when, what changed",
       .usage = {"cowstore show [REV]"},
       .description = "Prints a commit and what it changed against its first parent, with sizes before and after. "
                      "`cowstore cat REV:PATH` prints the content of a file.",
       .examples = {{"cowstore show", "the last commit"}, {"cowstore show @~2 --json", "as an object"}}},
      declare, run);
}

}  // namespace cowstore::cli
