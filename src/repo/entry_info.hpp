// Entries of versions and of the disk, as the public interface shows them.
#pragma once

#include <optional>
#include <string>

#include "changes/compare.hpp"
#include "changes/scanned.hpp"
#include "cowstore/entry.hpp"
#include "diff/diff.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"

namespace cowstore::repo {

EntryInfo entry_info(const std::string& path, const object::TreeEntry& entry, const object::Attributes& attributes);
/// What a comparison with the disk found the version to have.
EntryInfo entry_info(const std::string& path, const changes::Before& before);
EntryInfo entry_info(const std::string& path, const changes::ScannedEntry& entry, store::AttributesPolicy policy);
/// Nothing if the side has neither an entry nor a special file.
std::optional<EntryInfo> entry_info(const std::string& path, const diff::Side& side);

}  // namespace cowstore::repo
