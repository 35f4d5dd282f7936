#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct RestoreFlags {
  std::string source = "@";
  std::vector<std::string> paths;
  bool dry_run = false;
};

void declare(Parser& parser, RestoreFlags& flags) {
  parser.arguments("PATH", flags.paths, "files and directories to bring back", Need::kRequired);
  parser.value("--source", "REV", flags.source, "the version to take them from; `@` if not given");
  parser.flag("--dry-run", flags.dry_run, "list what would happen and change nothing");
}

Result<ExitStatus> run(const RestoreFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  RestoreOptions options;
  options.source = flags.source;
  if (flags.dry_run) options.execution = Execution::kDryRun;
  for (const std::string& path : flags.paths) {
    auto relative = repository->relative_path(session.directory(), path);
    if (!relative) return relative.error();
    options.paths.push_back(*relative);
  }
  auto report = repository->restore(options);
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.report([&] { return json_of(*report, options.execution); },
                        [&] { return text_of_restore(*report, options.execution, detail); });
}

}  // namespace

Verb restore_verb() {
  return make_verb<RestoreFlags>(
      {.name = "restore",
       .summary = "bring files back to what a version has",
       .usage = {"cowstore restore [--source REV] [--dry-run] PATH..."},
       .description = "Overwrites the named files, and everything in the named directories, with what the version has. "
                      "What they were goes into the operation log first: `cowstore undo` brings it back. The working "
                      "copy stays on its commit.",
       .examples = {{"cowstore restore labels.csv", "drop the edits of one file"},
                    {"cowstore restore --source @~3 images", "a directory as it was three commits ago"},
                    {"cowstore undo", "no, the edits after all"}}},
      declare, run);
}

}  // namespace cowstore::cli
