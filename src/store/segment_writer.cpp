#include "store/segment_writer.hpp"

#include <algorithm>
#include <bit>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "store/filter.hpp"
#include "store/segment_format.hpp"
#include "store/segment_merge.hpp"
#include "sys/file.hpp"

namespace cowstore::store {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::uint64_t kIdsPerBucket = 64;

/// Appends to a file, and hashes what it appends.
class HashedFile {
 public:
  HashedFile(const sys::Fd& file, std::string_view path) : file_(file), path_(path) {}

  Bytes& buffer() { return buffer_; }
  /// To be called after each piece put into the buffer.
  Result<void> flush_if_full() { return buffer_.size() < kBufferBytes ? Result<void>() : flush(); }
  Result<void> flush() {
    hash_.update(buffer_);
    COWSTORE_TRY(sys::write_at(file_, buffer_, size_, path_));
    size_ += buffer_.size();
    buffer_.clear();
    return {};
  }
  WrittenSegment finish() { return {hash_.finish(), size_}; }

 private:
  const sys::Fd& file_;
  std::string_view path_;
  hash::Sha256 hash_;
  Bytes buffer_;
  std::uint64_t size_ = 0;
};

/// The containers of all sources in one table, and what their numbers became.
class ContainerTable {
 public:
  Result<void> add(const std::vector<ContainerRecord>& fresh, const IndexView::Segments& segments) {
    by_source_.push_back(fresh);
    for (const auto& segment : segments) by_source_.push_back(COWSTORE_TRY(records_of(*segment)));
    for (const auto& records : by_source_) table_.insert(table_.end(), records.begin(), records.end());
    std::sort(table_.begin(), table_.end());
    table_.erase(std::unique(table_.begin(), table_.end()), table_.end());
    for (const auto& records : by_source_) numbers_.push_back(numbers_of(records));
    by_source_.clear();
    return {};
  }
  [[nodiscard]] const std::vector<ContainerRecord>& records() const { return table_; }
  [[nodiscard]] std::uint32_t number(std::size_t source, std::uint32_t old_number) const {
    return numbers_[source][old_number];
  }

 private:
  static Result<std::vector<ContainerRecord>> records_of(const Segment& segment) {
    std::vector<ContainerRecord> records;
    for (std::uint64_t number = 0; number < segment.container_count(); ++number) {
      records.push_back(COWSTORE_TRY(segment.container(number)));
    }
    return records;
  }
  [[nodiscard]] std::vector<std::uint32_t> numbers_of(const std::vector<ContainerRecord>& records) const {
    std::vector<std::uint32_t> numbers;
    for (const ContainerRecord& record : records) {
      auto place = std::lower_bound(table_.begin(), table_.end(), record);
      numbers.push_back(static_cast<std::uint32_t>(place - table_.begin()));
    }
    return numbers;
  }
  std::vector<std::vector<ContainerRecord>> by_source_;
  std::vector<ContainerRecord> table_;
  std::vector<std::vector<std::uint32_t>> numbers_;
};

unsigned fanout_bits_for(std::uint64_t objects) {
  std::uint64_t buckets = objects / kIdsPerBucket;
  return std::min<unsigned>(kMaxFanoutBits, static_cast<unsigned>(std::bit_width(buckets)));
}

SegmentLayout layout_of(const SegmentMerge& merge, std::size_t containers, std::size_t superseded) {
  SegmentLayout layout;
  merge.for_each_id([&](const Digest&) { ++layout.objects; });
  layout.containers = static_cast<std::uint32_t>(containers);
  layout.superseded = static_cast<std::uint32_t>(superseded);
  layout.fanout_bits = fanout_bits_for(layout.objects);
  layout.filter_blocks = filter_blocks_for(layout.objects);
  return layout;
}

Result<void> write_filter_and_fanout(const SegmentMerge& merge, const SegmentLayout& layout, HashedFile& out) {
  Bytes filter(layout.filter_blocks * kFilterBlockBytes);
  std::vector<std::uint32_t> counts(std::size_t{1} << layout.fanout_bits);
  merge.for_each_id([&](const Digest& id) {
    filter_add(filter, id);
    unsigned first_bits = unsigned{id.bytes[0]} << 8 | id.bytes[1];
    ++counts[first_bits >> (16 - layout.fanout_bits)];
  });
  base::Writer writer(out.buffer());
  writer.raw(filter);
  std::uint32_t sum = 0;
  for (std::uint32_t count : counts) writer.u32(sum += count);
  return out.flush();
}

Result<void> write_ids(const SegmentMerge& merge, HashedFile& out) {
  Result<void> outcome;
  base::Writer writer(out.buffer());
  merge.for_each_id([&](const Digest& id) {
    writer.raw(id.bytes);
    if (outcome) outcome = out.flush_if_full();
  });
  return outcome;
}

Result<void> write_locations(const SegmentMerge& merge, const ContainerTable& containers, HashedFile& out) {
  base::Writer writer(out.buffer());
  return merge.for_each_entry([&](std::size_t source, const SegmentEntry& entry) {
    Location location = entry.location;
    location.container = containers.number(source, location.container);
    encode_location(location, writer);
    return out.flush_if_full();
  });
}

void write_head(const SegmentLayout& layout, const std::vector<Digest>& superseded, const ContainerTable& containers,
                HashedFile& out) {
  base::Writer writer(out.buffer());
  writer.raw(encode_segment_header(layout));
  for (const Digest& name : superseded) writer.raw(name.bytes);
  for (const ContainerRecord& record : containers.records()) encode_container(record, writer);
}

}  // namespace

Result<WrittenSegment> write_segment(const sys::Fd& file, std::string_view path, SegmentContents contents) {
  ContainerTable containers;
  COWSTORE_TRY(containers.add(contents.containers, contents.merged));
  SegmentMerge merge(std::move(contents.entries), std::move(contents.merged));
  SegmentLayout layout = layout_of(merge, containers.records().size(), contents.superseded.size());
  if (layout.objects > kMaxSegmentObjects || containers.records().size() > kMaxSegmentObjects ||
      contents.superseded.size() > kMaxSuperseded) {
    return Error{ErrorCode::kUsage, 0, "write", std::string(path), "too many objects for one transaction", ""};
  }
  HashedFile out(file, path);
  write_head(layout, contents.superseded, containers, out);
  COWSTORE_TRY(write_filter_and_fanout(merge, layout, out));
  COWSTORE_TRY(write_ids(merge, out));
  COWSTORE_TRY(write_locations(merge, containers, out));
  COWSTORE_TRY(out.flush());
  return out.finish();
}

}  // namespace cowstore::store
