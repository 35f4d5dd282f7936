#include "store/variant_name.hpp"

#include <array>
#include <charconv>
#include <vector>

#include "base/bytes.hpp"
#include "base/coding.hpp"
#include "hash/sha256.hpp"

namespace cowstore::store {

namespace {

constexpr std::size_t kHexDigits = 64;  ///< of an id
constexpr int kOctal = 8;
constexpr int kHex = 16;
constexpr std::uint16_t kPermissions = 0777;

template <class Number>
std::string digits(Number number, int base) {
  std::array<char, 24> buffer{};
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, base).ptr;
  return {buffer.data(), end};
}

/// Takes `text` apart from its front. Numbers are canonical: what is written back is what was read.
class NameReader {
 public:
  explicit NameReader(std::string_view text) : rest_(text) {}

  std::string_view take(std::size_t count) {
    if (rest_.size() < count) return fail();
    std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  void expect(char c) {
    if (take(1) != std::string_view(&c, 1)) failed_ = true;
  }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  template <class Number>
  Number number(int base) {
    Number value{};
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, base);
    if (error != std::errc() || digits(value, base) != std::string_view(rest_.data(), end)) failed_ = true;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return value;
  }
  [[nodiscard]] bool complete() const { return !failed_ && rest_.empty(); }

 private:
  std::string_view fail() {
    failed_ = true;
    return {};
  }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace

std::uint64_t fingerprint(const std::vector<object::ExtendedAttribute>& xattrs) {
  if (xattrs.empty()) return 0;
  Bytes all;
  base::Writer writer(all);
  for (const object::ExtendedAttribute& xattr : xattrs) {
    const auto* text = std::get_if<std::string>(&xattr.value);
    writer.sized(as_bytes(xattr.name));
    writer.sized(as_bytes(text != nullptr ? *text : std::get<object::FileRef>(xattr.value).id.hex()));
  }
  const std::uint64_t value = base::load_u64(hash::sha256(all).bytes.data());
  return value == 0 ? 1 : value;
}

VariantKey VariantKey::of(const FileId& content, const object::Attributes& attributes, std::uint32_t uid) {
  VariantKey key;
  key.content = content;
  key.mode = *attributes.mode;
  key.mtime = *attributes.mtime;
  key.uid = attributes.owner ? attributes.owner->uid : uid;
  if (attributes.owner) key.gid = attributes.owner->gid;
  key.xattrs = fingerprint(attributes.xattrs);
  return key;
}

std::string variant_directory(std::uint8_t first_byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return std::string("links/") + kDigits[first_byte >> 4] + kDigits[first_byte & 0xf];
}

std::string variant_path(const Variant& variant) {
  const VariantKey& key = variant.key;
  std::string path = variant_directory(key.content.digest().bytes[0]) + "/" + key.content.hex().substr(2);
  path += "-" + digits(key.mode, kOctal);
  path += "-" + digits(key.mtime.seconds, kHex) + "." + digits(key.mtime.nanoseconds, kHex);
  path += "-" + digits(key.uid, kHex);
  if (key.gid) path += "." + digits(*key.gid, kHex);
  path += "-" + digits(key.xattrs, kHex);
  return path + "-" + digits(variant.inode, kHex);
}

std::optional<Variant> parse_variant_name(std::uint8_t first_byte, std::string_view name) {
  Variant variant;
  NameReader reader(name);
  const std::string prefix = variant_directory(first_byte).substr(std::string_view("links/").size());
  auto content = Digest::from_hex(prefix + std::string(reader.take(kHexDigits - prefix.size())));
  reader.expect('-');
  variant.key.mode = reader.number<std::uint16_t>(kOctal);
  reader.expect('-');
  variant.key.mtime.seconds = reader.number<std::int64_t>(kHex);
  reader.expect('.');
  variant.key.mtime.nanoseconds = reader.number<std::uint32_t>(kHex);
  reader.expect('-');
  variant.key.uid = reader.number<std::uint32_t>(kHex);
  if (reader.next_is('.')) {
    reader.expect('.');
    variant.key.gid = reader.number<std::uint32_t>(kHex);
  }
  reader.expect('-');
  variant.key.xattrs = reader.number<std::uint64_t>(kHex);
  reader.expect('-');
  variant.inode = reader.number<std::uint64_t>(kHex);
  if (!content || !reader.complete() || variant.key.mode > kPermissions) return std::nullopt;
  variant.key.content = FileId(*content);
  return variant;
}

bool is_as_named(const sys::Stat& stat, const VariantKey& key, std::uint64_t size) {
  return stat.kind == sys::FileKind::kRegular && stat.size == size && stat.mode == key.mode_on_disk() &&
         stat.mtime == key.mtime && stat.uid == key.uid && (!key.gid || stat.gid == *key.gid);
}

}  // namespace cowstore::store
