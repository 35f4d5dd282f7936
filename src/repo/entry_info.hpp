// Entries of versions and of the disk, as the public interface shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "changes/scanned.hpp"
#include "cowstore/entry.hpp"
#include "diff/diff.hpp"
#include "object/entry.hpp"

namespace cowstore::repo {

EntryInfo entry_info(const std::string& path, const object::TreeEntry& entry, std::optional<std::uint16_t> mode,
                     std::optional<Timestamp> mtime);
EntryInfo entry_info(const std::string& path, const changes::ScannedEntry& entry);
/// Nothing if the side has no entry.
std::optional<EntryInfo> entry_info(const std::string& path, const diff::Side& side);

}  // namespace cowstore::repo
