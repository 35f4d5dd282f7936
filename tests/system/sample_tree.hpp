// A tree with one of everything that a round trip could lose.
#pragma once

#include <string>

namespace cowstore::test {

/// About 5 MiB in about 50 entries: sizes at the limits of blocks and chunks, holes, empty directories, odd modes, odd
/// names, odd links, times from 1935 to 2100.
void make_sample_tree(const std::string& root);

/// Edits of every kind, in place: append, insert, truncate, delete, rename a directory, exchange kinds, chmod, touch.
void edit_sample_tree(const std::string& root);

/// Names that break programs: each legal on every Linux file system.
extern const char* const kHardNames[];
extern const std::size_t kHardNameCount;

}  // namespace cowstore::test
