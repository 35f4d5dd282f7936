#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct InitFlags {
  std::optional<std::string> directory;
  InitOptions options;
};

void declare(Parser& parser, InitFlags& flags) {
  parser.argument("DIR", flags.directory, "the directory, made if it is missing; else the current one");
  parser.choice<std::string>(
      "--attrs", flags.options.attributes, {{"none", "none"}, {"times", "times"}, {"full", "full"}},
      "what commits record beside content: nothing, mtime and permission bits (the default), or owners, extended "
      "attributes and hard links as well");
  parser.choice<std::string>(
      "--chunking", flags.options.chunking, {{"default", "default"}, {"fine", "fine"}, {"bulk", "bulk"}},
      "size of the pieces that files are cut into: 64 KiB on average (the default), 16 KiB for source-like data, "
      "256 KiB for files of terabytes");
}

Result<ExitStatus> run(const InitFlags& flags, Session& session) {
  std::string directory = session.absolute(flags.directory.value_or("."));
  auto report = Repository::init(directory, flags.options, session.context());
  if (!report) return report.error();
  return session.report([&] { return json_of(*report, flags.options); }, [&] { return text_of(*report); });
}

}  // namespace

Verb init_verb() {
  return make_verb<InitFlags>(
      {.name = "init",
       .summary = "make a directory a repository",
       .usage = {"cowstore init [DIR] [--attrs none|times|full] [--chunking default|fine|bulk]"},
       .description =
           "Puts an empty repository into DIR/.cowstore and leaves the files in DIR alone: the first commit records "
           "them. The default branch is `main`. Nothing needs to be configured.\n\n"
           "Both options belong to the repository for good.",
       .examples = {{"cowstore init data", "a repository in the directory data, which is made if it is missing"},
                    {"cowstore init --chunking fine", "the current directory, for many small text files"}}},
      declare, run);
}

}  // namespace cowstore::cli
