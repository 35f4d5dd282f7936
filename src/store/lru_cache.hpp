// The values that were used last, as many as fit into a budget.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace cowstore::store {

/// Not thread-safe. A value that is heavier than the whole budget isn't kept.
template <class Key, class Value, class Hash>
class LruCache {
 public:
  /// The budget has the unit of the weights that put() is given.
  explicit LruCache(std::size_t budget) : budget_(budget) {}

  /// Valid until the next put(); nullptr if it isn't there.
  const Value* get(const Key& key) {
    auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  /// Replaces a value of the same key.
  void put(const Key& key, Value value, std::size_t weight) {
    erase(key);
    if (weight > budget_) return;
    entries_.push_front({key, std::move(value), weight});
    places_.emplace(key, entries_.begin());
    used_ += weight;
    while (used_ > budget_) erase(entries_.back().key);
  }

  void erase(const Key& key) {
    auto found = places_.find(key);
    if (found == places_.end()) return;
    used_ -= found->second->weight;
    auto entry = found->second;
    places_.erase(found);
    entries_.erase(entry);
  }

  [[nodiscard]] std::size_t used() const { return used_; }

 private:
  struct Entry {
    Key key;
    Value value;
    std::size_t weight;
  };
  std::size_t budget_;
  std::size_t used_ = 0;
  std::list<Entry> entries_;  ///< used last first
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> places_;
};

}  // namespace cowstore::store
