#include "cowstore/fsck.hpp"

#include <algorithm>
#include <filesystem>

#include "repo_bed.hpp"
#include "support/random_bytes.hpp"

namespace cowstore::repo {
namespace {

/// Where each damage is made: all of them would take hours.
constexpr std::size_t kStep = COWSTORE_SOAK ? 1 : 97;

class Fsck : public RepoBed {
 protected:
  Fsck() {
    have("a", "one\n");
    have("d/b", test::random_bytes(40'000, 1));
    test::make_symlink("a", wc("l"));
    first_ = commit("first");
    have("a", "two\n");
    second_ = commit("second");
    repository.reset();
  }

  std::string store(const std::string& path) const { return wc(".cowstore/store/" + path); }

  /// Files of the store whose bytes mean something, relative to it.
  std::vector<std::string> files() const {
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(store(""))) {
      std::string path = std::filesystem::relative(entry.path(), store("")).string();
      bool says_nothing = path.ends_with("lock") || path.starts_with("reserve/");
      if (entry.is_regular_file() && !says_nothing) paths.push_back(path);
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  void write(const std::string& path, const std::string& content) const {
    test::remove_path(store(path));
    test::write_file(store(path), content, 0444);
  }

  /// A report, or why there is none.
  Result<FsckReport> check() {
    auto opened = Repository::open(temp / "wc", context);
    if (!opened) return std::move(opened).error();
    return opened->fsck();
  }

  static bool names(const FsckReport& report, const std::string& path) {
    return std::any_of(report.faults.begin(), report.faults.end(), [&](const Fault& fault) {
      return fault.container.find(path) != std::string::npos || fault.message.find(path) != std::string::npos;
    });
  }
  static std::string text(const FsckReport& report) {
    std::string lines;
    for (const Fault& fault : report.faults) lines += "fault: " + fault.container + ": " + fault.message + "\n";
    for (const std::string& note : report.notes) lines += "note: " + note + "\n";
    return lines;
  }

  /// Says so of that file: a fault, a note, or an error of opening that names it.
  void expect_noticed(const std::string& path, const std::string& what) {
    auto report = check();
    std::string name = path.substr(path.rfind('/') + 1);
    if (!report) {
      EXPECT_NE(report.error().message(), "") << what;
      return;
    }
    bool noted = std::any_of(report->notes.begin(), report->notes.end(),
                             [&](const std::string& note) { return note.find(name) != std::string::npos; });
    // A log that ends between two records is one in which the later commands never ran.
    bool shorter_log = path.starts_with("log/") && report->unreachable > 0;
    EXPECT_TRUE(names(*report, name) || noted || shorter_log) << path << ": " << what << "\n" << text(*report);
  }

  /// What can be read is right, else it is an error.
  void expect_right_or_error(const std::string& what) {
    auto opened = Repository::open(temp / "wc", context);
    if (!opened) return;
    repository = std::make_unique<Repository>(std::move(*opened));
    for (const auto& [revision, content] : {std::pair(first_, "one\n"), std::pair(second_, "two\n")}) {
      std::string got = cat(revision.hex() + ":a");
      EXPECT_TRUE(got == content || got.starts_with("error: ")) << what << ": " << got;
    }
    (void)repository->status({});
    repository.reset();
  }

  CommitId first_, second_;
};

TEST_F(Fsck, FindsNothingInAStoreThatIsWhole) {
  auto report = check();
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_EQ(text(*report), "");
  EXPECT_EQ(report->commits, 2u);
  EXPECT_GE(report->chunks, 3u);
  EXPECT_EQ(report->unreachable, 0u);
}

TEST_F(Fsck, NoticesFlippedBitsInEveryFile) {
  for (const std::string& path : files()) {
    const std::string whole = test::read_file(store(path));
    // Densely at both ends, where the structure is.
    for (std::size_t i = 0; i < whole.size(); i += i < 64 || whole.size() - i < 64 ? 5 : kStep) {
      if (path.starts_with("log/") && whole[i] == '\0' && i % (kStep * 8) != 0) continue;  // mostly padding
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      write(path, damaged);
      std::string what = "bit flipped in byte " + std::to_string(i);
      expect_noticed(path, what);
      if (i % 5 == 0) expect_right_or_error(path + ": " + what);
      if (HasFailure()) return;
    }
    write(path, whole);
  }
}

TEST_F(Fsck, NoticesFilesThatAreTooShort) {
  for (const std::string& path : files()) {
    const std::string whole = test::read_file(store(path));
    for (std::size_t length : {std::size_t{0}, std::size_t{1}, std::size_t{31}, whole.size() / 3, whole.size() / 2,
                               whole.size() - 33, whole.size() - 1}) {
      if (length >= whole.size()) continue;
      write(path, whole.substr(0, length));
      std::string what = "cut to " + std::to_string(length) + " of " + std::to_string(whole.size());
      expect_noticed(path, what);
      expect_right_or_error(path + ": " + what);
    }
    write(path, whole);
  }
}

TEST_F(Fsck, NoticesContainersThatAreMissing) {
  for (const std::string& path : files()) {
    if (!path.starts_with("packs/")) continue;
    const std::string whole = test::read_file(store(path));
    test::remove_path(store(path));
    auto report = check();
    ASSERT_TRUE(report.ok()) << report.error().message();
    EXPECT_TRUE(names(*report, path)) << text(*report);
    write(path, whole);
  }
}

TEST_F(Fsck, SaysWhichFileOfWhichCommitLacksAChunk) {
  std::string content = test::random_bytes(40'000, 1);
  for (const std::string& path : files()) {
    std::string whole = test::read_file(store(path));
    std::size_t at = whole.find(content.substr(20'000, 30));
    if (!path.starts_with("packs/") || at == std::string::npos) continue;
    whole[at] = static_cast<char>(whole[at] ^ 1);
    write(path, whole);
  }
  auto report = check();
  ASSERT_TRUE(report.ok());
  bool located = std::any_of(report->faults.begin(), report->faults.end(),
                             [](const Fault& fault) { return fault.path.ends_with(":d/b"); });
  EXPECT_TRUE(located) << text(*report);
}

TEST_F(Fsck, OnlyNotesWhatACrashLeaves) {
  test::make_dirs(store("tmp/stale"));
  test::write_file(store("tmp/stale/lock"), "1 gone");
  test::write_file(store("packs/" + std::string(64, 'a') + ".pack"), "an unlisted pack");
  test::write_file(store("loose/ab/" + std::string(62, 'c')), "an unlisted file");
  auto report = check();
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_TRUE(report->faults.empty()) << text(*report);
  EXPECT_EQ(report->notes.size(), 3u) << text(*report);
}

TEST_F(Fsck, NotesWhatNoStorePutsThere) {
  test::write_file(store("packs/README"), "somebody's");
  auto report = check();
  ASSERT_TRUE(report.ok()) << report.error().message();
  EXPECT_TRUE(report->faults.empty());
  ASSERT_EQ(report->notes.size(), 1u) << text(*report);
  EXPECT_NE(report->notes[0].find("packs/README"), std::string::npos);
}

TEST_F(Fsck, CountsWhatNothingReaches) {
  reopen();
  have("a", "abandoned\n");
  commit();
  undo();
  reopen();
  auto report = repository->fsck();
  ASSERT_TRUE(report.ok());
  // The operation log remembers it still.
  EXPECT_EQ(report->commits, 3u);
  EXPECT_TRUE(report->faults.empty()) << text(*report);
}

TEST_F(Fsck, ChangesNothing) {
  std::string before;
  for (const std::string& path : files()) before += path + test::read_file(store(path));
  ASSERT_TRUE(check().ok());
  std::string after;
  for (const std::string& path : files()) after += path + test::read_file(store(path));
  EXPECT_EQ(before, after);
}

}  // namespace
}  // namespace cowstore::repo
