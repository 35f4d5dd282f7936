#include "checkout/aliases.hpp"

#include <cerrno>
#include <map>
#include <set>
#include <string_view>

#include "base/try.hpp"

namespace cowstore::checkout {

namespace {

constexpr std::string_view kOtherSpelling = ".COWSTORE";

Error taken_for(const std::string& path, const std::string& other) {
  return {ErrorCode::kUnsupported,
          0,
          "make",
          path,
          "this directory takes the name for that of " + other + ", since it folds case or other letters",
          "check the version out into a directory that tells such names apart"};
}

std::string_view first_component(std::string_view path) {
  return path.substr(0, path.find('/'));
}

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view(".") : path.substr(0, slash);
}

std::string folded(std::string_view name) {
  std::string text(name);
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// The file system is asked, since it alone knows its rules.
Result<bool> is_control(const sys::Dir& root, std::string_view name, const sys::Stat& control) {
  auto seen = root.stat(name);
  if (!seen && seen.error().code == ErrorCode::kNotFound) return false;
  if (!seen) return std::move(seen).error();
  return seen->inode == control.inode && seen->device == control.device;
}

/// Spellings of the names that will be in one directory, by what they fold to.
class FoldedNames {
 public:
  /// The other name if there is one; `name` itself is none.
  const std::string* add(const std::string& name) {
    auto [found, added] = names_.try_emplace(folded(name), name);
    return added || found->second == name ? nullptr : &found->second;
  }

 private:
  std::map<std::string, std::string> names_;
};

struct NamesOfDirectory {
  std::set<std::string, std::less<>> going;
  std::set<std::string, std::less<>> coming;
};

Result<void> refuse_pairs(const sys::Dir& root, std::string_view parent, const NamesOfDirectory& names) {
  FoldedNames there;
  auto directory = root.open_dir(parent);
  if (directory) {
    for (const sys::ListedEntry& entry : COWSTORE_TRY(directory->list())) {
      if (!names.going.contains(entry.name)) there.add(entry.name);
    }
  }
  std::string prefix = parent == "." ? std::string() : std::string(parent) + "/";
  for (const std::string& name : names.coming) {
    if (const std::string* other = there.add(name)) return taken_for(prefix + name, prefix + *other);
  }
  return {};
}

Result<void> refuse_folded_pairs(const sys::Dir& root, const std::vector<Difference>& differences) {
  std::map<std::string_view, NamesOfDirectory> directories;
  for (const Difference& difference : differences) {
    if (difference.path.empty()) continue;
    std::string name = difference.path.substr(difference.path.rfind('/') + 1);
    NamesOfDirectory& names = directories[parent_of(difference.path)];
    (difference.to != nullptr ? names.coming : names.going).insert(std::move(name));
  }
  for (const auto& [parent, names] : directories) COWSTORE_TRY(refuse_pairs(root, parent, names));
  return {};
}

}  // namespace

Error explain_alias(Error error, const std::string& path) {
  return error.sys_errno == EEXIST ? taken_for(path, "another one") : std::move(error);
}

Result<void> refuse_aliases(const sys::Dir& root, const sys::Dir& control, const std::vector<Difference>& differences) {
  sys::Stat self = COWSTORE_TRY(control.stat_self());
  std::set<std::string_view> tops;
  for (const Difference& difference : differences) {
    if (difference.to != nullptr && !difference.path.empty()) tops.insert(first_component(difference.path));
  }
  for (std::string_view name : tops) {
    if (COWSTORE_TRY(is_control(root, name, self))) return taken_for(std::string(name), ".cowstore");
  }
  if (!COWSTORE_TRY(is_control(root, kOtherSpelling, self))) return {};
  return refuse_folded_pairs(root, differences);
}

}  // namespace cowstore::checkout
