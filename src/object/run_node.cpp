#include "object/run_node.hpp"

#include "base/coding.hpp"
#include "base/try.hpp"
#include "object/split.hpp"

namespace cowstore::object {

bool OpenRunNode::absorb(const Run& run) {
  if (runs_.empty() || runs_.back().id != run.id) return false;
  runs_.back().repeat += run.repeat;
  return true;
}

bool OpenRunNode::at_end() const {
  return !runs_.empty() && ends_after_run(runs_.size(), runs_.back().id);
}

const Digest* OpenRunNode::only_child() const {
  return level_ > 0 && runs_.size() == 1 && runs_.front().repeat == 1 ? &runs_.front().id : nullptr;
}

Bytes OpenRunNode::encode() const {
  Bytes encoding;
  encoding.reserve(4 + runs_.size() * 38);
  base::Writer out(encoding);
  out.u8(level_);
  out.varint(runs_.size());
  for (const Run& run : runs_) {
    out.raw(run.id.bytes);
    out.varint(run.length);
    out.varint(run.repeat);
  }
  return encoding;
}

Run OpenRunNode::link_to(const Digest& id) const {
  Run link{id, 0, 1};
  for (const Run& run : runs_) link.length += run.bytes();
  return link;
}

Result<RunNode> RunNode::decode(ByteView encoding) {
  base::Reader in(encoding);
  RunNode node;
  node.level_ = COWSTORE_TRY(in.u8());
  if (node.level_ > kMaxLevel) return in.corrupt("a level is too high");
  std::uint64_t count = COWSTORE_TRY(in.varint());
  if (count == 0) return in.corrupt("an empty node");
  if (count > kMaxRuns) return in.corrupt("a node has too many runs");
  node.runs_.reserve(static_cast<std::size_t>(count));
  for (std::uint64_t i = 0; i < count; ++i) COWSTORE_TRY(node.decode_run(in));
  COWSTORE_TRY(in.expect_end());
  return node;
}

Result<void> RunNode::decode_run(base::Reader& in) {
  if (!runs_.empty() && ends_after_run(runs_.size(), runs_.back().id))
    return in.corrupt("a node goes on after its end");
  Run run;
  run.id = COWSTORE_TRY(decode_digest(in));
  run.length = COWSTORE_TRY(in.varint());
  run.repeat = COWSTORE_TRY(in.varint());
  if (run.length == 0 || run.repeat == 0) return in.corrupt("an empty run");
  if (level_ == 0 && run.length > kMaxChunkBytes) return in.corrupt("a chunk is too large");
  if (run.length > (kMaxFileBytes - bytes_) / run.repeat) return in.corrupt("a file is too large");
  if (!runs_.empty() && runs_.back().id == run.id) return in.corrupt("a run isn't maximal");
  bytes_ += run.bytes();
  runs_.push_back(run);
  return {};
}

const char* RunNode::root_problem() const {
  bool single = runs_.size() == 1 && runs_.front().repeat == 1;
  return single ? "a root has a single child" : nullptr;
}

const char* RunNode::child_problem(std::size_t index, const RunNode& child, const Bound&, bool rightmost) const {
  if (child.level_ + 1 != level_) return "a child is of the wrong level";
  if (child.bytes_ != runs_[index].length) return "a child's size isn't the one in its parent";
  bool complete = ends_after_run(child.runs_.size(), child.runs_.back().id);
  return rightmost || complete ? nullptr : "a node ends too early";
}

}  // namespace cowstore::object
