#include "cli/external_diff.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace cowstore::cli {

namespace {

Error system_error(std::string operation, int number) {
  Error error;
  error.code = number == ENOSPC || number == ENOMEM ? ErrorCode::kNoSpace : ErrorCode::kIo;
  error.operation = std::move(operation);
  error.sys_errno = number;
  return error;
}

Error no_diff_program(int number) {
  Error error;
  error.code = ErrorCode::kUnsupported;
  error.operation = "run";
  error.path = "diff";
  error.sys_errno = number;
  error.hint = "install diffutils, or use --stat, --name-status or --json";
  return error;
}

/// A descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  [[nodiscard]] int number() const { return number_; }
  void reset() {
    if (number_ >= 0) close(std::exchange(number_, -1));
  }

 private:
  int number_;
};

/// A file in memory that a child process can open by its path.
Result<Descriptor> memory_file(std::string_view content) {
  Descriptor file(memfd_create("cowstore-diff", MFD_CLOEXEC));
  if (file.number() < 0) return system_error("make a file in memory", errno);
  while (!content.empty()) {
    ssize_t written = write(file.number(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("fill a file in memory", errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return file;
}

/// How the child gets the three descriptors: the pipe as its standard output, both sides under numbers that are above
/// all three, so that moving one never overwrites another.
class SpawnActions {
 public:
  SpawnActions(int before, int after, int output) : child_before_(std::max({before, after, output, 2}) + 1) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, before, child_before_);
    posix_spawn_file_actions_adddup2(&actions_, after, child_before_ + 1);
    posix_spawn_file_actions_adddup2(&actions_, output, 1);
  }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }
  [[nodiscard]] std::string before_path() const { return fmt::format("/dev/fd/{}", child_before_); }
  [[nodiscard]] std::string after_path() const { return fmt::format("/dev/fd/{}", child_before_ + 1); }

 private:
  int child_before_;
  posix_spawn_file_actions_t actions_{};
};

/// The environment with messages in English: "\ No newline at end of file" is part of the format.
std::vector<char*> environment_in_english() {
  static char locale[] = "LC_ALL=C";
  std::vector<char*> variables{locale};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!std::string_view(*variable).starts_with("LC_ALL=")) variables.push_back(*variable);
  }
  variables.push_back(nullptr);
  return variables;
}

Result<pid_t> start_diff(std::vector<std::string> words, const SpawnActions& actions) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> environment = environment_in_english();
  pid_t child = 0;
  int failed = posix_spawnp(&child, argv[0], actions.get(), nullptr, argv.data(), environment.data());
  if (failed != 0) return no_diff_program(failed);
  return child;
}

Result<std::string> read_all(int descriptor) {
  std::string text;
  char buffer[65536];
  for (;;) {
    ssize_t size = read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return system_error("read from diff", errno);
    if (size == 0) return text;
    text.append(buffer, static_cast<std::size_t>(size));
  }
}

/// 0: equal, 1: different; anything else, and signals, are failures.
Result<void> wait_for_diff(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return system_error("wait for diff", errno);
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) return {};
  Error error;
  error.operation = "compare with diff";
  error.reason = WIFEXITED(status) ? fmt::format("it ended with status {}", WEXITSTATUS(status))
                                   : fmt::format("it was ended by signal {}", WTERMSIG(status));
  return error;
}

}  // namespace

Result<std::string> unified_diff(std::string_view before, std::string_view before_label, std::string_view after,
                                 std::string_view after_label) {
  auto old_file = memory_file(before);
  if (!old_file) return old_file.error();
  auto new_file = memory_file(after);
  if (!new_file) return new_file.error();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return system_error("make a pipe", errno);
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  SpawnActions actions(old_file->number(), new_file->number(), writing.number());
  auto child = start_diff({"diff", "-u", "--label", std::string(before_label), "--label", std::string(after_label),
                           actions.before_path(), actions.after_path()},
                          actions);
  if (!child) return child.error();
  writing.reset();
  auto text = read_all(reading.number());
  auto ended = wait_for_diff(*child);
  if (!ended) return ended.error();
  return text;
}

}  // namespace cowstore::cli
