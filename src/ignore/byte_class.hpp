// Character classes of patterns: [a-z], [!.], [[:digit:]_].
#pragma once

#include <bitset>
#include <optional>
#include <string_view>

namespace cowstore::ignore {

/// The bytes that a class stands for; never the slash.
using ByteClass = std::bitset<256>;

/// Reads a class off `text`, which begins after its '[', and removes it through its ']'.
/// Nothing, and `text` as it was, if the class has no end or an unknown [:name:].
///
/// '!' or '^' first negates; ']' first, '-' first or last and whatever follows a backslash stand for themselves;
/// a range that runs backwards holds its first byte only. [:names:] are the twelve of POSIX over ASCII.
[[nodiscard]] std::optional<ByteClass> take_class(std::string_view& text);

}  // namespace cowstore::ignore
