#include "cli/json.hpp"
#include "cli/rfc3339.hpp"

namespace cowstore::cli {

std::string json_of(const OperationInfo& operation) {
  JsonList changes;
  for (const RefChange& change : operation.changes) {
    changes.add(JsonObject()
                    .text("name", change.name)
                    .text_or_null("before", change.before)
                    .text_or_null("after", change.after)
                    .str());
  }
  return JsonObject()
      .text("operation", operation.id.hex())
      .text("time", rfc3339(operation.time, operation.utc_offset_minutes))
      .text("user", operation.user)
      .text("command", operation.command)
      .json("changes", changes.str())
      .text_or_null("undoes", operation.undoes ? std::optional(operation.undoes->hex()) : std::nullopt)
      .str();
}

std::string json_of(const UndoReport& report) {
  return JsonObject()
      .text("operation", report.operation.hex())
      .json("undone", json_of(report.undone))
      .names("restored", report.restored)
      .names("removed", report.removed)
      .str();
}

}  // namespace cowstore::cli
