#include "store/index_view.hpp"

#include <algorithm>

#include "base/try.hpp"

namespace cowstore::store {

namespace {

constexpr int kListAttempts = 16;
constexpr int kLoadAttempts = 16;

Result<std::vector<Digest>> list_segments(const sys::Dir& dir) {
  std::vector<Digest> names;
  for (const sys::ListedEntry& entry : COWSTORE_TRY(dir.list())) {
    if (auto name = segment_of_file_name(entry.name)) names.push_back(*name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::shared_ptr<const Segment> find_by_name(const IndexView& view, const Digest& name) {
  for (const auto* segments : {&view.segments(), &view.superseded()}) {
    for (const auto& segment : *segments) {
      if (segment->name() == name) return segment;
    }
  }
  return nullptr;
}

bool larger(const std::shared_ptr<const Segment>& a, const std::shared_ptr<const Segment>& b) {
  return a->size() != b->size() ? a->size() > b->size() : a->name() < b->name();
}

}  // namespace

std::optional<FoundObject> IndexView::find_first(const Digest& id) const {
  for (const auto& segment : segments_) {
    auto location = segment->find(id);
    if (location && *location) return FoundObject{segment, **location};
  }
  return std::nullopt;
}

FoundPlaces IndexView::find_all(const Digest& id) const {
  FoundPlaces found;
  for (const auto& segment : segments_) {
    auto location = segment->find(id);
    if (!location)
      found.damage = std::move(location).error();
    else if (*location)
      found.places.push_back({segment, **location});
  }
  return found;
}

std::vector<ContainerRecord> IndexView::find_container(ContainerKind kind, const Digest& name) const {
  std::vector<ContainerRecord> records;
  for (const auto& segment : segments_) {
    Segment::Range range = segment->find_container(kind, name);
    for (std::uint64_t number = range.begin; number < range.end; ++number) {
      auto record = segment->container(number);
      if (record) records.push_back(*record);
    }
  }
  return records;
}

Result<std::unique_ptr<IndexDir>> IndexDir::open(sys::Dir dir) {
  std::unique_ptr<IndexDir> index(new IndexDir(std::move(dir)));
  index->view_ = std::make_shared<const IndexView>();
  COWSTORE_TRY(index->reload());
  return index;
}

std::shared_ptr<const IndexView> IndexDir::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

/// A listing isn't a snapshot: while a merge goes on it may miss the new segment, whose place it has passed already,
/// and the old ones, which are gone when it comes to them. Two equal listings in a row rule that out.
Result<std::vector<Digest>> IndexDir::list_stable() const {
  std::vector<Digest> names = COWSTORE_TRY(list_segments(dir_));
  for (int attempt = 0; attempt < kListAttempts; ++attempt) {
    std::vector<Digest> again = COWSTORE_TRY(list_segments(dir_));
    if (again == names) break;
    names = std::move(again);
  }
  return names;
}

Result<bool> IndexDir::reload() {
  std::lock_guard reloading(reloading_);
  std::shared_ptr<const IndexView> old = view();
  std::shared_ptr<const IndexView> fresh = COWSTORE_TRY(load(*old));
  if (fresh->names_ == old->names_) return false;
  std::lock_guard lock(mutex_);
  view_ = std::move(fresh);
  return true;
}

Result<std::shared_ptr<const IndexView>> IndexDir::load(const IndexView& old) const {
  for (int attempt = 0;; ++attempt) {
    auto view = load_once(old);
    // A segment that went between the listing and its opening was merged into one that a new listing shows.
    bool vanished = !view && view.error().code == ErrorCode::kNotFound;
    if (!vanished || attempt == kLoadAttempts) return view;
  }
}

Result<std::shared_ptr<const IndexView>> IndexDir::load_once(const IndexView& old) const {
  auto view = std::make_shared<IndexView>();
  view->names_ = COWSTORE_TRY(list_stable());
  IndexView::Segments all;
  for (const Digest& name : view->names_) {
    if (auto known = find_by_name(old, name)) {
      all.push_back(std::move(known));
      continue;
    }
    auto segment = Segment::open(dir_, name);
    if (segment) {
      all.push_back(std::move(*segment));
    } else if (segment.error().code == ErrorCode::kCorrupt) {
      view->damaged_.push_back(std::move(segment).error());
    } else {
      return std::move(segment).error();
    }
  }
  view->sort_out(std::move(all));
  return std::shared_ptr<const IndexView>(std::move(view));
}

void IndexView::sort_out(Segments all) {
  std::vector<Digest> gone;
  for (const auto& segment : all) {
    std::vector<Digest> names = segment->superseded();
    gone.insert(gone.end(), names.begin(), names.end());
  }
  std::sort(gone.begin(), gone.end());
  for (auto& segment : all) {
    bool live = !std::binary_search(gone.begin(), gone.end(), segment->name());
    (live ? segments_ : superseded_).push_back(std::move(segment));
  }
  std::sort(segments_.begin(), segments_.end(), larger);
}

}  // namespace cowstore::store
