// A store that can't be written: mounted read-only, or another user's. Whatever reads works.
#include <grp.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>

#include "support/random_bytes.hpp"
#include "support/run_child.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

/// The directory is mounted over itself, read-only, while this lives.
class ReadOnlyMount {
 public:
  explicit ReadOnlyMount(std::string path) : path_(std::move(path)) {
    if (::mount(path_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
        ::mount(nullptr, path_.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
      throw std::runtime_error("mount " + path_ + " read-only");
  }
  ~ReadOnlyMount() { ::umount2(path_.c_str(), MNT_DETACH); }
  ReadOnlyMount(const ReadOnlyMount&) = delete;
  ReadOnlyMount& operator=(const ReadOnlyMount&) = delete;

 private:
  std::string path_;
};

class ReadOnly : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (FilesystemTest::skipped()) return;
    may_ = is_root_or_skip();
    if (!may_) return;
    set_mode(temp().path(), 0755);
    write_file(repo() + "/large", random_bytes(300'000, 1));
    write_file(repo() + "/d/small", "one");
    make_repository(repo());
    commit_all(repo(), "first");
    write_file(repo() + "/d/small", "two");
    commit_all(repo(), "second");
    must(open_repository(repo()).create_tag("t", "main~1", Overwrite::kRefuse));
    write_file(repo() + "/d/small", "three, uncommitted");
    make_dirs(temp() / "elsewhere");
    set_mode(temp() / "elsewhere", 0777);
  }
  [[nodiscard]] bool skipped() const { return FilesystemTest::skipped() || !may_; }
  [[nodiscard]] std::string repo() const { return temp() / "repo"; }
  [[nodiscard]] std::string out() const { return temp() / "elsewhere/out"; }

 private:
  bool may_ = false;
};
INSTANTIATE_TEST_SUITE_P(On, ReadOnly, every_filesystem(), filesystem_param_name);

Result<void> nowhere(const std::uint8_t*, std::size_t) {
  return {};
}

/// What didn't work; empty if everything did.
std::string read_everything(const std::string& repo) {
  auto opened = Repository::open(repo, test_context());
  if (!opened) return opened.error().message();
  Repository& repository = *opened;
  std::string problems;
  auto check = [&](const char* what, const auto& result) {
    if (!result) problems += std::string(what) + ": " + result.error().message() + "\n";
  };
  auto status = repository.status({});
  check("status", status);
  if (status && status->modified != std::vector<std::string>{"d/small"}) problems += "status: wrong\n";
  check("log", repository.log({}, [](const CommitInfo&) -> Result<bool> { return true; }));
  check("show", repository.show("t"));
  check("diff", repository.diff("t", "main", [](const EntryChange&) -> Result<void> { return {}; }));
  check("diff with the files",
        repository.diff("t", std::nullopt, [](const EntryChange&) -> Result<void> { return {}; }));
  check("ls", repository.list("main", Recursion::kRecursive, [](const EntryInfo&) -> Result<void> { return {}; }));
  check("cat", repository.cat("main:large", nowhere));
  check("branch", repository.branches());
  check("tag", repository.tags());
  check("op log", repository.operations(0));
  check("@{…}", repository.show("main@{1}"));
  auto fsck = repository.fsck();
  check("fsck", fsck);
  if (fsck && !fsck->faults.empty()) problems += "fsck: " + fsck->faults.front().message + "\n";
  return problems;
}

/// The commands that were not refused as they should be.
std::string write_anything(const std::string& repo, int error) {
  Repository repository = open_repository(repo);
  std::string problems;
  auto check = [&](const char* what, const auto& result) {
    bool refused = !result && result.error().code == ErrorCode::kIo && result.error().sys_errno == error &&
                   result.error().path.starts_with(repo) && !result.error().hint.empty();
    if (!refused) problems += std::string(what) + ": " + (result ? "done" : result.error().message()) + "\n";
  };
  CommitOptions options;
  options.message = "no";
  check("commit", repository.commit(options));
  check("checkout", repository.switch_to("t", {}));
  check("restore", repository.restore({"t", {"d"}, Execution::kReally}));
  check("branch", repository.create_branch("b", "main", Overwrite::kRefuse));
  check("tag", repository.create_tag("u", "main", Overwrite::kRefuse));
  check("tag -d", repository.delete_tag("t"));
  check("undo", repository.undo(Overwrite::kRefuse));
  check("op restore", repository.restore_operation("@~1"));
  return problems;
}

void expect_version(const std::string& directory) {
  EXPECT_EQ(read_file(directory + "/d/small"), "two");
  EXPECT_EQ(read_file(directory + "/large").size(), 300'000u);
}

}  // namespace

TEST_P(ReadOnly, MountsCanBeReadAndNotWritten) {
  if (skipped()) return;
  ReadOnlyMount mounted(repo());
  EXPECT_EQ(read_everything(repo()), "");
  EXPECT_EQ(write_anything(repo(), EROFS), "");
}

TEST_P(ReadOnly, StoresOfOthersCanBeReadAndNotWritten) {
  if (skipped()) return;
  ChildEnd end = run_child([&] {
    if (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    std::string problems = read_everything(repo()) + write_anything(repo(), EACCES);
    if (!problems.empty()) std::fprintf(stderr, "%s", problems.c_str());
    auto made = open_repository(repo()).checkout("main", out(), {});
    if (!made) std::fprintf(stderr, "checkout: %s\n", made.error().message().c_str());
    return problems.empty() && made && status_of(out()).clean() ? 0 : 2;
  });
  EXPECT_EQ(end, (ChildEnd{0, 0}));
  expect_version(out());
}

TEST_P(ReadOnly, AVersionIsCheckedOutElsewhereAndRegisteredLater) {
  if (skipped()) return;
  std::size_t before = must(open_repository(repo()).operations(0)).size();
  {
    ReadOnlyMount mounted(repo());
    std::vector<std::string> notices;
    Context context = test_context();
    context.notice = [&](const std::string& text) { notices.push_back(text); };
    Repository repository = must(Repository::open(repo(), context));
    must(repository.checkout("main", out(), {}));
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices.front().find("isn't registered"), std::string::npos);
    expect_clean(out());
    EXPECT_EQ(status_of(out()).branch, "main");
    EXPECT_EQ(must(open_repository(out()).show("@")).message, "second");
    CommitOptions options;
    write_file(out() + "/d/small", "four");
    expect_error(open_repository(out()).commit(options), ErrorCode::kIo, repo());
  }
  EXPECT_EQ(must(open_repository(repo()).operations(0)).size(), before);
  EXPECT_TRUE(commit_all(out(), "third").created);
  EXPECT_EQ(must(open_repository(repo()).show("main")).message, "third");
  expect_sound(repo());
}

}  // namespace cowstore::test
