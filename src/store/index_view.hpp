// The live segments: those in index/ that no other one there supersedes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"
#include "store/object_info.hpp"
#include "store/segment.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// An object as one segment places it.
struct FoundObject {
  std::shared_ptr<const Segment> segment;
  Location location;
};

/// One place for each segment that lists an object, and what kept a segment from telling.
struct FoundPlaces {
  std::vector<FoundObject> places;
  std::optional<Error> damage;
};

/// The segments of one moment. Immutable and thread-safe; mappings live as long as somebody holds it.
class IndexView {
 public:
  using Segments = std::vector<std::shared_ptr<const Segment>>;

  /// Largest first: that is where most objects are.
  [[nodiscard]] const Segments& segments() const { return segments_; }
  /// Superseded ones that still lie in index/. They are ignored.
  [[nodiscard]] const Segments& superseded() const { return superseded_; }
  /// Segments that can't be used, and why.
  [[nodiscard]] const std::vector<Error>& damaged() const { return damaged_; }

  /// Records that are damaged are passed over, here and below: an object that can't be found is stored again.
  [[nodiscard]] std::optional<FoundObject> find_first(const Digest& id) const;
  [[nodiscard]] FoundPlaces find_all(const Digest& id) const;
  /// All records of a container.
  [[nodiscard]] std::vector<ContainerRecord> find_container(ContainerKind kind, const Digest& name) const;

 private:
  friend class IndexDir;
  void sort_out(Segments all);
  Segments segments_;
  Segments superseded_;
  std::vector<Error> damaged_;
  std::vector<Digest> names_;  ///< of all files, sorted
};

/// The directory index/ and the view of it. Thread-safe.
class IndexDir {
 public:
  /// Loads the first view.
  static Result<std::unique_ptr<IndexDir>> open(sys::Dir dir);
  [[nodiscard]] std::shared_ptr<const IndexView> view() const;
  /// Lists the directory; the new view keeps the mappings that it shares with the old one. Whether anything changed.
  Result<bool> reload();
  [[nodiscard]] const sys::Dir& dir() const { return dir_; }

 private:
  explicit IndexDir(sys::Dir dir) : dir_(std::move(dir)) {}
  Result<std::vector<Digest>> list_stable() const;
  Result<std::shared_ptr<const IndexView>> load(const IndexView& old) const;
  Result<std::shared_ptr<const IndexView>> load_once(const IndexView& old) const;
  sys::Dir dir_;
  std::mutex reloading_;
  mutable std::mutex mutex_;
  std::shared_ptr<const IndexView> view_;
};

}  // namespace cowstore::store
