#include "object/entry_codec.hpp"

#include "unit/object/damage.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

template <class Entry>
Bytes encode(const Entry& entry) {
  Bytes bytes;
  base::Writer out(bytes);
  encode_entry(entry, out);
  return bytes;
}

template <class Entry>
Result<Entry> decode(ByteView bytes) {
  base::Reader in(bytes);
  Entry entry;
  if (auto decoded = decode_entry(in, entry); !decoded) return decoded.error();
  if (auto end = in.expect_end(); !end) return end.error();
  return entry;
}

template <class Entry>
void expect_round_trip(const Entry& entry) {
  ASSERT_EQ(entry_problem(entry), nullptr) << entry_problem(entry);
  auto decoded = decode<Entry>(encode(entry));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message();
  EXPECT_EQ(*decoded, entry);
  expect_canonical(encode(entry), [](ByteView bytes) -> std::optional<Bytes> {
    auto again = decode<Entry>(bytes);
    return again ? std::optional(encode(*again)) : std::nullopt;
  });
}

TEST(EntryCodec, EveryKindOfTreeEntryComesBack) {
  expect_round_trip(file_entry("empty", ""));
  expect_round_trip(file_entry("run.sh", "#!/bin/sh", EntryKind::kExecutable));
  expect_round_trip(TreeEntry{"large", EntryKind::kFile, {3, std::uint64_t{1} << 40, FileId(digest_of("r"))}, {}, {}});
  expect_round_trip(link_entry("link", "../target"));
  expect_round_trip(directory_entry("sub", TreeId(digest_of("t"))));
}

TEST(EntryCodec, EveryFieldOfAttributesComesBack) {
  expect_round_trip(AttributesEntry{});
  expect_round_trip(times_entry("file", -1234567890, 04755));
  AttributesEntry full = times_entry("file", std::numeric_limits<std::int64_t>::min());
  full.attributes.owner = Owner{0xffffffff, 1000};
  full.attributes.xattrs = {{"security.selinux", "label"}, {"user.large", FileRef{1, 100000, FileId(digest_of("v"))}}};
  full.attributes.link_group = ~std::uint64_t{0};
  expect_round_trip(full);
  for (SpecialKind kind : {SpecialKind::kFifo, SpecialKind::kSocket}) {
    full.attributes.special = SpecialFile{kind, 0, 0};
    expect_round_trip(full);
  }
  full.attributes.special = SpecialFile{SpecialKind::kCharDevice, 0xffffffff, 300};
  expect_round_trip(full);
  expect_round_trip(AttributesEntry{"sub", {}, AttributesId(digest_of("a"))});
}

TEST(EntryCodec, UnknownFieldsAreRefusedByTheNumberOfTheirBit) {
  Bytes bytes = {1, 'f', 0x80, 0x04};  // bit 9
  auto decoded = decode<AttributesEntry>(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, ErrorCode::kCorrupt);
  EXPECT_NE(decoded.error().message().find("bit 9"), std::string::npos) << decoded.error().message();
}

TEST(EntryCodec, ErrorsNameTheOffset) {
  Bytes bytes = encode(link_entry("..", "x"));
  auto decoded = decode<TreeEntry>(bytes);
  ASSERT_FALSE(decoded.ok());
  EXPECT_NE(decoded.error().message().find("at offset 6"), std::string::npos) << decoded.error().message();
}

TEST(EntryCodec, AHugeNumberOfExtendedAttributesIsATruncation) {
  Bytes bytes = {1, 'f', 8};
  base::Writer(bytes).varint(~std::uint64_t{0});
  EXPECT_FALSE(decode<AttributesEntry>(bytes).ok());
}

}  // namespace
}  // namespace cowstore::object
