#include "cli/text_patch.hpp"

#include <gtest/gtest.h>

#include <map>

namespace cowstore::test {
namespace {

using cli::Color;
using cli::Paint;

EntryInfo entry(std::string path, EntryKind kind, std::string content) {
  EntryInfo info;
  info.path = std::move(path);
  info.kind = kind;
  info.size = content.size();
  if (kind == EntryKind::kSymlink) info.target = content;
  return info;
}

EntryChange change(std::optional<EntryInfo> before, std::optional<EntryInfo> after) {
  EntryChange made;
  made.path = after ? after->path : before->path;
  made.kind = !before ? ChangeKind::kAdded : !after ? ChangeKind::kDeleted : ChangeKind::kModified;
  made.before = std::move(before);
  made.after = std::move(after);
  made.content_changed = true;
  return made;
}

/// The patch; content is found by path and kind, and handed over in pieces of three bytes.
std::string patch(const EntryChange& made, const std::map<std::string, std::string>& before,
                  const std::map<std::string, std::string>& after, Paint paint = Paint(Paint::Mode::kPlain)) {
  const EntryInfo* old_side = made.before ? &*made.before : nullptr;
  auto read = [&](const EntryInfo& entry, const ContentSink& sink) -> Result<void> {
    bool is_old = old_side != nullptr && entry.kind == old_side->kind && entry.size == old_side->size;
    const std::string& content = is_old && before.count(entry.path) > 0 ? before.at(entry.path) : after.at(entry.path);
    for (std::size_t at = 0; at < content.size(); at += 3) {
      auto sent = sink(reinterpret_cast<const std::uint8_t*>(content.data()) + at,
                       std::min<std::size_t>(3, content.size() - at));
      if (!sent) return sent;
    }
    return {};
  };
  auto text = cli::patch_of(made, read, paint);
  EXPECT_TRUE(text.ok());
  return text.ok() ? *text : "";
}

TEST(TextPatch, OfANewFileIsOneThatGitTakes) {
  auto made = change(std::nullopt, entry("d/x", EntryKind::kExecutable, "one\n"));
  EXPECT_EQ(patch(made, {}, {{"d/x", "one\n"}}),
            "diff --git a/d/x b/d/x\nnew file mode 100755\n--- /dev/null\n+++ b/d/x\n@@ -0,0 +1 @@\n+one\n");
}

TEST(TextPatch, OfADeletedFile) {
  auto made = change(entry("x", EntryKind::kFile, "one\n"), std::nullopt);
  EXPECT_EQ(patch(made, {{"x", "one\n"}}, {}),
            "diff --git a/x b/x\ndeleted file mode 100644\n--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n");
}

TEST(TextPatch, OfAChangedModeAloneReadsNothing) {
  auto made = change(entry("x", EntryKind::kFile, "one\n"), entry("x", EntryKind::kExecutable, "one\n"));
  made.content_changed = false;
  EXPECT_EQ(patch(made, {}, {}), "diff --git a/x b/x\nold mode 100644\nnew mode 100755\n");
}

TEST(TextPatch, ShowsRecordedPermissions) {
  auto before = entry("x", EntryKind::kFile, "one\n");
  auto after = before;
  before.mode = 0600;
  after.mode = 0640;
  auto made = change(before, after);
  made.content_changed = false;
  EXPECT_EQ(patch(made, {}, {}), "diff --git a/x b/x\nold mode 100600\nnew mode 100640\n");
}

TEST(TextPatch, BinaryFilesOnlyDiffer) {
  std::string binary("ab\0cd", 5);
  auto made = change(entry("x", EntryKind::kFile, "text\n12"), entry("x", EntryKind::kFile, binary));
  EXPECT_EQ(patch(made, {{"x", "text\n12"}}, {{"x", binary}}),
            "diff --git a/x b/x\nBinary files a/x and b/x differ (7 bytes, 5 bytes)\n");
}

TEST(TextPatch, GiantFilesAreNotRead) {
  auto giant = entry("x", EntryKind::kFile, "");
  giant.size = std::uint64_t{1} << 40;
  EXPECT_EQ(patch(change(std::nullopt, giant), {}, {}),
            "diff --git a/x b/x\nnew file mode 100644\nBinary files /dev/null and b/x differ (nothing, 1.0 TiB)\n");
}

TEST(TextPatch, ALinksTargetIsItsContent) {
  auto made = change(entry("l", EntryKind::kSymlink, "old"), entry("l", EntryKind::kSymlink, "new"));
  EXPECT_EQ(patch(made, {}, {}),
            "diff --git a/l b/l\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-old\n\\ No newline at end of file\n+new\n"
            "\\ No newline at end of file\n");
}

TEST(TextPatch, AChangeOfKindIsTwoChanges) {
  auto made = change(entry("x", EntryKind::kFile, "one\n"), entry("x", EntryKind::kSymlink, "t"));
  std::string text = patch(made, {{"x", "one\n"}}, {});
  EXPECT_NE(text.find("deleted file mode 100644"), std::string::npos) << text;
  EXPECT_NE(text.find("new file mode 120000"), std::string::npos) << text;
}

TEST(TextPatch, FullAttributesAreToldWhereAPatchCannotSayThem) {
  EntryInfo before = entry("x", EntryKind::kFile, "1");
  before.owner = FileOwner{0, 0};
  before.mode = 0755;
  EntryInfo after = before;
  after.owner = FileOwner{1, 2};
  after.mode = 04755;
  after.xattrs = {"user.a", "user.b"};
  EntryChange made = change(before, after);
  made.content_changed = false;
  EXPECT_EQ(
      patch(made, {}, {}),
      "Owner of x: 0:0 -> 1:2\nPermissions of x: 0755 -> 4755\nExtended attributes of x: none -> user.a, user.b\n");
  made.before = made.after;
  EXPECT_EQ(patch(made, {}, {}), "Extended attributes of x: user.a, user.b -> user.a, user.b\n");
}

TEST(TextPatch, SpecialFilesAreNamed) {
  EXPECT_EQ(patch(change(std::nullopt, entry("p", EntryKind::kFifo, "")), {}, {}), "New fifo p\n");
  EXPECT_EQ(patch(change(entry("p", EntryKind::kSocket, ""), std::nullopt), {}, {}), "Deleted socket p\n");
}

TEST(TextPatch, DirectoriesAreNamed) {
  EXPECT_EQ(patch(change(std::nullopt, entry("d", EntryKind::kDirectory, "")), {}, {}), "New directory d\n");
  EXPECT_EQ(patch(change(entry("d", EntryKind::kDirectory, ""), std::nullopt), {}, {}), "Deleted directory d\n");
}

TEST(TextPatch, NamesAreQuoted) {
  auto made = change(std::nullopt, entry("a\nb", EntryKind::kFile, "1\n"));
  std::string text = patch(made, {}, {{"a\nb", "1\n"}});
  EXPECT_TRUE(text.starts_with("diff --git \"a/a\\nb\" \"b/a\\nb\"\n")) << text;
  EXPECT_NE(text.find("+++ \"b/a\\nb\"\n"), std::string::npos) << text;
}

TEST(TextPatch, ColoursWholeLines) {
  auto made = change(entry("x", EntryKind::kFile, "-- a\n"), entry("x", EntryKind::kFile, "++ bcd\n"));
  Paint paint(Paint::Mode::kColored);
  std::string text = patch(made, {{"x", "-- a\n"}}, {{"x", "++ bcd\n"}}, paint);
  EXPECT_NE(text.find(paint(Color::kBold, "--- a/x")), std::string::npos) << text;
  EXPECT_NE(text.find(paint(Color::kRed, "--- a")), std::string::npos) << "a removed line that looks like a header";
  EXPECT_NE(text.find(paint(Color::kGreen, "+++ bcd")), std::string::npos) << text;
}

TEST(TextPatch, AnErrorOfTheReaderIsPassedOn) {
  auto read = [](const EntryInfo&, const ContentSink&) -> Result<void> {
    Error error;
    error.code = ErrorCode::kCorrupt;
    return error;
  };
  auto text = cli::patch_of(change(std::nullopt, entry("x", EntryKind::kFile, "1")), read, Paint(Paint::Mode::kPlain));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace cowstore::test
