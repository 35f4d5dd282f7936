#include <fmt/format.h>

#include <set>

#include "cli/commit_message.hpp"
#include "cli/json.hpp"
#include "cli/scope.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

struct CommitFlags {
  std::vector<std::string> paragraphs;
  std::vector<std::string> meta;
  std::vector<std::string> paths;
  bool times = false;
  ScopeFlags scope;
};

void declare(Parser& parser, CommitFlags& flags) {
  parser.arguments("PATH", flags.paths, "record changes in these files and directories only", Need::kOptional);
  parser.values("-m,--message", "TEXT", flags.paragraphs, "what this version is; repeated, each is a paragraph");
  parser.values("--meta", "KEY=VALUE", flags.meta, "a fact to keep with the commit: a parameter, a metric; repeatable");
  parser.flag("--times", flags.times, "make a commit even if only modification times differ");
  declare_one_file_system(parser, flags.scope);
  declare_skip_unreadable(parser, flags.scope);
}

using Meta = std::vector<std::pair<std::string, std::string>>;

Result<Meta> meta_of(const CommitFlags& flags) {
  Meta meta;
  std::set<std::string> keys;
  for (const std::string& text : flags.meta) {
    std::size_t equals = text.find('=');
    if (equals == 0 || equals == text.npos) {
      return usage_error(fmt::format("--meta takes KEY=VALUE, not '{}'", escape_for_terminal(text)));
    }
    std::string key = text.substr(0, equals);
    if (!keys.insert(key).second) return usage_error(fmt::format("--meta {} twice", escape_for_terminal(key)));
    meta.emplace_back(key, text.substr(equals + 1));
  }
  return meta;
}

Result<CommitOptions> options_of(const CommitFlags& flags) {
  CommitOptions options;
  auto message = message_of(flags.paragraphs, "cowstore commit -m MESSAGE");
  if (!message) return message.error();
  options.message = *message;
  auto meta = meta_of(flags);
  if (!meta) return meta.error();
  options.meta = *meta;
  if (flags.times) options.times = CommitOptions::Times::kCount;
  options.scope = scope_of(flags.scope);
  return options;
}

Result<ExitStatus> run(const CommitFlags& flags, Session& session) {
  auto options = options_of(flags);
  if (!options) return options.error();
  auto repository = session.open();
  if (!repository) return repository.error();
  auto paths = session.working_copy_paths(*repository, flags.paths);
  if (!paths) return paths.error();
  options->paths = *paths;
  auto report = repository->commit(*options);
  if (!report) return report.error();
  Detail detail = session.verbose() ? Detail::kVerbose : Detail::kNormal;
  return session.report([&] { return json_of(*report); }, [&] { return text_of(*report, options->message, detail); });
}

}  // namespace

Verb commit_verb() {
  return make_verb<CommitFlags>(
      {.name = "commit",
       .summary = "record the working copy as a new version",
       .usage = {"cowstore commit -m MESSAGE [--meta KEY=VALUE]... [--times] [--one-file-system]",
                 "                [--skip-unreadable] [PATH...]"},
       .description =
           "Takes the directory as it is, or the paths named; there is no staging area. Files that match .cowignore "
           "stay out. When it returns, the commit is durable; interrupted, it has never happened. Nothing to commit "
           "is no error.\n\n"
           "The author comes from COWSTORE_AUTHOR, else it is user@host. The report says how content came into the "
           "store: cloned (it shares its blocks with your file) or copied, and how many chunks were new.",
       .examples = {{"cowstore commit -m \"clean the labels\"", "everything that changed"},
                    {"cowstore commit -m train --meta lr=0.1 --meta loss=0.031", "with facts that log and show print"},
                    {"cowstore commit -m \"only the docs\" docs README", "some paths"}}},
      declare, run);
}

}  // namespace cowstore::cli
