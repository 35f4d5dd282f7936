#include "cli/json.hpp"
#include "cli/rfc3339.hpp"

namespace cowstore::cli {

namespace {

std::optional<std::string> time_text(const std::optional<Timestamp>& time) {
  return time ? std::optional(rfc3339(*time, 0)) : std::nullopt;
}

template <class Item>
std::string json_of_items(const std::vector<Item>& items, std::string_view what) {
  JsonList list;
  for (const Item& item : items) list.add(JsonObject().name("path", item.path).text(what, item.what).str());
  return list.str();
}

}  // namespace

std::string json_of(const WorktreeInfo& info) {
  return JsonObject()
      .text("id", info.id)
      .name("path", info.path)
      .text("method", info.method)
      .boolean("main", info.main)
      .boolean("current", info.current)
      .text_or_null("branch", info.branch)
      .text_or_null("commit", info.commit ? std::optional(info.commit->hex()) : std::nullopt)
      .text_or_null("registered", time_text(info.registered))
      .text_or_null("last_operation", time_text(info.last_operation))
      .text("state", to_string(info.state))
      .number("changed", info.changed)
      .json("space", info.space ? json_of(*info.space) : "null")
      .text("reason", info.reason)
      .str();
}

std::string json_of(const WorktreeRemoveReport& report) {
  return JsonObject()
      .text("id", report.id)
      .name("path", report.path)
      .text("files", to_string(report.files))
      .text_or_null("kept", report.kept ? std::optional(report.kept->hex()) : std::nullopt)
      .number("kept_paths", report.kept_paths)
      .str();
}

std::string json_of(const WorktreeMoveReport& report) {
  return JsonObject()
      .text("id", report.id)
      .name("from", report.from)
      .name("to", report.to)
      .names("also", report.also)
      .names("unrepaired", report.unrepaired)
      .str();
}

std::string json_of(const WorktreeMountReport& report) {
  return JsonObject().text("id", report.id).name("path", report.path).boolean("changed", report.changed).str();
}

std::string json_of(const WorktreePruneReport& report, WorktreePruneOptions::Run run) {
  return JsonObject()
      .boolean("dry_run", run == WorktreePruneOptions::Run::kDryRun)
      .json("dropped", json_of_items(report.dropped, "reason"))
      .json("removed", json_of_items(report.removed, "reason"))
      .json("restored", json_of_items(report.restored, "reason"))
      .json("kept", json_of_items(report.kept, "reason"))
      .str();
}

std::string json_of(const WorktreeRepairReport& report) {
  return JsonObject()
      .json("repaired", json_of_items(report.repaired, "reason"))
      .json("unrepaired", json_of_items(report.unrepaired, "reason"))
      .str();
}

}  // namespace cowstore::cli
