// The bytes of one entry of a directory, or of one entry of its attributes.
#pragma once

#include "base/coding.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"

namespace cowstore::object {

/// Entries are valid: entry_problem() found none.
void encode_entry(const TreeEntry& entry, base::Writer& out);
void encode_entry(const AttributesEntry& entry, base::Writer& out);

/// kCorrupt, with the offset, for anything that the above wouldn't have written.
Result<void> decode_entry(base::Reader& in, TreeEntry& entry);
Result<void> decode_entry(base::Reader& in, AttributesEntry& entry);

}  // namespace cowstore::object
