// Crashes and failures at every single system call of a transaction.
#include <cerrno>
#include <mutex>

#include "store/index_view.hpp"
#include "store/inventory.hpp"
#include "store/new_container.hpp"
#include "store/transaction.hpp"
#include "store_fixture.hpp"
#include "support/fault_observer.hpp"
#include "support/run_child.hpp"

namespace cowstore::store {
namespace {

using sys::Call;

/// What one transaction stores: something of each kind, and something that is there already.
struct Load {
  std::vector<Sample> chunks;
  std::vector<NodeSample> nodes;
  std::vector<Sample> files;
};

Load load_of(std::uint64_t seed) {
  Load load;
  for (std::uint64_t i = 0; i < 3; ++i) load.chunks.push_back(text_chunk(200, 10 * seed + i));
  load.chunks.push_back(random_chunk(150000, seed));
  load.nodes.push_back(node_sample(object::NodeKind::kDirectory, seed));
  load.nodes.push_back(node_sample(object::NodeKind::kCommit, seed));
  for (std::uint64_t i = 5; i < 7; ++i) load.files.push_back(text_chunk(900, 10 * seed + i));
  return load;
}

/// So many files that they are placed ahead of the publishing.
Load many_files(std::uint64_t seed) {
  Load load = load_of(seed);
  for (std::uint64_t i = 0; i < kSyncSingly; ++i) load.files.push_back(text_chunk(500, 1'000'000 + 100 * seed + i));
  return load;
}

enum class Visible { kNothing, kEverything, kAPart };

class TransactionFaultTest : public StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    // Several segments, so that what is tested merges.
    for (std::uint64_t seed = 1; seed <= 2; ++seed) ASSERT_OK(run(*open(), load_of(seed)));
  }
  static Result<PublishStats> run(Store& store, const Load& load) {
    auto begun = store.begin();
    if (!begun) return std::move(begun).error();
    Transaction& transaction = **begun;
    auto failed = [](auto& result) { return Result<PublishStats>(std::move(result).error()); };
    for (const Sample& chunk : load.chunks) {
      auto put = transaction.put_chunk(chunk.id, chunk.bytes);
      if (!put) return failed(put);
    }
    for (const NodeSample& node : load.nodes) {
      auto put = transaction.put_node(node.kind, node.id, node.bytes);
      if (!put) return failed(put);
    }
    for (const Sample& file : load.files) {
      auto added = add_loose(transaction, file);
      if (!added) return failed(added);
    }
    transaction.place_ahead();
    return transaction.publish();
  }
  static Visible look_for(Store& store, const Load& load) {
    std::size_t there = 0;
    for (const Sample& chunk : load.chunks) {
      auto bytes = read(store, chunk.id, chunk.bytes.size());
      there += bytes && *bytes == chunk.bytes ? 1 : 0;
    }
    for (const NodeSample& node : load.nodes) there += store.read_node(node.kind, node.id) ? 1 : 0;
    for (const Sample& file : load.files) {
      auto bytes = read(store, file.id, file.bytes.size());
      auto loose = store.open_loose(FileId(file.id.digest()));
      there += bytes && *bytes == file.bytes && loose && loose->state == LooseState::kIntact ? 1 : 0;
    }
    std::size_t all = load.chunks.size() + load.nodes.size() + load.files.size();
    return there == 0 ? Visible::kNothing : there == all ? Visible::kEverything : Visible::kAPart;
  }
  /// The store is whole, and the next transaction leaves no trace of the one before but unlisted containers.
  void expect_healthy(const std::string& when) {
    auto store = open();
    for (std::uint64_t seed = 1; seed <= 2; ++seed) {
      ASSERT_EQ(look_for(*store, load_of(seed)), Visible::kEverything) << when;
    }
    ASSERT_OK(store->begin()) << when;
    ASSERT_TRUE(names_in("tmp").empty()) << when;
    auto inventory = take_inventory(*store);
    ASSERT_OK(inventory);
    ASSERT_TRUE(inventory->missing.empty()) << when;
    ASSERT_TRUE(inventory->altered.empty()) << when;
    ASSERT_TRUE(inventory->foreign.empty()) << when;
    ASSERT_TRUE(inventory->damaged_segments.empty()) << when;
  }
  /// Fails the n-th of these calls, for every n, in a transaction of its own.
  template <class Expect>
  void fail_each(int error, test::CallSet calls, test::Repeat repeat, const Expect& expect,
                 Load (*make_load)(std::uint64_t) = load_of) {
    for (std::uint64_t n = 1;; ++n) {
      ASSERT_LT(n, 2000U);
      Load load = make_load(1000 * static_cast<std::uint64_t>(error) + n);
      auto store = open();
      test::FailNth fault(n, error, calls, repeat);
      Result<PublishStats> outcome = [&] {
        test::ScopedObserver watching(fault);
        return run(*store, load);
      }();
      std::string when = "call " + std::to_string(n) + " failing with errno " + std::to_string(error);
      Visible visible = look_for(*open(), load);
      ASSERT_NE(visible, Visible::kAPart) << when;
      if (outcome) {
        ASSERT_EQ(visible, Visible::kEverything) << when;
      }
      if (!fault.fired()) {
        ASSERT_OK(outcome);
        return;
      }
      expect(outcome, visible, when);
      expect_healthy(when);
      if (HasFatalFailure()) return;
      // The store that saw the failure goes on working.
      Load next = load_of(500000 + 1000 * static_cast<std::uint64_t>(error) + n);
      ASSERT_OK(run(*store, next)) << when;
      ASSERT_EQ(look_for(*open(), next), Visible::kEverything) << when;
    }
  }
};

TEST_F(TransactionFaultTest, WhicheverCallFailsAllOrNothingIsVisibleAndNothingOldIsLost) {
  for (int error : {EIO, ENOSPC}) {
    fail_each(error, {}, test::Repeat::kOnce, [](const auto&, Visible, const std::string&) {});
    if (HasFatalFailure()) return;
  }
}

TEST_F(TransactionFaultTest, WhicheverCallFailsWhileManyFilesArePlacedAheadAllOrNothingIsVisible) {
  fail_each(
      ENOSPC, {Call::kSync, Call::kRename, Call::kMakeDir, Call::kOpen}, test::Repeat::kOnce,
      [](const auto&, Visible, const std::string&) {}, many_files);
}

TEST_F(TransactionFaultTest, EveryFailedSyncAndRenameOfFilesPlacedAheadIsReported) {
  fail_each(
      EIO, {Call::kSync, Call::kRename}, test::Repeat::kOnce,
      [](const Result<PublishStats>& outcome, Visible, const std::string& when) {
        ASSERT_FALSE(outcome) << when;
        EXPECT_EQ(outcome.error().sys_errno, EIO) << when;
      },
      many_files);
}

TEST_F(TransactionFaultTest, ADiskThatStaysFullGivesAClearErrorAndNothing) {
  fail_each(ENOSPC, {Call::kWrite, Call::kMakeDir}, test::Repeat::kFromThenOn,
            [&](const Result<PublishStats>& outcome, Visible visible, const std::string& when) {
              ASSERT_FALSE(outcome) << when;
              EXPECT_EQ(visible, Visible::kNothing) << when;
            });
}

TEST_F(TransactionFaultTest, EveryFailedSyncAndRenameIsReported) {
  fail_each(EIO, {Call::kSync, Call::kRename}, test::Repeat::kOnce,
            [](const Result<PublishStats>& outcome, Visible, const std::string& when) {
              ASSERT_FALSE(outcome) << when;
              EXPECT_EQ(outcome.error().sys_errno, EIO) << when;
            });
}

TEST_F(TransactionFaultTest, AFailureBeforeAnyRenameLeavesNoTrace) {
  auto packs = names_in("packs");
  auto index = names_in("index");
  // Staged are two files, two packs and the segment.
  for (std::uint64_t n = 1; n <= 5; ++n) {
    auto store = open();
    test::FailNth fault(n, EIO, {Call::kSync});
    {
      test::ScopedObserver watching(fault);
      ASSERT_FALSE(run(*store, load_of(10 + n))) << n;
    }
    EXPECT_EQ(look_for(*store, load_of(10 + n)), Visible::kNothing) << n;
    EXPECT_TRUE(names_in("tmp").empty()) << n;
    EXPECT_EQ(names_in("packs"), packs) << n;
    EXPECT_EQ(names_in("index"), index) << n;
  }
}

class KilledTransaction : public TransactionFaultTest, public testing::WithParamInterface<Load (*)(std::uint64_t)> {};
INSTANTIATE_TEST_SUITE_P(Few, KilledTransaction, testing::Values(load_of));
INSTANTIATE_TEST_SUITE_P(PlacedAhead, KilledTransaction, testing::Values(many_files));

TEST_P(KilledTransaction, AllOrNothingIsVisibleAndNothingOldIsLost) {
  for (std::uint64_t n = 1;; ++n) {
    ASSERT_LT(n, 2000U);
    Load load = GetParam()(700000 + n);
    test::ChildEnd end = test::run_child([&] {
      auto dir = sys::Dir::open(path(""));
      if (!dir) return 3;
      auto store = Store::open(std::move(*dir));
      if (!store) return 2;
      test::KillNth killer(n);
      test::ScopedObserver watching(killer);
      return run(**store, load) ? 0 : 1;
    });
    std::string when = "killed at call " + std::to_string(n);
    Visible visible = look_for(*open(), load);
    ASSERT_NE(visible, Visible::kAPart) << when;
    if (!end.killed()) {
      ASSERT_EQ(end.status, 0);
      ASSERT_EQ(visible, Visible::kEverything);
      return;
    }
    expect_healthy(when);
    if (HasFatalFailure()) return;
  }
}

/// Syncs, renames and removals in their order, from any thread.
struct WriteLog : sys::Observer {
  int before(Call call, std::uint64_t, std::string_view name) override {
    std::lock_guard lock(mutex);
    if (call == Call::kSync || call == Call::kRename || call == Call::kUnlink) {
      lines.push_back({call, std::string(name)});
    }
    return 0;
  }
  [[nodiscard]] std::ptrdiff_t first(Call call, const std::string& part) const {
    auto found = std::find_if(lines.begin(), lines.end(), [&](const auto& line) {
      return line.first == call && line.second.find(part) != std::string::npos;
    });
    return found - lines.begin();
  }
  std::mutex mutex;
  std::vector<std::pair<Call, std::string>> lines;
};

TEST_F(TransactionFaultTest, FilesPlacedAheadHaveTheirNamesAndAreSyncedBeforeTheSegmentHasIts) {
  WriteLog log;
  auto store = open();
  Load load = many_files(3);
  {
    test::ScopedObserver watching(log);
    ASSERT_OK(run(*store, load));
  }
  auto all_synced = log.first(Call::kSync, "/tmp/"), segment_renamed = log.first(Call::kRename, ".idx");
  ASSERT_LT(segment_renamed, static_cast<std::ptrdiff_t>(log.lines.size()));
  EXPECT_LT(all_synced, segment_renamed);
  for (const Sample& file : load.files) {
    EXPECT_LT(log.first(Call::kRename, file.id.hex().substr(2)), all_synced);
  }
}

TEST_F(TransactionFaultTest, TheWriteOrderIsAsPromised) {
  WriteLog log;
  auto store = open();
  {
    test::ScopedObserver watching(log);
    ASSERT_OK(run(*store, load_of(3)));
  }
  auto first = [&](Call call, const std::string& part) { return log.first(call, part); };
  auto end = static_cast<std::ptrdiff_t>(log.lines.size());
  auto data = first(Call::kSync, "/data-0"), segment = first(Call::kSync, "/segment");
  auto pack_renamed = first(Call::kRename, ".pack"), packs_synced = first(Call::kSync, "store/packs");
  auto segment_renamed = first(Call::kRename, ".idx"), index_synced = first(Call::kSync, "store/index");
  auto old_unlinked = first(Call::kUnlink, ".idx");
  for (auto at : {data, segment, pack_renamed, packs_synced, segment_renamed, index_synced, old_unlinked}) {
    ASSERT_LT(at, end);
  }
  EXPECT_LT(data, pack_renamed);
  EXPECT_LT(segment, pack_renamed);
  EXPECT_LT(pack_renamed, packs_synced);
  EXPECT_LT(packs_synced, segment_renamed);
  EXPECT_LT(segment_renamed, index_synced);
  EXPECT_LT(index_synced, old_unlinked);
}

}  // namespace
}  // namespace cowstore::store
