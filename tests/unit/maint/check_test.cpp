#include "maint/check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "object/commit.hpp"
#include "object/named_tree.hpp"
#include "support/random_bytes.hpp"
#include "unit/object/samples.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::maint {
namespace {

class Check : public testing::Test {
 protected:
  /// A commit of one file d/f, all in the store.
  CommitId commit_of(const object::FileRef& file, bool with_tree = true) {
    auto transaction = std::move(bed_.store->begin()).value();
    object::TreeEntry entry;
    entry.name = "f";
    entry.kind = object::EntryKind::kFile;
    entry.file = file;
    TreeId below = object::build_tree(*transaction, {entry});
    object::Commit commit;
    commit.tree = TreeId(object::digest_of("no such tree"));
    if (with_tree) commit.tree = object::build_tree(*transaction, {object::directory_entry("d", below)});
    commit.author = "a";
    auto id = object::put_commit(*transaction, commit);
    EXPECT_TRUE(id.ok());
    EXPECT_TRUE(transaction->publish().ok());
    return *id;
  }

  FsckReport check(const std::vector<CommitId>& roots, const std::vector<CommitId>& remembered = {}) {
    bed_.reopen();
    FsckReport report;
    auto checked = check_store({*bed_.store, pool_, nullptr, roots, remembered}, report);
    EXPECT_TRUE(checked.ok()) << checked.error().message();
    return report;
  }
  static std::string text(const FsckReport& report) {
    std::string lines;
    for (const Fault& fault : report.faults) lines += fault.container + "|" + fault.path + "|" + fault.message + "\n";
    for (const std::string& note : report.notes) lines += "note: " + note + "\n";
    return lines;
  }
  static bool has_fault(const FsckReport& report, const std::string& container, const std::string& path) {
    auto ends = [](const std::string& text, const std::string& end) { return text.ends_with(end); };
    return std::any_of(report.faults.begin(), report.faults.end(),
                       [&](const Fault& fault) { return ends(fault.container, container) && ends(fault.path, path); });
  }
  void alter(const std::string& path, std::uint64_t offset) {
    Timestamp mtime = test::mtime_of(path);
    char byte = test::read_file(path)[offset];
    test::overwrite_file(path, std::string(1, static_cast<char>(byte ^ 4)), offset);
    test::set_mtime(path, mtime);
  }

  test::TempDir temp_;
  test::StoreBed bed_{temp_};
  base::ThreadPool pool_{2};
  std::string content_ = test::random_bytes(1 << 20, 1);
};

TEST_F(Check, FindsNothingInAStoreThatIsWhole) {
  CommitId commit = commit_of(bed_.add_loose(content_));
  FsckReport report = check({commit});
  EXPECT_EQ(text(report), "");
  EXPECT_EQ(report.commits, 1u);
  EXPECT_EQ(report.files, 1u);
  EXPECT_GE(report.bytes_checked, content_.size());
  EXPECT_EQ(report.unreachable, 0u);
}

TEST_F(Check, FindsAnAlteredLooseFileWhoseTimesWerePutBackAndSaysWhoNeedsIt) {
  object::FileRef file = bed_.add_loose(content_);
  CommitId commit = commit_of(file);
  std::string path = bed_.loose_path(file);
  alter(path, 500'000);
  FsckReport report = check({commit});
  EXPECT_TRUE(has_fault(report, path.substr(path.find("loose/")), "")) << text(report);
  EXPECT_TRUE(has_fault(report, "", ":d/f")) << text(report);
}

TEST_F(Check, OnlyNotesAnUnreadableCopyOfWhatIsWholeElsewhere) {
  object::FileRef file = bed_.add_packed(content_);
  bed_.add_loose(content_);
  CommitId commit = commit_of(file);
  alter(bed_.loose_path(file), 500'000);
  FsckReport report = check({commit});
  EXPECT_FALSE(report.faults.empty()) << "the loose file is a clone source";
  bool needed = std::any_of(report.faults.begin(), report.faults.end(),
                            [](const Fault& fault) { return fault.message.find("needed") != std::string::npos; });
  EXPECT_FALSE(needed) << text(report);
}

TEST_F(Check, NotesAFileThatWasOnlyTouched) {
  object::FileRef file = bed_.add_loose(content_);
  CommitId commit = commit_of(file);
  test::set_mtime(bed_.loose_path(file), Timestamp{1, 1});
  FsckReport report = check({commit});
  EXPECT_TRUE(report.faults.empty()) << text(report);
  EXPECT_EQ(report.notes.size(), 1u) << text(report);
}

TEST_F(Check, FindsAMissingContainer) {
  object::FileRef file = bed_.add_loose(content_);
  CommitId commit = commit_of(file);
  test::remove_path(bed_.loose_path(file));
  FsckReport report = check({commit});
  EXPECT_TRUE(has_fault(report, bed_.loose_path(file).substr(bed_.loose_path(file).find("loose/")), ""))
      << text(report);
  EXPECT_TRUE(has_fault(report, "", ":d/f")) << text(report);
}

TEST_F(Check, FindsReferencesToWhatWasNeverStored) {
  object::FileRef nowhere = object::FileRef::single_chunk(ChunkId(object::digest_of("never stored")), 12);
  EXPECT_TRUE(has_fault(check({commit_of(nowhere)}), "", ":d/f"));
  EXPECT_FALSE(check({commit_of(nowhere, false)}).faults.empty());
}

TEST_F(Check, AsksForRootsAndOnlyLooksAtWhatIsRemembered) {
  CommitId absent(object::digest_of("no such commit"));
  EXPECT_FALSE(check({absent}).faults.empty());
  EXPECT_TRUE(check({}, {absent}).faults.empty());
  object::FileRef nowhere = object::FileRef::single_chunk(ChunkId(object::digest_of("never stored")), 12);
  EXPECT_FALSE(check({}, {commit_of(nowhere)}).faults.empty());
}

TEST_F(Check, CountsWhatNothingReaches) {
  CommitId commit = commit_of(bed_.add_packed("reached"));
  bed_.add_packed("nobody's");
  EXPECT_EQ(check({commit}).unreachable, 1u);
}

TEST_F(Check, TellsEachFaultOnce) {
  object::FileRef file = bed_.add_loose(content_);
  CommitId one = commit_of(file);
  alter(bed_.loose_path(file), 10);
  FsckReport report = check({one, one, one}, {one});
  std::vector<std::string> lines;
  for (const Fault& fault : report.faults) lines.push_back(fault.container + fault.object + fault.message);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(std::adjacent_find(lines.begin(), lines.end()), lines.end()) << text(report);
}

}  // namespace
}  // namespace cowstore::maint
