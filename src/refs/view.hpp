// The view: everything about a repository that can change, as one ordered map from keys to values.
//
//   branches/<name>            commit, 64 hex digits
//   tags/<name>                commit
//   worktrees/<id>/commit      what the working copy has checked out; absent before the first commit
//   worktrees/<id>/branch      the branch that it follows; absent when detached
//   worktrees/<id>/<field>     path, method, uuid, …: whatever the layers above register
//
// Keys and values are raw bytes, and keys are flat: branches `a` and `a/b` coexist. The map itself knows no more than
// that; names.hpp makes and checks the keys.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"

namespace cowstore::refs {

/// One key's step from an expected old value to a new one; nothing means that the key is absent.
struct Change {
  std::string name;
  std::optional<std::string> old_value;
  std::optional<std::string> new_value;
  bool operator==(const Change&) const = default;
};

/// A value; copying copies the map. Reading is thread-safe.
class View {
 public:
  using Map = std::map<std::string, std::string, std::less<>>;

  /// Entries in byte order of their keys. Valid until the view changes.
  class Range {
   public:
    Range(Map::const_iterator begin, Map::const_iterator end) : begin_(begin), end_(end) {}
    [[nodiscard]] Map::const_iterator begin() const { return begin_; }
    [[nodiscard]] Map::const_iterator end() const { return end_; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

   private:
    Map::const_iterator begin_;
    Map::const_iterator end_;
  };

  [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
  [[nodiscard]] bool contains(std::string_view key) const { return entries_.contains(key); }
  /// A value that is a commit's id; nothing if absent or not 64 hex digits.
  [[nodiscard]] std::optional<CommitId> commit(std::string_view key) const;

  [[nodiscard]] Range all() const { return {entries_.begin(), entries_.end()}; }
  [[nodiscard]] Range with_prefix(std::string_view prefix) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// Bytes of all keys and values.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Whether every expected old value holds; kConflict names the first key (Error::path) where it doesn't.
  [[nodiscard]] Result<void> check(std::span<const Change> changes) const;
  /// check(), then all of the changes; none of them after an error.
  Result<void> apply(std::span<const Change> changes);
  /// Without checking anything.
  void set(std::string key, std::optional<std::string> value);
  /// For building a view in order: false, and nothing done, unless the key comes after all that are there.
  [[nodiscard]] bool append(std::string key, std::string value);

  bool operator==(const View& other) const { return entries_ == other.entries_; }

 private:
  Map entries_;
  std::size_t bytes_ = 0;
};

}  // namespace cowstore::refs
