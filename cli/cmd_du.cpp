#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct DuFlags {
  std::uint64_t commits = DiskUseOptions{}.commits;
};

void declare(Parser& parser, DuFlags& flags) {
  parser.number("-n,--commits", "N", flags.commits, "the newest N commits; 0 for none (10 if not given)");
}

Result<ExitStatus> run(const DuFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  DiskUseOptions options;
  options.commits = flags.commits;
  auto use = repository->disk_use(options);
  if (!use) return use.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.answer([&] { return json_of(*use); }, [&] { return text_of(*use, session.line_width(), detail); });
}

}  // namespace

Verb du_verb() {
  return make_verb<DuFlags>(
      {.name = "du",
       .summary = "how much space working copies, store and versions take",
       .usage = {"cowstore du [-n N]"},
       .description =
           "For each working copy and each part of the store: the size of its files, what of that it shares with "
           "others, "
           "and what is exclusive to it, which removing it would free. For the newest commits: the size of their "
           "files, "
           "and of the store's containers that they reach what others reach, too, and what none but this one does. "
           "Then "
           "who has how much in common with whom. By what the file system says of each file; no content is read.",
       .examples = {{"cowstore du", "what there is"}, {"cowstore du -n 0", "without commits"}}},
      declare, run);
}

}  // namespace cowstore::cli
