// cowstore_bench_history DIR COMMITS REFS
//
// Makes a repository in the new directory DIR, with that many small commits and then that many branches and tags, and
// prints at each power of ten what one costs (the mean of the last hundred) and what lies in the store. Then what the
// reading commands cost. DIR stays, for the program itself to be measured in.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "cowstore/repository.hpp"

namespace {

using cowstore::Repository;
using cowstore::Result;

constexpr int kFiles = 20;
constexpr int kWindow = 100;
constexpr int kTries = 5;

template <class T>
T must(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message().c_str());
  std::exit(1);
}

void must(Result<void> result) {
  if (result) return;
  std::fprintf(stderr, "%s\n", result.error().message().c_str());
  std::exit(1);
}

/// Microseconds: as the clock says, and of this process on all processors, which other work on the machine disturbs
/// less.
struct Cost {
  double wall = 0, processor = 0;
  Cost& operator+=(const Cost& other) {
    wall += other.wall;
    processor += other.processor;
    return *this;
  }
};

template <class Action>
Cost cost_of(const Action& action) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t used = std::clock();
  action();
  const double ticks = static_cast<double>(std::clock() - used);
  return {std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count(),
          ticks * 1e6 / CLOCKS_PER_SEC};
}

struct Contents {
  std::uint64_t files = 0, bytes = 0;
};

Contents contents_of(const std::string& directory) {
  Contents contents;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    ++contents.files;
    contents.bytes += entry.file_size();
  }
  return contents;
}

void print_store(const std::string& store) {
  for (const char* part : {"packs", "index", "log"}) {
    const Contents contents = contents_of(store + "/" + part);
    std::printf("   %s: %llu files, %.1f MB", part, static_cast<unsigned long long>(contents.files),
                static_cast<double>(contents.bytes) / 1e6);
  }
  std::printf("\n");
}

bool is_power_of_ten(int number) {
  while (number % 10 == 0) number /= 10;
  return number == 1;
}

void write_file(const std::string& path, int number) {
  std::ofstream(path) << "content " << number << '\n';
}

/// Calls `once` for 1 … count and tells what the last ones before each power of ten cost.
template <class Once>
void repeat(const char* what, int count, const std::string& store, const Once& once) {
  Cost sum;
  for (int i = 1; i <= count; ++i) {
    if (i % kWindow == 1) sum = {};
    sum += cost_of([&] { once(i); });
    if (i < kWindow || !is_power_of_ten(i)) continue;
    std::printf("%s %d: %.0f us, %.0f of a processor", what, i, sum.wall / kWindow, sum.processor / kWindow);
    print_store(store);
    std::fflush(stdout);
  }
}

template <class Action>
void measure(const char* what, const Action& action) {
  Cost least{1e30, 1e30};
  for (int i = 0; i < kTries; ++i) {
    const Cost cost = cost_of(action);
    least = {std::min(least.wall, cost.wall), std::min(least.processor, cost.processor)};
  }
  std::printf("%-34s %10.0f us %10.0f of a processor\n", what, least.wall, least.processor);
}

Result<bool> look(const cowstore::CommitInfo&) {
  return true;
}

void measure_reading(const std::string& directory, const cowstore::Context& context, int commits) {
  auto open = [&] { return must(Repository::open(directory, context)); };
  measure("open", [&] { open(); });
  measure("open, log of 5", [&] { must(open().log({"@", 5}, look)); });
  measure("open, status", [&] { must(open().status({})); });
  measure("open, branches and tags", [&] {
    Repository repository = open();
    must(repository.branches());
    must(repository.tags());
  });
  measure("open, 5 operations", [&] { must(open().operations(5)); });
  measure("open, @~1000", [&] { must(open().show(commits > 1000 ? "@~1000" : "@")); });
  measure("open, main@{1000}", [&] { must(open().show(commits > 1000 ? "main@{1000}" : "@")); });
  measure("open, an operation long ago", [&] { must(open().operations(static_cast<std::uint64_t>(commits) / 2)); });
  measure("open, the whole log", [&] { must(open().log({}, look)); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "cowstore_bench_history DIR COMMITS REFS\n");
    return 2;
  }
  const std::string directory = argv[1];
  const int commits = std::atoi(argv[2]), refs = std::atoi(argv[3]);
  cowstore::Context context = cowstore::system_context();
  context.command_line = "cowstore_bench_history";
  must(Repository::init(directory, {}, context));
  for (int i = 0; i < kFiles; ++i) write_file(directory + "/file-" + std::to_string(i), i);
  Repository repository = must(Repository::open(directory, context));
  const std::string store = repository.store_path();
  repeat("commit", commits, store, [&](int i) {
    write_file(directory + "/file-" + std::to_string(i % kFiles), kFiles + i);
    cowstore::CommitOptions options;
    options.message = "commit " + std::to_string(i);
    must(repository.commit(options));
  });
  repeat("branch", refs, store, [&](int i) {
    must(repository.create_branch("feature/" + std::to_string(i), "@", cowstore::Overwrite::kRefuse));
  });
  repeat("tag", refs, store,
         [&](int i) { must(repository.create_tag("v" + std::to_string(i), "@", cowstore::Overwrite::kRefuse)); });
  measure_reading(directory, context, commits);
  return 0;
}
