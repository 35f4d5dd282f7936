// Which names of a working copy are one inode. Private to the module.
#pragma once

#include <cstdint>
#include <string_view>

#include "changes/scanned.hpp"

namespace cowstore::changes {

/// Gives all files, links and special files that a finished scan found under more than one name the number of their
/// group. It follows from the paths alone: it is that of the first of them, by its bytes (the next higher one that is
/// free where two groups would have the same). So it doesn't depend on inode numbers, nor on the order of the scan, and
/// a group keeps it as long as its first name stays.
/// A group that isn't wholly as the index knows it takes the known attributes away from the directories that it is in.
void number_links(Scan& scan);

/// The number of a group whose first path is this: 56 bits.
std::uint64_t link_group_of(std::string_view first_path);

}  // namespace cowstore::changes
