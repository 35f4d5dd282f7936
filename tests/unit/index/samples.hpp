// An index with one of everything.
#pragma once

#include <string>
#include <string_view>

#include "hash/sha256.hpp"
#include "index/index_builder.hpp"
#include "index/record.hpp"

namespace cowstore::index {

constexpr std::string_view kBoot = "11111111-2222-3333-4444-555555555555";
constexpr std::string_view kOtherBoot = "99999999-2222-3333-4444-555555555555";

inline Digest digest_of(std::string_view text) {
  return hash::sha256(as_bytes(text));
}

inline object::FileRef content(std::string_view text) {
  return text.empty() ? object::FileRef::empty() : object::FileRef::single_chunk(ChunkId(digest_of(text)), text.size());
}

inline sys::Stat stat_of(sys::FileKind kind, std::uint16_t mode, std::uint64_t size, std::uint64_t inode) {
  sys::Stat stat;
  stat.kind = kind;
  stat.mode = mode;
  stat.size = size;
  stat.inode = inode;
  stat.mtime = {1'700'000'000, 123'456'789};
  stat.ctime = {1'700'000'001, 987'654'321};
  return stat;
}

inline sys::Stat file_stat(std::string_view text, std::uint16_t mode = 0644) {
  return stat_of(sys::FileKind::kRegular, mode, text.size(), 42);
}

inline NewEntry file_entry(std::string_view name, std::string_view text) {
  NewEntry entry;
  entry.name = name;
  entry.stat = file_stat(text);
  entry.file = content(text);
  entry.proof = Proof::kProven;
  return entry;
}

inline NewEntry directory_entry(std::string_view name) {
  NewEntry entry;
  entry.name = name;
  entry.kind = object::EntryKind::kDirectory;
  return entry;
}

inline NewEntry link_entry(std::string_view name, std::string_view target) {
  NewEntry entry;
  entry.name = name;
  entry.kind = object::EntryKind::kSymlink;
  entry.stat = stat_of(sys::FileKind::kSymlink, 0777, target.size(), 43);
  entry.target = target;
  entry.proof = Proof::kProven;
  return entry;
}

inline NewEntry variant_entry(std::string_view name, std::string_view text) {
  NewEntry entry = file_entry(name, text);
  entry.stat.mode = 0555;
  entry.kind = object::EntryKind::kExecutable;
  entry.durability = Durability::kSynced;
  entry.sharing = Sharing::kSharedInode;
  entry.recorded = {std::uint16_t{0755}, Timestamp{-5, 999'999'999}};
  return entry;
}

inline Bytes sample_index(std::string_view boot_id = kBoot) {
  IndexBuilder builder(boot_id);
  const sys::Stat stat = stat_of(sys::FileKind::kDirectory, 0755, 0, 7);
  builder.begin_directory({"", stat, TreeId(digest_of("tree")), AttributesId(digest_of("attributes"))});
  builder.add(file_entry("a", "content of a"));
  builder.add(directory_entry("d"));
  builder.add(file_entry("empty", ""));
  builder.add(link_entry("link", "where/to"));
  builder.add(variant_entry("variant", "#!/bin/sh"));
  builder.begin_directory({"d", stat, std::nullopt, std::nullopt});
  builder.add(file_entry("inner", "inner content"));
  return builder.finish();
}

/// With a checksum that is right again.
inline Bytes resealed(Bytes bytes) {
  const std::size_t covered = bytes.size() - 32;
  const Digest digest = layout::checksum(ByteView(bytes).first(covered));
  std::copy(digest.bytes.begin(), digest.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(covered));
  return bytes;
}

/// Everything that an index says, as text: looks at each byte that a user of the index may look at.
inline std::string describe(const StatIndex& index) {
  std::string text;
  for (std::size_t d = 0; d < index.directory_count(); ++d) {
    const IndexedDirectory directory = index.directory(d);
    text += std::string(directory.path()) + "/ " + std::to_string(directory.mode()) + " " +
            std::to_string(directory.inode()) + " " + std::to_string(directory.mtime().seconds) + " " +
            std::to_string(directory.ctime().nanoseconds) + " " + (directory.tree() ? directory.tree()->hex() : "-") +
            " " + (directory.attributes() ? directory.attributes()->hex() : "-") + "\n";
    for (std::size_t i = 0; i < directory.size(); ++i) {
      const IndexedEntry entry = directory.entry(i);
      text += std::string(entry.name) + " " + object::to_string(entry.kind) + " " + std::to_string(entry.mode) + " " +
              std::to_string(entry.size) + " " + std::to_string(entry.inode) + " " +
              std::to_string(entry.mtime.seconds) + "." + std::to_string(entry.mtime.nanoseconds) + " " +
              std::to_string(entry.ctime.seconds) + "." + std::to_string(entry.ctime.nanoseconds) + " " +
              std::to_string(entry.file.depth) + entry.file.id.hex() + " " + std::string(entry.target) + " " +
              std::to_string(static_cast<int>(entry.proof)) + std::to_string(static_cast<int>(entry.durability)) +
              std::to_string(static_cast<int>(entry.sharing)) + " " +
              std::to_string(entry.recorded.mode.value_or(0xffff)) + " " +
              std::to_string(entry.recorded.mtime.value_or(Timestamp{}).seconds) + "\n";
    }
  }
  return text;
}

}  // namespace cowstore::index
