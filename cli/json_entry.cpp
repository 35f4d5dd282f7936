#include <fmt/format.h>

#include "cli/json.hpp"
#include "cli/rfc3339.hpp"
#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

std::string_view word_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return "added";
    case ChangeKind::kModified:
      return "modified";
    case ChangeKind::kDeleted:
      return "deleted";
  }
  return "";
}

void add_side(JsonObject& object, std::string_view key, const std::optional<EntryInfo>& entry) {
  if (entry) {
    object.json(key, json_of(*entry));
  } else {
    object.null(key);
  }
}

}  // namespace

std::string json_of(const EntryInfo& entry) {
  bool is_link = entry.kind == EntryKind::kSymlink;
  bool has_id = !is_link && entry.kind < EntryKind::kFifo;
  JsonObject object;
  object.name("path", entry.path)
      .text("kind", to_string(entry.kind))
      .number("size", entry.size)
      .text_or_null("id", has_id ? std::optional(entry.id.hex()) : std::nullopt)
      .text_or_null("mode", entry.mode ? std::optional(fmt::format("{:04o}", *entry.mode)) : std::nullopt)
      .text_or_null("mtime", entry.mtime ? std::optional(rfc3339(*entry.mtime, 0)) : std::nullopt);
  if (is_link) {
    object.name("target", entry.target);
  } else {
    object.null("target");
  }
  if (entry.owner) object.number("uid", entry.owner->uid).number("gid", entry.owner->gid);
  if (!entry.xattrs.empty()) object.texts("xattrs", entry.xattrs);
  if (entry.link_group) object.text("link_group", fmt::format("{:x}", *entry.link_group));
  if (entry.kind == EntryKind::kCharDevice || entry.kind == EntryKind::kBlockDevice)
    object.text("device", fmt::format("{}:{}", entry.device_major, entry.device_minor));
  return object.str();
}

std::string json_of(const EntryChange& change) {
  JsonObject object;
  object.name("path", change.path)
      .text("change", word_of(change.kind))
      .boolean("content_changed", change.content_changed);
  add_side(object, "before", change.before);
  add_side(object, "after", change.after);
  return object.str();
}

std::string json_of_content(const std::string& revision_path, const std::string& bytes) {
  return JsonObject().name("revision_path", revision_path).number("size", bytes.size()).name("content", bytes).str();
}

}  // namespace cowstore::cli
