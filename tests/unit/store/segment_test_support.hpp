// Segments written straight into a directory.
#pragma once

#include <gtest/gtest.h>

#include "hash/sha256.hpp"
#include "store/segment.hpp"
#include "store/segment_writer.hpp"
#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::store {

inline Digest numbered_id(std::uint64_t number) {
  return hash::sha256(as_bytes("id " + std::to_string(number)));
}

inline ContainerRecord pack_record(std::uint64_t number) {
  ContainerRecord record;
  record.name = hash::sha256(as_bytes("pack " + std::to_string(number)));
  return record;
}

inline Location numbered_location(std::uint64_t number, std::uint32_t container = 0) {
  return {container, 1000 * number, static_cast<std::uint32_t>(number % 70000),
          1 + static_cast<std::uint32_t>(number % 9), static_cast<ObjectKind>(number % 5)};
}

/// Entries of the ids [first, end), all in one pack.
inline SegmentContents numbered_contents(std::uint64_t first, std::uint64_t end) {
  SegmentContents contents;
  contents.containers.push_back(pack_record(first));
  for (std::uint64_t i = first; i < end; ++i) contents.entries.push_back({numbered_id(i), numbered_location(i)});
  return contents;
}

inline Digest put_segment(const sys::Dir& dir, SegmentContents contents) {
  auto file = dir.create_new("new", 0644);
  EXPECT_TRUE(file);
  auto written = write_segment(*file, "new", std::move(contents));
  EXPECT_TRUE(written) << written.error().message();
  EXPECT_TRUE(dir.rename("new", dir, segment_file_name(written->name)));
  return written->name;
}

}  // namespace cowstore::store
