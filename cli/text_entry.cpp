#include <fmt/format.h>

#include "cli/human.hpp"
#include "cli/rfc3339.hpp"
#include "cli/text.hpp"

namespace cowstore::cli {

namespace {

char letter_of(EntryKind kind) {
  switch (kind) {
    case EntryKind::kDirectory:
      return 'd';
    case EntryKind::kSymlink:
      return 'l';
    case EntryKind::kFifo:
      return 'p';
    case EntryKind::kSocket:
      return 's';
    case EntryKind::kCharDevice:
      return 'c';
    case EntryKind::kBlockDevice:
      return 'b';
    case EntryKind::kFile:
    case EntryKind::kExecutable:
      break;
  }
  return '-';
}

/// As `ls -l` shows it; where no permission bits are recorded, what the kind stands for.
std::string mode_text(const EntryInfo& entry) {
  bool runs = entry.kind != EntryKind::kFile;
  unsigned mode = entry.mode.value_or(entry.kind == EntryKind::kSymlink ? 0777 : runs ? 0755 : 0644);
  std::string text(1, letter_of(entry.kind));
  for (int bit = 8; bit >= 0; --bit) text += (mode >> bit & 1U) != 0 ? "xwr"[bit % 3] : '-';
  auto mark = [&](unsigned bit, std::size_t place, char set) {
    if ((mode & bit) == 0) return;
    bool runs_there = text[place] == 'x';
    text[place] = runs_there ? set : static_cast<char>(set - 'a' + 'A');
  };
  mark(04000, 3, 's');
  mark(02000, 6, 's');
  mark(01000, 9, 't');
  return text;
}

std::string size_text(const EntryInfo& entry) {
  bool is_device = entry.kind == EntryKind::kCharDevice || entry.kind == EntryKind::kBlockDevice;
  return is_device ? fmt::format("{}, {}", entry.device_major, entry.device_minor) : fmt::format("{}", entry.size);
}

/// Owner and a plus for extended attributes only where they are recorded.
std::string long_prefix(const EntryInfo& entry) {
  std::string time = entry.mtime ? readable_time(*entry.mtime, 0) : std::string(25, ' ');
  std::string owner;
  if (entry.owner) {
    std::string ids = fmt::format("{}:{}", entry.owner->uid, entry.owner->gid);
    owner = fmt::format("{}{:>12}", entry.xattrs.empty() ? ' ' : '+', ids);
  }
  return fmt::format("{}{} {:>13} {} ", mode_text(entry), owner, size_text(entry), time);
}

char letter_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return 'A';
    case ChangeKind::kModified:
      return 'M';
    case ChangeKind::kDeleted:
      return 'D';
  }
  return '?';
}

Color color_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::kAdded:
      return Color::kGreen;
    case ChangeKind::kModified:
      return Color::kYellow;
    case ChangeKind::kDeleted:
      return Color::kRed;
  }
  return Color::kBold;
}

/// "1.0 KiB -> 2.0 KiB", or the difference where that would say nothing.
std::string sizes(std::uint64_t before, std::uint64_t after) {
  if (before == after) return fmt::format("{}, same size", human_bytes(after));
  if (human_bytes(before) != human_bytes(after))
    return fmt::format("{} -> {}", human_bytes(before), human_bytes(after));
  std::string difference = before < after ? "+" + human_bytes(after - before) : "-" + human_bytes(before - after);
  return fmt::format("{}, {}", human_bytes(after), difference);
}

/// Where the content is the same.
std::string what_changed(const EntryChange& change) {
  std::string text;
  auto add = [&](bool changed, std::string_view what) {
    if (changed) text += fmt::format("{}{}", text.empty() ? "" : ", ", what);
  };
  bool other_mode = change.before->kind != change.after->kind || change.before->mode != change.after->mode;
  bool other_owner = change.before->owner != change.after->owner;
  add(other_mode, "kind or permissions");
  add(other_owner, "owner");
  add(!other_mode && !other_owner, "extended attributes");
  return text;
}

std::string size_change(const EntryChange& change) {
  std::uint64_t before = change.before ? change.before->size : 0;
  std::uint64_t after = change.after ? change.after->size : 0;
  if (!change.before) return human_bytes(after);
  if (!change.after) return fmt::format("{} gone", human_bytes(before));
  if (!change.content_changed) return fmt::format("{}, {}", human_bytes(after), what_changed(change));
  return sizes(before, after);
}

}  // namespace

std::string text_of(const EntryInfo& entry, ListFormat format, Terminator terminator) {
  std::string text = format == ListFormat::kLong ? long_prefix(entry) : "";
  if (terminator == Terminator::kNull) return text + entry.path + '\0';
  text += quoted_name(entry.path);
  if (entry.kind == EntryKind::kDirectory) text += '/';
  if (format == ListFormat::kLong && entry.kind == EntryKind::kSymlink) text += " -> " + quoted_name(entry.target);
  return text + '\n';
}

std::string name_status(const EntryChange& change, Terminator terminator, const Paint& paint) {
  if (terminator == Terminator::kNull) return fmt::format("{}\t{}", letter_of(change.kind), change.path) + '\0';
  return paint(color_of(change.kind), fmt::format("{}\t{}", letter_of(change.kind), quoted_name(change.path))) + '\n';
}

std::string DiffStat::add(const EntryChange& change, const Paint& paint) {
  counts_[static_cast<std::size_t>(change.kind)] += 1;
  bytes_before_ += change.before ? change.before->size : 0;
  bytes_after_ += change.after ? change.after->size : 0;
  std::string letter(1, letter_of(change.kind));
  return fmt::format(" {} {} | {}\n", paint(color_of(change.kind), letter), quoted_name(change.path),
                     size_change(change));
}

std::string DiffStat::summary() const {
  auto count = [this](ChangeKind kind) { return counts_[static_cast<std::size_t>(kind)]; };
  std::uint64_t all = counts_[0] + counts_[1] + counts_[2];
  if (all == 0) return "";
  return fmt::format(" {} changed: {} added, {} modified, {} deleted; {} -> {}\n", counted(all, "path"),
                     grouped(count(ChangeKind::kAdded)), grouped(count(ChangeKind::kModified)),
                     grouped(count(ChangeKind::kDeleted)), human_bytes(bytes_before_), human_bytes(bytes_after_));
}

}  // namespace cowstore::cli
