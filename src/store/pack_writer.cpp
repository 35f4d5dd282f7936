#include "store/pack_writer.hpp"

#include "base/try.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

/// The disk starts to work while the pack still grows, so that the sync at the end finds little to do.
constexpr std::uint64_t kWriteBackStep = std::uint64_t{8} << 20;

}  // namespace

PackWriter::PackWriter(sys::Fd fd, std::string file_name, std::string path)
    : fd_(std::move(fd)), file_name_(std::move(file_name)), path_(std::move(path)) {}

Result<PackWriter> PackWriter::create(const Session& session, std::string file_name, PackContent content) {
  sys::Fd fd = COWSTORE_TRY(session.create(file_name));
  std::string path = session.dir().path_of(file_name);
  PackWriter writer(std::move(fd), std::move(file_name), std::move(path));
  Bytes header = encode_pack_header(content);
  writer.name_.update(header);
  COWSTORE_TRY(writer.write(header));
  return writer;
}

Result<void> PackWriter::write(ByteView bytes) {
  COWSTORE_TRY(sys::write_at(fd_, bytes, size_, path_));
  size_ += bytes.size();
  if (size_ - written_back_ >= kWriteBackStep) {
    sys::start_write_back(fd_);
    written_back_ = size_;
  }
  return {};
}

Result<std::uint64_t> PackWriter::append(const codec::Encoded& encoded, const std::vector<ObjectInfo>& objects) {
  auto stored_size = static_cast<std::uint32_t>(encoded.bytes.size());
  BlockPlace place{size_, stored_size, static_cast<std::uint32_t>(objects.size())};
  Bytes bytes = encode_block_header(encoded.codec, stored_size, objects);
  name_.update(bytes);
  bytes.insert(bytes.end(), encoded.bytes.begin(), encoded.bytes.end());
  COWSTORE_TRY(write(bytes));
  blocks_.push_back(place);
  return place.offset;
}

Result<Digest> PackWriter::finish() {
  Bytes footer = encode_pack_footer(blocks_);
  name_.update(footer);
  PackTrailer trailer{size_, blocks_.size(), name_.finish()};
  COWSTORE_TRY(write(footer));
  COWSTORE_TRY(write(encode_pack_trailer(trailer, footer)));
  return trailer.name;
}

Result<void> PackWriter::sync() const {
  return sys::sync_data(fd_, path_);
}

}  // namespace cowstore::store
