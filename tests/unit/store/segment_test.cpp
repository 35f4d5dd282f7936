#include "store/segment.hpp"

#include "base/hex.hpp"
#include "segment_test_support.hpp"

namespace cowstore::store {
namespace {

class SegmentTest : public testing::Test {
 protected:
  std::shared_ptr<const Segment> put(SegmentContents contents) {
    Digest name = put_segment(temp_.open(), std::move(contents));
    auto segment = Segment::open(temp_.open(), name);
    EXPECT_TRUE(segment) << segment.error().message();
    return segment ? *segment : nullptr;
  }
  test::TempDir temp_{"/dev/shm"};
};

TEST_F(SegmentTest, FindsEveryIdOfAHundredThousandAndNoOther) {
  constexpr std::uint64_t kIds = 100000;
  auto segment = put(numbered_contents(0, kIds));
  ASSERT_EQ(segment->size(), kIds);
  for (std::uint64_t i = 0; i < kIds; ++i) {
    auto found = segment->find(numbered_id(i));
    ASSERT_TRUE(found && *found) << i;
    ASSERT_EQ(**found, numbered_location(i)) << i;
  }
  for (std::uint64_t i = kIds; i < 2 * kIds; ++i) {
    auto found = segment->find(numbered_id(i));
    ASSERT_TRUE(found && !*found) << i;
  }
  EXPECT_TRUE(segment->verify());
}

TEST_F(SegmentTest, FindsIdsThatAreNotUniform) {
  SegmentContents contents;
  contents.containers.push_back(pack_record(0));
  std::set<Digest> ids;
  test::Random random(3);
  for (int i = 0; i < 5000; ++i) {
    Digest id = numbered_id(random.next());
    for (std::size_t byte = 0; byte < random.below(12); ++byte) id.bytes[byte] = random.below(3) == 0 ? 0xff : 0x12;
    ids.insert(id);
  }
  for (const Digest& id : ids) contents.entries.push_back({id, numbered_location(id.bytes[20])});
  auto segment = put(std::move(contents));
  for (const Digest& id : ids) {
    auto found = segment->find(id);
    ASSERT_TRUE(found && *found);
    Digest near = id;
    near.bytes[31] ^= 1;
    if (ids.contains(near)) continue;
    found = segment->find(near);
    ASSERT_TRUE(found && !*found);
  }
}

TEST_F(SegmentTest, LowerBoundIsTheFirstIdNotBelow) {
  auto segment = put(numbered_contents(0, 3000));
  std::vector<Digest> ids;
  for (std::uint64_t i = 0; i < segment->size(); ++i) ids.push_back(segment->id(i));
  ASSERT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  for (std::uint64_t i = 0; i < 6000; ++i) {
    auto expected = std::lower_bound(ids.begin(), ids.end(), numbered_id(i)) - ids.begin();
    ASSERT_EQ(segment->lower_bound(numbered_id(i)), static_cast<std::uint64_t>(expected));
  }
}

TEST_F(SegmentTest, MayBeEmpty) {
  SegmentContents contents;
  contents.superseded = {numbered_id(1), numbered_id(2)};
  auto segment = put(std::move(contents));
  EXPECT_EQ(segment->size(), 0U);
  EXPECT_EQ(segment->superseded(), (std::vector<Digest>{numbered_id(1), numbered_id(2)}));
  auto found = segment->find(numbered_id(1));
  EXPECT_TRUE(found && !*found);
  EXPECT_TRUE(segment->verify());
}

TEST_F(SegmentTest, ContainersComeBackWithAllThatWasRecorded) {
  ContainerRecord loose{ContainerKind::kLoose, numbered_id(5), 3, std::uint64_t{1} << 50, {-5, 999999999}, ~0ULL};
  ContainerRecord again = loose;
  again.inode = 7;
  SegmentContents contents;
  contents.containers = {loose, pack_record(1), again, loose};
  auto segment = put(std::move(contents));
  EXPECT_EQ(segment->container_count(), 3U);
  auto range = segment->find_container(ContainerKind::kLoose, loose.name);
  ASSERT_EQ(range.end - range.begin, 2U);
  EXPECT_EQ(*segment->container(range.begin), again);
  EXPECT_EQ(*segment->container(range.begin + 1), loose);
  range = segment->find_container(ContainerKind::kPack, loose.name);
  EXPECT_EQ(range.begin, range.end);
  range = segment->find_container(ContainerKind::kPack, pack_record(1).name);
  EXPECT_EQ(range.end - range.begin, 1U);
}

TEST_F(SegmentTest, BytesAreAsSpecified) {
  SegmentContents contents;
  contents.containers.push_back({ContainerKind::kLoose, numbered_id(1), 2, 300, {4, 5}, 6});
  contents.entries.push_back({numbered_id(2), {0, 0x0102030405, 0x0607, 0x0809, ObjectKind::kCommit}});
  contents.superseded.push_back(numbered_id(3));
  Digest name = put_segment(temp_.open(), std::move(contents));
  std::string file = test::read_file(temp_ / segment_file_name(name));
  EXPECT_EQ(hash::sha256(as_bytes(file)), name);
  std::string hex = base::to_hex(as_bytes(file));
  EXPECT_EQ(hex.substr(0, 2 * 56),
            "636f77696e64780a"
            "01000000"
            "00000000"
            "0100000000000000"
            "01000000"
            "01000000"
            "00"
            "00000000000000"
            "0100000000000000"
            "0001000000000000");
  EXPECT_EQ(hex.substr(2 * 56, 16), hash::sha256(as_bytes(file.substr(0, 56))).hex().substr(0, 16));
  EXPECT_EQ(hex.substr(2 * 64, 64), numbered_id(3).hex());
  EXPECT_EQ(hex.substr(2 * 96, 2 * 72), "0202000000000000" + numbered_id(1).hex() + "2c01000000000000" +
                                            "0400000000000000" + "05000000" + "00000000" + "0600000000000000");
  EXPECT_EQ(hex.substr(2 * 200, 8), "01000000");
  EXPECT_EQ(hex.substr(2 * 204, 64), numbered_id(2).hex());
  EXPECT_EQ(hex.substr(2 * 236),
            "00000000"
            "07060000"
            "09080000"
            "0504030201000004");
  EXPECT_EQ(file.size(), 256U);
}

void use_all(const Segment& segment) {
  (void)segment.superseded();
  for (std::uint64_t i = 0; i < 80; ++i) {
    (void)segment.find(numbered_id(i));
    (void)segment.lower_bound(numbered_id(i));
    (void)segment.find_container(ContainerKind::kPack, pack_record(i).name);
  }
  for (std::uint64_t i = 0; i < segment.size(); ++i) (void)segment.entry(i);
  for (std::uint64_t i = 0; i < segment.container_count(); ++i) (void)segment.container(i);
}

SegmentContents small_contents() {
  SegmentContents contents = numbered_contents(0, 70);
  contents.containers.push_back({ContainerKind::kLoose, numbered_id(1), 1, 2, {3, 4}, 5});
  contents.superseded.push_back(numbered_id(3));
  return contents;
}

TEST_F(SegmentTest, EveryTruncationIsCorrupt) {
  Digest name = put_segment(temp_.open(), small_contents());
  std::string file = temp_ / segment_file_name(name);
  std::string content = test::read_file(file);
  for (std::size_t size = 0; size <= content.size() + 1; ++size) {
    if (size == content.size()) continue;
    std::string bad = content + "x";
    test::write_file(file, bad.substr(0, size));
    auto segment = Segment::open(temp_.open(), name);
    ASSERT_FALSE(segment) << size;
    EXPECT_EQ(segment.error().code, ErrorCode::kCorrupt) << size;
    EXPECT_NE(segment.error().message().find(file), std::string::npos);
  }
}

TEST_F(SegmentTest, AFlippedBitIsFoundByVerifyAndHarmlessBefore) {
  Digest name = put_segment(temp_.open(), small_contents());
  std::string file = temp_ / segment_file_name(name);
  std::string content = test::read_file(file);
  test::Random random(1);
  for (std::size_t bit = 0; bit < content.size() * 8;) {
    std::string bad = content;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    test::write_file(file, bad);
    auto segment = Segment::open(temp_.open(), name);
    // Every bit of header and containers, a part of those behind them.
    bit += bit < 300 * 8 ? 1 : 1 + random.below(8);
    if (!segment) {
      ASSERT_EQ(segment.error().code, ErrorCode::kCorrupt) << bit << ": " << segment.error().message();
      continue;
    }
    use_all(**segment);
    ASSERT_FALSE((*segment)->verify()) << bit;
  }
}

/// Header fields changed, and the header's checksum made right again.
TEST_F(SegmentTest, HostileHeadersAreRefused) {
  Digest name = put_segment(temp_.open(), small_contents());
  std::string content = test::read_file(temp_ / segment_file_name(name));
  test::Random random(11);
  for (int round = 0; round < 3000; ++round) {
    std::string bad = content;
    std::size_t offset = 16 + random.below(40);
    std::size_t length = 1 + random.below(std::min<std::size_t>(8, 56 - offset));
    for (std::size_t i = 0; i < length; ++i)
      bad[offset + i] = static_cast<char>(random.below(2) == 0 ? 0xff : random.next());
    Digest check = hash::sha256(as_bytes(bad).first(56));
    std::copy_n(check.bytes.begin(), 8, bad.begin() + 56);
    Digest hostile = hash::sha256(as_bytes(bad));
    test::write_file(temp_ / segment_file_name(hostile), bad);
    auto segment = Segment::open(temp_.open(), hostile);
    if (segment) use_all(**segment);
    test::remove_path(temp_ / segment_file_name(hostile));
  }
}

TEST_F(SegmentTest, ANewerVersionIsUnsupportedButOneThatIsDamagedIsCorrupt) {
  Digest name = put_segment(temp_.open(), small_contents());
  std::string content = test::read_file(temp_ / segment_file_name(name));
  for (std::size_t offset : {8, 12}) {
    std::string newer = content;
    newer[offset] = static_cast<char>(newer[offset] + 2);
    test::write_file(temp_ / segment_file_name(name), newer);
    auto damaged = Segment::open(temp_.open(), name);
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().code, ErrorCode::kCorrupt);

    Digest check = hash::sha256(as_bytes(newer).first(56));
    std::copy_n(check.bytes.begin(), 8, newer.begin() + 56);
    Digest newer_name = hash::sha256(as_bytes(newer));
    test::write_file(temp_ / segment_file_name(newer_name), newer);
    auto segment = Segment::open(temp_.open(), newer_name);
    ASSERT_FALSE(segment);
    EXPECT_EQ(segment.error().code, ErrorCode::kUnsupported);
  }
}

TEST(SegmentName, IsItsFileNameAndNothingElse) {
  Digest name = numbered_id(1);
  EXPECT_EQ(segment_of_file_name(segment_file_name(name)), name);
  EXPECT_FALSE(segment_of_file_name(name.hex()));
  EXPECT_FALSE(segment_of_file_name(".idx"));
  EXPECT_FALSE(segment_of_file_name(name.hex() + ".idx.new"));
}

}  // namespace
}  // namespace cowstore::store
