// Files that are written to while a commit reads them. Whatever is recorded is a content whole in itself: it checks out
// as the hash it is recorded under, and status never takes it for what is on disk if it isn't.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>

#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "system/bed.hpp"

namespace cowstore::test {

namespace {

constexpr std::size_t kSize = 200'000;

class Fd {
 public:
  explicit Fd(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error("open " + path);
  }
  ~Fd() { ::close(fd_); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// A shared mapping of a file's first bytes, through which it is written to.
class Mapping {
 public:
  Mapping(const std::string& path, std::size_t size) : file_(path), size_(size) {
    memory_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("map " + path);
  }
  ~Mapping() { ::munmap(memory_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  void store(std::size_t offset, char byte) { static_cast<volatile char*>(memory_)[offset] = byte; }

 private:
  Fd file_;
  std::size_t size_;
  void* memory_;
};

struct Change {
  const char* name;
  std::function<void(const std::string&)> act;
};

std::vector<Change> changes() {
  return {
      {"grows", [](const std::string& path) { append_file(path, random_bytes(70'000, 50)); }},
      {"shrinks", [](const std::string& path) { std::filesystem::resize_file(path, 30'000); }},
      {"shrinks to a small file", [](const std::string& path) { std::filesystem::resize_file(path, 9); }},
      {"is emptied", [](const std::string& path) { write_file(path, ""); }},
      {"vanishes", [](const std::string& path) { remove_path(path); }},
      {"becomes a directory",
       [](const std::string& path) {
         remove_path(path);
         write_file(path + "/inside", "a file");
       }},
      {"becomes a link",
       [](const std::string& path) {
         remove_path(path);
         make_symlink("/etc/passwd", path);
       }},
      {"is replaced",
       [](const std::string& path) {
         write_file(path + ".new", random_bytes(kSize, 51));
         rename_path(path + ".new", path);
       }},
      {"is rewritten in place", [](const std::string& path) { overwrite_file(path, random_bytes(kSize, 52), 0); }},
      {"is rewritten near its end", [](const std::string& path) { overwrite_file(path, "changed", kSize - 10); }},
      {"is rewritten through a mapping",
       [](const std::string& path) {
         Mapping mapping(path, kSize);
         for (std::size_t at = 0; at < kSize; at += 4096) mapping.store(at, 'm');
       }},
  };
}

class ChangingFiles : public FilesystemTest {
 protected:
  void SetUp() override {
    FilesystemTest::SetUp();
    if (skipped()) return;
    make_repository(copy());
  }

  /// All files of the commit, once by cat and once by checkout.
  void verify_commit(const std::string& revision) const {
    std::string directory = temp() / ("verify-" + revision);
    check_out(copy(), revision, directory, verified());
    for (const EntryInfo& entry : list_version(copy(), revision)) {
      if (entry.kind == EntryKind::kDirectory || entry.kind == EntryKind::kSymlink) continue;
      std::string content = cat(copy(), revision + ":" + entry.path);
      EXPECT_EQ(content.size(), entry.size);
      EXPECT_EQ(sha256_hex(read_file(directory + "/" + entry.path)), sha256_hex(content)) << entry.path;
      if (entry.size > 16384) continue;
      EXPECT_EQ(entry.id.hex(), sha256_hex(content)) << entry.path;
    }
    expect_clean(directory);
    remove_path(directory);
  }

  static CheckoutOptions verified() {
    CheckoutOptions options;
    options.verification = Verification::kVerify;
    return options;
  }

  /// What status calls unchanged is on disk what the commit has.
  void verify_status() const {
    Status status = status_of(copy());
    if (!status.commit) return;
    for (const EntryInfo& entry : list_version(copy(), "@")) {
      if (entry.kind == EntryKind::kDirectory || entry.kind == EntryKind::kSymlink) continue;
      bool said = std::count(status.modified.begin(), status.modified.end(), entry.path) != 0 ||
                  std::count(status.deleted.begin(), status.deleted.end(), entry.path) != 0;
      bool same = std::filesystem::is_regular_file(std::filesystem::symlink_status(path(entry.path))) &&
                  cat(copy(), "@:" + entry.path) == read_file(path(entry.path));
      EXPECT_TRUE(said || same) << entry.path << " changed, and status doesn't say so";
    }
  }

  [[nodiscard]] std::string copy() const { return temp() / "copy"; }
  [[nodiscard]] std::string path(const std::string& name) const { return copy() + "/" + name; }
};
INSTANTIATE_TEST_SUITE_P(On, ChangingFiles, every_filesystem(), filesystem_param_name);

/// Writes into a file in every way, without a pause, until told to stop.
class Hammer {
 public:
  explicit Hammer(std::function<void(Random&)> strike)
      : thread_([this, strike = std::move(strike)] {
          Random random(60);
          while (!stop_.load()) {
            strike(random);
            struck_.fetch_add(1);
          }
        }) {
    while (struck_.load() == 0) std::this_thread::yield();
  }
  ~Hammer() {
    stop_.store(true);
    thread_.join();
  }
  Hammer(const Hammer&) = delete;
  Hammer& operator=(const Hammer&) = delete;

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> struck_{0};
  std::thread thread_;
};

}  // namespace

TEST_P(ChangingFiles, WhatChangesAtAnySystemCallIsRecordedWholeOrNotAtAll) {
  if (skipped()) return;
  int acted = 0;
  for (const Change& change : changes()) {
    for (sys::Call call : {sys::Call::kOpen, sys::Call::kWriteback, sys::Call::kStat, sys::Call::kClone,
                           sys::Call::kRead, sys::Call::kExtents}) {
      SCOPED_TRACE(std::string(change.name) + " before call " + std::to_string(static_cast<int>(call)));
      remove_path(path("victim"));
      write_file(path("victim"), random_bytes(kSize, 1000 + static_cast<std::uint64_t>(acted)));
      ActBefore observer(call, "victim", [&] { change.act(path("victim")); });
      Result<CommitReport> result = Error{};
      {
        ScopedObserver watching(observer);
        result = open_repository(copy()).commit({});
      }
      if (!observer.fired()) continue;
      ++acted;
      if (!result) {
        EXPECT_EQ(to_string(result.error().code), std::string("busy")) << result.error().message();
      }
      verify_status();
      commit_all(copy(), "afterwards");
      expect_clean(copy());
      verify_status();
    }
  }
  EXPECT_GT(acted, 40);
  std::vector<std::string> revisions;
  LogOptions all;
  must(open_repository(copy()).log(all, [&](const CommitInfo& commit) -> Result<bool> {
    revisions.push_back(commit.id.hex());
    return true;
  }));
  for (std::size_t i = 0; i < revisions.size(); i += 3) verify_commit(revisions[i]);
  expect_sound(copy());
}

TEST_P(ChangingFiles, OthersAreStoredWhenOneIsReplacedByADirectory) {
  if (skipped()) return;
  write_file(path("a"), "first");
  write_file(path("victim"), random_bytes(kSize, 1));
  ActBefore observer(sys::Call::kOpen, "victim", [&] {
    remove_path(path("victim"));
    write_file(path("victim/inside"), "a file");
  });
  {
    ScopedObserver watching(observer);
    (void)open_repository(copy()).commit({});
  }
  EXPECT_TRUE(observer.fired());
  commit_all(copy(), "again");
  EXPECT_EQ(cat(copy(), "@:victim/inside"), "a file");
  EXPECT_EQ(cat(copy(), "@:a"), "first");
  expect_clean(copy());
}

TEST_P(ChangingFiles, HammeredOnAreRecordedAsTheyWereAtSomeMoment) {
  if (skipped()) return;
  write_file(path("written"), random_bytes(kSize, 1));
  write_file(path("mapped"), random_bytes(kSize, 2));
  write_file(path("small"), random_bytes(2000, 3));
  write_file(path("resized"), random_bytes(kSize, 4));
  std::vector<std::string> commits;
  {
    Fd written(path("written")), small(path("small")), resized(path("resized"));
    Mapping mapping(path("mapped"), kSize);
    Hammer hammer([&](Random& random) {
      std::string bytes = random_bytes(100, random.next());
      (void)!::pwrite(written.get(), bytes.data(), bytes.size(), static_cast<off_t>(random.below(kSize)));
      (void)!::pwrite(small.get(), bytes.data(), bytes.size(), static_cast<off_t>(random.below(1900)));
      mapping.store(random.below(kSize), static_cast<char>(random.next()));
      (void)!::ftruncate(resized.get(), static_cast<off_t>(random.below(kSize)));
    });
    for (int round = 0; round < 4; ++round) {
      CommitOptions options;
      options.message = "round " + std::to_string(round);
      auto report = open_repository(copy()).commit(options);
      ASSERT_TRUE(report.ok()) << report.error().message();
      commits.push_back(report->commit.hex());
    }
  }
  verify_status();
  commits.push_back(commit_all(copy(), "at rest").commit.hex());
  expect_clean(copy());
  for (const char* name : {"written", "mapped", "small", "resized"}) {
    EXPECT_EQ(cat(copy(), std::string("@:") + name), read_file(path(name))) << name;
  }
  for (const std::string& commit : commits) verify_commit(commit);
  expect_sound(copy());
}

TEST_P(ChangingFiles, AStoreThroughAMappingThatWasThereBeforeIsNoticed) {
  if (skipped()) return;
  write_file(path("mapped"), random_bytes(kSize, 1));
  Mapping mapping(path("mapped"), kSize);
  mapping.store(5, 'a');
  commit_all(copy(), "first");
  expect_clean(copy());
  mapping.store(5, 'b');  // no system call tells of it
  Status status = status_of(copy());
  EXPECT_EQ(status.modified, std::vector<std::string>{"mapped"});
  commit_all(copy(), "second");
  EXPECT_EQ(cat(copy(), "@:mapped")[5], 'b');
  EXPECT_EQ(cat(copy(), "@~1:mapped")[5], 'a');
}

TEST_P(ChangingFiles, ASwitchLeavesWhatIsWrittenToMeanwhile) {
  if (skipped()) return;
  write_file(path("victim"), "first");
  write_file(path("other"), "first");
  commit_all(copy(), "first");
  write_file(path("victim"), "second");
  write_file(path("other"), "second");
  commit_all(copy(), "second");
  ActBefore observer(sys::Call::kRename, "victim", [&] { write_file(path("victim"), "mine, written meanwhile"); });
  {
    ScopedObserver watching(observer);
    expect_error(open_repository(copy()).switch_to("@~1", {}), ErrorCode::kConflict, "victim");
  }
  EXPECT_TRUE(observer.fired());
  EXPECT_EQ(read_file(path("victim")), "mine, written meanwhile");
  EXPECT_EQ(read_file(path("other")), "first");
  EXPECT_EQ(status_of(copy()).modified, std::vector<std::string>{"victim"});
  expect_sound(copy());
}

}  // namespace cowstore::test
