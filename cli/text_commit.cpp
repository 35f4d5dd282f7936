#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/json_object.hpp"
#include "cli/rfc3339.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

std::string changes_line(const CommitStats& stats) {
  return fmt::format(" {} added, {} modified, {} deleted\n", grouped(stats.added), grouped(stats.modified),
                     grouped(stats.deleted));
}

std::string storing_line(const CommitStats& stats) {
  return fmt::format(
      " {} read ({}) · cloned {} · copied {} · {}, {} known · {} packed\n", counted(stats.files_hashed, "file"),
      human_bytes(stats.bytes_hashed), grouped(stats.sharing.cloned), grouped(stats.sharing.copied),
      counted(stats.chunks_new, "new chunk"), grouped(stats.chunks_known), human_bytes(stats.bytes_stored));
}

std::string decoration_of(const CommitInfo& commit, const Decorations& decorations, const Paint& paint) {
  auto found = decorations.find(commit.id);
  if (found == decorations.end()) return "";
  return " " + paint(Color::kCyan, fmt::format("({})", fmt::join(found->second, ", ")));
}

std::string indented(const std::string& message) {
  std::string text;
  std::size_t begin = 0;
  while (begin < message.size()) {
    std::size_t end = std::min(message.find('\n', begin), message.size());
    if (end > begin) text += "    " + printable_lines(message.substr(begin, end - begin));
    text += '\n';
    begin = end + 1;
  }
  return text;
}

}  // namespace

std::string subject_of(const std::string& message) {
  return printable_lines(message.substr(0, message.find('\n')));
}

std::string text_of(const CommitReport& report, const std::string& message, Detail detail) {
  std::string text;
  for (const std::string& skipped : report.skipped) text += fmt::format("skipped {}\n", printable_lines(skipped));
  if (!report.created && !report.unreadable.empty()) return text + "Nothing to commit but what can't be read.\n";
  if (!report.created) return text + "Nothing to commit, working copy clean.\n";
  text += fmt::format("[{} {}] {}\n", printable_lines(report.branch.value_or("detached HEAD")), short_id(report.commit),
                      subject_of(message));
  text += changes_line(report.stats) + storing_line(report.stats);
  if (!report.stats.sharing.copy_reason.empty()) {
    text += fmt::format(" copied: {}\n", printable_lines(report.stats.sharing.copy_reason));
  }
  if (detail == Detail::kVerbose) {
    text += fmt::format(" {} scanned\n commit {}\n tree   {}\n", counted(report.stats.files_scanned, "file"),
                        report.commit.hex(), report.tree.hex());
  }
  return text;
}

std::string text_of(const CommitInfo& commit, const Decorations& decorations, const Paint& paint) {
  std::string text = paint(Color::kYellow, "commit " + commit.id.hex()) + decoration_of(commit, decorations, paint);
  if (commit.parents.size() > 1) {
    text += "\nMerge: ";
    for (const CommitId& parent : commit.parents) text += short_id(parent) + ' ';
    text.pop_back();
  }
  text += fmt::format("\nAuthor: {}\nDate:   {}\n", printable_lines(commit.author),
                      readable_time(commit.time, commit.utc_offset_minutes));
  for (const auto& [key, value] : members_of_object(commit.meta)) {
    text += fmt::format("Meta:   {}={}\n", escape_for_terminal(key), escape_for_terminal(value));
  }
  return text + '\n' + indented(commit.message);
}

std::string one_line(const CommitInfo& commit, const Decorations& decorations, const Paint& paint) {
  return paint(Color::kYellow, short_id(commit.id)) + decoration_of(commit, decorations, paint) + ' ' +
         subject_of(commit.message) + '\n';
}

}  // namespace cowstore::cli
