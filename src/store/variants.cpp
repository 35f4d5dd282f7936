#include "store/variants.hpp"

#include <algorithm>
#include <cerrno>

#include "base/try.hpp"
#include "sys/xattr.hpp"

namespace cowstore::store {

namespace {

constexpr std::string_view kLinks = "links";

bool is_absent(const Error& error) {
  return error.sys_errno == ENOENT;
}

/// All of a name but the inode.
std::string shelf_mark(const VariantKey& key) {
  std::string path = variant_path({key, 0});
  return path.substr(0, path.size() - 1);
}

std::optional<std::uint8_t> shelf_number(const std::string& directory) {
  for (int byte = 0; byte < 256; ++byte) {
    if (variant_directory(static_cast<std::uint8_t>(byte)) == directory) return static_cast<std::uint8_t>(byte);
  }
  return std::nullopt;
}

/// Empty where there is no such directory yet.
Result<std::vector<sys::ListedEntry>> list_if_there(const sys::Dir& store, const std::string& path) {
  auto dir = store.open_dir(path);
  if (!dir && is_absent(dir.error())) return std::vector<sys::ListedEntry>();
  return COWSTORE_TRY(std::move(dir)).list();
}

}  // namespace

Result<void> Variants::list(Shelf& shelf, std::uint8_t first_byte) const {
  if (shelf.listed) return {};
  for (const sys::ListedEntry& entry : COWSTORE_TRY(list_if_there(store_, variant_directory(first_byte)))) {
    auto variant = parse_variant_name(first_byte, entry.name);
    if (variant) shelf.inodes.emplace(shelf_mark(variant->key), variant->inode);
  }
  shelf.listed = true;
  return {};
}

Result<std::vector<Variant>> Variants::of(const VariantKey& key) {
  Shelf& shelf = shelf_of(key);
  std::lock_guard lock(shelf.mutex);
  COWSTORE_TRY(list(shelf, key.content.digest().bytes[0]));
  std::vector<Variant> found;
  auto [begin, end] = shelf.inodes.equal_range(shelf_mark(key));
  for (auto at = begin; at != end; ++at) found.push_back({key, at->second});
  return found;
}

Result<bool> Variants::knows(const VariantKey& key, std::uint64_t inode) {
  const std::vector<Variant> variants = COWSTORE_TRY(of(key));
  return std::find(variants.begin(), variants.end(), Variant{key, inode}) != variants.end();
}

void Variants::remember(const Variant& variant) {
  Shelf& shelf = shelf_of(variant.key);
  std::lock_guard lock(shelf.mutex);
  // Whoever lists it later finds it in the directory.
  if (shelf.listed) shelf.inodes.emplace(shelf_mark(variant.key), variant.inode);
}

void Variants::forget(const Variant& variant) {
  Shelf& shelf = shelf_of(variant.key);
  std::lock_guard lock(shelf.mutex);
  auto [begin, end] = shelf.inodes.equal_range(shelf_mark(variant.key));
  auto at = std::find_if(begin, end, [&](const auto& each) { return each.second == variant.inode; });
  if (at != end) shelf.inodes.erase(at);
}

Result<Variants::Place> Variants::stage() {
  std::lock_guard lock(mutex_);
  if (session_ == nullptr) session_ = COWSTORE_TRY(Session::begin(store_));
  return Place{session_->dir(), std::to_string(next_++)};
}

void Variants::add(const Place& place, const Variant& variant) {
  std::lock_guard lock(mutex_);
  staged_.push_back({place.name, variant});
}

Result<void> Variants::publish() {
  std::lock_guard lock(mutex_);
  if (session_ == nullptr) return {};
  if (!staged_.empty()) COWSTORE_TRY(session_->dir().sync_all());
  for (const StagedVariant& staged : staged_) COWSTORE_TRY(place(staged));
  staged_.clear();
  session_.reset();
  return {};
}

/// A name that is taken says that there was such an inode once, and that its file was replaced: a copied store.
Result<void> Variants::place(const StagedVariant& staged) {
  const std::string path = variant_path(staged.variant);
  auto moved = session_->dir().rename(staged.name, store_, path, sys::RenameMode::kNoReplace);
  if (!moved && is_absent(moved.error())) {
    COWSTORE_TRY(store_.make_dirs(variant_directory(staged.variant.key.content.digest().bytes[0]), 0777));
    moved = session_->dir().rename(staged.name, store_, path, sys::RenameMode::kNoReplace);
  }
  if (!moved && moved.error().sys_errno == EEXIST) return session_->dir().unlink(staged.name);
  COWSTORE_TRY(std::move(moved));
  remember(staged.variant);
  return {};
}

Result<void> Variants::set_aside(const Variant& variant) {
  forget(variant);
  const std::string path = variant_path(variant);
  const std::string aside = path + std::string(kAsideSuffix);
  COWSTORE_TRY(store_.rename(path, store_, aside, sys::RenameMode::kNoReplace));
  const sys::Stat stat = COWSTORE_TRY(store_.stat_plain(aside));
  return stat.mtime == variant.key.mtime ? store_.set_mtime(aside, stat.ctime) : Result<void>();
}

Result<void> Variants::drop(const Variant& variant) {
  forget(variant);
  return store_.unlink(variant_path(variant));
}

Result<void> Variants::rename(const Variant& variant, std::uint64_t inode) {
  forget(variant);
  const Variant renamed{variant.key, inode};
  COWSTORE_TRY(store_.rename(variant_path(variant), store_, variant_path(renamed), sys::RenameMode::kNoReplace));
  remember(renamed);
  return {};
}

Result<bool> has_xattrs_of(const VariantKey& key, const sys::Dir& dir, std::string_view name) {
  std::vector<object::ExtendedAttribute> found;
  for (std::string& attribute : COWSTORE_TRY(sys::list_xattrs(dir, name))) {
    if (!object::is_recorded_xattr(attribute)) continue;
    auto value = COWSTORE_TRY(sys::read_xattr(dir, name, attribute));
    if (value) found.push_back({std::move(attribute), std::move(*value)});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return fingerprint(found) == key.xattrs;
}

Result<VariantListing> list_variants(const sys::Dir& store_dir) {
  VariantListing listing;
  for (const sys::ListedEntry& shelf : COWSTORE_TRY(list_if_there(store_dir, std::string(kLinks)))) {
    const std::string directory = std::string(kLinks) + "/" + shelf.name;
    auto number = shelf_number(directory);
    if (!number) {
      listing.foreign.push_back(directory);
      continue;
    }
    for (const sys::ListedEntry& entry : COWSTORE_TRY(list_if_there(store_dir, directory))) {
      std::string_view name = entry.name;
      auto variant = parse_variant_name(*number, name);
      const bool aside = name.ends_with(kAsideSuffix) &&
                         parse_variant_name(*number, name.substr(0, name.size() - kAsideSuffix.size()));
      if (variant) listing.variants.push_back(*variant);
      if (!variant) (aside ? listing.aside : listing.foreign).push_back(directory + "/" + entry.name);
    }
  }
  return listing;
}

}  // namespace cowstore::store
