#include "support/tree_listing.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "support/check.hpp"
#include "support/temp_dir.hpp"

namespace cowstore::test {

namespace fs = std::filesystem;

namespace {

char kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return 'd';
    case S_IFLNK:
      return 'l';
    case S_IFIFO:
      return 'p';
    case S_IFSOCK:
      return 's';
    case S_IFCHR:
      return 'c';
    case S_IFBLK:
      return 'b';
    default:
      return 'f';
  }
}

/// The mode of a link says nothing and differs between kernels.
unsigned compared_mode(char kind, mode_t mode, Fields fields) {
  if (kind == 'l') return 0;
  if (fields != Fields::kContentOnly) return mode & 07777;
  return kind == 'f' ? mode & 0100 : 0;
}

TreeEntry entry_of(const fs::path& path, const std::string& relative, Fields fields) {
  struct stat info {};
  detail::require(::lstat(path.c_str(), &info) == 0, "stat " + path.string());
  TreeEntry entry;
  entry.path = relative;
  entry.kind = kind_of(info.st_mode);
  entry.mode = compared_mode(entry.kind, info.st_mode, fields);
  if (entry.kind == 'f') {
    entry.size = static_cast<std::uint64_t>(info.st_size);
    entry.content = sha256_hex(read_file(path.string()));
  } else if (entry.kind == 'l') {
    entry.content = fs::read_symlink(path).string();
  }
  if (fields == Fields::kAll) {
    entry.mtime = {info.st_mtim.tv_sec, static_cast<std::uint32_t>(info.st_mtim.tv_nsec)};
  }
  return entry;
}

void append_below(const fs::path& directory, const std::string& prefix, Fields fields, std::vector<TreeEntry>& out) {
  for (const auto& found : fs::directory_iterator(directory)) {
    std::string name = found.path().filename().string();
    if (prefix.empty() && name == ".cowstore") continue;
    out.push_back(entry_of(found.path(), prefix + name, fields));
    if (out.back().kind == 'd') append_below(found.path(), prefix + name + "/", fields, out);
  }
}

}  // namespace

std::vector<TreeEntry> list_tree(const std::string& root, Fields fields) {
  std::vector<TreeEntry> entries;
  append_below(root, "", fields, entries);
  std::sort(entries.begin(), entries.end(), [](const TreeEntry& a, const TreeEntry& b) { return a.path < b.path; });
  return entries;
}

std::string tree_text(const std::string& root, Fields fields) {
  std::ostringstream text;
  for (const TreeEntry& entry : list_tree(root, fields)) {
    text << entry.kind << ' ' << std::oct << entry.mode << std::dec << ' ' << entry.size << ' ' << entry.mtime.seconds
         << '.' << entry.mtime.nanoseconds << ' ' << entry.path << ' ' << entry.content << '\n';
  }
  return text.str();
}

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  detail::require(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) == 1, "SHA-256");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

}  // namespace cowstore::test
