#include "cli/listing.hpp"
#include "cli/scope.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/text_patch.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct DiffFlags {
  std::optional<std::string> before;
  std::optional<std::string> after;
  bool stat = false;
  bool name_status = false;
  bool null = false;
  ScopeFlags scope;
};

void declare(Parser& parser, DiffFlags& flags) {
  parser.argument("REV", flags.before, "the older side; the working copy's commit if not given");
  parser.argument("REV", flags.after, "the newer side; the working copy if not given");
  parser.flag("--stat", flags.stat, "sizes before and after instead of content");
  parser.flag("--name-status", flags.name_status, "only letter (A, M, D) and path");
  parser.flag("-z,--null", flags.null, "with --name-status: raw paths, each ended by NUL");
  declare_one_file_system(parser, flags.scope);
  declare_skip_unreadable(parser, flags.scope);
}

/// Content is read after the walk, not within it.
Result<std::vector<EntryChange>> all_changes(const DiffFlags& flags, Repository& repository) {
  std::vector<EntryChange> changes;
  auto take = [&](const EntryChange& change) -> Result<void> {
    changes.push_back(change);
    return {};
  };
  auto done = repository.diff(flags.before, flags.after, take, scope_of(flags.scope));
  if (!done) return done.error();
  return changes;
}

Result<ExitStatus> run_patch(const DiffFlags& flags, Repository& repository, Session& session) {
  auto changes = all_changes(flags, repository);
  if (!changes) return changes.error();
  auto read = [&](const EntryInfo& entry, const ContentSink& sink) { return repository.read_content(entry, sink); };
  for (const EntryChange& change : *changes) {
    auto patch = patch_of(change, read, session.paint());
    if (!patch) return patch.error();
    auto written = session.write(*patch);
    if (!written) return written.error();
  }
  return ExitStatus::kDone;
}

Result<ExitStatus> run_list(const DiffFlags& flags, Repository& repository, Session& session) {
  Listing listing(session, "changes");
  DiffStat stat;
  Terminator terminator = flags.null ? Terminator::kNull : Terminator::kNewline;
  auto line = [&](const EntryChange& change) {
    return flags.name_status ? name_status(change, terminator, session.paint()) : stat.add(change, session.paint());
  };
  auto take = [&](const EntryChange& change) {
    return listing.add([&] { return json_of(change); }, [&] { return line(change); });
  };
  auto done = repository.diff(flags.before, flags.after, take, scope_of(flags.scope));
  if (!done) return done.error();
  return listing.finish(stat.summary());
}

Result<ExitStatus> run(const DiffFlags& flags, Session& session) {
  if (flags.stat && flags.name_status) return usage_error("--stat and --name-status exclude each other");
  if (flags.null && !flags.name_status) return usage_error("-z goes with --name-status");
  auto repository = session.open();
  if (!repository) return repository.error();
  bool as_list = session.json() || flags.stat || flags.name_status;
  return as_list ? run_list(flags, *repository, session) : run_patch(flags, *repository, session);
}

}  // namespace

Verb diff_verb() {
  return make_verb<DiffFlags>(
      {.name = "diff",
       .summary = "what changed between two versions, or since one",
       .usage = {"cowstore diff [REV [REV]] [--stat | --name-status [-z]] [--one-file-system] [--skip-unreadable]"},
       .description =
           "Without REV: from the working copy's commit to the working copy. With one: from that version to the "
           "working copy. With two: from the first to the second.\n\n"
           "Prints a patch that `patch -p1` and `git apply` take, made by the system's diff; binary files, and files "
           "larger than 32 MiB, are only said to differ. Only what differs is read.",
       .examples = {{"cowstore diff", "what a commit would record"},
                    {"cowstore diff @~1 --stat", "sizes, since the commit before the last"},
                    {"cowstore diff v1 v2 --name-status", "paths, from one tag to another"}}},
      declare, run);
}

}  // namespace cowstore::cli
