#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct TagFlags {
  std::optional<std::string> name;
  std::optional<std::string> revision;
  bool remove = false;
  bool force = false;
};

void declare(Parser& parser, TagFlags& flags) {
  parser.argument("NAME", flags.name, "the tag; without it, all are listed");
  parser.argument("REV", flags.revision, "what it names; `@` if not given");
  parser.flag("-d,--delete", flags.remove, "delete NAME");
  parser.flag("-f,--force", flags.force, "move NAME if it exists");
}

Result<ExitStatus> list(Repository& repository, Session& session) {
  auto tags = repository.tags();
  if (!tags) return tags.error();
  return session.answer([&] { return json_of_tags(*tags); },
                        [&] {
                          std::string text;
                          for (const RefInfo& tag : *tags) {
                            text += printable_lines(tag.name);
                            text += session.verbose() ? fmt::format("\t{}\n", short_id(tag.commit)) : "\n";
                          }
                          return text;
                        });
}

Result<ExitStatus> remove(const TagFlags& flags, Repository& repository, Session& session) {
  auto ref = repository.delete_tag(*flags.name);
  if (!ref) return ref.error();
  return session.report(
      [&] { return json_of(*ref, RefAction::kDeleted); },
      [&] { return fmt::format("Deleted tag {} (was {})\n", quoted_name(ref->name), short_id(ref->commit)); });
}

Result<ExitStatus> create(const TagFlags& flags, Repository& repository, Session& session) {
  auto ref = repository.create_tag(*flags.name, flags.revision.value_or("@"),
                                   flags.force ? Overwrite::kForce : Overwrite::kRefuse);
  if (!ref) return ref.error();
  return session.report(
      [&] { return json_of(*ref, RefAction::kCreated); },
      [&] { return fmt::format("Tag {} names {}\n", quoted_name(ref->name), short_id(ref->commit)); });
}

Result<ExitStatus> run(const TagFlags& flags, Session& session) {
  if (flags.remove && !flags.name) return usage_error("NAME is missing: which tag to delete");
  if (flags.remove && flags.revision) return usage_error("-d takes a tag and no REV");
  auto repository = session.open();
  if (!repository) return repository.error();
  if (!flags.name) return list(*repository, session);
  return flags.remove ? remove(flags, *repository, session) : create(flags, *repository, session);
}

}  // namespace

Verb tag_verb() {
  return make_verb<TagFlags>(
      {.name = "tag",
       .summary = "list, make, move and delete tags",
       .usage = {"cowstore tag", "cowstore tag NAME [REV] [--force]", "cowstore tag -d NAME"},
       .description = "A tag is a name for one commit that stays where it is. Without NAME, lists all.",
       .examples = {{"cowstore tag v1", "name the current commit"},
                    {"cowstore tag paper @~4", "name an earlier one"},
                    {"cowstore tag -d paper", "delete it; `cowstore undo` brings it back"}}},
      declare, run);
}

}  // namespace cowstore::cli
