#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

constexpr std::size_t kGroupsShown = 10;

void add_use(Table& table, const SpaceUse& use, const std::string& name) {
  table.add({human_bytes(use.apparent), human_bytes(use.shared), human_bytes(use.exclusive), name});
}

std::string places_text(const DiskUse& use, std::size_t width) {
  Table table({Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  table.add({"APPARENT", "SHARED", "EXCLUSIVE", "WORKING COPY"});
  for (const WorktreeSpace& copy : use.worktrees) add_use(table, copy.use, quoted_name(copy.path));
  table.add({"", "", "", "STORE"});
  for (const StoreSpace& part : use.store) add_use(table, part.use, part.part);
  return table.str(width);
}

std::string sharing_text(const DiskUse& use, std::size_t width, Detail detail) {
  if (use.sharing.empty()) return "";
  Table table({Align::kRight, Align::kLeft});
  table.add({"IN COMMON", "TO"});
  std::size_t most = detail == Detail::kVerbose ? use.sharing.size() : std::min(use.sharing.size(), kGroupsShown);
  for (std::size_t i = 0; i < most; ++i) {
    const SharedSpace& shared = use.sharing[i];
    std::vector<std::string> names;
    for (const std::string& owner : shared.owners) names.push_back(quoted_name(owner));
    if (shared.others) names.emplace_back("(others)");
    table.add({human_bytes(shared.bytes), fmt::format("{}", fmt::join(names, ", "))});
  }
  std::string text = "\n" + table.str(width);
  if (most < use.sharing.size()) text += fmt::format("{} more with -v\n", grouped(use.sharing.size() - most));
  return text;
}

std::string commits_text(const DiskUse& use, std::size_t width) {
  if (use.commits.empty()) return "";
  Table table({Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kLeft});
  table.add({"APPARENT", "SHARED", "EXCLUSIVE", "COMMIT", ""});
  for (const CommitSpace& commit : use.commits) {
    table.add({human_bytes(commit.apparent), human_bytes(commit.shared), human_bytes(commit.exclusive),
               short_id(commit.commit), subject_of(commit.message)});
  }
  std::string text = "\n" + table.str(width);
  if (use.commits.size() < use.commits_in_all)
    text += fmt::format("{} older ones: -n shows more\n", grouped(use.commits_in_all - use.commits.size()));
  return text;
}

}  // namespace

std::string text_of(const DiskUse& use, std::size_t width, Detail detail) {
  std::string text = places_text(use, width) + sharing_text(use, width, detail) + commits_text(use, width);
  text += fmt::format("\n{} on disk in all\n", human_bytes(use.on_disk));
  if (!use.complete) text += "too fragmented to tell all apart: a part of what is shared may be counted twice\n";
  for (const std::string& left : use.left_out) text += fmt::format("not measured: {}\n", escape_for_terminal(left));
  return text;
}

}  // namespace cowstore::cli
