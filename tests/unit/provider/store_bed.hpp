// A store in a directory of its own, with files in it, for tests of what makes files.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>

#include "chunk/chunker.hpp"
#include "hash/sha256.hpp"
#include "object/chunk_list.hpp"
#include "object/entry.hpp"
#include "store/store.hpp"
#include "store/transaction.hpp"
#include "support/temp_dir.hpp"
#include "sys/file.hpp"

namespace cowstore::test {

class StoreBed {
 public:
  /// Below `temp`: the store in "store", the rest is the test's.
  explicit StoreBed(const TempDir& temp) : path_(temp / "store") {
    EXPECT_TRUE(store::Store::create(temp.open(), "store", {}).ok());
    reopen();
  }

  void reopen() { store = std::move(store::Store::open(std::move(sys::Dir::open(path_)).value())).value(); }

  /// Into packs, chunk by chunk.
  object::FileRef add_packed(std::string_view content) { return add(content, Where::kPacks); }
  /// As one loose file.
  object::FileRef add_loose(std::string_view content) { return add(content, Where::kLoose); }

  [[nodiscard]] std::string loose_path(const object::FileRef& file) const {
    std::string hex = file.id.hex();
    return path_ + "/loose/" + hex.substr(0, 2) + "/" + hex.substr(2);
  }

  std::shared_ptr<store::Store> store;

 private:
  enum class Where { kPacks, kLoose };

  static void put(store::Transaction& transaction, const ChunkId& id, ByteView bytes) {
    EXPECT_TRUE(transaction.put_chunk(id, bytes).ok());
  }

  object::FileRef add(std::string_view content, Where where) {
    auto transaction = std::move(store->begin()).value();
    object::ChunkListBuilder list(*transaction);
    std::vector<store::ChunkSpan> spans;
    std::uint64_t offset = 0;
    const chunk::CutRule& rule = chunk::rule_of(chunk::Profile::kDefault);
    for (ByteView rest = as_bytes(content); !rest.empty();) {
      ByteView piece = rest.first(chunk::first_cut(rule, rest));
      ChunkId id(hash::sha256(piece));
      EXPECT_TRUE(list.add(id, piece.size()).ok());
      if (where == Where::kPacks) put(*transaction, id, piece);
      spans.push_back({id, offset, static_cast<std::uint32_t>(piece.size())});
      offset += piece.size();
      rest = rest.subspan(piece.size());
    }
    object::FileRef file = std::move(list.finish()).value();
    if (where == Where::kLoose) {
      auto staged = std::move(transaction->stage_loose()).value();
      EXPECT_TRUE(sys::write_at(staged.fd(), as_bytes(content), 0, "staged").ok());
      EXPECT_TRUE(transaction->add_loose(std::move(staged), file, spans).ok());
    }
    EXPECT_TRUE(transaction->publish().ok());
    return file;
  }

  std::string path_;
};

}  // namespace cowstore::test
