#include "object/named_node.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "object/split.hpp"

namespace cowstore::object {

namespace {

void encode_link(const NamedLink& link, base::Writer& out) {
  out.sized(as_bytes(link.last_name));
  out.raw(link.child.bytes);
}

Result<void> decode_link(base::Reader& in, NamedLink& link) {
  link.last_name = std::string(as_text(COWSTORE_TRY(in.sized())));
  link.child = COWSTORE_TRY(decode_digest(in));
  // The entry of a directory itself, with the empty name, may fill the first leaf of its attributes.
  const char* problem = link.last_name.empty() ? nullptr : name_problem(link.last_name);
  if (problem != nullptr) return in.corrupt(problem);
  return {};
}

template <class Entry>
constexpr bool has_own_entry() {
  return NamedTraits<Entry>::kKind == NodeKind::kAttributes;
}

}  // namespace

template <class Entry>
void OpenNamedNode<Entry>::append(const Leaf& entry) {
  std::size_t before = body_.size();
  base::Writer out(body_);
  encode_entry(entry, out);
  appended(entry.name, before);
}

template <class Entry>
void OpenNamedNode<Entry>::append(const Link& link) {
  std::size_t before = body_.size();
  base::Writer out(body_);
  encode_link(link, out);
  last_child_ = link.child;
  appended(link.last_name, before);
}

template <class Entry>
void OpenNamedNode<Entry>::appended(std::string_view name, std::size_t before) {
  ++count_;
  last_name_ = name;
  at_end_ = ends_after_name(level_, name, before, body_.size());
}

template <class Entry>
const Digest* OpenNamedNode<Entry>::only_child() const {
  return level_ > 0 && count_ == 1 ? &last_child_ : nullptr;
}

template <class Entry>
Bytes OpenNamedNode<Entry>::encode() const {
  Bytes encoding;
  base::Writer out(encoding);
  out.u8(level_);
  out.varint(count_);
  out.raw(body_);
  return encoding;
}

template <class Entry>
Result<NamedNode<Entry>> NamedNode<Entry>::decode(ByteView encoding) {
  base::Reader in(encoding);
  if (encoding.size() > kMaxNodeBytes) return in.corrupt("a node is too large");
  NamedNode node;
  node.level_ = COWSTORE_TRY(in.u8());
  if (node.level_ > kMaxLevel) return in.corrupt("a level is too high");
  std::uint64_t count = COWSTORE_TRY(in.varint());
  if (count == 0 && (node.level_ > 0 || has_own_entry<Entry>())) return in.corrupt("an empty node");
  COWSTORE_TRY(node.decode_entries(in, count));
  COWSTORE_TRY(in.expect_end());
  return node;
}

template <class Entry>
Result<void> NamedNode<Entry>::decode_entries(base::Reader& in, std::uint64_t count) {
  const std::size_t start = in.offset();
  for (std::uint64_t i = 0; i < count; ++i) {  // each entry takes bytes, so a false count ends as a truncation
    if (at_end_) return in.corrupt("a node goes on after its end");
    const std::size_t before = in.offset() - start;
    if (level_ == 0) {
      COWSTORE_TRY(decode_entry(in, entries_.emplace_back()));
    } else {
      COWSTORE_TRY(decode_link(in, links_.emplace_back()));
      if (i == 0 && !has_own_entry<Entry>() && name(0).empty()) return in.corrupt("a name is empty");
    }
    if (i > 0 && name(i - 1) >= name(i)) return in.corrupt("names are out of order");
    at_end_ = ends_after_name(level_, name(i), before, in.offset() - start);
  }
  return {};
}

template <class Entry>
const std::string& NamedNode<Entry>::name(std::size_t index) const {
  return level_ == 0 ? entries_[index].name : links_[index].last_name;
}

template <class Entry>
std::size_t NamedNode<Entry>::lower_bound(std::size_t from, std::string_view name) const {
  std::size_t end = size();
  while (from < end) {
    std::size_t middle = from + (end - from) / 2;
    if (this->name(middle) < name) {
      from = middle + 1;
    } else {
      end = middle;
    }
  }
  return from;
}

template <class Entry>
typename NamedNode<Entry>::Bound NamedNode<Entry>::bound_below(std::size_t index, const Bound& bound) const {
  return index > 0 ? Bound(name(index - 1)) : bound;
}

template <class Entry>
const char* NamedNode<Entry>::root_problem() const {
  if (level_ > 0) return size() < 2 ? "a root has a single child" : nullptr;
  if (has_own_entry<Entry>() && !name(0).empty()) return "the directory's own entry is missing";
  return nullptr;
}

template <class Entry>
const char* NamedNode<Entry>::child_problem(std::size_t index, const NamedNode& child, const Bound& bound,
                                            bool rightmost) const {
  if (child.level_ + 1 != level_) return "a child is of the wrong level";
  if (child.size() == 0) return "a child is empty";
  if (child.name(child.size() - 1) != name(index)) return "a child's last name isn't the one in its parent";
  if (bound && child.name(0) <= *bound) return "a child's names reach into the one before it";
  if (!rightmost && !child.at_end_) return "a node ends too early";
  bool leftmost_leaf = !bound && child.level_ == 0;
  if (leftmost_leaf && has_own_entry<Entry>() && !child.name(0).empty()) return "the directory's own entry is missing";
  return nullptr;
}

template class OpenNamedNode<TreeEntry>;
template class OpenNamedNode<AttributesEntry>;
template class NamedNode<TreeEntry>;
template class NamedNode<AttributesEntry>;

}  // namespace cowstore::object
