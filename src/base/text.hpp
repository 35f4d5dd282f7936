// Names and text, as the library's own modules know them: the public functions, by a name in base.
#pragma once

#include "cowstore/text.hpp"

namespace cowstore::base {

using cowstore::escape_for_terminal;
using cowstore::is_utf8;
using cowstore::to_utf8_lossy;

}  // namespace cowstore::base
