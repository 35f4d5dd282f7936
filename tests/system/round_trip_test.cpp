// What is committed comes back: content, kind, permission bits and time of every entry, as programs outside see them.
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"
#include "system/outside_oracle.hpp"
#include "system/sample_tree.hpp"

namespace cowstore::test {

namespace {

class RoundTrip : public FilesystemTest {
 protected:
  /// Two versions, tagged, and what they looked like.
  void commit_two_versions(const InitOptions& options = {}) {
    make_repository(copy(), options);
    make_sample_tree(copy());
    commit_and_tag("first");
    first = tree_text(copy());
    first_without_times = tree_text(copy(), Fields::kNoTimes);
    edit_sample_tree(copy());
    commit_and_tag("second");
    second = tree_text(copy());
    second_without_times = tree_text(copy(), Fields::kNoTimes);
  }

  void commit_and_tag(const std::string& name) const {
    ASSERT_TRUE(commit_all(copy(), name).created);
    expect_clean(copy());
    must(open_repository(copy()).create_tag(name, "@", Overwrite::kRefuse));
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }

  std::string first, second, first_without_times, second_without_times;
};
INSTANTIATE_TEST_SUITE_P(On, RoundTrip, every_filesystem(), filesystem_param_name);

/// Kind, path and time of all but directories, whose times follow from what is done in them.
std::string times_of_files(const std::string& root) {
  std::ostringstream lines;
  for (const TreeEntry& entry : list_tree(root)) {
    if (entry.kind == 'd') continue;
    lines << entry.path << " " << entry.mtime.seconds << "." << entry.mtime.nanoseconds << "\n";
  }
  return lines.str();
}

}  // namespace

TEST_P(RoundTrip, VersionsComeBackExactlyInNewDirectories) {
  if (skipped()) return;
  commit_two_versions();
  for (auto [tag, expected] : {std::pair("first", &first), std::pair("second", &second)}) {
    std::string directory = temp() / tag;
    CheckoutReport report = check_out(copy(), tag, directory);
    expect_same(tree_text(directory), *expected);
    EXPECT_EQ(report.method, filesystem() == "ext4" ? "copy" : "reflink");
    expect_clean(directory);
  }
  expect_sound(copy());
}

TEST_P(RoundTrip, FindAndSha256sumSeeNoDifference) {
  if (skipped()) return;
  make_repository(copy());
  make_sample_tree(copy());
  std::string expected = outside_listing(copy());
  commit_all(copy(), "all");
  check_out(copy(), "@", temp() / "again");
  expect_same(outside_listing(temp() / "again"), expected);
  expect_same(outside_listing(copy()), expected, "the commit changed something");
  expect_sound(copy());
}

TEST_P(RoundTrip, TheTopDirectoryItselfComesBack) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/file", "content");
  set_mode(copy(), 02750);
  set_mtime(copy(), {1'000'000'000, 5});
  commit_all(copy(), "all");
  check_out(copy(), "@", temp() / "again");
  struct stat again {};
  ASSERT_EQ(::stat((temp() / "again").c_str(), &again), 0);
  EXPECT_EQ(again.st_mode & 07777, 02750U);
  EXPECT_EQ(mtime_of(temp() / "again"), (Timestamp{1'000'000'000, 5}));
}

TEST_P(RoundTrip, SwitchingInPlaceBackAndForthGivesEachVersion) {
  if (skipped()) return;
  commit_two_versions();
  for (int round = 0; round < 2; ++round) {
    switch_in_place(copy(), "first");
    expect_same(tree_text(copy(), Fields::kNoTimes), first_without_times);
    expect_clean(copy());
    switch_in_place(copy(), "second");
    expect_same(tree_text(copy(), Fields::kNoTimes), second_without_times);
    expect_clean(copy());
  }
  expect_sound(copy());
}

TEST_P(RoundTrip, SwitchingInPlaceRestoresTimesOnRequest) {
  if (skipped()) return;
  commit_two_versions();
  auto expected = times_of_files(copy());
  CheckoutOptions options;
  options.times = FileTimes::kRecorded;
  switch_in_place(copy(), "first", options);
  switch_in_place(copy(), "second", options);
  expect_same(times_of_files(copy()), expected);
  expect_clean(copy());
}

TEST_P(RoundTrip, AVersionThatWasCheckedOutCommitsToTheSameIds) {
  if (skipped()) return;
  commit_two_versions();
  CommitInfo original = must(open_repository(copy()).show("first"));
  std::string directory = temp() / "again";
  check_out(copy(), "first", directory);
  remove_path(directory + "/.cowstore/index");  // so that everything is read anew
  StatusOptions with_times;
  with_times.times = StatusOptions::Times::kShow;
  Status status = must(open_repository(directory).status(with_times));
  EXPECT_TRUE(status.clean());
  EXPECT_EQ(status.touched, std::vector<std::string>());
  CommitOptions options;
  options.times = CommitOptions::Times::kCount;
  CommitReport nothing = must(open_repository(directory).commit(options));
  EXPECT_FALSE(nothing.created);
  write_file(directory + "/another", "file");
  CommitReport another = commit_all(directory, "another");
  ASSERT_TRUE(another.created);
  remove_path(directory + "/another");
  set_mtime(directory, mtime_of(copy()));
  EXPECT_EQ(commit_all(directory, "without").tree, original.tree);
  expect_sound(copy());
}

TEST_P(RoundTrip, TimesThatASwitchDidNotRestoreStayRecorded) {
  if (skipped()) return;
  commit_two_versions();
  switch_in_place(copy(), "first");
  set_mtime(copy() + "/times/0", {0, 0});  // nothing but its time differs: no business of a switch, and what counts
  write_file(copy() + "/one more", "file");
  commit_all(copy(), "on top of the first");
  check_out(copy(), "first", temp() / "before");
  check_out(copy(), "@", temp() / "after");
  remove_path(temp() / "after/one more");
  expect_same(times_of_files(temp() / "after"), times_of_files(temp() / "before"));
}

TEST_P(RoundTrip, WithoutAttributesContentComesBack) {
  if (skipped()) return;
  InitOptions options;
  options.attributes = "none";
  make_repository(copy(), options);
  make_sample_tree(copy());
  std::string first_content = tree_text(copy(), Fields::kContentOnly);
  commit_and_tag("first");
  EXPECT_FALSE(must(open_repository(copy()).show("first")).attributes);
  edit_sample_tree(copy());
  std::string second_content = tree_text(copy(), Fields::kContentOnly);
  commit_and_tag("second");
  check_out(copy(), "first", temp() / "first");
  expect_same(tree_text(temp() / "first", Fields::kContentOnly), first_content);
  expect_clean(temp() / "first");
  switch_in_place(copy(), "first");
  expect_same(tree_text(copy(), Fields::kContentOnly), first_content);
  expect_clean(copy());
  switch_in_place(copy(), "second");
  expect_same(tree_text(copy(), Fields::kContentOnly), second_content);
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(RoundTrip, FineAndBulkChunkingGiveTheSameFiles) {
  if (skipped()) return;
  std::vector<std::uint64_t> chunks;
  for (const char* chunking : {"fine", "bulk"}) {
    std::string directory = temp() / chunking;
    InitOptions options;
    options.chunking = chunking;
    make_repository(directory, options);
    make_sample_tree(directory);
    commit_all(directory, chunking);
    EXPECT_EQ(must(open_repository(directory).show("@")).chunking, chunking);
    check_out(directory, "@", directory + " again");
    expect_same(tree_text(directory + " again"), tree_text(directory));
    expect_clean(directory + " again");
    chunks.push_back(must(open_repository(directory).fsck()).chunks);
    expect_sound(directory);
  }
  EXPECT_GT(chunks[0], chunks[1]);
}

TEST_P(RoundTrip, AnEmptyVersionIsAVersion) {
  if (skipped()) return;
  make_repository(copy());
  write_file(copy() + "/only", "file");
  commit_and_tag("first");
  remove_path(copy() + "/only");
  commit_and_tag("empty");
  check_out(copy(), "empty", temp() / "nothing");
  expect_same(tree_text(temp() / "nothing"), "");
  expect_clean(temp() / "nothing");
  switch_in_place(copy(), "first");
  EXPECT_EQ(read_file(copy() + "/only"), "file");
  switch_in_place(copy(), "empty");
  expect_same(tree_text(copy()), "");
  expect_sound(copy());
}

TEST_P(RoundTrip, OneChunkFilesAreCalledWhatSha256sumCallsThem) {
  if (skipped()) return;
  make_repository(copy());
  make_sample_tree(copy());
  commit_all(copy(), "all");
  std::size_t compared = 0;
  for (const EntryInfo& entry : list_version(copy(), "@")) {
    if (entry.kind == EntryKind::kDirectory || entry.kind == EntryKind::kSymlink) continue;
    std::string content = cat(copy(), "@:" + entry.path);
    EXPECT_EQ(content.size(), entry.size) << entry.path;
    EXPECT_EQ(content, read_file(copy() + "/" + entry.path)) << entry.path;
    if (entry.size > 16384) continue;
    EXPECT_EQ(entry.id.hex(), sha256_hex(content)) << entry.path;
    ++compared;
  }
  EXPECT_GT(compared, 40U);
}

}  // namespace cowstore::test
