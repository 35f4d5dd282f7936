#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct UndoFlags {
  bool force = false;
};

void declare(Parser& parser, UndoFlags& flags) {
  parser.flag("-f,--force", flags.force, "overwrite what was edited since; another undo brings it back");
}

Result<ExitStatus> run(const UndoFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto report = repository->undo(flags.force ? Overwrite::kForce : Overwrite::kRefuse);
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.report([&] { return json_of(*report); }, [&] { return text_of(*report, detail); });
}

}  // namespace

Verb undo_verb() {
  return make_verb<UndoFlags>(
      {.name = "undo",
       .summary = "take back this working copy's last operation",
       .usage = {"cowstore undo [--force]"},
       .description =
           "Takes back the last command of this working copy that changed something: a commit, a checkout, a restore, "
           "a branch or tag. Repeated, it goes further back. Undoing a commit leaves the files as they are; undoing a "
           "checkout or restore brings back the files, also those that --force overwrote. It refuses if a later "
           "operation of another working copy changed the same branch or tag. `cowstore op log` shows the operations.",
       .examples = {{"cowstore undo", "the last command"}, {"cowstore op log", "what there is to undo"}}},
      declare, run);
}

}  // namespace cowstore::cli
