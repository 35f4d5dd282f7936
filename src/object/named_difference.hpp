// Two trees of names side by side: the names about which they differ, in order.
#pragma once

#include <optional>

#include "object/cursor.hpp"
#include "object/named_node.hpp"

namespace cowstore::object {

/// Subtrees that both trees hold are passed over unread, wherever in the trees they are. Not thread-safe.
template <class Entry>
class NamedDifference {
 public:
  using Id = typename NamedTraits<Entry>::Id;

  /// An absent tree has no entries. Equal trees are not read at all.
  static Result<NamedDifference> open(NodeSource& source, const std::optional<Id>& from, const std::optional<Id>& to) {
    NamedDifference difference(source);
    if (from == to) return difference;
    if (from) difference.from_ = COWSTORE_TRY(Cursor<Node>::open(source, from->digest()));
    if (to) difference.to_ = COWSTORE_TRY(Cursor<Node>::open(source, to->digest()));
    return difference;
  }

  /// To the next name with different entries. False if there is none.
  Result<bool> next() {
    from_entry_.reset();
    to_entry_.reset();
    while (!from_.at_end() || !to_.at_end()) {
      if (!COWSTORE_TRY(at_entries())) continue;
      take();
      if (from_entry_ != to_entry_) return true;
    }
    return false;
  }

  [[nodiscard]] const std::string& name() const { return from_entry_ ? from_entry_->name : to_entry_->name; }
  /// The two entries; at least one is there. Until next().
  [[nodiscard]] const std::optional<Entry>& from() const { return from_entry_; }
  [[nodiscard]] const std::optional<Entry>& to() const { return to_entry_; }

 private:
  using Node = NamedNode<Entry>;
  explicit NamedDifference(NodeSource& source) : from_(source), to_(source) {}

  /// Whether both cursors are at entries (or the end). If not, goes one step towards that.
  Result<bool> at_entries() {
    const int from_level = from_.at_end() ? 0 : from_.level();
    const int to_level = to_.at_end() ? 0 : to_.level();
    if (from_level == 0 && to_level == 0) return true;
    if (from_level == to_level && from_.link().child == to_.link().child) {
      from_.next();
      to_.next();
      return false;
    }
    if (from_level >= to_level) COWSTORE_TRY(from_.enter());
    if (to_level >= from_level) COWSTORE_TRY(to_.enter());
    return false;
  }

  /// Takes what comes first of the two, or both if they have the same name.
  void take() {
    const bool take_from = !from_.at_end() && (to_.at_end() || from_.entry().name <= to_.entry().name);
    const bool take_to = !to_.at_end() && (from_.at_end() || to_.entry().name <= from_.entry().name);
    from_entry_.reset();
    to_entry_.reset();
    if (take_from) from_entry_ = from_.entry();
    if (take_to) to_entry_ = to_.entry();
    if (take_from) from_.next();
    if (take_to) to_.next();
  }

  Cursor<Node> from_;
  Cursor<Node> to_;
  std::optional<Entry> from_entry_;
  std::optional<Entry> to_entry_;
};

}  // namespace cowstore::object
