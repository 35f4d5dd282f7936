// floors DIR [FILES]: what the system calls that cowstore lives on cost here, in loops that do nothing else. Works in a
// new directory in DIR and removes it. FILES (20,000) is how many the loops go over.
//
// Prints a table in Markdown: microseconds an operation, and how many that makes a second; the best of three rounds.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "hashing.hpp"
#include "timing.hpp"
#include "tree.hpp"

namespace {

using namespace cowstore::bench;

/// A new directory that is removed at the end.
class Scratch {
 public:
  explicit Scratch(const std::string& parent) : path_(parent + "/cowstore-floors.XXXXXX") {
    if (mkdtemp(path_.data()) == nullptr) check(-1, "make a directory");
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Other work on the machine only ever makes a loop slower.
constexpr int kRounds = 3;

void measure_hashing(std::size_t threads) {
  for (const std::size_t count : {std::size_t{1}, threads}) {
    double best = 0;
    for (int round = 0; round < kRounds; ++round) best = std::max(best, sha256_rate(count));
    fmt::print("SHA-256 by OpenSSL, {} {}: {:.0f} MiB/s\n", count, count == 1 ? "thread" : "threads", best / (1 << 20));
  }
}

struct Floor {
  const char* what;
  std::size_t threads;
  double seconds;  ///< an operation, at best
};

void measure_once(const std::string& parent, std::size_t files, std::size_t threads, std::vector<Floor>& floors) {
  const Scratch scratch(parent);
  Tree tree(scratch.path(), threads);
  std::size_t next = 0;
  for (const Loop& loop : tree.loops(files)) {
    tree.settle();
    const double seconds = seconds_of(loop.count, loop.threads, loop.part) / static_cast<double>(loop.count);
    if (next == floors.size()) floors.push_back({loop.what, loop.threads, seconds});
    floors[next].seconds = std::min(floors[next].seconds, seconds);
    ++next;
  }
}

void measure_files(const std::string& parent, std::size_t files, std::size_t threads) {
  std::vector<Floor> floors;
  for (int round = 0; round < kRounds; ++round) measure_once(parent, files, threads, floors);
  fmt::print("\n| what | threads | µs each | each second |\n|---|---:|---:|---:|\n");
  for (const Floor& floor : floors) {
    fmt::print("| {} | {} | {:.2f} | {:.0f} |\n", floor.what, floor.threads, floor.seconds * 1e6, 1 / floor.seconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const long files = argc == 3 ? std::atol(argv[2]) : 20'000;
  if (argc < 2 || argc > 3 || files < 1000) {
    fmt::print(stderr, "usage: {} DIR [FILES]   (at least 1000)\n", argv[0]);
    return 2;
  }
  const std::size_t threads = std::max(std::thread::hardware_concurrency(), 1U);
  try {
    measure_hashing(threads);
    measure_files(argv[1], static_cast<std::size_t>(files), threads);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "floors: {}\n", exception.what());
    return 1;
  }
}
