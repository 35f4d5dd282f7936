// A pack of a few blocks: many small objects, one alone, one that doesn't compress.
#pragma once

#include "store/pack_builder.hpp"
#include "store/pack_reader.hpp"
#include "store_fixture.hpp"

namespace cowstore::store {

inline StoreOptions small_blocks() {
  StoreOptions options;
  options.block_bytes = 600;
  return options;
}

inline std::vector<Sample> pack_samples() {
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 6; ++i) samples.push_back(text_chunk(150 + i, i));
  samples.push_back(random_chunk(300, 1));
  samples.push_back(text_chunk(2000, 7));
  samples.push_back(random_chunk(900, 2));
  return samples;
}

}  // namespace cowstore::store
