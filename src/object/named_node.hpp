// One node of a tree of names, decoded. Encoding: level (u8), number of entries (varint), entries.
// At level 0 these are entries of the tree; above, the last name below a child and the child's id.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "object/entry_codec.hpp"
#include "object/named_tree.hpp"

namespace cowstore::object {

struct NamedLink {
  std::string last_name;
  Digest child;
};

/// A node under construction.
template <class Entry>
class OpenNamedNode {
 public:
  static constexpr NodeKind kKind = NamedTraits<Entry>::kKind;
  using Leaf = Entry;
  using Link = NamedLink;
  explicit OpenNamedNode(std::uint8_t level) : level_(level) {}

  bool absorb(const Leaf&) { return false; }  ///< entries of other kinds of nodes may merge with the last one
  bool absorb(const Link&) { return false; }
  void append(const Leaf& entry);
  void append(const Link& link);
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] bool at_end() const { return at_end_; }  ///< whether the split rule ends the node here
  [[nodiscard]] const Digest* only_child() const;        ///< of a node with a single link
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Link link_to(const Digest& id) const { return {last_name_, id}; }

 private:
  void appended(std::string_view name, std::size_t before);
  std::uint8_t level_;
  Bytes body_;
  std::uint64_t count_ = 0;
  std::string last_name_;
  Digest last_child_;
  bool at_end_ = false;
};

template <class Entry>
class NamedNode {
 public:
  static constexpr NodeKind kKind = NamedTraits<Entry>::kKind;
  /// The name that everything below a node comes after; nothing for the leftmost node of each level.
  using Bound = std::optional<std::string_view>;

  /// kCorrupt for anything that isn't canonical as far as the node alone can tell.
  static Result<NamedNode> decode(ByteView encoding);

  [[nodiscard]] std::uint8_t level() const { return level_; }
  [[nodiscard]] std::size_t size() const { return level_ == 0 ? entries_.size() : links_.size(); }
  [[nodiscard]] const Entry& entry(std::size_t index) const { return entries_[index]; }   ///< level 0
  [[nodiscard]] const NamedLink& link(std::size_t index) const { return links_[index]; }  ///< above
  [[nodiscard]] const std::string& name(std::size_t index) const;
  /// The first index, `from` or later, whose name is `name` or comes after it; size() if there is none.
  [[nodiscard]] std::size_t lower_bound(std::size_t from, std::string_view name) const;

  // What a cursor needs of any node.
  [[nodiscard]] const Digest& child(std::size_t index) const { return links_[index].child; }
  [[nodiscard]] std::uint64_t repeat(std::size_t) const { return 1; }
  [[nodiscard]] Bound bound_below(std::size_t index, const Bound& bound) const;
  /// Why this can't be a root, nullptr if it can.
  [[nodiscard]] const char* root_problem() const;
  /// Why `child` can't be below the link at `index`, nullptr if it can. `bound` is the child's; `rightmost` says that
  /// it is the last node of its level.
  const char* child_problem(std::size_t index, const NamedNode& child, const Bound& bound, bool rightmost) const;

 private:
  Result<void> decode_entries(base::Reader& in, std::uint64_t count);
  std::uint8_t level_ = 0;
  bool at_end_ = false;
  std::vector<Entry> entries_;
  std::vector<NamedLink> links_;
};

extern template class OpenNamedNode<TreeEntry>;
extern template class OpenNamedNode<AttributesEntry>;
extern template class NamedNode<TreeEntry>;
extern template class NamedNode<AttributesEntry>;

using DirectoryNode = NamedNode<TreeEntry>;
using AttributesNode = NamedNode<AttributesEntry>;

}  // namespace cowstore::object
