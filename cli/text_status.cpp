#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/text.hpp"

namespace cowstore::cli {

namespace {

std::string lines(const std::vector<std::string>& paths, std::string_view letter, Color color, const Paint& paint) {
  std::string text;
  for (const std::string& path : paths) text += paint(color, fmt::format("{}  {}", letter, quoted_name(path))) + '\n';
  return text;
}

std::string head_line(const Status& status) {
  if (status.branch) {
    return fmt::format("On branch {}{}\n", printable_lines(*status.branch), status.commit ? "" : ", no commits yet");
  }
  if (status.commit) return fmt::format("HEAD detached at {}\n", short_id(*status.commit));
  return "No commits yet\n";
}

std::string tally(const Status& status) {
  std::string text;
  auto add = [&](std::size_t count, std::string_view what) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), what);
  };
  add(status.added.size(), "added");
  add(status.modified.size(), "modified");
  add(status.deleted.size(), "deleted");
  return text;
}

std::string last_line(const Status& status) {
  if (!status.added.empty() || !status.modified.empty() || !status.deleted.empty()) {
    std::string way_back =
        status.modified.empty() && status.deleted.empty() ? "" : "; `cowstore restore PATH` brings back what was there";
    return fmt::format("\n{}. `cowstore commit -m MESSAGE` records it{}.\n", tally(status), way_back);
  }
  if (!status.unreadable.empty()) {
    return fmt::format("\n{} can't be read: whether anything in there changed is unknown.\n",
                       counted(status.unreadable.size(), "path"));
  }
  if (!status.commit) return "Nothing to commit: the directory is empty.\n";
  return "Nothing to commit, working copy clean.\n";
}

}  // namespace

std::string text_of(const InitReport& report) {
  std::string text = fmt::format("Initialized empty repository in {}\n", quoted_name(report.path));
  for (const std::string& note : report.notes) text += fmt::format("note: {}\n", printable_lines(note));
  return text;
}

std::string text_of(const Status& status, const Paint& paint) {
  std::string text = head_line(status);
  text += lines(status.added, "A", Color::kGreen, paint);
  text += lines(status.modified, "M", Color::kYellow, paint);
  text += lines(status.deleted, "D", Color::kRed, paint);
  text += lines(status.touched, "T", Color::kCyan, paint);
  for (const std::string& skipped : status.skipped) text += fmt::format("-  {}\n", printable_lines(skipped));
  for (const std::string& path : status.damaged) {
    text += paint(Color::kRed, fmt::format("!  {}", quoted_name(path))) + " (not intact since the machine went down)\n";
  }
  if (!status.damaged.empty()) text += "`cowstore restore PATH` writes damaged files again.\n";
  return text + last_line(status);
}

std::string null_terminated(const Status& status) {
  std::string text;
  auto add = [&](char letter, const std::vector<std::string>& paths) {
    for (const std::string& path : paths) text.append({letter, '\t'}).append(path).push_back('\0');
  };
  add('A', status.added);
  add('M', status.modified);
  add('D', status.deleted);
  add('T', status.touched);
  return text;
}

}  // namespace cowstore::cli
