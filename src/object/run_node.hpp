// One node of a chunk list, decoded. Encoding: level (u8), number of runs (varint), runs: id (32 bytes), length of one
// item (varint), repeat (varint). At level 0 the ids are those of chunks, above of nodes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "object/entry.hpp"
#include "object/node.hpp"

namespace cowstore::object {

/// `repeat` times the same item.
struct Run {
  Digest id;
  std::uint64_t length = 0;  ///< bytes of file content in one item
  std::uint64_t repeat = 1;
  [[nodiscard]] std::uint64_t bytes() const { return length * repeat; }
};

/// A node under construction.
class OpenRunNode {
 public:
  static constexpr NodeKind kKind = NodeKind::kChunkList;
  using Leaf = Run;
  using Link = Run;
  explicit OpenRunNode(std::uint8_t level) : level_(level) {}

  bool absorb(const Run& run);  ///< true: was merged into the last run
  void append(const Run& run) { runs_.push_back(run); }
  [[nodiscard]] bool empty() const { return runs_.empty(); }
  [[nodiscard]] bool at_end() const;  ///< whether the split rule ends the node here, provided the last run is complete
  [[nodiscard]] const Digest* only_child() const;
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Run link_to(const Digest& id) const;

 private:
  std::uint8_t level_;
  std::vector<Run> runs_;
};

class RunNode {
 public:
  static constexpr NodeKind kKind = NodeKind::kChunkList;
  struct Bound {};

  /// kCorrupt for anything that isn't canonical as far as the node alone can tell.
  static Result<RunNode> decode(ByteView encoding);

  [[nodiscard]] std::uint8_t level() const { return level_; }
  [[nodiscard]] std::size_t size() const { return runs_.size(); }
  [[nodiscard]] const Run& run(std::size_t index) const { return runs_[index]; }
  [[nodiscard]] const Run& entry(std::size_t index) const { return runs_[index]; }
  [[nodiscard]] const Run& link(std::size_t index) const { return runs_[index]; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }  ///< of file content under the node

  // What a cursor needs of any node.
  [[nodiscard]] const Digest& child(std::size_t index) const { return runs_[index].id; }
  [[nodiscard]] std::uint64_t repeat(std::size_t index) const { return runs_[index].repeat; }
  [[nodiscard]] Bound bound_below(std::size_t, const Bound&) const { return {}; }
  [[nodiscard]] const char* root_problem() const;
  const char* child_problem(std::size_t index, const RunNode& child, const Bound&, bool rightmost) const;

 private:
  Result<void> decode_run(base::Reader& in);
  std::uint8_t level_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<Run> runs_;
};

}  // namespace cowstore::object
