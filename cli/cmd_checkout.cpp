#include "cli/json.hpp"
#include "cli/method_flags.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct CheckoutFlags {
  std::optional<std::string> revision;
  std::optional<std::string> directory;
  std::optional<std::string> new_branch;
  MethodFlags<CheckoutMethod> method;
  bool dry_run = false;
  bool force = false;
  bool verify = false;
  bool times = false;
};

void declare(Parser& parser, CheckoutFlags& flags) {
  parser.argument("REV", flags.revision, "the version: a branch is followed, anything else is detached");
  parser.argument("DIR", flags.directory, "a new working copy there; else the current one is switched");
  parser.value("-b", "NEW", flags.new_branch, "make the branch NEW at REV (or `@`) and follow it");
  declare_method(parser, flags.method);
  parser.flag("--dry-run", flags.dry_run, "list what would happen and change nothing");
  parser.flag("-f,--force", flags.force, "overwrite uncommitted and unversioned files; `undo` brings them back");
  parser.flag("--verify", flags.verify, "read and check content that is cloned, too");
  parser.flag("--times", flags.times,
              "changed files get their recorded times; else the current time, which build "
              "tools notice. New working copies always get the recorded times");
}

CheckoutOptions options_of(const CheckoutFlags& flags) {
  CheckoutOptions options;
  apply_method(flags.method, options);
  if (flags.dry_run) options.execution = Execution::kDryRun;
  if (flags.force) options.overwrite = Overwrite::kForce;
  if (flags.verify) options.verification = Verification::kVerify;
  if (flags.times) options.times = FileTimes::kRecorded;
  options.new_branch = flags.new_branch;
  return options;
}

Result<void> check(const CheckoutFlags& flags) {
  if (!flags.revision && !flags.new_branch) {
    return usage_error("REV is missing");
  }
  if (flags.new_branch && flags.directory) {
    return usage_error("-b switches this working copy and takes no DIR",
                       "`cowstore branch NEW REV`, then `cowstore checkout NEW DIR`");
  }
  return check_method(flags.method);
}

Result<ExitStatus> run(const CheckoutFlags& flags, Session& session) {
  auto sensible = check(flags);
  if (!sensible) return sensible.error();
  auto repository = session.open();
  if (!repository) return repository.error();
  CheckoutOptions options = options_of(flags);
  std::string revision = flags.revision.value_or("@");
  auto report = flags.directory ? repository->checkout(revision, session.absolute(*flags.directory), options)
                                : repository->switch_to(revision, options);
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.report([&] { return json_of(*report, options.execution); },
                        [&] {
                          return flags.directory ? text_of_new_copy(*report, revision, options.execution, detail)
                                                 : text_of_switch(*report, options.execution, detail);
                        });
}

}  // namespace

Verb checkout_verb() {
  return make_verb<CheckoutFlags>(
      {.name = "checkout",
       .summary = "switch to a version, or put one into a new directory",
       .usage = {"cowstore checkout REV [OPTION...]", "cowstore checkout -b NEW [REV] [OPTION...]",
                 "cowstore checkout REV DIR [OPTION...]"},
       .description =
           "In place, files that differ between the two versions are replaced; edits elsewhere are carried along. "
           "If uncommitted or unversioned files are in the way, it names them and touches nothing; with --force it "
           "goes on, and `cowstore undo` brings every byte back. Interrupted, the next command finishes or takes "
           "back what was begun.\n\n"
           "With DIR, which must not exist or be empty, it makes a further working copy of the same repository, with "
           "the recorded times. Where the file system can clone (Btrfs, XFS, bcachefs), files share their blocks with "
           "the store until somebody edits them. The report says how many were cloned, linked and copied. With "
           "--method "
           "hardlink they are read-only files that all such working copies have in common, on any file system.",
       .examples = {{"cowstore checkout main", "follow a branch"},
                    {"cowstore checkout @~3 /tmp/before", "an earlier version beside this one"},
                    {"cowstore checkout v1 --dry-run", "what it would do"},
                    {"cowstore checkout -b fix v1", "a new branch from a tag"}}},
      declare, run);
}

}  // namespace cowstore::cli
