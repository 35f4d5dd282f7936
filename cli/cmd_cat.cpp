#include "cli/json.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"

namespace cowstore::cli {

namespace {

struct CatFlags {
  std::string revision_path;
};

void declare(Parser& parser, CatFlags& flags) {
  parser.argument("REV:PATH", flags.revision_path, "a file in a version");
}

Result<ExitStatus> run_json(const CatFlags& flags, Repository& repository, Session& session) {
  std::string content;
  auto done = repository.cat(flags.revision_path, [&](const std::uint8_t* bytes, std::size_t size) -> Result<void> {
    content.append(reinterpret_cast<const char*>(bytes), size);
    return {};
  });
  if (!done) return done.error();
  return session.answer([&] { return json_of_content(flags.revision_path, content); }, [] { return std::string(); });
}

Result<ExitStatus> run(const CatFlags& flags, Session& session) {
  if (flags.revision_path.find(':') == std::string::npos) {
    return usage_error("cat takes REV:PATH", "`cowstore cat @:" + flags.revision_path + "` for the current version");
  }
  auto repository = session.open();
  if (!repository) return repository.error();
  if (session.json()) return run_json(flags, *repository, session);
  auto done = repository->cat(flags.revision_path, [&](const std::uint8_t* bytes, std::size_t size) {
    return session.write({reinterpret_cast<const char*>(bytes), size});
  });
  if (!done) return done.error();
  return ExitStatus::kDone;
}

}  // namespace

Verb cat_verb() {
  return make_verb<CatFlags>(
      {.name = "cat",
       .summary = "print a file of a version",
       .usage = {"cowstore cat REV:PATH"},
       .description = "Writes the file's bytes to standard output as they are. Each piece is checked against its hash "
                      "before it is written; if one is damaged, what came before has been written and the exit status "
                      "is 5. PATH is relative to the top of the version.",
       .examples = {{"cowstore cat @:data/labels.csv", "as the last commit has it"},
                    {"cowstore cat v1:model.bin > model-v1.bin", "out of a tag"}}},
      declare, run);
}

}  // namespace cowstore::cli
