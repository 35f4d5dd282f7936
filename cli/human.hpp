// Numbers, sizes, ids and names as people read them. Names never let a control character through to a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cowstore/ids.hpp"

namespace cowstore::cli {

/// "59,812"
std::string grouped(std::uint64_t number);
/// "1 file", "2,000 files"
std::string counted(std::uint64_t number, std::string_view noun);
/// "17 bytes", "3.1 MiB"
std::string human_bytes(std::uint64_t bytes);
/// How long ago: "12 s", "5 min", "3 h", "20 days"
std::string human_age(std::uint64_t seconds);
/// "0:07", "1:02:03"
std::string human_duration(std::uint64_t seconds);

/// The first 7 digits.
std::string short_id(const Digest& id);
template <class Tag>
std::string short_id(const Id<Tag>& id) {
  return short_id(id.digest());
}

/// A name as it is, or in double quotes with escapes if it holds control characters, invalid UTF-8, quotes or
/// backslashes.
std::string quoted_name(std::string_view name);

/// Text of several lines with every other control character escaped.
std::string printable_lines(std::string_view text);

/// Wraps words at `width` and indents each line; paragraphs are separated by empty lines.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

}  // namespace cowstore::cli
