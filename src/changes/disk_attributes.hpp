// What the disk says of an entry, as a version with full attributes would record it.
#pragma once

#include <functional>

#include "changes/scanned.hpp"
#include "cowstore/result.hpp"
#include "object/attributes.hpp"
#include "object/entry.hpp"
#include "sys/ownership.hpp"

namespace cowstore::changes {

/// Makes the reference of a value that is too large to be inline.
using LargeValue = std::function<Result<object::FileRef>(const std::string& value)>;

/// Of a file, link or special file whose extended attributes were read. The number of a link group is left out where it
/// isn't known. Errors are those of `large`.
Result<object::Attributes> disk_attributes(const ScannedEntry& entry, const LargeValue& large);
/// Of a directory itself.
Result<object::Attributes> disk_attributes(const ScannedDirectory& directory, const LargeValue& large);

/// `disk` with everything that this process couldn't have restored as `before` has it: that it is different says
/// nothing. Such are: an owner that it may not give files to, and with it setuid and setgid bits, which are dropped for
/// a wrong owner; file capabilities and trusted attributes without the right to set them; and, where `links` is
/// kUnknown, the number of the link group. Pure.
object::Attributes within_reach(object::Attributes disk, FullAttributes::Links links, const object::Attributes& before,
                                const sys::Privileges& privileges);

/// Whether a special file of a version may be missing because this process couldn't make it.
bool may_be_unmade(object::EntryKind kind, const sys::Privileges& privileges);

FullAttributes::Links links_of(const ScannedEntry& entry);

}  // namespace cowstore::changes
