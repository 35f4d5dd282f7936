// Checking a repository.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cowstore {

/// One thing that is wrong, with its place.
struct Fault {
  std::string object;     ///< hex id, or empty
  std::string container;  ///< file of the store, relative to it
  std::uint64_t offset = 0;
  std::string path;  ///< what refers to it, as COMMIT:PATH, where known
  std::string message;
};

struct FsckReport {
  std::vector<Fault> faults;
  std::vector<std::string> notes;  ///< what a crash may leave behind: harmless, cleaned up by later commands
  std::uint64_t commits = 0;
  std::uint64_t trees = 0;  ///< directory and attribute nodes
  std::uint64_t files = 0;  ///< whole files in loose/; what lies in packs counts as chunks
  std::uint64_t chunks = 0;
  std::uint64_t variants = 0;  ///< sources of hard links that are as their names say
  std::uint64_t bytes_checked = 0;
  std::uint64_t index_entries = 0;
  std::uint64_t unreachable = 0;  ///< stored objects that no ref and no operation reaches
};

}  // namespace cowstore
