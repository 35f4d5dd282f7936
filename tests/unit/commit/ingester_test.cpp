#include "commit/ingester.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <mutex>

#include "store/content_reader.hpp"
#include "support/fault_observer.hpp"
#include "support/random_bytes.hpp"
#include "support/test_filesystems.hpp"
#include "sys/clone.hpp"
#include "sys/extents.hpp"
#include "sys/file.hpp"
#include "unit/provider/store_bed.hpp"

namespace cowstore::commit {
namespace {

/// Bytes asked to be read, by what was read from.
class ReadsByName : public sys::Observer {
 public:
  int before(sys::Call call, std::uint64_t bytes, std::string_view name) override {
    std::lock_guard lock(mutex_);
    if (call == sys::Call::kRead) bytes_[std::string(name)] += bytes;
    return 0;
  }
  std::uint64_t of(std::string_view suffix) const {
    std::uint64_t sum = 0;
    for (const auto& [name, bytes] : bytes_) sum += name.ends_with(suffix) ? bytes : 0;
    return sum;
  }
  std::uint64_t all() const { return of(""); }

 private:
  std::mutex mutex_;
  std::map<std::string, std::uint64_t> bytes_;
};

class IngesterTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    temp_ = GetParam() == "tmp" ? std::make_unique<test::TempDir>() : test::temp_dir_on(GetParam());
    if (!temp_) return;
    bed_ = std::make_unique<test::StoreBed>(*temp_);
    test::make_dirs(*temp_ / "wc");
    wc_ = std::move(sys::Dir::open(*temp_ / "wc")).value();
    begin();
  }
  void begin() {
    transaction_ = std::move(bed_->store->begin()).value();
    ladder_ = std::make_unique<share::Ladder>(share::Policy::kAuto);
    ingester_ = std::make_unique<Ingester>(*transaction_, chunk::Profile::kDefault, *ladder_, nullptr);
  }
  [[nodiscard]] bool skipped() const { return temp_ == nullptr; }
  [[nodiscard]] bool has_clones() const { return GetParam() == "btrfs" || GetParam() == "xfs"; }
  std::string wc(const std::string& name) const { return *temp_ / ("wc/" + name); }

  Ingested ingest(const std::string& name) {
    auto result = ingester_->ingest(wc_, name);
    EXPECT_TRUE(result.ok()) << result.error().message();
    EXPECT_TRUE(!result || result->has_value());
    return result && *result ? **result : Ingested{};
  }
  /// Publishes, and reads back through the store, which verifies every chunk.
  std::string stored(const object::FileRef& file) {
    if (transaction_) {
      EXPECT_TRUE(transaction_->publish().ok());
    }
    transaction_.reset();
    bed_->reopen();
    store::ContentReader reader(*bed_->store, file);
    std::string content;
    for (;;) {
      auto piece = reader.next();
      EXPECT_TRUE(piece.ok()) << piece.error().message();
      if (!piece || !*piece) return content;
      content += (*piece)->data.empty() ? std::string((*piece)->zeros, '\0') : std::string(as_text((*piece)->data));
    }
  }
  /// A file of which every so many blocks of 4 KiB the first is data and the others are a hole.
  std::string write_fragments(const std::string& name, std::size_t count, std::size_t blocks) {
    std::string content(count * blocks * 4096, '\0');
    test::write_hole(wc(name), content.size());
    sys::Fd fd = *wc_.open_write(name);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string data = test::random_bytes(4096, i);
      EXPECT_TRUE(sys::write_at(fd, as_bytes(data), i * blocks * 4096, name).ok());
      content.replace(i * blocks * 4096, data.size(), data);
    }
    return content;
  }
  object::FileRef reference_to(const std::string& content) { return bed_->add_packed(content); }

  std::unique_ptr<test::TempDir> temp_;
  std::unique_ptr<test::StoreBed> bed_;
  sys::Dir wc_;
  std::unique_ptr<store::Transaction> transaction_;
  std::unique_ptr<share::Ladder> ladder_;
  std::unique_ptr<Ingester> ingester_;
};
INSTANTIATE_TEST_SUITE_P(On, IngesterTest, testing::Values("tmp", "ext4", "btrfs", "xfs"), test::filesystem_param_name);

TEST_P(IngesterTest, StoresContentsOfEverySizeUnderTheirIds) {
  if (skipped()) return;
  for (std::size_t size : {0, 1, 4096, 4097, 16384, 65536, 300'000, 2'000'001}) {
    std::string content = test::random_bytes(size, size + 1);
    test::write_file(wc("f"), content);
    if (!transaction_) begin();
    Ingested result = ingest("f");
    EXPECT_EQ(result.stillness, Stillness::kStill);
    EXPECT_EQ(result.stat.inode, test::inode_of(wc("f")));
    EXPECT_EQ(stored(result.file), content) << size;
    EXPECT_EQ(result.file, reference_to(content)) << size;
  }
}

TEST_P(IngesterTest, PutsSmallFilesIntoPacks) {
  if (skipped()) return;
  test::write_file(wc("f"), test::random_bytes(4096, 1));
  object::FileRef file = ingest("f").file;
  EXPECT_EQ(transaction_->stats().loose_new, 0u);
  EXPECT_EQ(transaction_->stats().chunks_new, 1u);
  EXPECT_EQ(ladder_->report().copied_small, 1u);
  EXPECT_EQ(stored(file).size(), 4096u);
}

TEST_P(IngesterTest, ClonesLargerOnesAndNeverReadsTheClone) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(3 << 20, 2);
  test::write_file(wc("f"), content);
  ReadsByName reads;
  Ingested result;
  {
    test::ScopedObserver watching(reads);
    result = ingest("f");
  }
  EXPECT_EQ(reads.of("/wc/f"), content.size());
  EXPECT_EQ(reads.all(), content.size()) << "the clone was read";
  EXPECT_EQ(ladder_->report().cloned, 1u);
  EXPECT_EQ(transaction_->stats().loose_new, 1u);
  EXPECT_LT(transaction_->stats().raw_bytes, 10'000u) << "more than the chunk list went to a pack";
  EXPECT_EQ(stored(result.file), content);
  std::string loose = bed_->loose_path(result.file).substr(temp_->path().size() + 1);
  auto clone = sys::extent_map(*temp_->open().open_read(loose), 100, "loose");
  auto original = sys::extent_map(*wc_.open_read("f"), 100, "f");
  ASSERT_TRUE(clone.ok() && original.ok());
  EXPECT_TRUE(sys::same_blocks(*clone, *original));
}

TEST_P(IngesterTest, ReadsTheCloneWhenTheFileChangedAfterIt) {
  if (skipped() || !has_clones()) return;
  std::string content = test::random_bytes(1 << 20, 3);
  test::write_file(wc("f"), content);
  // Right before the first byte is hashed, when the clone has been made.
  test::ActBefore edit(sys::Call::kRead, "/wc/f", [&] { test::overwrite_file(wc("f"), "EDITED", 500'000); });
  Ingested result;
  {
    test::ScopedObserver watching(edit);
    result = ingest("f");
  }
  ASSERT_TRUE(edit.fired());
  // It was tried again, and found still.
  EXPECT_EQ(result.stillness, Stillness::kStill);
  content.replace(500'000, 6, "EDITED");
  EXPECT_EQ(stored(result.file), content);
  EXPECT_EQ(result.file, reference_to(content));
}

/// Changes the file before each of its first reads.
class EditAlways : public sys::Observer {
 public:
  explicit EditAlways(std::string path) : path_(std::move(path)) {}
  int before(sys::Call call, std::uint64_t, std::string_view name) override {
    if (call != sys::Call::kRead || !name.ends_with("/wc/f")) return 0;
    test::overwrite_file(path_, std::to_string(++edits_), 500'000);
    return 0;
  }

 private:
  std::string path_;
  int edits_ = 0;
};

TEST_P(IngesterTest, StoresOneMomentOfAFileThatNeverRests) {
  if (skipped()) return;
  test::write_file(wc("f"), test::random_bytes(1 << 20, 4));
  EditAlways edits(wc("f"));
  Ingested result;
  {
    test::ScopedObserver watching(edits);
    result = ingest("f");
  }
  EXPECT_EQ(result.stillness, Stillness::kMoving);
  // The store verifies each chunk, and the list is of its id.
  std::string content = stored(result.file);
  EXPECT_EQ(content.size(), std::size_t{1} << 20);
  EXPECT_EQ(result.file, reference_to(content));
}

TEST_P(IngesterTest, StoresWhatIsLeftOfAFileThatShrinks) {
  if (skipped()) return;
  std::string content = test::random_bytes(2 << 20, 5);
  test::write_file(wc("f"), content);
  test::ActBefore shrink(sys::Call::kRead, "/wc/f", [&] { ASSERT_EQ(::truncate(wc("f").c_str(), 1000), 0); });
  Ingested result;
  {
    test::ScopedObserver watching(shrink);
    result = ingest("f");
  }
  EXPECT_EQ(stored(result.file), content.substr(0, 1000));
}

TEST_P(IngesterTest, KeepsHolesCheap) {
  if (skipped()) return;
  test::write_hole(wc("f"), std::uint64_t{1} << 30);
  test::overwrite_file(wc("f"), "middle", 500 << 20);
  test::CountCalls calls;
  Ingested result;
  {
    test::ScopedObserver watching(calls);
    result = ingest("f");
  }
  EXPECT_LE(calls.bytes_read(), 8u << 20);
  EXPECT_EQ(result.file.size, std::uint64_t{1} << 30);
  EXPECT_TRUE(transaction_->publish().ok());
}

TEST_P(IngesterTest, CopiesFilesWithoutCopyOnWrite) {
  if (skipped() || GetParam() != "btrfs") return;
  test::write_file(wc("f"), "");
  {
    sys::Fd empty = std::move(wc_.open_write("f")).value();
    ASSERT_TRUE(sys::set_nocow(empty, "f").ok());
  }
  std::string content = test::random_bytes(1 << 20, 6);
  test::overwrite_file(wc("f"), content, 0);
  object::FileRef file = ingest("f").file;
  EXPECT_EQ(ladder_->report().cloned, 0u);
  EXPECT_EQ(ladder_->report().copied, 1u);
  test::write_file(wc("g"), test::random_bytes(1 << 20, 7));
  ingest("g");
  EXPECT_EQ(ladder_->report().cloned, 1u) << "one such file must not end the cloning of others";
  EXPECT_EQ(stored(file), content);
}

TEST_P(IngesterTest, ReadsAFileInVeryManyPiecesInsteadOfCloningIt) {
  if (skipped() || !has_clones()) return;
  const std::string content = write_fragments("f", 512, 2);
  Ingested result = ingest("f");
  SharingReport report = ladder_->report();
  EXPECT_EQ(report.cloned, 0U);
  EXPECT_EQ(report.copied, 1U);
  EXPECT_EQ(report.copy_reason, "some lie on the disk in so many pieces that cloning takes longer than reading");
  EXPECT_EQ(transaction_->stats().loose_new, 0U);
  EXPECT_EQ(stored(result.file), content);
  EXPECT_EQ(result.file, reference_to(content));
}

TEST_P(IngesterTest, ClonesAFileInManyLargerPieces) {
  if (skipped() || !has_clones()) return;
  const std::string content = write_fragments("f", 300, 8);
  ReadsByName reads;
  Ingested result;
  {
    test::ScopedObserver watching(reads);
    result = ingest("f");
  }
  EXPECT_EQ(reads.all(), 300U * 4096) << "the clone was read, or the holes";
  EXPECT_EQ(ladder_->report().cloned, 1U);
  EXPECT_EQ(ladder_->report().copy_reason, "");
  EXPECT_EQ(stored(result.file), content);
}

TEST_P(IngesterTest, StoresTheSameContentOnce) {
  if (skipped()) return;
  std::string content = test::random_bytes(1 << 20, 8);
  test::write_file(wc("f"), content);
  test::write_file(wc("g"), content);
  EXPECT_EQ(ingest("f").file, ingest("g").file);
  EXPECT_LE(transaction_->stats().loose_new, 1u);
  EXPECT_LE(transaction_->stats().raw_bytes, content.size() + 4096);
}

TEST_P(IngesterTest, SaysNothingOfAFileThatVanished) {
  if (skipped()) return;
  auto result = ingester_->ingest(wc_, "absent");
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->has_value());
}

TEST_P(IngesterTest, IsBusyWhereSomethingElseStands) {
  if (skipped()) return;
  test::make_dirs(wc("directory"));
  test::make_symlink("/etc/passwd", wc("link"));
  ASSERT_EQ(::mkfifo(wc("fifo").c_str(), 0644), 0);
  for (const char* name : {"directory", "link", "fifo"}) {
    auto result = ingester_->ingest(wc_, name);
    ASSERT_FALSE(result.ok()) << name;
    EXPECT_EQ(result.error().code, ErrorCode::kBusy) << name << ": " << result.error().message();
  }
}

TEST_P(IngesterTest, NeverStoresWhatItDidntHashWhateverCallFails) {
  if (skipped()) return;
  std::string content = test::random_bytes(200'000, 9);
  test::write_file(wc("f"), content);
  for (std::uint64_t n = 1;; ++n) {
    begin();
    test::FailNth fault(n, EIO);
    std::optional<object::FileRef> file;
    {
      test::ScopedObserver watching(fault);
      auto result = ingester_->ingest(wc_, "f");
      if (result && *result) file = (*result)->file;
    }
    if (file) {
      ASSERT_EQ(*file, reference_to(content)) << n;
    }
    transaction_.reset();
    if (!fault.fired()) break;
  }
}

}  // namespace
}  // namespace cowstore::commit
