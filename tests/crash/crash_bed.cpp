#include "crash/crash_bed.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"

namespace cowstore::test {

namespace fs = std::filesystem;

namespace {

constexpr const char* kReported = "/reported";
/// Thousands of trees are made and removed, which on a disk takes ten times as long.
constexpr const char* kMemory = "/dev/shm";

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void copy_tree(const std::string& from, const std::string& to) {
  std::string command = "cp -a --reflink=auto '" + from + "' '" + to + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
}

bool is_partial(const std::string& name) {
  return name.ends_with(".cowstore-partial");
}

/// All paths of all working copies, but what commands are only building beside them.
std::map<std::string, TreeEntry> list_copies(const std::string& root) {
  std::map<std::string, TreeEntry> listed;
  for (const std::string& name : names_in(root)) {
    if (is_partial(name)) continue;
    for (TreeEntry& entry : list_tree(root + "/" + name, Fields::kNoTimes)) {
      std::string path = name + "/" + entry.path;
      listed.emplace(std::move(path), std::move(entry));
    }
  }
  return listed;
}

bool same_content(const TreeEntry& a, const TreeEntry& b) {
  return a.kind == b.kind && a.size == b.size && a.content == b.content;
}

std::string head_tree(Repository& repository) {
  auto head = repository.show("@");
  return head ? head->tree.hex() : std::string();
}

}  // namespace

std::unique_ptr<TempDir> crash_dir(const std::string& filesystem) {
  if (filesystem != "anywhere") return temp_dir_on(filesystem);
  return fs::is_directory(kMemory) ? std::make_unique<TempDir>(kMemory) : std::make_unique<TempDir>();
}

CrashBed::CrashBed(std::unique_ptr<TempDir> temp, const Scenario& scenario)
    : temp_(std::move(temp)), scenario_(scenario) {
  make_dirs(root() + "/wc");
  auto made = Repository::init(root() + "/wc", {}, context());
  EXPECT_TRUE(made.ok()) << made.error().message();
  scenario_.prepare(*this);
  rename_path(root(), *temp_ / "template");
  learn_moments();
}

Context CrashBed::context() {
  Context context;
  context.author = "Ada <ada@example>";
  context.user = "ada@example";
  context.command_line = "cowstore " + scenario_.name;
  context.now = [seconds = seconds_] { return Timestamp{1'700'000'000 + ++*seconds, 1}; };
  context.utc_offset_minutes = [](Timestamp) { return 0; };
  context.threads = 1;  // so that the n-th call is the same one in each run
  return context;
}

Repository CrashBed::open(const std::string& copy) {
  auto opened = Repository::open(root() + "/" + copy, context());
  if (!opened) {
    ADD_FAILURE() << "open " << copy << ": " << opened.error().message();
    std::abort();
  }
  return std::move(*opened);
}

void CrashBed::write_version_one() {
  write_file(path("a"), "one\n");
  write_file(path("big"), random_bytes(90'000, 1));
  write_file(path("dir/b"), "b\n");
  write_file(path("dir/c"), "c\n");
  write_file(path("run"), "#!/bin/sh\n", 0755);
  write_file(path("gone/deep/file"), "goes away\n");
  write_file(path("kind"), "a file, later a directory\n");
  write_file(path("turn/inner"), "a directory, later a file\n");
  make_symlink("a", path("link"));
  make_dirs(path("void"));
}

void CrashBed::write_version_two() {
  write_file(path("a"), "two\n");
  write_file(path("big"), random_bytes(90'000, 1) + random_bytes(50'000, 2));
  remove_path(path("dir/b"));
  write_file(path("dir/d"), "d\n");
  set_mode(path("run"), 0644);
  remove_path(path("gone"));
  remove_path(path("kind"));
  write_file(path("kind/inner"), "now a directory\n");
  remove_path(path("turn"));
  write_file(path("turn"), "now a file\n");
  remove_path(path("link"));
  make_symlink("dir/c", path("link"));
  remove_path(path("void"));
  write_file(path("new/deep/file"), random_bytes(20'000, 3));
  make_dirs(path("hollow"));
}

void CrashBed::write_uncommitted_work() {
  write_file(path("a"), "edited, not committed\n");
  write_file(path("dir/c"), "edited, and the same in both versions\n");
  write_file(path("dir/d"), "not versioned, and in the way\n");
  write_file(path("own"), "not versioned, in nobody's way\n");
  write_file(path("gone/deep/file"), "edited, and to be removed\n");
  remove_path(path("big"));
}

void CrashBed::commit_all(const std::string& message) {
  Repository repository = open();
  CommitOptions options;
  options.message = message;
  auto made = repository.commit(options);
  ASSERT_TRUE(made.ok()) << made.error().message();
  learn_version(repository);
}

void CrashBed::learn_version(Repository& repository) {
  auto status = repository.status({});
  ASSERT_TRUE(status.ok()) << status.error().message();
  if (status->clean()) versions_[head_tree(repository)] = tree_text(root() + "/wc", Fields::kNoTimes);
}

void CrashBed::reset() {
  remove_path(root());
  copy_tree(*temp_ / "template", root());
  remove_path(*temp_ / "out");
  write_file(temp_->path() + kReported, "");
  *seconds_ = 1'000'000;
}

std::size_t CrashBed::reported() const {
  return read_file(temp_->path() + kReported).size();
}

std::string CrashBed::files() const {
  std::string text;
  for (const std::string& name : names_in(root())) {
    text += name + ":\n" + tree_text(root() + "/" + name, Fields::kNoTimes);
  }
  return text;
}

Moment CrashBed::now() {
  Moment moment;
  moment.files = files();
  Repository repository = open();
  moment.head = head_tree(repository);
  return moment;
}

void CrashBed::learn_moments() {
  reset();
  moments_.push_back(now());
  listed_.push_back(list_copies(root()));
  for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
    Repository repository = open();
    auto done = run_step(i, repository);
    ASSERT_TRUE(done.ok()) << done.error().message();
    learn_version(repository);
    moments_.push_back(now());
    listed_.push_back(list_copies(root()));
  }
}

Result<void> CrashBed::run_step(std::size_t index, Repository& repository) {
  auto done = scenario_.steps[index].run(*this, repository);
  if (done) append_file(temp_->path() + kReported, ".");
  return done;
}

Result<void> CrashBed::play() {
  auto repository = Repository::open(root() + "/wc", context());
  if (!repository) return std::move(repository).error();
  for (std::size_t i = 0; i < scenario_.steps.size(); ++i) {
    auto done = run_step(i, *repository);
    if (!done) return done;
  }
  return {};
}

void CrashBed::verify() {
  std::size_t done = reported();
  expect_whole_files(done);
  Repository repository = open();  // finishes what was interrupted
  open_other_copies();
  std::size_t moment = which_moment(done);
  expect_sound(repository);
  expect_head_checks_out(repository);
  if (testing::Test::HasFailure()) return;
  bool undoable = moment > 0 && scenario_.steps[moment - 1].undo == Step::Undo::kBringsBack;
  if (undoable) expect_undo_brings_back(moment--);
  finish(repository, moment);
  expect_work_goes_on();
}

/// Whatever moment it was: each path has its content from before or from after the interrupted step, nothing else is
/// there, and what both have in place is never away.
void CrashBed::expect_whole_files(std::size_t reported) const {
  const auto& before = listed_[reported];
  const auto& after = listed_[std::min(reported + 1, listed_.size() - 1)];
  auto found = list_copies(root());
  for (const auto& [path, entry] : found) {
    auto old = before.find(path);
    auto young = after.find(path);
    bool is_old = old != before.end() && same_content(entry, old->second);
    bool is_new = young != after.end() && same_content(entry, young->second);
    EXPECT_TRUE(is_old || is_new) << path << " is neither what it was nor what it is to be";
  }
  for (const auto& [path, entry] : before) {
    auto young = after.find(path);
    bool in_both = young != after.end() && young->second.kind == entry.kind;
    EXPECT_TRUE(!in_both || found.contains(path)) << path << " is lost";
  }
}

void CrashBed::open_other_copies() {
  for (const std::string& name : names_in(root())) {
    if (is_partial(name) || !exists(root() + "/" + name + "/.cowstore/home")) continue;
    Repository copy = open(name);
    auto status = copy.status({});
    EXPECT_TRUE(status.ok()) << name << ": " << status.error().message();
  }
}

/// The state after recovery is that before or that after the step that was interrupted, files and HEAD alike.
std::size_t CrashBed::which_moment(std::size_t reported) {
  for (const std::string& name : names_in(root())) {
    if (is_partial(name)) remove_path(root() + "/" + name);
  }
  Moment found = now();
  std::size_t last = std::min(reported + 1, moments_.size() - 1);
  if (found == moments_[last]) return last;
  EXPECT_EQ(found.files, moments_[reported].files);
  EXPECT_EQ(found.head, moments_[reported].head);
  return reported;
}

void CrashBed::expect_sound(Repository& repository) {
  auto checked = repository.fsck();
  ASSERT_TRUE(checked.ok()) << checked.error().message();
  for (const Fault& fault : checked->faults) {
    ADD_FAILURE() << "fsck: " << fault.container << " " << fault.offset << " " << fault.path << " " << fault.message;
  }
}

void CrashBed::expect_head_checks_out(Repository& repository) {
  std::string head = head_tree(repository);
  if (head.empty()) return;
  std::string out = *temp_ / "out";
  remove_path(out);
  auto made = repository.checkout("@", out, {});
  ASSERT_TRUE(made.ok()) << made.error().message();
  ASSERT_TRUE(versions_.contains(head));
  EXPECT_EQ(tree_text(out, Fields::kNoTimes), versions_[head]);
}

void CrashBed::expect_undo_brings_back(std::size_t moment) {
  auto undone = open(scenario_.where).undo(Overwrite::kRefuse);
  ASSERT_TRUE(undone.ok()) << undone.error().message();
  EXPECT_EQ(files(), moments_[moment - 1].files);
}

/// The next commands just work: status, the last one that was done once more, and those that were not.
void CrashBed::finish(Repository& repository, std::size_t moment) {
  auto status = repository.status({});
  ASSERT_TRUE(status.ok()) << status.error().message();
  bool again = moment > 0 && scenario_.steps[moment - 1].again == Step::Again::kHarmless;
  for (std::size_t i = again ? moment - 1 : moment; i < scenario_.steps.size(); ++i) {
    auto done = run_step(i, repository);
    ASSERT_TRUE(done.ok()) << "step " << i << ": " << done.error().message();
  }
  Moment end = now();
  EXPECT_EQ(end.files, moments_.back().files);
  EXPECT_EQ(end.head, moments_.back().head);
}

void CrashBed::expect_work_goes_on() {
  if (testing::Test::HasFailure()) return;
  write_file(path("later"), "work goes on\n");
  commit_all("later");
  Repository repository = open();
  expect_sound(repository);
  expect_head_checks_out(repository);
}

}  // namespace cowstore::test
