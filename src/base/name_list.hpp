// Many names in one message.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace cowstore::base {

/// "a, b and 17 more": at most `limit` names, in their order. Raw: whoever shows it escapes it.
std::string name_list(std::span<const std::string> names, std::size_t limit = 20);

}  // namespace cowstore::base
