#include "cli/help.hpp"

#include <fmt/format.h>

#include "cli/human.hpp"

namespace cowstore::cli {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kRightColumn = 28;

constexpr std::string_view kExitStatuses =
    "0 done, 1 other, 2 usage, 3 not found, 4 conflict, 5 corrupt, 6 I/O or full disk, 7 busy, 8 unsupported";

constexpr std::string_view kRevisions =
    "REV is a branch, a tag, an id or the unique beginning of one, `@` for the commit that this working copy is at, "
    "`@~3` for its third ancestor, `@{yesterday}` for where it was then. REV:PATH names a file or directory in it.";

std::string item_text(const HelpItem& item) {
  std::string left = "  " + item.left;
  std::string right = wrapped(item.right, kRightColumn, kWidth);
  if (left.size() + 2 > kRightColumn) return left + '\n' + right;
  left.resize(kRightColumn, ' ');
  return left + right.substr(kRightColumn);
}

std::string section(std::string_view title, const std::vector<HelpItem>& items) {
  if (items.empty()) return "";
  std::string text = fmt::format("\n{}:\n", title);
  for (const HelpItem& item : items) text += item_text(item);
  return text;
}

std::string examples_text(const std::vector<Example>& examples) {
  std::string text = "\nExamples:\n";
  for (const Example& example : examples) {
    text += fmt::format("  $ {}\n", example.command) + wrapped(example.effect, 6, kWidth);
  }
  return text;
}

}  // namespace

std::string help_of(const VerbInfo& info, const std::vector<HelpItem>& arguments, const std::vector<HelpItem>& options,
                    const std::vector<HelpItem>& everywhere) {
  std::string text = fmt::format("cowstore {}: {}\n\nUsage:\n", info.name, info.summary);
  for (std::string_view usage : info.usage) text += fmt::format("  {}\n", usage);
  text += '\n' + wrapped(info.description, 0, kWidth);
  text += section("Arguments", arguments) + section("Options", options) + section("Everywhere", everywhere);
  return text + examples_text(info.examples) + "\nExit status:\n" + wrapped(kExitStatuses, 2, kWidth);
}

std::string overview(const std::vector<VerbGroup>& groups, const std::vector<HelpItem>& everywhere) {
  std::string text =
      "cowstore keeps every version of a directory and hands out working copies that share\n"
      "their storage.\n\n"
      "Usage:\n  cowstore [-C DIR] [--json] [-q] [-v] COMMAND [ARGUMENT]...\n";
  for (const VerbGroup& group : groups) {
    std::vector<HelpItem> items;
    for (const Verb& verb : group.verbs) items.push_back({std::string(verb.info.name), std::string(verb.info.summary)});
    text += section(group.title, items);
  }
  text += section("Everywhere", everywhere);
  text += "\nRevisions:\n" + wrapped(kRevisions, 2, kWidth);
  text += examples_text({{"cowstore init data && cd data", "make a directory a repository"},
                         {"cowstore commit -m \"first version\"", "record everything in it"},
                         {"cowstore checkout @~1 ../before", "put an earlier version into a new directory"}});
  return text + "\n`cowstore COMMAND --help` tells all about one of them.\n";
}

}  // namespace cowstore::cli
