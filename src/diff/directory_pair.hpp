// One directory in two versions, with its attributes: the names about which anything differs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diff/diff.hpp"
#include "object/named_difference.hpp"

namespace cowstore::diff {

/// Looks up names of one tree in increasing order; a node is read once for all names in it.
template <class Entry>
class Lookup {
 public:
  using Id = typename object::NamedTraits<Entry>::Id;
  Lookup(object::NodeSource& source, const std::optional<Id>& root) : source_(&source), root_(root) {}

  [[nodiscard]] bool has_tree() const { return root_.has_value(); }
  Result<std::optional<Entry>> find(std::string_view name);

 private:
  object::NodeSource* source_;
  std::optional<Id> root_;
  std::optional<object::Cursor<object::NamedNode<Entry>>> cursor_;  ///< opened when it is needed
};

/// Both directories, each with its attributes. Not thread-safe.
class DirectoryPair {
 public:
  static Result<DirectoryPair> open(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to);

  /// To the next name that differs in the trees or, if both sides have them, in the attributes. The directory's own
  /// attributes are not among them.
  Result<bool> next();
  [[nodiscard]] const std::string& name() const { return name_; }

  /// What the two versions have under the name, equal parts included. Each once, after next().
  Result<Side> take_from();
  Result<Side> take_to();

 private:
  using TreeDifference = object::NamedDifference<object::TreeEntry>;
  using AttributesDifference = object::NamedDifference<object::AttributesEntry>;
  struct Version {
    Lookup<object::TreeEntry> tree;
    Lookup<object::AttributesEntry> attributes;
  };

  DirectoryPair(object::NodeSource& source, const TreeRoots& from, const TreeRoots& to, TreeDifference trees,
                AttributesDifference attributes);
  Result<void> advance();
  Result<Side> side(Version& version, const std::optional<object::TreeEntry>& entry,
                    const std::optional<object::AttributesEntry>& attributes);

  object::NodeSource* source_;
  Version from_;
  Version to_;
  TreeDifference trees_;
  AttributesDifference attributes_;
  bool tree_pending_ = false;  ///< whether trees_ stands at a name that has not been passed
  bool attributes_pending_ = false;
  bool at_tree_ = false;  ///< whether the present name is one of trees_
  bool at_attributes_ = false;
  bool started_ = false;
  std::string name_;
};

/// A directory itself, with its own attributes if its attributes tree is known.
Result<Side> own_side(object::NodeSource& source, const TreeRoots& roots, const std::string& name);

}  // namespace cowstore::diff
