#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace cowstore::cli {

namespace {

constexpr int kStandardOutput = 1;
constexpr int kStandardError = 2;

Device device_of(int descriptor) {
  return isatty(descriptor) == 1 ? Device::kTerminal : Device::kOther;
}

std::size_t terminal_columns() {
  winsize size{};
  if (ioctl(kStandardError, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

std::optional<std::string> variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets variables here
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::chrono::nanoseconds steady_now() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

/// Async-signal-safe: write(), signal() and raise() only.
void clear_line_and_die(int signal_number) {
  static constexpr char kEraseLine[] = "\r\033[K";
  [[maybe_unused]] ssize_t written = write(kStandardError, kEraseLine, sizeof kEraseLine - 1);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

}  // namespace

Io system_io() {
  std::ios::sync_with_stdio(false);
  std::error_code gone;  // the current directory may have been removed
  std::string cwd = std::filesystem::current_path(gone).native();
  return Io{.out = std::cout,
            .err = std::cerr,
            .cwd = gone ? "." : cwd,
            .environment = variable,
            .out_device = device_of(kStandardOutput),
            .err_device = device_of(kStandardError),
            .columns = terminal_columns(),
            .context = system_context,
            .steady = steady_now};
}

void end_by_signal(int number) {
  const rlimit no_dump{0, 0};  // the command has left its own, if any
  (void)setrlimit(RLIMIT_CORE, &no_dump);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

void handle_signals(const Io& io) {
  std::signal(SIGPIPE, SIG_DFL);
  if (io.err_device != Device::kTerminal) return;
  std::signal(SIGINT, clear_line_and_die);
  std::signal(SIGTERM, clear_line_and_die);
}

}  // namespace cowstore::cli
