#include "cli/json.hpp"
#include "cli/listing.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct MountFlags {
  bool all = false;
  std::vector<std::string> names;
};

void declare_mount(Parser& parser, MountFlags& flags) {
  parser.flag("--all", flags.all, "every one that isn't mounted");
  parser.arguments("PATH|ID", flags.names, "overlays; without any, the one that the command is run in",
                   Need::kOptional);
}

Result<ExitStatus> run_mount(const MountFlags& flags, Session& session) {
  if (flags.all && !flags.names.empty()) return usage_error("--all and names exclude each other");
  auto repository = session.open_around();
  if (!repository) return repository.error();
  std::vector<std::string> names = flags.names;
  if (names.empty() && !flags.all) names = {session.directory()};
  if (flags.all) {
    auto unmounted = repository->unmounted_worktrees();
    if (!unmounted) return unmounted.error();
    names = std::move(*unmounted);
  }
  Listing listing(session, "mounted");
  for (const std::string& name : names) {
    auto report = repository->mount_worktree(session.directory(), name);
    if (!report) return report.error();
    auto shown = listing.add([&] { return json_of(*report); },
                             [&] { return session.quiet() ? std::string() : text_of_mounted(*report); });
    if (!shown) return shown.error();
  }
  return listing.finish();
}

struct UnmountFlags {
  std::vector<std::string> names;
};

void declare_unmount(Parser& parser, UnmountFlags& flags) {
  parser.arguments("PATH|ID", flags.names, "overlays", Need::kRequired);
}

Result<ExitStatus> run_unmount(const UnmountFlags& flags, Session& session) {
  auto repository = session.open_around();
  if (!repository) return repository.error();
  Listing listing(session, "unmounted");
  for (const std::string& name : flags.names) {
    auto report = repository->unmount_worktree(session.directory(), name);
    if (!report) return report.error();
    auto shown = listing.add([&] { return json_of(*report); },
                             [&] { return session.quiet() ? std::string() : text_of_unmounted(*report); });
    if (!shown) return shown.error();
  }
  return listing.finish();
}

}  // namespace

Verb worktree_mount_verb() {
  return make_verb<MountFlags>(
      {.name = "worktree mount",
       .summary = "show overlays again at their paths",
       .usage = {"cowstore worktree mount [PATH|ID...]", "cowstore worktree mount --all"},
       .description =
           "A working copy that was made with `checkout --method overlay` is a mount: after the machine was started "
           "its directory is empty, and what was edited in it lies in the store. This mounts it as it was. Refuses "
           "where it is mounted already in another mount namespace, since two mounts would destroy each other's "
           "files. A template that is missing is made anew.",
       .examples = {{"cowstore worktree mount --all", "after the machine was started"}}},
      declare_mount, run_mount);
}

Verb worktree_unmount_verb() {
  return make_verb<UnmountFlags>(
      {.name = "worktree unmount",
       .summary = "take overlays from their paths; all in them stays",
       .usage = {"cowstore worktree unmount PATH|ID..."},
       .description = "Refuses while anything in it is in use. `cowstore worktree mount` shows it again.",
       .examples = {{"cowstore worktree unmount ../experiment", "as before switching off the machine"}}},
      declare_unmount, run_unmount);
}

}  // namespace cowstore::cli
