#include "maint/commit_weights.hpp"

#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/try.hpp"
#include "object/commit.hpp"
#include "object/named_tree.hpp"
#include "object/references.hpp"
#include "store/index_view.hpp"

namespace cowstore::maint {

namespace {

using Container = std::uint32_t;
constexpr std::uint32_t kNobody = 0xffffffff;
constexpr std::uint32_t kSeveral = 0xfffffffe;

/// The containers that hold objects, numbered as they are met.
class Containers {
 public:
  explicit Containers(store::Store& store) : store_(store), view_(store.view()) {}

  /// Nothing for what no segment lists.
  std::optional<Container> holding(const Digest& object) {
    auto found = view_->find_first(object);
    auto record = found ? found->segment->container(found->location.container)
                        : Result<store::ContainerRecord>(Error{ErrorCode::kNotFound, 0, "", "", "", ""});
    if (!record) return std::nullopt;
    auto [place, added] =
        numbers_.try_emplace(std::pair(record->kind, record->name), static_cast<Container>(sizes_.size()));
    if (added) sizes_.push_back(size_of(*record));
    return place->second;
  }

  [[nodiscard]] std::uint64_t size(Container container) const { return sizes_[container]; }
  [[nodiscard]] std::size_t count() const { return sizes_.size(); }

 private:
  std::uint64_t size_of(const store::ContainerRecord& record) const {
    auto stat = store_.dir().stat_plain(record.path());
    return stat ? stat->size : 0;
  }
  store::Store& store_;
  std::shared_ptr<const store::IndexView> view_;
  std::map<std::pair<store::ContainerKind, Digest>, Container> numbers_;
  std::vector<std::uint64_t> sizes_;
};

struct Node {
  object::NodeKind kind;
  Digest id;
};

class Weighing {
 public:
  explicit Weighing(store::Store& store) : store_(store), containers_(store) {}

  Result<std::vector<CommitWeight>> run(const std::vector<CommitId>& all, const std::vector<CommitId>& wanted) {
    for (std::uint32_t number = 0; number < all.size(); ++number) COWSTORE_TRY(mark(all[number], number));
    std::vector<CommitWeight> weights;
    for (const CommitId& commit : wanted) weights.push_back(COWSTORE_TRY(weigh(commit)));
    return weights;
  }

 private:
  /// Enters nodes below a commit, itself included but not its parents, as `enter` allows; `meet` is told of the
  /// container of each object.
  Result<void> walk(const CommitId& commit, const std::function<bool(const Digest&)>& enter,
                    const std::function<void(Container)>& meet) {
    std::vector<Node> open{{object::NodeKind::kCommit, commit.digest()}};
    while (!open.empty()) {
      Node node = open.back();
      open.pop_back();
      if (!enter(node.id)) continue;
      if (auto container = containers_.holding(node.id)) meet(*container);
      auto bytes = store_.read_node(node.kind, node.id);
      if (!bytes && bytes.error().code == ErrorCode::kNotFound) continue;
      if (!bytes) return std::move(bytes).error();
      for (const object::Reference& reference : COWSTORE_TRY(object::references_of(node.kind, node.id, **bytes))) {
        if (reference.target == object::ReferenceTarget::kNode) {
          if (reference.kind != object::NodeKind::kCommit) open.push_back({reference.kind, reference.id});
        } else if (auto container = containers_.holding(reference.id)) {
          meet(*container);
        }
      }
    }
    return {};
  }

  /// What a second commit reaches is entered once more, so that all below becomes several's; a third one needs not.
  Result<void> mark(const CommitId& commit, std::uint32_t number) {
    auto enter = [&](const Digest& id) {
      auto [found, added] = owners_.try_emplace(id, number);
      if (added) return true;
      if (found->second == number || found->second == kSeveral) return false;
      found->second = kSeveral;
      return true;
    };
    auto meet = [&](Container container) {
      users_.resize(containers_.count(), kNobody);
      std::uint32_t& user = users_[container];
      user = user == kNobody || user == number ? number : kSeveral;
    };
    return walk(commit, enter, meet);
  }

  Result<CommitWeight> weigh(const CommitId& id) {
    std::unordered_set<Digest, DigestHash> entered;
    std::unordered_set<Container> met;
    COWSTORE_TRY(walk(
        id, [&](const Digest& node) { return entered.insert(node).second; },
        [&](Container container) { met.insert(container); }));
    CommitWeight weight;
    for (Container container : met)
      (users_[container] == kSeveral ? weight.shared : weight.exclusive) += containers_.size(container);
    object::Commit commit = COWSTORE_TRY(object::read_commit(store_, id));
    auto [files, bytes] = COWSTORE_TRY(sum_of(commit.tree));
    weight.files = files;
    weight.apparent = bytes;
    return weight;
  }

  using Sum = std::pair<std::uint64_t, std::uint64_t>;  ///< files, bytes

  /// Equal directories are counted each time that they occur, but read once.
  Result<Sum> sum_of(const TreeId& tree) {
    auto known = sums_.find(tree.digest());
    if (known != sums_.end()) return known->second;
    Sum sum{0, 0};
    std::vector<TreeId> below;
    COWSTORE_TRY(object::DirectoryReader(store_, tree).for_each([&](const object::TreeEntry& entry) -> Result<void> {
      if (entry.kind == object::EntryKind::kDirectory) below.push_back(entry.tree);
      if (!object::is_file(entry.kind)) return {};
      ++sum.first;
      sum.second += entry.file.size;
      return {};
    }));
    for (const TreeId& each : below) {
      Sum inner = COWSTORE_TRY(sum_of(each));
      sum.first += inner.first;
      sum.second += inner.second;
    }
    sums_.emplace(tree.digest(), sum);
    return sum;
  }

  store::Store& store_;
  Containers containers_;
  std::unordered_map<Digest, std::uint32_t, DigestHash> owners_;  ///< of nodes: a commit's number, or kSeveral
  std::vector<std::uint32_t> users_;                              ///< of containers, likewise
  std::unordered_map<Digest, Sum, DigestHash> sums_;
};

}  // namespace

Result<std::vector<CommitWeight>> weigh_commits(store::Store& store, const std::vector<CommitId>& all,
                                                const std::vector<CommitId>& wanted) {
  COWSTORE_TRY(store.refresh());
  return Weighing(store).run(all, wanted);
}

}  // namespace cowstore::maint
