// What a check has found so far. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "cowstore/fsck.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"

namespace cowstore::maint {

class Findings {
 public:
  explicit Findings(FsckReport& report) : report_(report) {}

  void fault(Fault fault);
  /// An error that names its place itself.
  void fault(const Error& error, const std::string& container = {});
  void note(std::string text);
  /// Bytes read, chunks and files found whole.
  void count(std::uint64_t bytes, std::uint64_t chunks, std::uint64_t files);
  /// Marks an object as damaged, so that whoever reaches it says so.
  void bad(const Digest& id);
  [[nodiscard]] bool is_bad(const Digest& id);

 private:
  std::mutex mutex_;
  FsckReport& report_;
  std::set<Digest> bad_;
  std::set<std::string> seen_;  ///< the same fault is told once
};

}  // namespace cowstore::maint
