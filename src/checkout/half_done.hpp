// What a change of full attributes leaves when it is interrupted.
#pragma once

#include "object/attributes.hpp"

namespace cowstore::checkout {

/// Whether `disk` is what there may be between two versions of the same file: each attribute as one of them has it, as
/// far as the steps in between allow. Permissions may lack setuid and setgid bits, which a change of owner takes away,
/// may let the owner write, which setting attributes needs, and their group bits follow an ACL; capabilities may be
/// gone. Whoever finishes an interrupted command then takes it for its own work. Pure.
bool is_half_done(const object::Attributes& disk, const object::Attributes& from, const object::Attributes& to);

}  // namespace cowstore::checkout
