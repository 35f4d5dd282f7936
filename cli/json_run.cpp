#include "cli/json.hpp"

namespace cowstore::cli {

std::string json_of(const RunReport& report) {
  JsonObject object;
  object.number("status", static_cast<std::uint64_t>(report.status));
  if (report.signal != 0) {
    object.number("signal", static_cast<std::uint64_t>(report.signal));
  } else {
    object.null("signal");
  }
  object.boolean("started", !report.not_started).text("at", report.copy.commit.hex());
  if (report.kept) {
    object.name("path", report.copy.path);
  } else {
    object.null("path");
  }
  const bool committed = report.commit && report.commit->created;
  object.text_or_null("commit", committed ? std::optional(report.commit->commit.hex()) : std::nullopt)
      .text_or_null("branch", committed ? report.commit->branch : std::nullopt)
      .text("method", report.copy.method);
  add_sharing(object, report.copy.sharing);
  return object.str();
}

}  // namespace cowstore::cli
