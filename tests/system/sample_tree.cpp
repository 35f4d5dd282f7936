#include "system/sample_tree.hpp"

#include <unistd.h>

#include <stdexcept>

#include "support/random_bytes.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::test {

namespace {

// 255 bytes, of which the last ones are no UTF-8.
const std::string kLongestName = std::string(253, 'n') + "\xff\xfe";

constexpr std::size_t kMiB = std::size_t{1} << 20;

void make_sizes(const std::string& root) {
  std::uint64_t seed = 1;
  write_file(root + "/sizes/0", "");
  for (std::size_t border : {1, 4096, 16384, 65536, 262144}) {
    for (std::size_t size : {border - 1, border, border + 1}) {
      if (size > 0) write_file(root + "/sizes/" + std::to_string(size), random_bytes(size, seed++));
    }
  }
  write_file(root + "/sizes/many chunks", random_bytes(3 * kMiB, seed));
  write_file(root + "/sizes/one byte again and again", std::string(kMiB, 'x'));
  write_file(root + "/sizes/written zeros", std::string(kMiB, '\0'));
}

void make_holes(const std::string& root) {
  write_hole(root + "/holes/all", 5 * kMiB + 123);
  write_hole(root + "/holes/middle", 4 * kMiB);
  overwrite_file(root + "/holes/middle", random_bytes(100'000, 21), 0);
  overwrite_file(root + "/holes/middle", random_bytes(100'000, 22), 4 * kMiB - 100'000);
  write_hole(root + "/holes/end", 6 * kMiB);
  overwrite_file(root + "/holes/end", random_bytes(70'000, 23), 0);
}

void make_modes(const std::string& root) {
  for (int mode : {0000, 0100, 0400, 0600, 0644, 0755, 0777, 01644, 02755, 04711, 07777}) {
    write_file(root + "/modes/file" + std::to_string(mode), "mode " + std::to_string(mode), mode);
  }
  for (int mode : {0700, 0555, 0777, 01777, 02755}) {
    std::string directory = root + "/modes/directory" + std::to_string(mode);
    write_file(directory + "/inside", "in a directory");
    set_mode(directory, mode);
  }
}

void make_links_and_directories(const std::string& root) {
  make_dirs(root + "/links");
  make_symlink("nowhere/at/all", root + "/links/dangling");
  make_symlink("/etc/passwd", root + "/links/absolute");
  make_symlink("../sizes", root + "/links/to a directory");
  make_symlink("../../../../../..", root + "/links/out");
  make_symlink(std::string(1000, 't'), root + "/links/long");  // XFS has no longer ones
  make_symlink("new\nline\xff", root + "/links/odd bytes");
  make_dirs(root + "/empty/inner/innermost");
  make_dirs(root + "/empty/other");
  write_file(root + "/source/deep/er/code.c", "int main(void) { return 0; }\n");
  write_file(root + "/source/run.sh", "#!/bin/sh\n", 0755);
}

void make_names(const std::string& root) {
  for (std::size_t i = 0; i < kHardNameCount; ++i) {
    write_file(root + "/names/" + kHardNames[i], "file " + std::to_string(i));
    write_file(root + "/names in directories/" + kHardNames[i] + "/inside", "file " + std::to_string(i));
  }
}

void make_times(const std::string& root) {
  const Timestamp times[] = {{-1'100'000'000, 1},          {-1, 999'999'999},  {0, 0},
                             {1'234'567'890, 123'456'789}, {2'147'483'648, 1}, {4'102'444'800, 999'999'999}};
  make_dirs(root + "/times");
  for (const Timestamp& time : times) {
    std::string path = root + "/times/" + std::to_string(time.seconds);
    write_file(path, "dated");
    make_symlink("somewhere", path + " link");
    write_file(path + " directory/inside", "dated");
    for (const char* kind : {"", " link", " directory"}) set_mtime(path + kind, time);
  }
}

void insert(const std::string& path, std::size_t at, const std::string& bytes) {
  std::string content = read_file(path);
  write_file(path, content.insert(at, bytes));
}

void cut_off(const std::string& path, std::size_t size) {
  if (::truncate(path.c_str(), static_cast<off_t>(size)) != 0) throw std::runtime_error("truncate " + path);
}

void exchange_kinds(const std::string& root) {
  remove_path(root + "/sizes/1");  // a file becomes a directory
  write_file(root + "/sizes/1/now/a directory", "with content");
  remove_path(root + "/source/deep");  // a directory becomes a file
  write_file(root + "/source/deep", "no directory any more");
  remove_path(root + "/links/dangling");  // a link becomes a directory
  write_file(root + "/links/dangling/inside", "found");
  remove_path(root + "/empty/other");  // a directory becomes a link
  make_symlink("inner", root + "/empty/other");
  remove_path(root + "/links/absolute");  // a link becomes a file
  write_file(root + "/links/absolute", "relative");
  remove_path(root + "/sizes/4096");  // a file becomes a link
  make_symlink("4097", root + "/sizes/4096");
  remove_path(root + "/links/out");  // another target
  make_symlink("in", root + "/links/out");
}

}  // namespace

const char* const kHardNames[] = {"new\nline",
                                  "\xff\xfe\x80 no UTF-8",
                                  kLongestName.c_str(),
                                  "-rf",
                                  "--",
                                  " ",
                                  "  leading and trailing  ",
                                  "tab\tand\rreturn",
                                  "\x01\x7f",
                                  "'\"`$(rm)*?[a]\\",
                                  "...",
                                  "..a",
                                  ".hidden",
                                  ".cowstore-tmp-0",
                                  ".Cowstore",
                                  "cowstore",
                                  "\xc3\xa9",
                                  "e\xcc\x81",
                                  "a:b",
                                  "CON",
                                  "@",
                                  "@~1",
                                  "#!",
                                  "!negated"};
const std::size_t kHardNameCount = std::size(kHardNames);

void make_sample_tree(const std::string& root) {
  make_sizes(root);
  make_holes(root);
  make_modes(root);
  make_links_and_directories(root);
  make_names(root);
  make_times(root);
}

void edit_sample_tree(const std::string& root) {
  append_file(root + "/sizes/65537", "appended");
  append_file(root + "/sizes/0", "no longer empty");
  insert(root + "/sizes/many chunks", kMiB + 17, "inserted in the middle");
  cut_off(root + "/sizes/262145", 262144);
  cut_off(root + "/sizes/16385", 0);
  overwrite_file(root + "/holes/middle", random_bytes(5000, 31), 2 * kMiB);
  cut_off(root + "/holes/end", 7 * kMiB);
  remove_path(root + "/sizes/4097");
  remove_path(root + "/names/-rf");
  rename_path(root + "/names in directories", root + "/renamed");
  exchange_kinds(root);
  set_mode(root + "/source/run.sh", 0644);
  set_mode(root + "/modes/file" + std::to_string(0644), 0755);
  set_mode(root + "/modes/file" + std::to_string(0600), 0640);
  set_mode(root + "/modes/directory" + std::to_string(0700), 0711);
  set_mtime(root + "/times/0", {5, 5});
  make_dirs(root + "/brand new/empty");
  write_file(root + "/brand new/file", random_bytes(300'000, 32), 0600);
  set_mtime(root + "/brand new/file", {-86'400, 17});
}

}  // namespace cowstore::test
