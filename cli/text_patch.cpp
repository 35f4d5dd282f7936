#include "cli/text_patch.hpp"

#include <fmt/format.h>

#include "cli/external_diff.hpp"
#include "cli/human.hpp"

namespace cowstore::cli {

namespace {

constexpr std::uint64_t kLargestText = std::uint64_t{32} << 20;
constexpr std::size_t kLookedAt = 8000;  ///< where git looks for a NUL, too
constexpr std::string_view kNowhere = "/dev/null";

/// A side of a change as text, if it can be shown as such.
struct Content {
  std::string text;
  bool is_text = true;
};

Result<Content> content_of(const std::optional<EntryInfo>& entry, const ContentReader& read) {
  Content content;
  if (!entry) return content;
  if (entry->kind == EntryKind::kSymlink) return Content{entry->target, true};
  if (entry->size > kLargestText) return Content{"", false};
  bool stopped = false;
  auto done = read(*entry, [&](const std::uint8_t* bytes, std::size_t size) -> Result<void> {
    std::size_t before = content.text.size();
    content.text.append(reinterpret_cast<const char*>(bytes), size);
    std::size_t looked_at = std::min(content.text.size(), kLookedAt);
    bool has_nul = before < looked_at && content.text.find('\0', before) < looked_at;
    stopped = has_nul || content.text.size() > kLargestText;  // a working file may have grown meanwhile
    if (stopped) return Error{};                              // ends the reading
    return {};
  });
  if (stopped) return Content{"", false};
  if (!done) return done.error();
  return content;
}

std::string git_mode(const EntryInfo& entry) {
  if (entry.kind == EntryKind::kSymlink) return "120000";
  unsigned usual = entry.kind == EntryKind::kExecutable ? 0755 : 0644;
  return fmt::format("100{:03o}", entry.mode.value_or(static_cast<std::uint16_t>(usual)) & 0777U);
}

std::string label(std::string_view side, const std::optional<EntryInfo>& entry) {
  if (!entry) return std::string(kNowhere);
  return quoted_name(std::string(side) + entry->path);
}

std::string header(const EntryChange& change) {
  std::string text =
      fmt::format("diff --git {} {}\n", quoted_name("a/" + change.path), quoted_name("b/" + change.path));
  if (!change.before) return text + fmt::format("new file mode {}\n", git_mode(*change.after));
  if (!change.after) return text + fmt::format("deleted file mode {}\n", git_mode(*change.before));
  std::string before = git_mode(*change.before);
  std::string after = git_mode(*change.after);
  return before == after ? text : text + fmt::format("old mode {}\nnew mode {}\n", before, after);
}

std::string size_text(const std::optional<EntryInfo>& entry) {
  return entry ? human_bytes(entry->size) : "nothing";
}

/// Hunks in colour, line by line.
std::string painted(const std::string& diff, const Paint& paint) {
  std::string out;
  for (std::size_t begin = 0; begin < diff.size();) {
    std::size_t end = std::min(diff.find('\n', begin), diff.size());
    std::string_view line(diff.data() + begin, end - begin);
    bool names = line.starts_with("--- ") || line.starts_with("+++ ");
    if (names && begin < diff.find("\n@@")) {
      out += paint(Color::kBold, line);
    } else if (line.starts_with("@@")) {
      out += paint(Color::kCyan, line);
    } else if (line.starts_with('+') || line.starts_with('-')) {
      out += paint(line.starts_with('+') ? Color::kGreen : Color::kRed, line);
    } else {
      out += line;
    }
    if (end < diff.size()) out += '\n';
    begin = end + 1;
  }
  return out;
}

bool same_family(const EntryChange& change) {
  auto family = [](EntryKind kind) { return kind == EntryKind::kExecutable ? EntryKind::kFile : kind; };
  return !change.before || !change.after || family(change.before->kind) == family(change.after->kind);
}

Result<std::string> patch_of_file(const EntryChange& change, const ContentReader& read, const Paint& paint) {
  std::string text = header(change);
  if (change.before && change.after && !change.content_changed)
    return git_mode(*change.before) == git_mode(*change.after) ? std::string() : paint(Color::kBold, text);
  auto before = content_of(change.before, read);
  if (!before) return before.error();
  auto after = content_of(change.after, read);
  if (!after) return after.error();
  text = paint(Color::kBold, text);
  std::string before_label = label("a/", change.before);
  std::string after_label = label("b/", change.after);
  if (!before->is_text || !after->is_text) {
    return text + fmt::format("Binary files {} and {} differ ({}, {})\n", before_label, after_label,
                              size_text(change.before), size_text(change.after));
  }
  auto diff = unified_diff(before->text, before_label, after->text, after_label);
  if (!diff) return diff.error();
  return text + painted(*diff, paint);
}

std::string xattrs_text(const EntryInfo& entry) {
  std::string text;
  for (const std::string& name : entry.xattrs) text += (text.empty() ? "" : ", ") + printable_lines(name);
  return text.empty() ? "none" : text;
}

std::string directory_line(const EntryChange& change) {
  return fmt::format("{} directory {}\n",
                     change.before && change.after ? "Changed" : (change.after ? "New" : "Deleted"),
                     quoted_name(change.path));
}

std::string special_line(const EntryChange& change, const EntryInfo& either) {
  return fmt::format("{} {} {}\n", change.before && change.after ? "Changed" : (change.after ? "New" : "Deleted"),
                     to_string(either.kind), quoted_name(change.path));
}

/// Before the patch, where `patch` and `git apply` skip it.
std::string attribute_lines(const EntryChange& change) {
  std::string text;
  if (!change.before || !change.after) return text;
  const EntryInfo& a = *change.before;
  const EntryInfo& b = *change.after;
  if (a.owner && b.owner && a.owner != b.owner) {
    text += fmt::format("Owner of {}: {}:{} -> {}:{}\n", quoted_name(change.path), a.owner->uid, a.owner->gid,
                        b.owner->uid, b.owner->gid);
  }
  if (a.mode && b.mode && a.mode != b.mode && (*a.mode & 07000) != (*b.mode & 07000))
    text += fmt::format("Permissions of {}: {:04o} -> {:04o}\n", quoted_name(change.path), *a.mode, *b.mode);
  bool only_values = a.owner == b.owner && a.mode == b.mode && a.kind == b.kind && !change.content_changed;
  if (b.owner && (a.xattrs != b.xattrs || (only_values && b.kind < EntryKind::kFifo))) {
    text +=
        fmt::format("Extended attributes of {}: {} -> {}\n", quoted_name(change.path), xattrs_text(a), xattrs_text(b));
  }
  return text;
}

}  // namespace

Result<std::string> patch_of(const EntryChange& change, const ContentReader& read, const Paint& paint) {
  if (!same_family(change)) {  // as in git: one thing goes, another comes
    auto gone = patch_of({change.path, ChangeKind::kDeleted, change.before, std::nullopt, true}, read, paint);
    if (!gone) return gone;
    auto come = patch_of({change.path, ChangeKind::kAdded, std::nullopt, change.after, true}, read, paint);
    if (!come) return come;
    return *gone + *come;
  }
  const EntryInfo& either = change.after ? *change.after : *change.before;
  if (either.kind == EntryKind::kDirectory) return directory_line(change) + attribute_lines(change);
  if (either.kind >= EntryKind::kFifo) return special_line(change, either) + attribute_lines(change);
  auto patch = patch_of_file(change, read, paint);
  return patch ? attribute_lines(change) + *patch : patch;
}

}  // namespace cowstore::cli
