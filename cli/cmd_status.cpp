#include "cli/json.hpp"
#include "cli/scope.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct StatusFlags {
  bool null = false;
  ScopeFlags scope;
};

void declare(Parser& parser, StatusFlags& flags) {
  parser.flag("-z,--null", flags.null, "only the changes, each as letter, tab, raw path and NUL");
  declare_one_file_system(parser, flags.scope);
}

Result<ExitStatus> run(const StatusFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  StatusOptions options;
  options.file_systems = scope_of(flags.scope).file_systems;
  if (session.verbose()) options.times = StatusOptions::Times::kShow;
  auto status = repository->status(options);
  if (!status) return status.error();
  return session.answer([&] { return json_of(*status, repository->working_copy_path()); },
                        [&] { return flags.null ? null_terminated(*status) : text_of(*status, session.paint()); });
}

}  // namespace

Verb status_verb() {
  return make_verb<StatusFlags>(
      {.name = "status",
       .summary = "what differs between the working copy and its commit",
       .usage = {"cowstore status [-z] [-v] [--one-file-system]"},
       .description =
           "Lists added (A), modified (M) and deleted (D) paths, relative to the working copy. A new directory is "
           "listed by its files, an empty one by itself; content, kind and permission bits count as modified. A "
           "changed mtime alone doesn't: -v lists such files (T). Lines with - name what is not versioned and why: "
           "nested repositories, special files.",
       .examples = {{"cowstore status", "the current branch and what changed"},
                    {"cowstore status --json | jq -r '.modified[]'", "for scripts"},
                    {"cowstore status -z | xargs -0 -n1 printf '%q\\n'", "names with any byte in them"}}},
      declare, run);
}

}  // namespace cowstore::cli
