// File systems of a test's own that are small enough to be filled.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/temp_dir.hpp"

namespace cowstore::test {

/// On a loop image in memory where there is a place for that; gone with the object. Needs root.
class SmallFilesystem {
 public:
  /// "ext4", "ext4-inodes" (a few hundred of them), "xfs", "btrfs", or "btrfs-mixed" (one kind of space for data and
  /// metadata). nullptr after having marked the running test as skipped or failed.
  static std::unique_ptr<SmallFilesystem> make(const std::string& kind);
  ~SmallFilesystem();
  SmallFilesystem(const SmallFilesystem&) = delete;
  SmallFilesystem& operator=(const SmallFilesystem&) = delete;

  [[nodiscard]] std::string path(const std::string& name = "") const { return mounted_ + "/" + name; }
  /// Bytes that can still be written, as the file system says; it may take a little more, or less.
  [[nodiscard]] std::uint64_t free_bytes() const;

  /// Takes space until about so many bytes are left.
  void leave(std::uint64_t bytes);
  /// Takes all: space, then what small files still get.
  void fill();
  /// Takes all inodes, by empty files; for kinds that have few.
  void take_inodes();
  /// Gives back what these took.
  void empty();

 private:
  SmallFilesystem(std::unique_ptr<TempDir> temp, std::string mounted);
  bool take(std::uint64_t bytes);
  bool take_small_file();
  std::string next_ballast();

  std::unique_ptr<TempDir> temp_;
  std::string mounted_;
  int ballast_ = 0;
};

}  // namespace cowstore::test
