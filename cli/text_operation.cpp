#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/rfc3339.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kListed = 20;  ///< paths shown without -v

/// Ids, which is what most values are, are cut to a readable length.
std::string value_text(const std::optional<std::string>& value) {
  if (!value) return "(none)";
  return Digest::from_hex(*value) ? value->substr(0, 7) : escape_for_terminal(*value);
}

}  // namespace

std::string text_of(const OperationInfo& operation, Detail detail, const Paint& paint) {
  std::string text = fmt::format("{}  {}  {}  {}", paint(Color::kYellow, operation.id.hex().substr(0, kIdDigits)),
                                 readable_time(operation.time, operation.utc_offset_minutes),
                                 escape_for_terminal(operation.user), escape_for_terminal(operation.command));
  if (operation.undoes) text += fmt::format("  (undoes {})", operation.undoes->hex().substr(0, kIdDigits));
  text += '\n';
  if (detail == Detail::kNormal) return text;
  for (const RefChange& change : operation.changes) {
    text += fmt::format("    {}: {} -> {}\n", escape_for_terminal(change.name), value_text(change.before),
                        value_text(change.after));
  }
  return text;
}

namespace {

std::string path_lines(std::string_view verb, const std::vector<std::string>& paths, Detail detail) {
  std::string text;
  std::size_t most = detail == Detail::kVerbose ? paths.size() : std::min(paths.size(), kListed);
  for (std::size_t i = 0; i < most; ++i) text += fmt::format("{} {}\n", verb, quoted_name(paths[i]));
  if (most < paths.size()) text += fmt::format("{} {} more\n", verb, grouped(paths.size() - most));
  return text;
}

}  // namespace

std::string text_of(const UndoReport& report, Detail detail) {
  std::string text = fmt::format("Undid {}  {}\n", report.undone.id.hex().substr(0, kIdDigits),
                                 escape_for_terminal(report.undone.command));
  text += path_lines("restored", report.restored, detail);
  text += path_lines("removed", report.removed, detail);
  return text;
}

}  // namespace cowstore::cli
