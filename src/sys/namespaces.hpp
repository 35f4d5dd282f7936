// Mount and user namespaces of this process.
#pragma once

#include "cowstore/result.hpp"

namespace cowstore::sys {

/// Moves this process into a user and a mount namespace of its own, in which it may mount, is who it was, and every
/// other owner shows as nobody. What it mounts from then on nobody else sees, and goes with it and its children,
/// however they end; what the system mounts later still comes. There is no way back. kUnsupported where user namespaces
/// are forbidden, and in a process with several threads, which can't be moved.
Result<void> enter_own_namespaces();

}  // namespace cowstore::sys
