#include "cli/json.hpp"
#include "cli/listing.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

std::vector<std::string> absolute_paths(const Session& session, const std::vector<std::string>& paths) {
  std::vector<std::string> absolute;
  for (const std::string& path : paths) absolute.push_back(session.absolute(path));
  return absolute;
}

struct ListFlags {
  bool fast = false;
};

void declare_list(Parser& parser, ListFlags& flags) {
  parser.flag("--fast", flags.fast, "look into none of them: only what is registered, and whether it is there");
}

Result<ExitStatus> run_list(const ListFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  WorktreeListOptions options;
  if (flags.fast) options.check = WorktreeListOptions::Check::kPresence;
  auto infos = repository->worktrees(options);
  if (!infos) return infos.error();
  auto json = [&] {
    JsonList list;
    for (const WorktreeInfo& info : *infos) list.add(json_of(info));
    return json_of_list("worktrees", list);
  };
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.answer(json, [&] { return text_of(*infos, session.context().now(), session.line_width(), detail); });
}

struct RemoveFlags {
  bool force = false;
  std::vector<std::string> names;
};

void declare_remove(Parser& parser, RemoveFlags& flags) {
  parser.flag("-f,--force", flags.force, "with uncommitted work in it, too; `undo` brings it back");
  parser.arguments("PATH|ID", flags.names, "working copies, by path or by (the unique beginning of) an id",
                   Need::kRequired);
}

Result<ExitStatus> run_remove(const RemoveFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  Listing listing(session, "removed");
  for (const std::string& name : flags.names) {
    auto report =
        repository->remove_worktree(session.directory(), name, flags.force ? Overwrite::kForce : Overwrite::kRefuse);
    if (!report) return report.error();
    auto shown = listing.add([&] { return json_of(*report); },
                             [&] { return session.quiet() ? std::string() : text_of(*report); });
    if (!shown) return shown.error();
  }
  return listing.finish();
}

struct MoveFlags {
  std::string name;
  std::string to;
};

void declare_move(Parser& parser, MoveFlags& flags) {
  parser.argument("PATH|ID", flags.name, "a working copy");
  parser.argument("NEW", flags.to, "its new path, which nothing has");
}

Result<ExitStatus> run_move(const MoveFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto report = repository->move_worktree(session.directory(), flags.name, flags.to);
  if (!report) return report.error();
  auto reported = session.report([&] { return json_of(*report); }, [&] { return text_of(*report); });
  if (!reported || report->unrepaired.empty()) return reported;
  return ExitStatus::kOther;
}

struct PruneFlags {
  bool dry_run = false;
  bool templates = false;
  std::vector<std::string> directories;
};

void declare_prune(Parser& parser, PruneFlags& flags) {
  parser.flag("-n,--dry-run", flags.dry_run, "list what would happen and change nothing");
  parser.flag("--templates", flags.templates, "remove templates that nobody uses, too");
  parser.arguments("DIR", flags.directories, "directories to look for leftovers in besides those that are known",
                   Need::kOptional);
}

Result<ExitStatus> run_prune(const PruneFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  WorktreePruneOptions options;
  if (flags.dry_run) options.run = WorktreePruneOptions::Run::kDryRun;
  if (flags.templates) options.templates = WorktreePruneOptions::Templates::kDropUnused;
  options.directories = absolute_paths(session, flags.directories);
  auto report = repository->prune_worktrees(options);
  if (!report) return report.error();
  return session.report([&] { return json_of(*report, options.run); }, [&] { return text_of(*report, options.run); });
}

struct RepairFlags {
  std::vector<std::string> paths;
};

void declare_repair(Parser& parser, RepairFlags& flags) {
  parser.arguments("PATH", flags.paths, "working copies at their new places", Need::kOptional);
}

Result<ExitStatus> run_repair(const RepairFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  auto report = repository->repair_worktrees(absolute_paths(session, flags.paths));
  if (!report) return report.error();
  auto reported = session.report([&] { return json_of(*report); }, [&] { return text_of(*report); });
  if (!reported || report->unrepaired.empty()) return reported;
  return ExitStatus::kOther;
}

}  // namespace

Verb worktree_list_verb() {
  return make_verb<ListFlags>(
      {.name = "worktree list",
       .summary = "list the repository's working copies",
       .usage = {"cowstore worktree list [--fast]"},
       .description =
           "Each with what it has checked out, how it came to be, how many paths differ from its commit, how long ago "
           "it "
           "was registered (AGE), how much space it shares with others, and how much is exclusive to it: that is what "
           "removing it would free. `*` marks the one that the command runs in. -v adds its id, and how long ago a "
           "command last changed something in it (USED). Finding what differs and measuring costs a look at every file "
           "of each; --fast leaves both out.",
       .examples = {{"cowstore worktree list", "what there is, and what has been edited"},
                    {"cowstore worktree list --fast", "without looking into them"}}},
      declare_list, run_list);
}

Verb worktree_remove_verb() {
  return make_verb<RemoveFlags>(
      {.name = "worktree remove",
       .summary = "remove working copies",
       .usage = {"cowstore worktree remove [--force] PATH|ID..."},
       .description =
           "Removes each working copy with all that is in it: a Btrfs subvolume at once, else file by file. Refuses, "
           "and names the paths, if something in it is in no version: uncommitted, untracked and ignored files alike. "
           "--force keeps that in the operation: `cowstore undo`, in the working copy where the removal was run, "
           "brings the removed one back with all of it. The main working copy, which holds the store, and the one that "
           "the command runs in are never removed.",
       .examples = {{"cowstore worktree remove ../experiment", "if nothing would be lost"},
                    {"cowstore worktree remove -f 3f2a9c1", "by its id, with uncommitted work in it"}}},
      declare_remove, run_remove);
}

Verb worktree_move_verb() {
  return make_verb<MoveFlags>(
      {.name = "worktree move",
       .summary = "move a working copy to another path",
       .usage = {"cowstore worktree move PATH|ID NEW"},
       .description =
           "Renames the directory and registers its new path. If the store lies in it, as in the main working copy, "
           "all "
           "others are told where it is. Within one file system only; NEW must not exist. `cowstore worktree move` is "
           "also the way back: `cowstore undo` passes it over.",
       .examples = {{"cowstore worktree move ../experiment ~/kept", "a directory of any name, anywhere on its disk"}}},
      declare_move, run_move);
}

Verb worktree_prune_verb() {
  return make_verb<PruneFlags>(
      {.name = "worktree prune",
       .summary = "forget working copies that are gone, remove leftovers",
       .usage = {"cowstore worktree prune [-n] [--templates] [DIR...]"},
       .description =
           "Drops the registrations of working copies whose directories are gone, and removes what interrupted "
           "commands left beside working copies (and in DIR). What may only be hidden, since a file system isn't "
           "mounted, is kept and named: `cowstore worktree remove` drops it by its path or id. A working copy that was "
           "moved by hand is repaired, not pruned: `cowstore worktree repair NEWPATH`.",
       .examples = {{"cowstore worktree prune --dry-run", "what it would do"}}},
      declare_prune, run_prune);
}

Verb worktree_repair_verb() {
  return make_verb<RepairFlags>(
      {.name = "worktree repair",
       .summary = "make registrations agree with where directories are",
       .usage = {"cowstore worktree repair [PATH...]"},
       .description =
           "For directories that were moved by other means than `cowstore worktree move`. In a working copy that was "
           "moved, or with its new path given, registers the new path. In the main working copy, after the store has "
           "moved with it, makes all others find it again. What can't be repaired is named with the reason, and the "
           "exit status is 1.",
       .examples = {{"cowstore worktree repair ../moved", "it lies there now"}}},
      declare_repair, run_repair);
}

}  // namespace cowstore::cli
