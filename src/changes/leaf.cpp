#include "changes/leaf.hpp"

namespace cowstore::changes {

namespace {

using object::EntryKind;

/// As far as it can be told without opening the file.
Content compare_content(const ScannedEntry& now, const object::TreeEntry& before) {
  const auto verdict = [](bool same) { return same ? Content::kSame : Content::kDifferent; };
  if (object::is_file(now.kind) != object::is_file(before.kind)) return Content::kDifferent;
  if (object::is_special(now.kind) || object::is_special(before.kind)) return verdict(now.kind == before.kind);
  if (now.kind == EntryKind::kSymlink) return verdict(now.target == before.target);
  if (now.stat.size != before.file.size) return Content::kDifferent;
  if (now.state == ScannedEntry::State::kUnknown) return Content::kUnread;
  return verdict(now.file == before.file);
}

}  // namespace

bool mode_differs(const ScannedEntry& now, const Before& before) {
  return now.kind != EntryKind::kSymlink && before.mode && *before.mode != now.mode();
}

bool mtime_differs(const ScannedEntry& now, const Before& before) {
  return before.mtime && *before.mtime != now.mtime();
}

bool same_attributes(const ScannedEntry& now, const Before& before) {
  const bool same_mode = now.kind == EntryKind::kSymlink || before.mode == now.mode();
  return same_mode && before.mtime == now.mtime();
}

bool differs_in_full(const object::Attributes& seen, const object::Attributes& before) {
  if (seen.mode && before.mode && seen.mode != before.mode) return true;
  // Extended attributes are recorded together with the owner: only that tells "none" from "not recorded".
  if (before.owner && (seen.owner != before.owner || seen.xattrs != before.xattrs)) return true;
  return seen.special != before.special;
}

LeafVerdict compare_leaf(const ScannedEntry& now, const Before& before, const object::Attributes* seen) {
  LeafVerdict verdict;
  verdict.content = compare_content(now, before.entry);
  const bool same_kind = now.kind == before.entry.kind;
  const bool differs = seen != nullptr ? differs_in_full(*seen, *before.full) : mode_differs(now, before);
  verdict.same_tree = verdict.content == Content::kSame && same_kind;
  verdict.same_attributes =
      verdict.same_tree && (seen != nullptr ? *seen == *before.full : same_attributes(now, before));
  if (verdict.content == Content::kDifferent || !same_kind || differs) {
    verdict.kind = ChangeKind::kModified;
    // The numbers of a device are what it has for content.
    if (seen != nullptr && seen->special != before.full->special) verdict.content = Content::kDifferent;
  } else if (verdict.content == Content::kUnread) {
    verdict.undecided = true;
  } else if (mtime_differs(now, before) || (seen != nullptr && seen->link_group != before.full->link_group)) {
    verdict.kind = ChangeKind::kTouched;
  }
  return verdict;
}

}  // namespace cowstore::changes
