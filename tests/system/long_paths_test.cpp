// Paths that are longer than the kernel takes in one call, through every command.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>

#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr int kLevels = 20;

/// A directory that is reached step by step, as a user would with cd.
class Deep {
 public:
  explicit Deep(const std::string& top) : fd_(::open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("open " + top);
  }
  ~Deep() { ::close(fd_); }
  Deep(const Deep&) = delete;
  Deep& operator=(const Deep&) = delete;

  /// Goes down, and makes what is missing.
  void enter(const std::string& name) {
    (void)::mkdirat(fd_, name.c_str(), 0755);
    int next = ::openat(fd_, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) throw std::runtime_error("enter " + name);
    ::close(std::exchange(fd_, next));
  }
  void write(const std::string& name, const std::string& content) const {
    int file = ::openat(fd_, name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || ::write(file, content.data(), content.size()) != static_cast<ssize_t>(content.size()))
      throw std::runtime_error("write " + name);
    ::close(file);
  }
  [[nodiscard]] std::string read(const std::string& name) const {
    char buffer[1000];
    int file = ::openat(fd_, name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return "(none)";
    ssize_t size = ::read(file, buffer, sizeof buffer);
    ::close(file);
    return {buffer, static_cast<std::size_t>(size)};
  }
  void link(const std::string& target, const std::string& name) const {
    if (::symlinkat(target.c_str(), fd_, name.c_str()) != 0) throw std::runtime_error("link " + name);
  }
  void remove(const std::string& name) const { (void)::unlinkat(fd_, name.c_str(), 0); }

 private:
  int fd_;
};

class LongPaths : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    for (int i = 0; i < kLevels; ++i) {
      names_.push_back(std::string(251, static_cast<char>('a' + i)) + "\n\xff-" + std::to_string(i % 10));
      way += (i > 0 ? "/" : "") + names_.back();
    }
    ASSERT_GT(way.size(), std::size_t{PATH_MAX});
    make_repository(copy());
    write_file(copy() + "/top", "top");
  }

  [[nodiscard]] std::unique_ptr<Deep> down(const std::string& top) const {
    auto deep = std::make_unique<Deep>(top);
    for (const std::string& name : names_) deep->enter(name);
    return deep;
  }
  void commit_two_versions() const {
    down(copy())->write("file", "first");
    down(copy())->link("file", "link");
    commit_all(copy(), "first");
    down(copy())->write("file", "second");
    down(copy())->write("more", std::string(100'000, 'm'));
    commit_all(copy(), "second");
  }
  [[nodiscard]] std::string copy() const { return temp() / "copy"; }

  std::string way;  ///< to the deepest directory

 private:
  std::vector<std::string> names_;
};
INSTANTIATE_TEST_SUITE_P(On, LongPaths, every_filesystem(), filesystem_param_name);

using Names = std::vector<std::string>;

}  // namespace

TEST_P(LongPaths, AreCommittedListedAndRead) {
  if (skipped()) return;
  down(copy())->write("file", "first");
  EXPECT_EQ(status_of(copy()).added, (Names{way + "/file", "top"}));
  commit_all(copy(), "first");
  expect_clean(copy());
  EXPECT_EQ(cat(copy(), "@:" + way + "/file"), "first");
  EXPECT_EQ(list_version(copy(), "@:" + way).size(), 1U);
  EXPECT_EQ(list_version(copy(), "@").size(), std::size_t{kLevels + 2});
  down(copy())->write("file", "second");
  EXPECT_EQ(status_of(copy()).modified, Names{way + "/file"});
  CommitOptions options;
  options.paths = {way + "/file"};
  EXPECT_TRUE(must(open_repository(copy()).commit(options)).created);
  EXPECT_EQ(cat(copy(), "@:" + way + "/file"), "second");
  expect_sound(copy());
}

TEST_P(LongPaths, AreComparedWithTheirContent) {
  if (skipped()) return;
  commit_two_versions();
  down(copy())->write("file", "edited");
  Repository repository = open_repository(copy());
  std::string before, after;
  auto take = [&](const EntryChange& change) -> Result<void> {
    EXPECT_EQ(change.path, way + "/file");
    auto into = [](std::string& text) {
      return [&text](const std::uint8_t* bytes, std::size_t size) -> Result<void> {
        text.append(reinterpret_cast<const char*>(bytes), size);
        return {};
      };
    };
    must(repository.read_content(*change.before, into(before)));
    must(repository.read_content(*change.after, into(after)));
    return {};
  };
  must(repository.diff(std::nullopt, std::nullopt, take));
  EXPECT_EQ(before + " " + after, "second edited");
}

TEST_P(LongPaths, AreCheckedOutIntoNewDirectories) {
  if (skipped()) return;
  commit_two_versions();
  for (const char* revision : {"@", "@~1"}) {
    std::string made = temp() / (std::string("made") + revision);
    check_out(copy(), revision, made);
    EXPECT_EQ(down(made)->read("file"), revision == std::string("@") ? "second" : "first");
    expect_clean(made);
  }
}

TEST_P(LongPaths, AreSwitchedAndUndone) {
  if (skipped()) return;
  commit_two_versions();
  switch_in_place(copy(), "@~1");
  EXPECT_EQ(down(copy())->read("file"), "first");
  EXPECT_EQ(down(copy())->read("more"), "(none)");
  expect_clean(copy());
  must(open_repository(copy()).undo(Overwrite::kRefuse));
  EXPECT_EQ(down(copy())->read("file"), "second");
  EXPECT_EQ(down(copy())->read("more").front(), 'm');
  expect_clean(copy());
}

TEST_P(LongPaths, AreRestoredAndKeptForUndo) {
  if (skipped()) return;
  commit_two_versions();
  down(copy())->write("file", "edited");
  down(copy())->remove("more");
  RestoreOptions options;
  options.paths = {way};
  must(open_repository(copy()).restore(options));
  EXPECT_EQ(down(copy())->read("file"), "second");
  EXPECT_EQ(down(copy())->read("more").front(), 'm');
  must(open_repository(copy()).undo(Overwrite::kForce));
  EXPECT_EQ(down(copy())->read("file"), "edited");
  EXPECT_EQ(down(copy())->read("more"), "(none)");
}

TEST_P(LongPaths, ComeAndGoWithTheirDirectories) {
  if (skipped()) return;
  commit_all(copy(), "without");
  commit_two_versions();
  switch_in_place(copy(), "@~2");
  EXPECT_EQ(names_in(copy()), (Names{".cowstore", "top"}));
  switch_in_place(copy(), "main");
  EXPECT_EQ(down(copy())->read("file"), "second");
  expect_clean(copy());
  expect_sound(copy());
}

TEST_P(LongPaths, OfANewWorkingCopyThatCanNotBeFinishedAreRemoved) {
  if (skipped()) return;
  commit_two_versions();
  FailNth fault(1, EIO, {sys::Call::kSync});
  ScopedObserver watching(fault);
  auto names = names_in(temp().path());
  EXPECT_FALSE(open_repository(copy()).checkout("@", temp() / "made", {}).ok());
  EXPECT_EQ(names_in(temp().path()), names);
}

TEST_P(LongPaths, OfTheWorkingCopyItselfAreRefusedWithAWayOut) {
  if (skipped()) return;
  (void)down(copy());
  auto made = Repository::init(copy() + "/" + way, {}, test_context());
  expect_error(made, ErrorCode::kIo, "file name too long");
  EXPECT_NE(made.error().hint.find("4,095 bytes"), std::string::npos);
  auto opened = Repository::open(copy() + "/" + way, test_context());
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().hint.find("4,095 bytes"), std::string::npos);
  commit_all(copy(), "first");
  expect_error(open_repository(copy()).checkout("@", copy() + "/" + way + "/made", {}), ErrorCode::kIo, "too long");
}

// The sanitizers multiply what a function takes of the stack.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kManyLevels = 400;
#else
constexpr int kManyLevels = 2'000;
#endif

TEST_P(LongPaths, NestedTwoThousandDeepWork) {
  if (skipped()) return;
  Deep deep(copy());
  std::string path;
  for (int i = 0; i < kManyLevels; ++i) {
    deep.enter("d");
    path += "d/";
  }
  deep.write("file", "first");
  commit_all(copy(), "deep");
  EXPECT_EQ(cat(copy(), "@:" + path + "file"), "first");
  expect_clean(copy());
  check_out(copy(), "@", temp() / "made");
  expect_clean(temp() / "made");
  expect_sound(copy());
}

TEST_P(LongPaths, LinksWithLongTargetsAreRestoredOrTellTheLimit) {
  if (skipped()) return;
  std::unique_ptr<TempDir> roomy = temp_dir_on("ext4");
  if (!roomy) return;
  std::string source = *roomy / "copy";
  make_repository(source);
  write_file(source + "/file", "first");
  commit_all(source, "first");
  write_file(source + "/file", "second");
  make_symlink(std::string(4'000, 't'), source + "/a\nlink");
  commit_all(source, "second");
  check_out(source, "@~1", temp() / "switched");
  auto made = open_repository(source).checkout("main", temp() / "made", {});
  auto switched = open_repository(temp() / "switched").switch_to("main", {});
  if (filesystem() != "xfs") {
    EXPECT_TRUE(made.ok() && switched.ok());
    expect_clean(temp() / "made");
    return;
  }
  expect_error(made, ErrorCode::kUnsupported, "a\\nlink: its target has 4000 bytes");
  EXPECT_NE(made.error().hint.find("ext4"), std::string::npos);
  EXPECT_FALSE(exists(temp() / "made"));
  expect_error(switched, ErrorCode::kUnsupported, "its target has 4000 bytes");
  EXPECT_EQ(read_file(temp() / "switched/file"), "first") << "all of it, or nothing";
  expect_clean(temp() / "switched");
  EXPECT_TRUE(open_repository(temp() / "switched").switch_to("@", {}).ok()) << "and the way is free for others";
}

}  // namespace cowstore::test
