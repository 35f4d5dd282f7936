// Relative paths as text: "" is the root, names are joined by '/'. Private to the module.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace cowstore::changes {

inline std::string join_path(std::string_view parent, std::string_view name) {
  std::string path;
  path.reserve(parent.size() + 1 + name.size());
  path.append(parent);
  if (!path.empty()) path += '/';
  return path.append(name);
}

/// The first name, and the path behind it.
inline std::pair<std::string_view, std::string_view> split_first(std::string_view path) {
  const std::size_t slash = std::min(path.find('/'), path.size());
  return {path.substr(0, slash), path.substr(std::min(slash + 1, path.size()))};
}

inline std::string_view parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

inline std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace cowstore::changes
