// Random changes of a directory tree, as a user makes them.
#pragma once

#include <sys/xattr.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::test {

/// Writes, appends, overwrites behind the back, links, renames (directories, too), removes, makes anew, touches. The
/// same seed gives the same changes of the same tree. Nothing in the tree is lost to a link that leads out of it.
class TreeEditor {
 public:
  TreeEditor(std::string top, std::uint64_t seed) : top_(std::move(top)), random_(seed) {}

  void edit() {
    const std::string path = some_path();
    switch (random_.below(14)) {
      case 0:
      case 1:
        return write(path, std::string(3, letter()));
      case 2:
        return write(path, random_bytes(40'000 + random_.below(3) * 90'000, random_.below(4)));
      case 3:
        if (is_file(path)) append_file(path, std::string(1, letter()));
        return;
      case 4:
        if (is_file(path)) overwrite(path);
        return;
      case 5:
        if (exists(path)) remove_path(path);
        return;
      case 6:
      case 7:
        return rename(path, some_path());
      case 8:
        if (exists(path) && !std::filesystem::is_symlink(path))
          set_mode(path, std::filesystem::is_directory(path) ? mode(0700) : mode(0600));
        return;
      case 9:
        if (exists(path)) set_mtime(path, {static_cast<std::int64_t>(1000 + random_.below(3)), 0});
        return;
      case 10:
        if (clear_way(path) && !exists(path)) make_symlink(random_.below(2) == 0 ? "dir" : "nowhere", path);
        return;
      case 11:
        return link(path, some_path());
      case 12:
        return make_anew(path);
      default:
        if (is_file(path)) (void)::setxattr(path.c_str(), "user.note", "x", 1, 0);
    }
  }

 private:
  std::string some_path() {
    static const char* const kNames[] = {"a", "b", "a-b", "c", "dir", "z"};
    std::string path = top_ + "/" + kNames[random_.below(6)];
    for (std::uint64_t depth = random_.below(4); depth > 0; --depth)
      path += std::string("/") + kNames[random_.below(6)];
    return path;
  }
  char letter() { return static_cast<char>('a' + random_.below(3)); }
  int mode(int base) { return random_.below(2) == 0 ? base : base | 055; }
  static bool is_file(const std::string& path) {
    return std::filesystem::is_regular_file(std::filesystem::symlink_status(path));
  }

  /// False if something that is no directory is in the way.
  bool clear_way(const std::string& path) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    return !error &&
           std::filesystem::is_directory(std::filesystem::symlink_status(std::filesystem::path(path).parent_path()));
  }
  void write(const std::string& path, const std::string& content) {
    if (!clear_way(path)) return;
    if (exists(path) && !is_file(path)) remove_path(path);
    write_file(path, content, random_.below(4) == 0 ? 0755 : 0644);
  }
  /// The same size, and its time set back.
  void overwrite(const std::string& path) {
    if (std::filesystem::file_size(path) == 0) return;
    const Timestamp before = mtime_of(path);
    overwrite_file(path, std::string(1, letter()), std::filesystem::file_size(path) - 1);
    set_mtime(path, before);
  }
  void rename(const std::string& from, const std::string& to) {
    if (!exists(from) || from == to || (to + "/").starts_with(from + "/") || !clear_way(to)) return;
    if (!exists(from) || (from + "/").starts_with(to + "/")) return;
    if (exists(to)) remove_path(to);
    if (exists(from)) rename_path(from, to);
  }
  void link(const std::string& from, const std::string& to) {
    if (!is_file(from) || !clear_way(to) || exists(to) || !is_file(from)) return;
    make_hard_link(from, to);
  }
  void make_anew(const std::string& path) {
    if (!std::filesystem::is_directory(std::filesystem::symlink_status(path))) return;
    remove_path(path);
    make_dirs(path);
    if (random_.below(2) == 0) write(path + "/a", "anew");
  }

  std::string top_;
  Random random_;
};

}  // namespace cowstore::test
