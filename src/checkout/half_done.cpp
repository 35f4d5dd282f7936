#include "checkout/half_done.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace cowstore::checkout {

namespace {

using object::Attributes;

/// What the steps between may change of the permissions: setuid and setgid, the owner's right to write, the group's.
constexpr unsigned kPassingBits = 06000 | 0200 | 0070;

/// nullptr if it isn't there.
const object::ExtendedAttribute* find(const Attributes& attributes, const std::string& name) {
  auto at = std::find_if(attributes.xattrs.begin(), attributes.xattrs.end(),
                         [&](const object::ExtendedAttribute& xattr) { return xattr.name == name; });
  return at == attributes.xattrs.end() ? nullptr : &*at;
}

bool same(const object::ExtendedAttribute* a, const object::ExtendedAttribute* b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || *a == *b);
}

bool is_xattr_of_one(const Attributes& disk, const Attributes& from, const Attributes& to, const std::string& name) {
  const auto* now = find(disk, name);
  if (now == nullptr && name == object::kCapabilityXattr) return true;
  return same(now, find(from, name)) || same(now, find(to, name));
}

bool mode_is_of_one(const Attributes& disk, const Attributes& from, const Attributes& to) {
  const auto fixed = [](const Attributes& attributes) { return attributes.mode.value_or(0) & ~kPassingBits; };
  return fixed(disk) == fixed(from) || fixed(disk) == fixed(to);
}

}  // namespace

bool is_half_done(const Attributes& disk, const Attributes& from, const Attributes& to) {
  if (!from.owner || !to.owner) return false;
  if (disk.owner != from.owner && disk.owner != to.owner) return false;
  if (disk.special != from.special || disk.special != to.special || !mode_is_of_one(disk, from, to)) return false;
  std::set<std::string> names;
  for (const Attributes* attributes : {&disk, &from, &to}) {
    for (const auto& xattr : attributes->xattrs) names.insert(xattr.name);
  }
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_xattr_of_one(disk, from, to, name); });
}

}  // namespace cowstore::checkout
