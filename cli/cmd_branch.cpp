#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct BranchFlags {
  std::optional<std::string> name;
  std::optional<std::string> revision;
  bool remove = false;
  bool force_remove = false;
  bool force = false;
};

void declare(Parser& parser, BranchFlags& flags) {
  parser.argument("NAME", flags.name, "the branch; without it, all are listed");
  parser.argument("REV", flags.revision, "where it begins; `@` if not given");
  parser.flag("-d,--delete", flags.remove, "delete NAME, if its commits are on another branch or tag too");
  parser.flag("-D", flags.force_remove, "delete NAME in any case: -d --force");
  parser.flag("-f,--force", flags.force, "move NAME if it exists");
}

/// HEAD stands in the list, too, where it is on no branch.
Result<std::string> detached_line(Repository& repository, const std::vector<RefInfo>& branches) {
  for (const RefInfo& branch : branches) {
    if (branch.current) return std::string();
  }
  auto head = repository.show("@");
  if (head) return fmt::format("* (HEAD detached at {})\n", short_id(head->id));
  if (head.error().code == ErrorCode::kNotFound) return std::string();  // before the first commit
  return head.error();
}

std::string lines_of(const std::vector<RefInfo>& branches, const Session& session) {
  std::string text;
  for (const RefInfo& branch : branches) {
    std::string name = printable_lines(branch.name);
    text += branch.current ? "* " + session.paint()(Color::kGreen, name) : "  " + name;
    text += session.verbose() ? fmt::format("\t{}\n", short_id(branch.commit)) : "\n";
  }
  return text;
}

Result<ExitStatus> list(Repository& repository, Session& session) {
  auto branches = repository.branches();
  if (!branches) return branches.error();
  auto detached = detached_line(repository, *branches);
  if (!detached) return detached.error();
  return session.answer([&] { return json_of_branches(*branches); },
                        [&] { return *detached + lines_of(*branches, session); });
}

Result<ExitStatus> remove(const BranchFlags& flags, Repository& repository, Session& session) {
  bool force = flags.force || flags.force_remove;
  auto ref = repository.delete_branch(*flags.name, force ? Overwrite::kForce : Overwrite::kRefuse);
  if (!ref) return ref.error();
  return session.report(
      [&] { return json_of(*ref, RefAction::kDeleted); },
      [&] { return fmt::format("Deleted branch {} (was {})\n", quoted_name(ref->name), short_id(ref->commit)); });
}

Result<ExitStatus> create(const BranchFlags& flags, Repository& repository, Session& session) {
  auto ref = repository.create_branch(*flags.name, flags.revision.value_or("@"),
                                      flags.force ? Overwrite::kForce : Overwrite::kRefuse);
  if (!ref) return ref.error();
  return session.report(
      [&] { return json_of(*ref, RefAction::kCreated); },
      [&] { return fmt::format("Branch {} is at {}\n", quoted_name(ref->name), short_id(ref->commit)); });
}

Result<ExitStatus> run(const BranchFlags& flags, Session& session) {
  bool removes = flags.remove || flags.force_remove;
  if (removes && !flags.name) return usage_error("NAME is missing: which branch to delete");
  if (removes && flags.revision) return usage_error("-d takes a branch and no REV");
  auto repository = session.open();
  if (!repository) return repository.error();
  if (!flags.name) return list(*repository, session);
  return removes ? remove(flags, *repository, session) : create(flags, *repository, session);
}

}  // namespace

Verb branch_verb() {
  return make_verb<BranchFlags>(
      {.name = "branch",
       .summary = "list, make, move and delete branches",
       .usage = {"cowstore branch", "cowstore branch NAME [REV] [--force]", "cowstore branch -d NAME [--force]"},
       .description =
           "A branch is a name that moves on with the commits of the working copies that follow it. Without NAME, "
           "lists all; `*` marks the one that this working copy follows. Making one doesn't switch to it: "
           "`cowstore checkout -b NAME` does both.",
       .examples = {{"cowstore branch experiment", "at the current commit"},
                    {"cowstore branch -f experiment @~2", "move it"},
                    {"cowstore branch -d experiment", "delete it; `cowstore undo` brings it back"}}},
      declare, run);
}

}  // namespace cowstore::cli
