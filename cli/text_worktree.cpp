#include <fmt/format.h>

#include <algorithm>

#include "cli/human.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

std::string head_of(const WorktreeInfo& info) {
  if (info.branch) return quoted_name(*info.branch);
  return info.commit ? short_id(*info.commit) : "-";
}

std::string state_of(const WorktreeInfo& info) {
  if (info.state != WorktreeState::kModified) return to_string(info.state);
  return fmt::format("{} modified", grouped(info.changed));
}

std::string age_of(const std::optional<Timestamp>& then, Timestamp now) {
  if (!then) return "-";
  return human_age(now.seconds > then->seconds ? static_cast<std::uint64_t>(now.seconds - then->seconds) : 0);
}

template <class Item>
std::string lines_of(std::string_view verb, const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    text += fmt::format("{} {} ({})\n", verb, quoted_name(item.path), escape_for_terminal(item.what));
  }
  return text;
}

}  // namespace

namespace {

/// The columns of the list: those that are always there, and those that were asked for.
class ListTable {
 public:
  ListTable(Timestamp now, Detail detail, bool measured)
      : now_(now), verbose_(detail == Detail::kVerbose), measured_(measured), table_(columns()) {
    table_.add(headings());
  }

  void add(const WorktreeInfo& info) {
    std::vector<std::string> cells{info.current ? "*" : " ", head_of(info), info.method, state_of(info),
                                   age_of(info.registered, now_)};
    if (verbose_) cells.push_back(age_of(info.last_operation, now_));
    if (measured_) cells.push_back(info.space ? human_bytes(info.space->shared) : "-");
    if (measured_) cells.push_back(info.space ? human_bytes(info.space->exclusive) : "-");
    if (verbose_) cells.push_back(info.id);
    cells.push_back(quoted_name(info.path));
    table_.add(std::move(cells));
  }
  [[nodiscard]] std::string str(std::size_t width) const { return table_.str(width); }

 private:
  [[nodiscard]] std::vector<Align> columns() const {
    std::vector<Align> columns(4, Align::kLeft);
    columns.insert(columns.end(), 1 + (verbose_ ? 1 : 0) + (measured_ ? 2 : 0), Align::kRight);
    columns.insert(columns.end(), verbose_ ? 2 : 1, Align::kLeft);
    return columns;
  }
  [[nodiscard]] std::vector<std::string> headings() const {
    std::vector<std::string> headings{" ", "HEAD", "METHOD", "STATE", "AGE"};
    if (verbose_) headings.emplace_back("USED");
    if (measured_) headings.insert(headings.end(), {"SHARED", "EXCLUSIVE"});
    if (verbose_) headings.emplace_back("ID");
    headings.emplace_back("PATH");
    return headings;
  }

  Timestamp now_;
  bool verbose_;
  bool measured_;
  Table table_;
};

}  // namespace

std::string text_of(const std::vector<WorktreeInfo>& infos, Timestamp now, std::size_t width, Detail detail) {
  bool measured =
      std::any_of(infos.begin(), infos.end(), [](const WorktreeInfo& each) { return each.space.has_value(); });
  ListTable table(now, detail, measured);
  std::string reasons;
  for (const WorktreeInfo& info : infos) {
    table.add(info);
    if (!info.reason.empty())
      reasons += fmt::format("{}: {}\n", quoted_name(info.path), escape_for_terminal(info.reason));
  }
  return table.str(width) + reasons;
}

std::string text_of(const WorktreeRemoveReport& report) {
  std::string how = report.files == WorktreeRemoveReport::Files::kNotThere ? "forgot" : "removed";
  std::string text = fmt::format("{} {}\n", how, quoted_name(report.path));
  if (report.kept)
    text += fmt::format("kept what was in {} for `cowstore undo` ({})\n", counted(report.kept_paths, "path"),
                        short_id(*report.kept));
  return text;
}

std::string text_of(const WorktreeMoveReport& report) {
  std::string text = fmt::format("moved {} to {}\n", quoted_name(report.from), quoted_name(report.to));
  for (const std::string& path : report.also) text += fmt::format("{} finds the store there\n", quoted_name(path));
  for (const std::string& path : report.unrepaired)
    text += fmt::format("{} doesn't find the store: `cowstore worktree repair`\n", quoted_name(path));
  return text;
}

std::string text_of_mounted(const WorktreeMountReport& report) {
  return fmt::format("{} {}\n", report.changed ? "mounted" : "mounted already:", quoted_name(report.path));
}

std::string text_of_unmounted(const WorktreeMountReport& report) {
  return fmt::format("{} {}\n", report.changed ? "unmounted" : "not mounted:", quoted_name(report.path));
}

std::string text_of(const WorktreePruneReport& report, WorktreePruneOptions::Run run) {
  bool dry = run == WorktreePruneOptions::Run::kDryRun;
  std::string text = lines_of(dry ? "would drop" : "dropped", report.dropped);
  text += lines_of(dry ? "would remove" : "removed", report.removed);
  text += lines_of(dry ? "would bring back" : "brought back", report.restored);
  text += lines_of("kept", report.kept);
  return text.empty() ? "Nothing to prune\n" : text;
}

std::string text_of(const WorktreeRepairReport& report) {
  std::string text = lines_of("repaired", report.repaired) + lines_of("not repaired:", report.unrepaired);
  return text.empty() ? "Nothing to repair\n" : text;
}

}  // namespace cowstore::cli
