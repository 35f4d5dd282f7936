#include <fmt/format.h>

#include "cli/json.hpp"
#include "cli/listing.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct OpLogFlags {
  std::uint64_t limit = 0;
};

void declare_log(Parser& parser, OpLogFlags& flags) {
  parser.number("-n,--limit", "N", flags.limit, "at most N operations");
}

Result<ExitStatus> run_log(const OpLogFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto operations = repository->operations(flags.limit);
  if (!operations) return operations.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  Listing listing(session, "operations");
  for (const OperationInfo& operation : *operations) {
    auto added =
        listing.add([&] { return json_of(operation); }, [&] { return text_of(operation, detail, session.paint()); });
    if (!added) return added.error();
  }
  return listing.finish();
}

struct OpRestoreFlags {
  std::string operation;
};

void declare_restore(Parser& parser, OpRestoreFlags& flags) {
  parser.argument("OP", flags.operation, "an operation's id, its unique beginning, or `@~2`");
}

Result<ExitStatus> run_restore(const OpRestoreFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto operation = repository->restore_operation(flags.operation);
  if (!operation) return operation.error();
  return session.report([&] { return json_of(*operation); },
                        [&] { return "As it was after:\n" + text_of(*operation, Detail::kNormal, session.paint()); });
}

}  // namespace

Verb op_log_verb() {
  return make_verb<OpLogFlags>(
      {.name = "op log",
       .summary = "list the commands that changed something, newest first",
       .usage = {"cowstore op log [-n N] [-v]"},
       .description =
           "Every command that changes what branches, tags or working copies name is one operation: id, time, "
           "user, command. -v also shows the names that it changed, before and after.",
       .examples = {{"cowstore op log -n 5 -v", "the last five in detail"}}},
      declare_log, run_log);
}

Verb op_restore_verb() {
  return make_verb<OpRestoreFlags>(
      {.name = "op restore",
       .summary = "go back to what branches, tags and this working copy were",
       .usage = {"cowstore op restore OP"},
       .description =
           "Sets all branches and tags, and what this working copy has checked out, to what they were right after that "
           "operation. Its files follow as with `cowstore checkout`: uncommitted work in the way is a conflict. Other "
           "working copies stay as they are. That is an operation of its own, which `cowstore undo` takes back.",
       .examples = {{"cowstore op restore @~2", "as it was two operations ago"}}},
      declare_restore, run_restore);
}

}  // namespace cowstore::cli
