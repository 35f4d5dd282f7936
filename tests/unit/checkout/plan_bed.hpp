// Versions and disks as lists of words, for tests of plans: nothing here touches a file.
//
//   "d/"        a directory            "a=1"   a file with the content "1"
//   "x*=1"      an executable          "l>t"   a link to "t"
//   "a=1@600"   with other permissions than 0644, 0755
//
// Parents are implied. "." stands for the root ("./@700").
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/thread_pool.hpp"
#include "changes/scanned.hpp"
#include "checkout/plan.hpp"
#include "unit/object/memory_nodes.hpp"

namespace cowstore::checkout {

struct ModelEntry {
  object::EntryKind kind = object::EntryKind::kFile;
  std::string content;  ///< or a link's target
  std::uint16_t mode = 0;
  bool operator==(const ModelEntry&) const = default;
  [[nodiscard]] bool is_directory() const { return kind == object::EntryKind::kDirectory; }
};
/// By path, sorted so that a directory comes before what is in it; "" is the root.
using Model = std::map<std::string, ModelEntry>;

Model model_of(std::string_view words);
/// The same words again, for messages.
std::string text_of(const Model& model);

class PlanBed {
 public:
  /// A version in memory. No words at all are no version; "." is an empty directory.
  object::TreeRoots version(const Model& model);
  /// Valid until the next one is made.
  Plan plan(const Model& from, const Model& to, const Model& disk, Overwrite overwrite);

  /// The plan in words, sections in the order of their execution, "; " between: "remove a; make b=1; conflict c".
  static std::string describe(const Plan& plan);
  /// What the executor would leave on this disk. What it would find occupied goes to `stuck`.
  static Model carry_out(const Plan& plan, Model disk, std::vector<std::string>* stuck);

  object::MemoryNodes nodes;

 private:
  object::TreeRoots directory(const Model& model, const std::string& path);
  changes::Scan scan(const Model& disk, const changes::PathSelection& selection);
  void scan_directory(const Model& disk, changes::ScannedDirectory& directory,
                      const changes::PathSelection::Node& selection);
  base::ThreadPool pool_{1};
  changes::Scan scan_;  ///< that plans point into
};

}  // namespace cowstore::checkout
