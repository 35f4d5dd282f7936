// Reports as people read them, from values that are hard to come by otherwise.
#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace cowstore::test {
namespace {

using cli::Detail;
using cli::Paint;
using cli::Terminator;
using cli::text_of;

const Paint kPlain(Paint::Mode::kPlain);

Digest digest(std::uint8_t first) {
  Digest made;
  made.bytes[0] = first;
  return made;
}

TEST(Text, AFaultIsNamedWithItsPlace) {
  FsckReport report;
  report.faults.push_back({"ab12", "packs/7.pack", 4096, "3f2a:data/x", "the hash is another"});
  report.notes = {"a torn log tail of 12 bytes"};
  report.commits = 1;
  report.bytes_checked = 2048;
  EXPECT_EQ(text_of(report, Detail::kNormal, kPlain),
            "fault: the hash is another\n"
            "  in packs/7.pack at byte 4,096\n"
            "  object ab12\n"
            "  needed by 3f2a:data/x\n"
            "note: a torn log tail of 12 bytes\n"
            "Checked 1 commit, 0 tree nodes, 0 loose files, 0 chunks: 2.0 KiB\n"
            "1 fault found.\n");
}

TEST(Text, ACleanCheckSaysSo) {
  EXPECT_TRUE(text_of(FsckReport(), Detail::kNormal, kPlain).ends_with("No faults found.\n"));
}

TEST(Text, SharingTellsWhyFilesWereCopied) {
  SharingReport sharing;
  sharing.cloned = 59812;
  sharing.copied = 188;
  sharing.copied_small = 188;
  sharing.bytes_written = 3250585;
  EXPECT_EQ(text_of(sharing), "cloned 59,812 · linked 0 · copied 188 (small) · 3.1 MiB written\n");
  sharing.copied = 200;
  sharing.copy_reason = "ext4 has no reflinks";
  EXPECT_EQ(text_of(sharing),
            "cloned 59,812 · linked 0 · copied 200 (188 small) · 3.1 MiB written\ncopied: ext4 has no reflinks\n");
}

TEST(Text, AStatusListsEverythingThatItKnows) {
  Status status;
  status.branch = "main";
  status.commit = CommitId(digest(1));
  status.added = {"new\nline"};
  status.modified = {"m"};
  status.deleted = {"d"};
  status.touched = {"t"};
  status.skipped = {"sub: a repository of its own"};
  status.damaged = {"half"};
  EXPECT_EQ(text_of(status, kPlain),
            "On branch main\n"
            "A  \"new\\nline\"\n"
            "M  m\n"
            "D  d\n"
            "T  t\n"
            "-  sub: a repository of its own\n"
            "!  half (not intact since the machine went down)\n"
            "`cowstore restore PATH` writes damaged files again.\n"
            "\n"
            "1 added, 1 modified, 1 deleted. `cowstore commit -m MESSAGE` records it; `cowstore restore PATH` brings "
            "back what was there.\n");
  EXPECT_EQ(cli::null_terminated(status), std::string("A\tnew\nline\0M\tm\0D\td\0T\tt\0", 23));
}

TEST(Text, AStatusSaysWhereHeadIs) {
  Status status;
  status.branch = "main";
  EXPECT_EQ(text_of(status, kPlain), "On branch main, no commits yet\nNothing to commit: the directory is empty.\n");
  status.branch.reset();
  status.commit = CommitId(digest(0xab));
  EXPECT_EQ(text_of(status, kPlain), "HEAD detached at ab00000\nNothing to commit, working copy clean.\n");
}

TEST(Text, ALogEntryEscapesWhatOthersWrote) {
  CommitInfo commit;
  commit.author = "Eve\033[2J";
  commit.message = "one\033[31m\n\ntwo";
  commit.meta = R"({"k":"v\n"})";
  commit.parents = {CommitId(digest(1)), CommitId(digest(2))};
  std::string text = text_of(commit, {{commit.id, {"@ -> main", "tag: v1"}}}, kPlain);
  EXPECT_EQ(text, "commit " + commit.id.hex() +
                      " (@ -> main, tag: v1)\nMerge: 0100000 0200000\nAuthor: Eve\\x1b[2J\n"
                      "Date:   1970-01-01 00:00:00 +0000\nMeta:   k=v\\n\n\n    one\\x1b[31m\n\n    two\n");
}

TEST(Text, LongListsAreCutWithoutVerbose) {
  CheckoutReport report;
  report.method = "none";
  for (int i = 0; i < 30; ++i) report.kept.push_back("k" + std::to_string(i));
  std::string text = text_of_switch(report, Execution::kReally, Detail::kNormal);
  EXPECT_TRUE(text.ends_with("kept k19\nkept 10 more\n")) << text;
  EXPECT_TRUE(text_of_switch(report, Execution::kReally, Detail::kVerbose).ends_with("kept k29\n"));
}

TEST(Text, ASnapshotSaysOfWhatItIs) {
  CheckoutReport report;
  report.method = "snapshot";
  report.path = "/wc";
  report.created = 7;
  report.source.emplace().path = "/template";
  auto text = [&] { return text_of_new_copy(report, "v1", Execution::kReally, Detail::kNormal); };
  EXPECT_TRUE(text().ends_with("\nsnapshot of the template of 0000000: everything is shared\n")) << text();
  report.source->different = 3;
  report.sharing.cloned = 2;
  EXPECT_TRUE(
      text().ends_with("\nsnapshot of the template of 0000000, which differs in 3 paths: cloned 2 · linked 0 · "
                       "copied 0 · 0 bytes written\n"))
      << text();
}

TEST(Text, ADryRunSaysThatNothingHappened) {
  CheckoutReport report;
  report.changes = {"create a/b", "remove c\nd"};
  EXPECT_EQ(text_of_switch(report, Execution::kDryRun, Detail::kNormal),
            "would create a/b\nwould remove c\\nd\nDry run: 2 changes, and nothing was changed.\n");
}

TEST(Text, AStatTellsSmallDifferencesOfLargeFiles) {
  EntryChange change;
  change.path = "x";
  change.content_changed = true;
  change.before.emplace();
  change.after.emplace();
  auto line = [&](std::uint64_t before, std::uint64_t after) {
    change.before->size = before;
    change.after->size = after;
    return cli::DiffStat().add(change, kPlain);
  };
  EXPECT_EQ(line(1024, 2048), " M x | 1.0 KiB -> 2.0 KiB\n");
  EXPECT_EQ(line(12'300, 12'306), " M x | 12.0 KiB, +6 bytes\n");
  EXPECT_EQ(line(12'306, 12'305), " M x | 12.0 KiB, -1 byte\n");
  EXPECT_EQ(line(5, 5), " M x | 5 bytes, same size\n");
}

TEST(Text, AnEntryLooksAsInLs) {
  EntryInfo entry;
  entry.path = "bin/run";
  entry.kind = EntryKind::kExecutable;
  entry.size = 1234;
  entry.mode = 0750;
  entry.mtime = Timestamp{1700000000, 5};
  EXPECT_EQ(text_of(entry, cli::ListFormat::kLong, Terminator::kNewline),
            "-rwxr-x---          1234 2023-11-14 22:13:20 +0000 bin/run\n");
  EXPECT_EQ(text_of(entry, cli::ListFormat::kShort, Terminator::kNull), std::string("bin/run\0", 8));
  entry.kind = EntryKind::kSymlink;
  entry.target = "to\there";
  entry.mode.reset();
  entry.mtime.reset();
  EXPECT_EQ(text_of(entry, cli::ListFormat::kLong, Terminator::kNewline),
            "lrwxrwxrwx          1234                           bin/run -> \"to\\there\"\n");
}

TEST(Text, FullAttributesStandBetweenPermissionsAndSize) {
  EntryInfo entry;
  entry.path = "null";
  entry.kind = EntryKind::kCharDevice;
  entry.mode = 06755;
  entry.owner = FileOwner{0, 5};
  entry.xattrs = {"trusted.a"};
  entry.device_major = 1;
  entry.device_minor = 3;
  entry.mtime = Timestamp{1700000000, 5};
  EXPECT_EQ(text_of(entry, cli::ListFormat::kLong, Terminator::kNewline),
            "crwsr-sr-x+         0:5          1, 3 2023-11-14 22:13:20 +0000 null\n");
  entry.kind = EntryKind::kFifo;
  entry.mode = 01666;
  entry.xattrs.clear();
  EXPECT_EQ(text_of(entry, cli::ListFormat::kLong, Terminator::kNewline),
            "prw-rw-rwT          0:5             0 2023-11-14 22:13:20 +0000 null\n");
}

TEST(Text, WhatCouldNotBeRestoredIsNamed) {
  CheckoutReport report;
  report.method = "none";
  report.unrestored = {{"a\x1b", {"owner 0:0", "security.capability"}}};
  std::string text = text_of_switch(report, Execution::kReally, Detail::kNormal);
  EXPECT_TRUE(text.ends_with("not all could be restored of 1 path:\n  \"a\\x1b\" (owner 0:0, security.capability)\n"))
      << text;
  for (int i = 0; i < 30; ++i) report.unrestored.push_back({"k" + std::to_string(i), {"owner 0:0"}});
  EXPECT_TRUE(text_of_switch(report, Execution::kReally, Detail::kNormal).ends_with("  11 more\n"));
}

TEST(Text, AStatSaysWhatElseHasChanged) {
  EntryChange change;
  change.path = "x";
  change.before.emplace();
  change.before->owner = FileOwner{0, 0};
  change.after = change.before;
  EXPECT_EQ(cli::DiffStat().add(change, kPlain), " M x | 0 bytes, extended attributes\n");
  change.after->owner = FileOwner{1, 0};
  EXPECT_EQ(cli::DiffStat().add(change, kPlain), " M x | 0 bytes, owner\n");
  change.after->mode = 0600;
  EXPECT_EQ(cli::DiffStat().add(change, kPlain), " M x | 0 bytes, kind or permissions, owner\n");
}

TEST(Text, AnOperationShowsItsChangesInDetail) {
  OperationInfo operation;
  operation.user = "ada@host";
  operation.command = "cowstore tag v1";
  operation.changes = {{"tags/v1", std::nullopt, digest(0xcd).hex()}};
  EXPECT_EQ(text_of(operation, Detail::kVerbose, kPlain),
            "000000000000  1970-01-01 00:00:00 +0000  ada@host  cowstore tag v1\n    tags/v1: (none) -> cd00000\n");
}

}  // namespace
}  // namespace cowstore::test
