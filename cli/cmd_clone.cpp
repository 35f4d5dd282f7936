#include "cli/json.hpp"
#include "cli/method_flags.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct CloneFlags {
  std::optional<std::string> first;
  std::optional<std::string> second;
  MethodFlags<CloneMethod> method;
  std::optional<std::string> new_branch;
  bool detach = false;
};

void declare(Parser& parser, CloneFlags& flags) {
  parser.argument("DIR", flags.first, "the working copy to clone; without it the one around the current directory");
  parser.argument("NEW", flags.second, "the directory to make, outside of DIR");
  declare_method(parser, flags.method);
  parser.value("-b", "BRANCH", flags.new_branch, "make BRANCH at DIR's commit, and let NEW follow it");
  parser.flag("--detach", flags.detach, "let NEW follow no branch; else it follows the one that DIR follows");
}

CloneOptions options_of(const CloneFlags& flags) {
  CloneOptions options;
  apply_method(flags.method, options);
  if (flags.detach) options.head = CloneHead::kDetached;
  options.new_branch = flags.new_branch;
  return options;
}

Result<void> check(const CloneFlags& flags) {
  if (!flags.first) return usage_error("NEW is missing");
  if (flags.detach && flags.new_branch) return usage_error("-b and --detach exclude each other");
  return check_method(flags.method);
}

/// DIR names a whole working copy: a clone of one directory of it is what `cp --reflink` makes.
Result<void> expect_top(const Repository& repository, const std::string& directory) {
  auto within = repository.relative_path(directory, ".");
  if (!within || within->empty()) return {};  // by a link it may be reached from outside
  return Error{ErrorCode::kUsage,
               0,
               "clone",
               directory,
               "it is a directory in the working copy " + repository.working_copy_path(),
               "name that one, or none: `cowstore clone NEW` clones the one around you"};
}

Result<ExitStatus> run(const CloneFlags& flags, Session& session) {
  auto sensible = check(flags);
  if (!sensible) return sensible.error();
  auto repository = flags.second ? Repository::open(session.absolute(*flags.first), session.context()) : session.open();
  if (!repository) return repository.error();
  if (flags.second) {
    auto top = expect_top(*repository, session.absolute(*flags.first));
    if (!top) return top.error();
  }
  auto report = repository->clone(session.absolute(flags.second.value_or(*flags.first)), options_of(flags));
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.report([&] { return json_of(*report); }, [&] { return text_of(*report, detail); });
}

}  // namespace

Verb clone_verb() {
  return make_verb<CloneFlags>(
      {.name = "clone",
       .summary = "a further working copy, with all that is in this one now",
       .usage = {"cowstore clone [DIR] NEW [--method auto|snapshot|reflink|hardlink|copy] [--require-cow]",
                 "               [-b BRANCH | --detach]"},
       .description =
           "NEW becomes what DIR is now: versioned files, uncommitted edits, ignored files and build outputs, with "
           "exact times, permissions, extended attributes and hard links, so that a build tool finds nothing to do. It "
           "is at the same commit and follows the same branch. What both have is stored once, until somebody edits "
           "it.\n\n"
           "On Btrfs, where DIR is a subvolume (`init` and `checkout` make subvolumes), it is one snapshot and takes "
           "milliseconds, however much there is; elsewhere files are cloned or copied one by one, and the report says "
           "how many. Other programs may go on writing to DIR: each file is as it was at one moment, and in a snapshot "
           "all of them at the same one.",
       .examples = {{"cowstore clone ../experiment", "the working copy around you, beside it"},
                    {"cowstore clone build /srv/ci/42 --require-cow", "fail rather than copy"},
                    {"cowstore clone ../fix -b fix", "and go on there on a branch of its own"}}},
      declare, run);
}

}  // namespace cowstore::cli
