#include "changes/sort_listed.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace cowstore::changes {

namespace {

/// Names in one directory often begin alike, so a few bytes behind that decide most comparisons. Sorting these, and
/// moving each entry once, takes a quarter of the time that sorting the entries does.
struct Key {
  std::uint64_t head;  ///< eight bytes, the first one the most significant
  std::size_t number;
};

bool by_name(const sys::ListedEntry& a, const sys::ListedEntry& b) {
  return a.name < b.name;
}

std::size_t common_prefix(const std::vector<sys::ListedEntry>& listed) {
  std::string_view common = listed.front().name;
  for (const sys::ListedEntry& entry : listed) {
    const auto end = std::mismatch(common.begin(), common.end(), entry.name.begin(), entry.name.end()).first;
    common = common.substr(0, static_cast<std::size_t>(end - common.begin()));
  }
  return common.size();
}

/// What is shorter is filled up with zeros, which no name contains.
std::uint64_t head_of(std::string_view name) {
  std::uint64_t head = 0;
  for (std::size_t i = 0; i < sizeof head; ++i)
    head = head << 8 | (i < name.size() ? static_cast<unsigned char>(name[i]) : 0U);
  return head;
}

}  // namespace

void sort_by_name(std::vector<sys::ListedEntry>& listed) {
  if (std::is_sorted(listed.begin(), listed.end(), by_name)) return;
  const std::size_t skipped = common_prefix(listed);
  std::vector<Key> keys;
  keys.reserve(listed.size());
  for (std::size_t i = 0; i < listed.size(); ++i) {
    keys.push_back({head_of(std::string_view(listed[i].name).substr(skipped)), i});
  }
  std::sort(keys.begin(), keys.end(), [&listed](const Key& a, const Key& b) {
    return a.head != b.head ? a.head < b.head : listed[a.number].name < listed[b.number].name;
  });
  std::vector<sys::ListedEntry> sorted;
  sorted.reserve(listed.size());
  for (const Key& key : keys) sorted.push_back(std::move(listed[key.number]));
  listed = std::move(sorted);
}

}  // namespace cowstore::changes
