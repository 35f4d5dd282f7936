// The command line run in-process: own directory, fixed identity and clock, captured output.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/io.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::test {

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
  /// Standard output as exactly one JSON object and a newline; marks the test as failed and is null if it isn't.
  [[nodiscard]] nlohmann::json json() const;
};

/// Time starts at 2023-11-14T22:13:20Z and is a second later each time somebody asks; the offset is +01:00.
class CliBed {
 public:
  CliBed();

  /// Below the temporary directory, where commands start.
  [[nodiscard]] std::string path(std::string_view name = "") const;
  /// Runs `cowstore ARGS` in `directory` below path(), with whatever the members below say.
  Ran run(const std::vector<std::string>& args);
  /// The same, with streams of the caller's.
  int run(const std::vector<std::string>& args, std::ostream& out, std::ostream& err);
  /// run(), which must succeed.
  Ran done(const std::vector<std::string>& args);
  /// done() with --json.
  nlohmann::json json(std::vector<std::string> args);

  /// A repository in path() with the given files in its first commit.
  void init_with(const std::map<std::string, std::string>& files);
  void write(const std::string& name, std::string_view content) const;
  /// Until the file system's clock has moved on: from then on a stat index trusts what was written before.
  void let_clock_tick() const;

  std::string directory;  ///< relative to the temporary directory
  std::map<std::string, std::string> environment{{"COWSTORE_AUTHOR", "Ada <ada@example.org>"}};
  cli::Device out_device = cli::Device::kOther;
  cli::Device err_device = cli::Device::kOther;
  std::chrono::milliseconds look_takes{0};  ///< how far the steady clock moves on with each look at it

 private:
  Context context();

  TempDir temp_;
  std::int64_t now_ = 1'700'000'000;
  std::atomic<std::int64_t> steady_{0};  ///< nanoseconds
};

}  // namespace cowstore::test
