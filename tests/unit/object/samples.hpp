// Entries, names and ids for tests, made by rule.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "hash/sha256.hpp"
#include "object/named_tree.hpp"

namespace cowstore::object {

inline Digest digest_of(std::string_view text) {
  return hash::sha256(as_bytes(text));
}

inline FileRef small_file(std::string_view content) {
  return content.empty() ? FileRef::empty() : FileRef::single_chunk(ChunkId(digest_of(content)), content.size());
}

inline TreeEntry file_entry(std::string name, std::string_view content, EntryKind kind = EntryKind::kFile) {
  return {std::move(name), kind, small_file(content), {}, {}};
}

inline TreeEntry link_entry(std::string name, std::string target) {
  return {std::move(name), EntryKind::kSymlink, {}, std::move(target), {}};
}

inline TreeEntry directory_entry(std::string name, const TreeId& tree) {
  return {std::move(name), EntryKind::kDirectory, {}, {}, tree};
}

inline AttributesEntry times_entry(std::string name, std::int64_t seconds, std::uint16_t mode = 0644) {
  AttributesEntry entry{std::move(name), {}, std::nullopt};
  entry.attributes.mtime = Timestamp{seconds, 5};
  entry.attributes.mode = mode;
  return entry;
}

/// "file-000042"
inline std::string numbered(std::string_view prefix, std::uint64_t number) {
  std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

template <class Entry>
std::vector<Entry> own_entries() {
  if constexpr (std::is_same_v<Entry, AttributesEntry>) return {times_entry("", 1, 0755)};
  return {};
}

inline TreeEntry sample_entry(const std::string& name, std::uint64_t seed, TreeEntry*) {
  return file_entry(name, std::to_string(seed));
}
inline AttributesEntry sample_entry(const std::string& name, std::uint64_t seed, AttributesEntry*) {
  return times_entry(name, static_cast<std::int64_t>(seed));
}
template <class Entry>
Entry sample(const std::string& name, std::uint64_t seed) {
  return sample_entry(name, seed, static_cast<Entry*>(nullptr));
}

/// Entries must be sorted.
template <class Entry>
typename NamedTraits<Entry>::Id build_named(NodeSink& sink, const std::vector<Entry>& entries) {
  NamedBuilder<Entry> builder(sink);
  for (const Entry& entry : entries) {
    auto added = builder.add(entry);
    EXPECT_TRUE(added.ok()) << added.error().message();
  }
  auto id = builder.finish();
  EXPECT_TRUE(id.ok());
  return id.ok() ? *id : typename NamedTraits<Entry>::Id{};
}

inline TreeId build_tree(NodeSink& sink, const std::vector<TreeEntry>& entries) {
  return build_named(sink, entries);
}
inline AttributesId build_attributes(NodeSink& sink, const std::vector<AttributesEntry>& entries) {
  return build_named(sink, entries);
}

template <class Entry>
std::vector<Entry> read_named(NodeSource& source, const typename NamedTraits<Entry>::Id& id) {
  std::vector<Entry> entries;
  auto done = NamedReader<Entry>(source, id).for_each([&](const Entry& entry) -> Result<void> {
    entries.push_back(entry);
    return {};
  });
  EXPECT_TRUE(done.ok()) << done.error().message();
  return entries;
}

}  // namespace cowstore::object
