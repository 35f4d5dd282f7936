#include "cli/json.hpp"

namespace cowstore::cli {

std::string json_of(const InitReport& report, const InitOptions& options) {
  return JsonObject()
      .name("path", report.path)
      .name("store", report.store)
      .text("attributes", options.attributes)
      .text("chunking", options.chunking)
      .boolean("created_directory", report.created_directory)
      .texts("notes", report.notes)
      .str();
}

std::string json_of(const Status& status, const std::string& working_copy) {
  return JsonObject()
      .name("path", working_copy)
      .text_or_null("branch", status.branch)
      .text_or_null("commit", status.commit ? std::optional(status.commit->hex()) : std::nullopt)
      .boolean("clean", status.clean())
      .names("added", status.added)
      .names("modified", status.modified)
      .names("deleted", status.deleted)
      .names("touched", status.touched)
      .names("damaged", status.damaged)
      .names("skipped", status.skipped)
      .names("unreadable", status.unreadable)
      .str();
}

}  // namespace cowstore::cli
