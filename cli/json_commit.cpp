#include "cli/json.hpp"
#include "cli/rfc3339.hpp"

namespace cowstore::cli {

namespace {

std::string json_of(const CommitStats& stats) {
  JsonObject object;
  object.number("files_scanned", stats.files_scanned)
      .number("files_hashed", stats.files_hashed)
      .number("bytes_hashed", stats.bytes_hashed)
      .number("added", stats.added)
      .number("modified", stats.modified)
      .number("deleted", stats.deleted)
      .number("chunks_new", stats.chunks_new)
      .number("chunks_known", stats.chunks_known)
      .number("bytes_stored", stats.bytes_stored);
  add_sharing(object, stats.sharing);
  return object.str();
}

JsonObject commit_object(const CommitInfo& commit) {
  std::vector<std::string> parents;
  for (const CommitId& parent : commit.parents) parents.push_back(parent.hex());
  JsonObject object;
  object.text("commit", commit.id.hex())
      .text("tree", commit.tree.hex())
      .text_or_null("attributes", commit.attributes ? std::optional(commit.attributes->hex()) : std::nullopt)
      .texts("parents", parents)
      .text("author", commit.author)
      .text("time", rfc3339(commit.time, commit.utc_offset_minutes))
      .text("message", commit.message)
      .text("chunking", commit.chunking)
      .json("meta", object_or_empty(commit.meta));
  return object;
}

}  // namespace

std::string json_of(const CommitReport& report) {
  JsonObject object;
  if (report.has_commit) {
    object.text("commit", report.commit.hex());
  } else {
    object.null("commit");
  }
  return object.boolean("created", report.created)
      .text("tree", report.tree.hex())
      .text_or_null("branch", report.branch)
      .json("stats", json_of(report.stats))
      .names("skipped", report.skipped)
      .names("unreadable", report.unreadable)
      .str();
}

std::string json_of(const CommitInfo& commit) {
  return commit_object(commit).str();
}

std::string json_of(const CommitInfo& commit, const JsonList& changes) {
  return commit_object(commit).json("changes", changes.str()).str();
}

}  // namespace cowstore::cli
