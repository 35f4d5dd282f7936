// A small repository that is put back to the same beginning again and again, and what must be true of it after
// something went wrong at any point.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cowstore/repository.hpp"
#include "support/temp_dir.hpp"
#include "support/tree_listing.hpp"

namespace cowstore::test {

class CrashBed;

/// One thing that a command sequence does.
struct Step {
  std::function<Result<void>(CrashBed&, Repository&)> run;
  enum class Again { kHarmless, kFails } again = Again::kHarmless;    ///< run once more when it is done
  enum class Undo { kNotTried, kBringsBack } undo = Undo::kNotTried;  ///< it overwrites uncommitted work
};

struct Scenario {
  std::string name;
  std::function<void(CrashBed&)> prepare;
  std::vector<Step> steps;
  std::string where = "wc";  ///< the working copy that undo is run in
};

std::vector<Scenario> scenarios();
const Scenario& scenario_named(const std::string& name);

/// The state as seen between two steps.
struct Moment {
  std::string files;  ///< of all working copies: kinds, modes, contents
  std::string head;   ///< tree of the first one's HEAD; "" before the first commit
  bool operator==(const Moment&) const = default;
};

/// root() holds the working copy `wc`, and whatever else a scenario makes beside it.
class CrashBed {
 public:
  /// Prepares the scenario once, and goes through it once without harm to learn the moments of a good end.
  CrashBed(std::unique_ptr<TempDir> temp, const Scenario& scenario);

  [[nodiscard]] std::string root() const { return *temp_ / "bed"; }
  [[nodiscard]] std::string path(const std::string& name) const { return root() + "/wc/" + name; }
  [[nodiscard]] Context context();
  Repository open(const std::string& copy = "wc");

  // For preparations.
  void write_version_one();
  void write_version_two();
  /// Over version one: edits, an untracked file in the way of version two and one that is not, a deletion.
  void write_uncommitted_work();
  /// Everything; remembers what was committed.
  void commit_all(const std::string& message);

  /// Everything as the preparation left it.
  void reset();
  /// Opens the repository and goes through the steps, reporting each; for a child or under injected faults. The error
  /// that ended it, if any.
  Result<void> play();
  /// After play() ended, or was ended, anywhere: everything that must hold, and everything that must work from here.
  void verify();

 private:
  Result<void> run_step(std::size_t index, Repository& repository);
  std::size_t reported() const;
  Moment now();
  std::string files() const;
  void learn_moments();
  void learn_version(Repository& repository);
  void expect_whole_files(std::size_t reported) const;
  void expect_sound(Repository& repository);
  void expect_head_checks_out(Repository& repository);
  void open_other_copies();
  std::size_t which_moment(std::size_t reported);
  void expect_undo_brings_back(std::size_t moment);
  void finish(Repository& repository, std::size_t moment);
  void expect_work_goes_on();

  std::unique_ptr<TempDir> temp_;
  const Scenario& scenario_;
  std::vector<Moment> moments_;                           ///< before the steps, and after each
  std::vector<std::map<std::string, TreeEntry>> listed_;  ///< the same, path by path
  std::map<std::string, std::string> versions_;           ///< tree of a commit: the files that it was made of
  std::shared_ptr<std::int64_t> seconds_ = std::make_shared<std::int64_t>(0);
};

/// A directory "anywhere" (in memory, if there is a file system for that) or on one of the test file systems. nullptr
/// if the test was skipped.
std::unique_ptr<TempDir> crash_dir(const std::string& filesystem);

}  // namespace cowstore::test
