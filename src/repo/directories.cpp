#include "repo/directories.hpp"

#include "sys/system.hpp"

namespace cowstore::repo {

bool is_same_directory(const sys::Stat& a, const sys::Stat& b) {
  return a.inode == b.inode && a.device == b.device;
}

bool is_same_directory(const sys::Dir& a, const sys::Dir& b) {
  auto first = a.stat_self();
  auto second = b.stat_self();
  return first && second && is_same_directory(*first, *second);
}

std::string settled_path(const std::string& path) {
  std::string trimmed = path;
  while (trimmed.size() > 1 && trimmed.ends_with('/')) trimmed.pop_back();
  auto real = sys::real_path(trimmed);
  if (real) return *real;
  auto above = sys::real_path(directory_above(trimmed));
  if (!above) return trimmed;
  return (*above == "/" ? "" : *above) + "/" + name_in_directory(trimmed);
}

std::string directory_above(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_in_directory(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_within(const std::string& path, const std::string& directory) {
  if (!path.starts_with(directory)) return false;
  return path.size() == directory.size() || directory.ends_with('/') || path[directory.size()] == '/';
}

}  // namespace cowstore::repo
