// The walk over one tree for a census. Private to the module.
#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/thread_pool.hpp"
#include "space/census.hpp"
#include "space/measure.hpp"
#include "sys/dir.hpp"
#include "sys/stat.hpp"

namespace cowstore::space {

/// What a directory of a tree has in it; merged by the receiver.
struct Portion {
  Usage usage;
  std::vector<Stretch> stretches;
};

/// Thread-safe.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void take(Owner owner, Portion portion) = 0;
  /// A name of a file that has several.
  virtual Result<void> take_linked(Owner owner, const sys::Dir& dir, const std::string& name, const sys::Stat& stat,
                                   Tells tells) = 0;
};

/// Adds tasks to a group, one for each directory. All borrowed until the group has ended.
class Walk {
 public:
  Walk(const Tree& tree, Owner owner, base::TaskGroup& group, Receiver& receiver, Progress* progress)
      : tree_(tree), owner_(owner), group_(group), receiver_(receiver), progress_(progress) {}

  void start();

 private:
  void add_directory(std::string path);
  Result<void> open_and_visit(const std::string& path);
  Result<void> visit(const sys::Dir& dir, const std::string& path);
  Result<void> visit_entry(const sys::Dir& dir, const std::string& path, const std::string& name, Portion& portion);
  Result<void> visit_file(const sys::Dir& dir, const std::string& name, const sys::Stat& stat, Portion& portion);
  [[nodiscard]] bool is_left_out(const std::string& path) const;
  Tells tells() const { return tells_.load(std::memory_order_relaxed); }

  const Tree& tree_;
  Owner owner_;
  base::TaskGroup& group_;
  Receiver& receiver_;
  Progress* progress_;
  std::atomic<Tells> tells_{Tells::kExtents};
};

}  // namespace cowstore::space
