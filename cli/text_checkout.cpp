#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/human.hpp"
#include "cli/text.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

constexpr std::size_t kListed = 20;  ///< paths shown without -v

std::string dry_run_text(const CheckoutReport& report) {
  std::string text;
  for (const std::string& change : report.changes) text += fmt::format("would {}\n", escape_for_terminal(change));
  return text + fmt::format("Dry run: {}, and nothing was changed.\n", counted(report.changes.size(), "change"));
}

std::string paths_text(const CheckoutReport& report) {
  if (report.created + report.replaced + report.removed == 0) return "";
  return fmt::format("{} created, {} replaced, {} removed\n", grouped(report.created), grouped(report.replaced),
                     grouped(report.removed));
}

std::string kept_text(const CheckoutReport& report, Detail detail) {
  std::string text;
  std::size_t most = detail == Detail::kVerbose ? report.kept.size() : std::min(report.kept.size(), kListed);
  for (std::size_t i = 0; i < most; ++i) text += fmt::format("kept {}\n", quoted_name(report.kept[i]));
  if (most < report.kept.size()) text += fmt::format("kept {} more\n", grouped(report.kept.size() - most));
  return text;
}

std::string unrestored_text(const std::vector<Unrestored>& unrestored, Detail detail) {
  if (unrestored.empty()) return "";
  std::string text = fmt::format("not all could be restored of {}:\n", counted(unrestored.size(), "path"));
  std::size_t most = detail == Detail::kVerbose ? unrestored.size() : std::min(unrestored.size(), kListed);
  for (std::size_t i = 0; i < most; ++i) {
    const Unrestored& each = unrestored[i];
    text += fmt::format("  {} ({})\n", quoted_name(each.path),
                        escape_for_terminal(fmt::format("{}", fmt::join(each.what, ", "))));
  }
  if (most < unrestored.size()) text += fmt::format("  {} more\n", grouped(unrestored.size() - most));
  return text;
}

std::string snapshot_text(const CheckoutReport& report) {
  const SnapshotSource& source = *report.source;
  const std::string of = fmt::format("snapshot of the template of {}", short_id(source.commit));
  if (source.different == 0) return of + ": everything is shared\n";
  return fmt::format("{}, which differs in {}: {}", of, counted(source.different, "path"), text_of(report.sharing));
}

std::string sharing_text(const CheckoutReport& report) {
  if (report.method == "none") return "";
  if (report.source) return snapshot_text(report);
  return fmt::format("{}: {}", report.method, text_of(report.sharing));
}

std::string body(const CheckoutReport& report, Detail detail) {
  return paths_text(report) + sharing_text(report) + kept_text(report, detail) +
         unrestored_text(report.unrestored, detail);
}

}  // namespace

std::string text_of(const SharingReport& sharing) {
  std::string small;
  if (sharing.copied_small > 0 && sharing.copied_small == sharing.copied) small = " (small)";
  if (sharing.copied_small > 0 && sharing.copied_small < sharing.copied) {
    small = fmt::format(" ({} small)", grouped(sharing.copied_small));
  }
  std::string text =
      fmt::format("cloned {} · linked {} · copied {}{} · {} written\n", grouped(sharing.cloned),
                  grouped(sharing.linked), grouped(sharing.copied), small, human_bytes(sharing.bytes_written));
  if (!sharing.copy_reason.empty()) text += fmt::format("copied: {}\n", printable_lines(sharing.copy_reason));
  return text;
}

std::string text_of_switch(const CheckoutReport& report, Execution execution, Detail detail) {
  if (execution == Execution::kDryRun) return dry_run_text(report);
  std::string text = report.branch
                         ? fmt::format("On branch {} at {}\n", printable_lines(*report.branch), short_id(report.commit))
                         : fmt::format("HEAD is now detached at {}\n", short_id(report.commit));
  return text + body(report, detail);
}

std::string text_of_new_copy(const CheckoutReport& report, const std::string& revision, Execution execution,
                             Detail detail) {
  if (execution == Execution::kDryRun) return dry_run_text(report);
  return fmt::format("{} is a working copy of {} ({})\n", quoted_name(report.path), quoted_name(revision),
                     short_id(report.commit)) +
         body(report, detail);
}

std::string text_of_restore(const CheckoutReport& report, Execution execution, Detail detail) {
  if (execution == Execution::kDryRun) return dry_run_text(report);
  std::string changed = body(report, detail);
  if (changed.empty()) return "Nothing to restore.\n";
  return fmt::format("Restored from {}\n", short_id(report.commit)) + changed;
}

std::string text_of(const CloneReport& report, Detail detail) {
  std::string text = fmt::format("{} is a clone of {}", quoted_name(report.path), quoted_name(report.source));
  if (report.branch) text += fmt::format(", on branch {}", printable_lines(*report.branch));
  if (report.commit) text += fmt::format(" at {}", short_id(*report.commit));
  text += '\n';
  if (report.method == "snapshot") text += "snapshot: everything is shared\n";
  for (const std::string& path : report.subvolumes) text += fmt::format("also a snapshot of {}\n", quoted_name(path));
  if (report.method != "snapshot" && report.method != "none")
    text += fmt::format("{}: {}", report.method, text_of(report.sharing));
  return text + unrestored_text(report.unrestored, detail);
}

}  // namespace cowstore::cli
