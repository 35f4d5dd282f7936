#include "store/pack_reader.hpp"

#include "pack_test_support.hpp"

namespace cowstore::store {
namespace {

/// A pack in packs/, as a transaction would have put it there.
class PackTest : public StoreFixture {
 protected:
  void SetUp() override {
    StoreFixture::SetUp();
    build();
  }
  void build() {
    sys::Dir dir = *temp_.open().open_dir("store");
    auto session = Session::begin(dir);
    ASSERT_OK(session);
    PackBuilder builder(**session, PackContent::kData, options_);
    for (const Sample& sample : samples_) {
      auto length = static_cast<std::uint32_t>(sample.bytes.size());
      ASSERT_OK(builder.add({sample.id.digest(), ObjectKind::kChunk, length}, sample.bytes));
    }
    ASSERT_OK(builder.finish());
    ASSERT_EQ(builder.packs().size(), 1U);
    name_ = builder.packs()[0].name;
    file_ = path("packs/" + name_.hex() + ".pack");
    test::rename_path((*session)->dir().path_of(builder.packs()[0].file_name), file_);
    test::set_mode(file_, 0644);
    entries_ = builder.take_entries();
  }
  Result<PackReader> open_pack() { return PackReader::open(*temp_.open().open_dir("store"), name_); }
  /// Reads all that there is by every way, and is content with errors but not with wrong bytes.
  void expect_no_wrong_byte(const std::string& what) {
    auto pack = open_pack();
    if (!pack) return;
    for (const SegmentEntry& entry : entries_) {
      auto block = pack->read_block(entry.location.offset);
      if (!block || block->size() < entry.location.inner + entry.location.length) continue;
      ByteView bytes = ByteView(*block).subspan(entry.location.inner, entry.location.length);
      bool verified = verify_object(entry.location.kind, entry.id, bytes).ok();
      if (verified) {
        EXPECT_EQ(hash::sha256(bytes), entry.id) << what;
      }
    }
    if (auto places = pack->blocks()) {
      for (const BlockPlace& place : *places) {
        auto block = pack->read_verified(place);
        if (!block) {
          EXPECT_NE(block.error().message().find(file_), std::string::npos) << what;
        }
      }
    }
    (void)pack->salvage_blocks();
    (void)pack->verify_name();
  }

  StoreOptions options_ = small_blocks();
  std::vector<Sample> samples_ = pack_samples();
  std::vector<SegmentEntry> entries_;
  Digest name_;
  std::string file_;
};

TEST_F(PackTest, DescribesItself) {
  auto pack = open_pack();
  ASSERT_OK(pack);
  auto places = pack->blocks();
  ASSERT_OK(places);
  EXPECT_GT(places->size(), 3U);
  std::map<Digest, Bytes> found;
  for (const BlockPlace& place : *places) {
    auto block = pack->read_verified(place);
    ASSERT_OK(block);
    auto at = block->bytes.begin();
    for (const ObjectInfo& object : block->objects) {
      found[object.id] = Bytes(at, at + object.length);
      at += object.length;
    }
  }
  for (const Sample& sample : samples_) EXPECT_EQ(found[sample.id.digest()], sample.bytes);
  EXPECT_EQ(found.size(), samples_.size());
  EXPECT_OK(pack->verify_name());
}

TEST_F(PackTest, EqualObjectsInEqualOrderMakeTheSameName) {
  Digest first = name_;
  build();
  EXPECT_EQ(name_, first);
  std::swap(samples_[0], samples_[1]);
  build();
  EXPECT_NE(name_, first);
}

TEST_F(PackTest, WithoutItsEndItsBlocksAreSalvaged) {
  auto places = open_pack()->blocks();
  ASSERT_OK(places);
  std::string content = test::read_file(file_);
  // The last block is cut in its middle.
  test::write_file(file_, content.substr(0, static_cast<std::size_t>(places->back().offset) + 40));
  auto pack = open_pack();
  ASSERT_OK(pack);
  EXPECT_FALSE(pack->blocks());
  auto salvaged = pack->salvage_blocks();
  ASSERT_OK(salvaged);
  places->pop_back();
  EXPECT_EQ(*salvaged, *places);
}

TEST_F(PackTest, EveryTruncationIsNoticedAndNoWrongByteIsRead) {
  std::string content = test::read_file(file_);
  for (std::size_t size = 0; size < content.size(); ++size) {
    test::write_file(file_, content.substr(0, size));
    expect_no_wrong_byte("truncated to " + std::to_string(size));
    auto pack = open_pack();
    if (pack) {
      EXPECT_FALSE(pack->verify_name()) << size;
    }
  }
}

TEST_F(PackTest, EveryFlippedByteIsNoticedAndNoWrongByteIsRead) {
  std::string content = test::read_file(file_);
  test::Random random(5);
  for (std::size_t offset = 0; offset < content.size(); ++offset) {
    std::string bad = content;
    bad[offset] = static_cast<char>(bad[offset] ^ (1 << random.below(8)));
    test::write_file(file_, bad);
    expect_no_wrong_byte("flipped at " + std::to_string(offset));
  }
}

TEST_F(PackTest, DamageAnywhereFailsTheCompleteCheck) {
  auto check = [&]() -> bool {
    auto pack = open_pack();
    if (!pack || !pack->verify_name()) return false;
    auto places = pack->blocks();
    for (const BlockPlace& place : *places) {
      if (!pack->read_verified(place)) return false;
    }
    return true;
  };
  ASSERT_TRUE(check());
  std::string content = test::read_file(file_);
  for (std::size_t offset = 0; offset < content.size(); offset += 3) {
    std::string bad = content;
    bad[offset] = static_cast<char>(bad[offset] ^ 0x41);
    test::write_file(file_, bad);
    EXPECT_FALSE(check()) << offset;
  }
}

TEST_F(PackTest, AFooterOfTerabytesIsRefusedBeforeItIsRead) {
  std::string content = test::read_file(file_);
  for (std::uint64_t blocks : {std::uint64_t{1} << 36, kMaxPackBlocks}) {
    std::uint64_t size = std::uint64_t{1} << 40;
    PackTrailer trailer{kPackHeaderBytes, blocks, name_};
    test::remove_path(file_);
    test::write_hole(file_, size);
    test::overwrite_file(file_, content.substr(0, kPackHeaderBytes), 0);
    Bytes end = encode_pack_trailer(trailer, {});
    test::overwrite_file(file_, as_text(end), size - end.size());
    auto places = open_pack()->blocks();
    ASSERT_FALSE(places);
    EXPECT_EQ(places.error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(PackTest, APackUnderAnotherNameIsRefused) {
  Digest other = hash::sha256(as_bytes("other"));
  test::rename_path(file_, path("packs/" + other.hex() + ".pack"));
  auto pack = PackReader::open(*temp_.open().open_dir("store"), other);
  ASSERT_OK(pack);
  auto places = pack->blocks();
  ASSERT_FALSE(places);
  EXPECT_EQ(places.error().code, ErrorCode::kCorrupt);
}

TEST_F(PackTest, ReadsABlockInOneGoOnlyIfItHasTheSizeAskedFor) {
  auto pack = open_pack();
  const SegmentEntry& alone = entries_.back();
  Bytes bytes(alone.location.length);
  auto whole = pack->read_directly(alone.location.offset, 0, bytes);
  ASSERT_OK(whole);
  EXPECT_TRUE(*whole);
  EXPECT_EQ(hash::sha256(bytes), alone.id);
  bytes.resize(bytes.size() - 1);
  whole = pack->read_directly(alone.location.offset, 0, bytes);
  ASSERT_OK(whole);
  EXPECT_FALSE(*whole);
}

TEST_F(PackTest, ReadsLargePartsOfABlockThatIsNotCompressedAndNothingBeyondIt) {
  samples_ = {random_chunk(20'000, 1), random_chunk(20'000, 2), random_chunk(100, 3)};
  options_.block_bytes = 50'000;
  build();
  auto pack = open_pack();
  Bytes bytes(20'000);
  const Location second = entries_[1].location;
  ASSERT_EQ(second.inner, 20'000u);
  auto read = pack->read_directly(second.offset, second.inner, bytes);
  ASSERT_OK(read);
  EXPECT_TRUE(*read);
  EXPECT_EQ(bytes, samples_[1].bytes);
  for (std::uint32_t inner : {20'101U, 40'100U, 0xffffffffU}) {
    read = pack->read_directly(second.offset, inner, bytes);
    ASSERT_OK(read);
    EXPECT_FALSE(*read) << inner;
  }
  bytes.resize(100);
  read = pack->read_directly(second.offset, 40'000, bytes);
  ASSERT_OK(read);
  EXPECT_FALSE(*read);
}

}  // namespace
}  // namespace cowstore::store
