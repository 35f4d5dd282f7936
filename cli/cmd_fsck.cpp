#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct FsckFlags {};

void declare(Parser&, FsckFlags&) {}

Result<ExitStatus> run(const FsckFlags&, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto report = repository->fsck();
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  auto json = [&] { return json_of(*report); };
  auto text = [&] { return text_of(*report, detail, session.paint()); };
  bool found = !report->faults.empty();
  auto shown = found ? session.answer(json, text) : session.report(json, text);
  if (!shown) return shown;
  return found ? ExitStatus::kCorrupt : ExitStatus::kDone;
}

}  // namespace

Verb fsck_verb() {
  return make_verb<FsckFlags>(
      {.name = "fsck",
       .summary = "check everything that is stored",
       .usage = {"cowstore fsck"},
       .description =
           "Reads every stored byte: each object against its hash, each reference, each entry of the index against its "
           "container. Every fault is named with its place and, where known, the file of a commit that needs it; the "
           "exit status is 5 then. What a crash may leave behind (a torn tail of the log, unpublished files) is a "
           "note and no fault: later commands clean it up. Nothing is changed.",
       .examples = {{"cowstore fsck", "is all well?"}, {"cowstore fsck --json | jq '.faults'", "for a monitor"}}},
      declare, run);
}

}  // namespace cowstore::cli
