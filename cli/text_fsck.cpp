#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

std::string place_of(const Fault& fault) {
  std::string text;
  if (!fault.container.empty()) {
    text += fmt::format("  in {} at byte {}\n", escape_for_terminal(fault.container), grouped(fault.offset));
  }
  if (!fault.object.empty()) text += fmt::format("  object {}\n", escape_for_terminal(fault.object));
  if (!fault.path.empty()) text += fmt::format("  needed by {}\n", quoted_name(fault.path));
  return text;
}

}  // namespace

std::string text_of(const FsckReport& report, Detail detail, const Paint& paint) {
  std::string text;
  for (const Fault& fault : report.faults) {
    text += paint(Color::kRed, fmt::format("fault: {}", printable_lines(fault.message))) + '\n' + place_of(fault);
  }
  for (const std::string& note : report.notes) text += fmt::format("note: {}\n", printable_lines(note));
  text += fmt::format("Checked {}, {}, {}, {}: {}\n", counted(report.commits, "commit"),
                      counted(report.trees, "tree node"), counted(report.files, "loose file"),
                      counted(report.chunks, "chunk"), human_bytes(report.bytes_checked));
  if (detail == Detail::kVerbose || report.unreachable > 0) {
    text += fmt::format("{} in the index, {} that no branch, tag or operation reaches\n",
                        counted(report.index_entries, "object"), grouped(report.unreachable));
  }
  if (report.variants > 0) text += fmt::format("Sources of hard links that are right: {}\n", grouped(report.variants));
  if (report.faults.empty()) return text + "No faults found.\n";
  return text + paint(Color::kRed, fmt::format("{} found.", counted(report.faults.size(), "fault"))) + '\n';
}

}  // namespace cowstore::cli
