#include "cli/listing.hpp"
#include "cli/session.hpp"
#include "cli/text.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct LsFlags {
  std::optional<std::string> revision_path;
  bool recursive = false;
  bool long_format = false;
  bool null = false;
};

void declare(Parser& parser, LsFlags& flags) {
  parser.argument("REV[:PATH]", flags.revision_path, "a version, or a directory in it; `@` if not given");
  parser.flag("-r,--recursive", flags.recursive, "directories, too, with all that is in them");
  parser.flag("-l,--long", flags.long_format, "permissions, size and time (UTC) of each");
  parser.flag("-z,--null", flags.null, "raw paths, each ended by NUL");
}

Result<ExitStatus> run(const LsFlags& flags, Session& session) {
  auto repository = session.open();
  if (!repository) return repository.error();
  Listing listing(session, "entries");
  ListFormat format = flags.long_format ? ListFormat::kLong : ListFormat::kShort;
  Terminator terminator = flags.null ? Terminator::kNull : Terminator::kNewline;
  auto done = repository->list(flags.revision_path.value_or("@"),
                               flags.recursive ? Recursion::kRecursive : Recursion::kFlat, [&](const EntryInfo& entry) {
                                 return listing.add([&] { return json_of(entry); },
                                                    [&] { return text_of(entry, format, terminator); });
                               });
  if (!done) return done.error();
  return listing.finish();
}

}  // namespace

Verb ls_verb() {
  return make_verb<LsFlags>(
      {.name = "ls",
       .summary = "list the files of a version",
       .usage = {"cowstore ls [REV[:PATH]] [-r] [-l] [-z]"},
       .description =
           "Lists what a version holds, by its recorded names; paths are relative to the top of the version. "
           "Directories end with a slash. The working copy is not looked at.",
       .examples = {{"cowstore ls", "the top of the last commit"},
                    {"cowstore ls v1:data -r -l", "everything in a directory of a tag, with sizes"},
                    {"cowstore ls @ -r -z | xargs -0 -n1 basename", "names with any byte in them"}}},
      declare, run);
}

}  // namespace cowstore::cli
