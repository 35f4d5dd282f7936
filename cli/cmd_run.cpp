#include <fmt/format.h>

#include "cli/commit_message.hpp"
#include "cli/human.hpp"
#include "cli/json.hpp"
#include "cli/method_flags.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct RunFlags {
  std::optional<std::string> at;
  std::optional<std::string> keep;
  bool commit = false;
  std::vector<std::string> paragraphs;
  MethodFlags<CheckoutMethod> method;
  std::vector<std::string> command;
};

void declare(Parser& parser, RunFlags& flags) {
  parser.arguments("COMMAND", flags.command, "what to run, with its arguments", Need::kRequired);
  parser.value("--at", "REV", flags.at, "in a private copy of this version, which shows in place of the working copy");
  parser.value("--keep", "NAME", flags.keep, "keep what the command leaves as a working copy in the directory NAME");
  parser.flag("--commit", flags.commit, "if the command succeeds, commit what it leaves, on the branch if REV is one");
  parser.values("-m,--message", "TEXT", flags.paragraphs, "the commit's message; repeated, each is a paragraph");
  declare_method(parser, flags.method);
}

Result<RunOptions> options_of(const RunFlags& flags, const Session& session) {
  RunOptions options;
  if (!flags.at)
    return usage_error("--at REV is missing", "`cowstore run --at @ -- COMMAND` runs it in a copy of HEAD");
  if (!flags.commit && !flags.paragraphs.empty()) return usage_error("-m is for --commit");
  auto sensible = check_method(flags.method);
  if (!sensible) return sensible.error();
  if (flags.commit) {
    auto message = message_of(flags.paragraphs, "cowstore run --at REV --commit -m MESSAGE -- COMMAND");
    if (!message) return message.error();
    options.commit.emplace().message = *message;
  }
  options.revision = *flags.at;
  options.command = flags.command;
  options.directory = session.directory();
  apply_method(flags.method, options);
  if (flags.keep) options.keep = session.absolute(*flags.keep);
  if (session.json()) options.output = RunOptions::StandardOutput::kToStandardError;
  return options;
}

/// Standard output is the command's.
void say(const Session& session, const std::string& text) {
  if (session.context().notice) session.context().notice(text);
}

void say_what_came(const RunReport& report, const RunFlags& flags, const Session& session) {
  if (report.not_started) say(session, report.not_started->message());
  if (session.verbose()) say(session, fmt::format("{}: {}", report.copy.method, text_of(report.copy.sharing)));
  if (report.kept) say(session, "kept " + report.copy.path);
  if (report.commit) {
    say(session,
        fmt::format("{} {}{}", report.commit->created ? "committed" : "nothing to commit: it is as in",
                    short_id(report.commit->commit), report.commit->branch ? " on " + *report.commit->branch : ""));
  } else if (flags.commit) {
    say(session, "nothing committed, since the command failed");
  }
}

Result<ExitStatus> run(const RunFlags& flags, Session& session) {
  auto options = options_of(flags, session);
  if (!options) return options.error();
  auto repository = session.open();
  if (!repository) return repository.error();
  auto report = repository->run(*options);
  if (!report) return report.error();
  say_what_came(*report, flags, session);
  if (session.json()) {
    auto answered = session.answer([&] { return json_of(*report); }, [] { return std::string(); });
    if (!answered) return answered;
  }
  return report->signal != 0 ? session.end_by_signal(report->signal) : static_cast<ExitStatus>(report->status);
}

}  // namespace

Verb run_verb() {
  return make_verb<RunFlags>(
      {.name = "run",
       .summary = "run a command in a private copy of a version",
       .usage = {"cowstore run --at REV [--keep NAME] [--commit -m MESSAGE] -- COMMAND [ARGUMENT...]"},
       .description =
           "Makes a private working copy of REV and runs the command in it. To the command and all that it starts, the "
           "copy shows at the path of this working copy, so that absolute paths in build trees hold; nobody else sees "
           "it, and this working copy is neither touched nor in the way. The command starts in the directory that "
           "cowstore was called from, as that version has it.\n\n"
           "Afterwards the copy is removed, or kept as a working copy (--keep), or committed (--commit), or both. The "
           "command's exit status, or the signal that ended it, is that of `cowstore run`; 127 and 126 say that it "
           "could not be executed. With --json the command's standard output goes to standard error.",
       .examples = {{"cowstore run --at @ -- make check", "test what is committed, whatever is being edited"},
                    {"cowstore run --at v1 --keep ../v1-built -- make", "and keep the outcome"},
                    {"cowstore run --at main --commit -m \"Regenerate\" -- ./generate", "and record it"}}},
      declare, run);
}

}  // namespace cowstore::cli
