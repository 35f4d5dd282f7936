#include "cli/json.hpp"

namespace cowstore::cli {

void add_sharing(JsonObject& object, const SharingReport& sharing) {
  object.number("cloned", sharing.cloned)
      .number("linked", sharing.linked)
      .number("copied", sharing.copied)
      .number("copied_small", sharing.copied_small)
      .number("bytes_cloned", sharing.bytes_cloned)
      .number("bytes_linked", sharing.bytes_linked)
      .number("bytes_written", sharing.bytes_written)
      .text_or_null("copy_reason", sharing.copy_reason.empty() ? std::nullopt : std::optional(sharing.copy_reason));
}

namespace {

std::string json_of(const std::vector<Unrestored>& unrestored) {
  JsonList list;
  for (const Unrestored& each : unrestored) {
    list.add(JsonObject().name("path", each.path).texts("what", each.what).str());
  }
  return list.str();
}

}  // namespace

namespace {

std::string json_of(const SnapshotSource& source) {
  return JsonObject()
      .name("path", source.path)
      .text("commit", source.commit.hex())
      .number("different", source.different)
      .str();
}

}  // namespace

std::string json_of(const CheckoutReport& report, Execution execution) {
  JsonObject object;
  object.text("commit", report.commit.hex())
      .text_or_null("branch", report.branch)
      .name("path", report.path)
      .text("method", report.method);
  if (report.source) {
    object.json("source", json_of(*report.source));
  } else {
    object.null("source");
  }
  add_sharing(object, report.sharing);
  return object.number("created", report.created)
      .number("replaced", report.replaced)
      .number("removed", report.removed)
      .boolean("dry_run", execution == Execution::kDryRun)
      .names("changes", report.changes)
      .json("unrestored", json_of(report.unrestored))
      .names("kept", report.kept)
      .str();
}

std::string json_of(const CloneReport& report) {
  JsonObject object;
  object.text_or_null("commit", report.commit ? std::optional(report.commit->hex()) : std::nullopt)
      .text_or_null("branch", report.branch)
      .name("path", report.path)
      .name("source", report.source)
      .text("method", report.method);
  add_sharing(object, report.sharing);
  return object.number("created", report.created)
      .names("subvolumes", report.subvolumes)
      .json("unrestored", json_of(report.unrestored))
      .str();
}

}  // namespace cowstore::cli
