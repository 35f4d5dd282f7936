#include "tree.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "timing.hpp"

namespace cowstore::bench {

namespace {

constexpr std::size_t kSmall = 4 << 10;
constexpr std::size_t kLarge = 64 << 10;
constexpr std::size_t kSynced = 200;
const std::array<char, kLarge> kContent = [] {
  std::array<char, kLarge> content{};
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 131 + i / 251);
  return content;
}();

/// "small/item-0000042": what programs see of files is often their names.
class Name {
 public:
  Name(const char* directory, std::size_t number) {
    std::snprintf(text_.data(), text_.size(), "%s/item-%07zu", directory, number);
  }
  operator const char*() const { return text_.data(); }
  [[nodiscard]] const char* within_directory() const { return std::strchr(text_.data(), '/') + 1; }

 private:
  std::array<char, 64> text_;
};

void write_file(int directory, const Name& name, std::size_t bytes) {
  const int file = static_cast<int>(check(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0644), "create"));
  check(write(file, kContent.data(), bytes), "write");
  check(close(file), "close");
}

void read_file(int directory, const Name& name) {
  const int file = static_cast<int>(check(openat(directory, name, O_RDONLY), "open"));
  std::array<char, kSmall> buffer;
  check(read(file, buffer.data(), buffer.size()), "read");
  check(close(file), "close");
}

void clone_file(int directory, const Name& from, const Name& to) {
  const int source = static_cast<int>(check(openat(directory, from, O_RDONLY), "open"));
  const int target = static_cast<int>(check(openat(directory, to, O_WRONLY | O_CREAT | O_EXCL, 0644), "create"));
  check(ioctl(target, FICLONE, source), "clone");
  const timespec times[2] = {{0, UTIME_OMIT}, {1'650'000'000, 123'456'789}};
  check(futimens(target, times), "set the time");
  check(close(target), "close");
  check(close(source), "close");
}

void sync_file(int directory, const Name& name) {
  const int file = static_cast<int>(check(openat(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0644), "create"));
  check(write(file, kContent.data(), kSmall), "write");
  check(fsync(file), "sync");
  check(close(file), "close");
}

void list(int directory, const char* name) {
  const int opened = static_cast<int>(check(openat(directory, name, O_RDONLY | O_DIRECTORY), "open"));
  alignas(8) std::array<char, 64 << 10> buffer;
  while (check(syscall(SYS_getdents64, opened, buffer.data(), buffer.size()), "list") > 0) {
  }
  check(close(opened), "close");
}

void ask(int directory, const char* name) {
  struct statx found;
  check(statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &found), "stat");
}

}  // namespace

Tree::Tree(const std::string& path, std::size_t threads) : path_(path), threads_(threads) {
  for (std::size_t i = 0; i < threads; ++i) {
    directories_.push_back(static_cast<int>(check(open(path.c_str(), O_RDONLY | O_DIRECTORY), "open")));
  }
  for (const char* name : {"small", "more", "large", "clones", "links", "synced", "directories"}) {
    check(mkdirat(directories_[0], name, 0755), "make a directory");
  }
}

Tree::~Tree() {
  for (const int directory : directories_) close(directory);
}

void Tree::settle() {
  check(syncfs(directories_[0]), "sync");
}

Loop Tree::each(const char* what, std::size_t count, std::size_t threads,
                std::function<void(int directory, std::size_t number)> operation) {
  return {what, count, threads, [this, operation = std::move(operation)](auto thread, auto begin, auto end) {
            for (std::size_t number = begin; number < end; ++number) operation(directories_[thread], number);
          }};
}

std::vector<Loop> Tree::loops(std::size_t files) {
  std::vector<Loop> all;
  for (auto group : {&Tree::writing, &Tree::looking, &Tree::cloning, &Tree::naming}) {
    for (Loop& loop : (this->*group)(files)) all.push_back(std::move(loop));
  }
  for (Loop& loop : syncing()) all.push_back(std::move(loop));
  return all;
}

std::vector<Loop> Tree::writing(std::size_t files) {
  return {each("create, write 4 KiB, close", files, 1,
               [](int directory, std::size_t number) {
                 write_file(directory, {"small", number}, kSmall);
               }),
          each("create, write 4 KiB, close; in one directory", files, threads_,
               [](int directory, std::size_t number) {
                 write_file(directory, {"more", number}, kSmall);
               }),
          each("create, write 64 KiB, close", files / 4, 1, [](int directory, std::size_t number) {
            write_file(directory, {"large", number}, kLarge);
          })};
}

std::vector<Loop> Tree::looking(std::size_t files) {
  Loop listing{"getdents64, an entry", files, 1, [this](auto, auto, auto) { list(directories_[0], "small"); }};
  const auto by_name = [this](std::size_t thread, std::size_t begin, std::size_t end) {
    const int small = static_cast<int>(check(openat(directories_[thread], "small", O_RDONLY | O_DIRECTORY), "open"));
    for (std::size_t number = begin; number < end; ++number) ask(small, Name("small", number).within_directory());
    check(close(small), "close");
  };
  return {std::move(listing),
          {"statx in an open directory", files, 1, by_name},
          {"statx in an open directory", files, threads_, by_name},
          each("statx by path", files, 1,
               [this](int, std::size_t number) {
                 ask(AT_FDCWD, (path_ + "/" + std::string(Name("small", number))).c_str());
               }),
          each("open, close", files, 1,
               [](int directory, std::size_t number) {
                 check(close(static_cast<int>(check(openat(directory, Name("small", number), O_RDONLY), "open"))),
                       "close");
               }),
          each("open, read 4 KiB, close", files, 1,
               [](int directory, std::size_t number) {
                 read_file(directory, {"small", number});
               }),
          each("open, read 4 KiB, close", files, threads_, [](int directory, std::size_t number) {
            read_file(directory, {"small", number});
          })};
}

/// Empty where nothing can be cloned.
std::vector<Loop> Tree::cloning(std::size_t files) {
  const Name from("large", files);
  const Name to("clones", files);
  write_file(directories_[0], from, kLarge);
  try {
    clone_file(directories_[0], from, to);
  } catch (const std::system_error&) {
    return {};
  }
  const auto clone = [](int directory, std::size_t number) {
    clone_file(directory, {"large", number}, {"clones", number});
  };
  return {each("open, create, FICLONE of 64 KiB, futimens", files / 4, 1, clone)};
}

std::vector<Loop> Tree::naming(std::size_t files) {
  const std::size_t count = files / 4;
  return {each("mkdir", count, 1,
               [](int directory, std::size_t number) {
                 check(mkdirat(directory, Name("directories", number), 0755), "make a directory");
               }),
          each("symlink", count, 1,
               [](int directory, std::size_t number) {
                 check(symlinkat("../small/item-0000000", directory, Name("links", number)), "make a link");
               }),
          each("rename", count, 1,
               [](int directory, std::size_t number) {
                 check(renameat(directory, Name("more", number), directory, Name("synced", number)), "rename");
               }),
          each("unlink of 4 KiB", count, 1, [](int directory, std::size_t number) {
            check(unlinkat(directory, Name("synced", number), 0), "remove");
          })};
}

std::vector<Loop> Tree::syncing() {
  Loop together{"create, write 4 KiB; one syncfs for 200", kSynced, 1, [this](auto, auto begin, auto end) {
                  for (std::size_t number = begin; number < end; ++number) {
                    write_file(directories_[0], {"synced", kSynced + number}, kSmall);
                  }
                  check(syncfs(directories_[0]), "sync");
                }};
  return {each("create, write 4 KiB, fsync", kSynced, 1,
               [](int directory, std::size_t number) {
                 sync_file(directory, {"synced", number});
               }),
          std::move(together)};
}

}  // namespace cowstore::bench
