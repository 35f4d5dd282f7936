#include "space/census.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <utility>

#include "base/try.hpp"
#include "space/ranges.hpp"
#include "space/walk.hpp"
#include "sys/address_space.hpp"

namespace cowstore::space {

namespace {

/// A file with several names, measured at the first one.
struct Inode {
  std::uint64_t links = 0;
  std::map<Owner, std::uint64_t> seen;  ///< names
  std::uint32_t space = 0;
  Measured measured;
};

class Taking final : public Receiver {
 public:
  Taking(const std::vector<Tree>& trees, base::ThreadPool& pool, const CensusOptions& options)
      : trees_(trees), group_(pool), options_(options), ranges_(sets_, options.stretches) {}

  Result<Census> run() {
    census_.usage.resize(trees_.size());
    for (const Tree& tree : trees_) spaces_.push_back(COWSTORE_TRY(space_of(*tree.root)));
    std::deque<Walk> walks;
    for (Owner owner = 0; owner < trees_.size(); ++owner)
      walks.emplace_back(trees_[owner], owner, group_, *this, options_.progress).start();
    COWSTORE_TRY(group_.wait());
    for (const Usage& usage : census_.usage) census_.on_disk += usage.exclusive + usage.inlined;
    settle_inodes();
    settle_ranges();
    list_groups();
    return std::move(census_);
  }

  void take(Owner owner, Portion portion) override {
    std::lock_guard lock(mutex_);
    Usage& usage = census_.usage[owner];
    usage.files += portion.usage.files;
    usage.unreadable += portion.usage.unreadable;
    usage.apparent += portion.usage.apparent;
    usage.exclusive += portion.usage.exclusive;
    usage.inlined += portion.usage.inlined;
    usage.encoded += portion.usage.encoded;
    for (const Stretch& stretch : portion.stretches) add(owner, spaces_[owner], stretch);
  }

  Result<void> take_linked(Owner owner, const sys::Dir& dir, const std::string& name, const sys::Stat& stat,
                           Tells tells) override {
    auto key = std::pair(stat.device, stat.inode);
    {
      std::lock_guard lock(mutex_);
      auto [found, added] = inodes_.try_emplace(key);
      ++found->second.seen[owner];
      if (!added) return {};
      found->second.links = stat.links;
      found->second.space = spaces_[owner];
    }
    auto measured = measure(dir, name, stat, tells);
    if (!measured) measured = measure(dir, name, stat, Tells::kBlocks);
    COWSTORE_TRY(std::move(measured));
    std::lock_guard lock(mutex_);
    inodes_[key].measured = std::move(*measured);
    return {};
  }

 private:
  /// Two numbers for each: plain and encoded stretches have nothing to do with each other.
  Result<std::uint32_t> space_of(const sys::Dir& root) {
    std::string name = COWSTORE_TRY(sys::address_space_of(root));
    return names_.emplace(std::move(name), static_cast<std::uint32_t>(2 * names_.size())).first->second;
  }

  void add(Owner owner, std::uint32_t space, const Stretch& stretch) {
    bool encoded = stretch.kind == Stretch::Kind::kEncoded;
    Range range{space + (encoded ? 1 : 0), sets_.of(owner), stretch.begin, stretch.begin + stretch.length, 1};
    if (ranges_.add(range)) return;
    census_.complete = false;
    census_.usage[owner].shared += stretch.length;
    census_.on_disk += stretch.length;
  }

  /// Names that were not seen are somebody else's.
  void settle_inodes() {
    for (const auto& [key, inode] : inodes_) {
      std::uint64_t seen = 0;
      OwnerSet owners = sets_.of(inode.seen.begin()->first);
      for (const auto& [owner, names] : inode.seen) {
        seen += names;
        owners = sets_.united(owners, sets_.of(owner));
        for (const Stretch& stretch : inode.measured.stretches) add(owner, inode.space, stretch);
        census_.usage[owner].inlined += inode.measured.inlined;
        census_.usage[owner].encoded += inode.measured.encoded;
      }
      auto others = seen < inode.links ? Group::Others::kSome : Group::Others::kNone;
      bool exclusive = inode.seen.size() == 1 && others == Group::Others::kNone;
      count(owners, others, exclusive, inode.measured.own);
      census_.on_disk += inode.measured.inlined;
    }
  }

  void settle_ranges() {
    ranges_.for_each([this](const Range& range) {
      bool alone = sets_.owners(range.owners).size() == 1;
      bool exclusive = alone && range.references > 1;
      auto others = alone ? Group::Others::kSome : Group::Others::kNone;
      count(range.owners, others, exclusive, range.end - range.begin);
      bool encoded = range.space % 2 != 0;
      if (!encoded) return;
      for (Owner owner : sets_.owners(range.owners)) census_.usage[owner].encoded += range.end - range.begin;
    });
  }

  void count(OwnerSet owners, Group::Others others, bool exclusive, std::uint64_t bytes) {
    census_.on_disk += bytes;
    for (Owner owner : sets_.owners(owners)) {
      Usage& usage = census_.usage[owner];
      (exclusive ? usage.exclusive : usage.shared) += bytes;
    }
    if (!exclusive && bytes > 0) groups_[{owners, others}] += bytes;
  }

  void list_groups() {
    for (const auto& [key, bytes] : groups_) census_.groups.push_back({sets_.owners(key.first), key.second, bytes});
    std::stable_sort(census_.groups.begin(), census_.groups.end(),
                     [](const Group& a, const Group& b) { return a.bytes > b.bytes; });
  }

  const std::vector<Tree>& trees_;
  base::TaskGroup group_;
  CensusOptions options_;
  std::map<std::string, std::uint32_t> names_;  ///< of address spaces
  std::vector<std::uint32_t> spaces_;           ///< of each tree
  std::mutex mutex_;                            ///< guards all below while the walks run
  OwnerSets sets_;
  Ranges ranges_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Inode> inodes_;
  std::map<std::pair<OwnerSet, Group::Others>, std::uint64_t> groups_;
  Census census_;
};

}  // namespace

Result<Census> take_census(const std::vector<Tree>& trees, base::ThreadPool& pool, const CensusOptions& options) {
  if (options.progress != nullptr) options.progress->begin("measuring", 0, 0);
  return Taking(trees, pool, options).run();
}

}  // namespace cowstore::space
