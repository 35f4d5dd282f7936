#include "object/named_tree.hpp"

#include "base/try.hpp"
#include "object/cursor.hpp"
#include "object/named_node.hpp"
#include "object/tree_builder.hpp"

namespace cowstore::object {

namespace {

/// What an entry may take at most, so that no node exceeds kMaxNodeBytes. Far above what Linux lets a file have.
constexpr std::size_t kMaxEntryBytes = kMaxNodeBytes - (std::size_t{64} << 10);

template <class Entry>
constexpr bool has_own_entry() {
  return NamedTraits<Entry>::kKind == NodeKind::kAttributes;
}

template <class Entry>
Error usage(std::string_view name, std::string_view reason) {
  std::string operation = std::string("add to ") + to_string(NamedTraits<Entry>::kKind);
  return {ErrorCode::kUsage, 0, operation, std::string(name), std::string(reason), ""};
}

std::size_t content_bytes(const TreeEntry& entry) {
  return entry.target.size();
}

std::size_t content_bytes(const AttributesEntry& entry) {
  std::size_t bytes = 0;
  for (const ExtendedAttribute& xattr : entry.attributes.xattrs) {
    const auto* value = std::get_if<std::string>(&xattr.value);
    bytes += xattr.name.size() + 64 + (value != nullptr ? value->size() : 0);
  }
  return bytes;
}

template <class Entry>
Result<void> check_entry(const Entry& entry) {
  if (const char* problem = entry_problem(entry)) return usage<Entry>(entry.name, problem);
  if (content_bytes(entry) + kMaxNameBytes + 256 > kMaxEntryBytes) return usage<Entry>(entry.name, "it is too large");
  return {};
}

/// An entry of its own stands first in attributes and nowhere else.
template <class Entry>
Result<void> check_order(bool first, const std::string& last_name, const std::string& name) {
  if (first && has_own_entry<Entry>() && !name.empty())
    return usage<Entry>(name, "the directory's own entry comes first");
  if (!first && name <= last_name) return usage<Entry>(name, "names are out of order");
  return {};
}

}  // namespace

template <class Entry>
struct NamedBuilder<Entry>::State {
  TreeBuilder<OpenNamedNode<Entry>> tree;
  bool first = true;
  std::string last_name;
};

template <class Entry>
NamedBuilder<Entry>::NamedBuilder(NodeSink& sink)
    : state_(std::make_unique<State>(State{TreeBuilder<OpenNamedNode<Entry>>(sink), true, {}})) {}
template <class Entry>
NamedBuilder<Entry>::~NamedBuilder() = default;
template <class Entry>
NamedBuilder<Entry>::NamedBuilder(NamedBuilder&&) noexcept = default;
template <class Entry>
NamedBuilder<Entry>& NamedBuilder<Entry>::operator=(NamedBuilder&&) noexcept = default;

template <class Entry>
Result<void> NamedBuilder<Entry>::add(const Entry& entry) {
  COWSTORE_TRY(check_entry(entry));
  COWSTORE_TRY(check_order<Entry>(state_->first, state_->last_name, entry.name));
  state_->first = false;
  state_->last_name = entry.name;
  return state_->tree.add(entry);
}

template <class Entry>
Result<typename NamedBuilder<Entry>::Id> NamedBuilder<Entry>::finish() {
  if (state_->first && has_own_entry<Entry>()) return usage<Entry>("", "the directory's own entry is missing");
  return Id(COWSTORE_TRY(state_->tree.finish()).id);
}

template <class Entry>
Result<void> NamedReader<Entry>::for_each(const std::function<Result<void>(const Entry&)>& function) const {
  auto cursor = COWSTORE_TRY(Cursor<NamedNode<Entry>>::open(*source_, root_.digest()));
  while (true) {
    COWSTORE_TRY(cursor.descend());
    if (cursor.at_end()) return {};
    COWSTORE_TRY(function(cursor.entry()));
    cursor.next();
  }
}

template <class Entry>
Result<std::optional<Entry>> NamedReader<Entry>::find(std::string_view name) const {
  auto cursor = COWSTORE_TRY(Cursor<NamedNode<Entry>>::open(*source_, root_.digest()));
  COWSTORE_TRY(cursor.seek(name));
  if (cursor.at_end() || cursor.entry().name != name) return std::optional<Entry>();
  return std::optional<Entry>(cursor.entry());
}

namespace {

/// Streams the old tree and the edits into a builder. Where a subtree holds no edit and the new tree's nodes end in
/// front of it, all further nodes below it come out the same: it is taken over by its link.
template <class Entry>
class Editor {
 public:
  Editor(NodeSink& sink, Cursor<NamedNode<Entry>> old, std::span<const NamedEdit<Entry>> edits)
      : builder_(sink), old_(std::move(old)), edits_(edits) {}

  Result<Digest> run() {
    while (!old_.at_end()) {
      if (old_.level() == 0) {
        COWSTORE_TRY(pass_entry());
      } else if (COWSTORE_TRY(can_take_over())) {
        COWSTORE_TRY(builder_.add_link(old_.level(), old_.link()));
        old_.next();
      } else {
        COWSTORE_TRY(old_.enter());
      }
    }
    while (!edits_.empty()) COWSTORE_TRY(apply_edit());
    return COWSTORE_TRY(builder_.finish()).id;
  }

 private:
  Result<bool> can_take_over() {
    // The last subtree of a level need not end where the rule says, so nothing can follow it, nor can it become the
    // root.
    bool free = old_.is_last() ? edits_.empty() && builder_.reaches(old_.level())
                               : edits_.empty() || old_.link().last_name < edits_.front().name;
    if (!free) return false;
    return builder_.close_below(old_.level());
  }

  Result<void> pass_entry() {
    const Entry& entry = old_.entry();
    while (!edits_.empty() && edits_.front().name < entry.name) COWSTORE_TRY(apply_edit());
    if (!edits_.empty() && edits_.front().name == entry.name) {
      COWSTORE_TRY(apply_edit());
    } else {
      COWSTORE_TRY(builder_.add(entry));
    }
    old_.next();
    return {};
  }

  Result<void> apply_edit() {
    const NamedEdit<Entry>& edit = edits_.front();
    edits_ = edits_.subspan(1);
    if (!edit.entry) return {};
    return builder_.add(*edit.entry);
  }

  TreeBuilder<OpenNamedNode<Entry>> builder_;
  Cursor<NamedNode<Entry>> old_;
  std::span<const NamedEdit<Entry>> edits_;
};

template <class Entry>
Result<void> check_edits(std::span<const NamedEdit<Entry>> edits) {
  for (std::size_t i = 0; i < edits.size(); ++i) {
    const NamedEdit<Entry>& edit = edits[i];
    if (i > 0 && edit.name <= edits[i - 1].name) return usage<Entry>(edit.name, "edits are out of order");
    if (!edit.entry && edit.name.empty()) return usage<Entry>("", "the directory's own entry can't be removed");
    if (!edit.entry) continue;
    if (edit.entry->name != edit.name) return usage<Entry>(edit.name, "an edit's entry has another name");
    COWSTORE_TRY(check_entry(*edit.entry));
  }
  return {};
}

}  // namespace

template <class Entry>
Result<typename NamedTraits<Entry>::Id> edit_named_tree(NodeSource& source, NodeSink& sink,
                                                        const typename NamedTraits<Entry>::Id& root,
                                                        std::span<const NamedEdit<Entry>> edits) {
  COWSTORE_TRY(check_edits(edits));
  if (edits.empty()) return root;
  auto old = COWSTORE_TRY(Cursor<NamedNode<Entry>>::open(source, root.digest()));
  Editor<Entry> editor(sink, std::move(old), edits);
  return typename NamedTraits<Entry>::Id(COWSTORE_TRY(editor.run()));
}

Result<TreeId> edit_directory(NodeSource& source, NodeSink& sink, const TreeId& root,
                              std::span<const DirectoryEdit> edits) {
  return edit_named_tree<TreeEntry>(source, sink, root, edits);
}

Result<AttributesId> edit_attributes(NodeSource& source, NodeSink& sink, const AttributesId& root,
                                     std::span<const AttributesEdit> edits) {
  return edit_named_tree<AttributesEntry>(source, sink, root, edits);
}

template class NamedBuilder<TreeEntry>;
template class NamedBuilder<AttributesEntry>;
template class NamedReader<TreeEntry>;
template class NamedReader<AttributesEntry>;

}  // namespace cowstore::object
