// Writes one pack into a session's directory, block by block.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "codec/block.hpp"
#include "cowstore/result.hpp"
#include "hash/sha256.hpp"
#include "store/pack_format.hpp"
#include "store/session.hpp"
#include "sys/fd.hpp"

namespace cowstore::store {

/// Not thread-safe. After an error only destroy it; the file stays behind in the session's directory, which goes as a
/// whole.
class PackWriter {
 public:
  /// `file_name` is the file's name in the session's directory.
  static Result<PackWriter> create(const Session& session, std::string file_name, PackContent content);

  /// Where the block lies. The objects' bytes are what `encoded` holds, in this order.
  Result<std::uint64_t> append(const codec::Encoded& encoded, const std::vector<ObjectInfo>& objects);
  /// Writes footer and trailer. Nothing is synced so far.
  Result<Digest> finish();
  Result<void> sync() const;

  [[nodiscard]] std::uint64_t bytes() const { return size_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_.size(); }
  [[nodiscard]] const std::string& file_name() const { return file_name_; }

 private:
  PackWriter(sys::Fd fd, std::string file_name, std::string path);
  Result<void> write(ByteView bytes);
  sys::Fd fd_;
  std::string file_name_;
  std::string path_;
  std::uint64_t size_ = 0;
  std::uint64_t written_back_ = 0;  ///< up to here writeback was started
  std::vector<BlockPlace> blocks_;
  hash::Sha256 name_;
};

}  // namespace cowstore::store
