#include "maint/reachable.hpp"

#include "base/try.hpp"
#include "object/commit.hpp"
#include "object/references.hpp"
#include "object/verify.hpp"

namespace cowstore::maint {

/// An object to look at, and the commit through which it was reached first.
struct Reachability::Step {
  object::ReferenceTarget target = object::ReferenceTarget::kNode;
  object::NodeKind kind = object::NodeKind::kCommit;
  Digest id;
  CommitId commit;
};

void Reachability::mark(const std::vector<CommitId>& commits) {
  std::vector<Step> open;
  for (const CommitId& commit : commits)
    open.push_back({object::ReferenceTarget::kNode, object::NodeKind::kCommit, commit.digest(), commit});
  std::vector<CommitId> found;
  while (!open.empty()) {
    Step step = open.back();
    open.pop_back();
    if (!reached_.insert(step.id).second) continue;
    if (step.target == object::ReferenceTarget::kChunk) {
      visit_chunk(step);
    } else {
      if (step.kind == object::NodeKind::kCommit) found.push_back(CommitId(step.id));
      visit(step, open);
    }
  }
  verify_structure(found);
}

void Reachability::visit_chunk(const Step& step) {
  if (store::is_implied_zero_chunk(step.id)) return;
  // Not contains(): that is about what may be counted on without a look, and the containers have been read by now.
  auto listed = store_.info(step.id);
  bool known = listed && *listed;
  if (known && (!findings_.is_bad(step.id) || is_readable(**listed))) return;
  lost_.insert(step.id);
  findings_.fault(Fault{step.id.hex(), "", 0, step.commit.hex(),
                        !listed ? listed.error().message()
                        : known ? "a chunk that is needed is damaged, or its container is gone"
                                : "a chunk that is needed is missing"});
}

/// Each reference says it anew. What is missing is told by visit_chunk().
void Reachability::check_length(const Step& step, const object::Reference& chunk) {
  std::uint64_t length = store::implied_zero_chunk_length(chunk.id);
  if (length == 0) {
    auto listed = store_.info(chunk.id);
    if (!listed || !*listed) return;
    length = (*listed)->length;
  }
  if (length == chunk.length) return;
  findings_.fault(Fault{step.id.hex(), "", 0, step.commit.hex(),
                        "it gives chunk " + chunk.id.hex() + " " + std::to_string(chunk.length) +
                            " bytes, but it has " + std::to_string(length)});
}

/// One of its copies may be whole, or it shares a block with what is damaged.
bool Reachability::is_readable(const store::ObjectInfo& info) {
  if (info.length > store::kMaxObjectBytes) return false;
  Bytes bytes(info.length);
  return store_.read_chunk(ChunkId(info.id), bytes).ok();
}

void Reachability::visit(const Step& step, std::vector<Step>& open) {
  auto node = store_.read_node(step.kind, step.id);
  if (!node) {
    lost_.insert(step.id);
    findings_.fault(Fault{step.id.hex(), "", 0, step.commit.hex(), node.error().message()});
    return;
  }
  ++(step.kind == object::NodeKind::kCommit ? report_.commits : report_.trees);
  auto references = object::references_of(step.kind, step.id, **node);
  if (!references) {
    findings_.fault(Fault{step.id.hex(), "", 0, step.commit.hex(), references.error().message()});
    return;
  }
  CommitId commit = step.kind == object::NodeKind::kCommit ? CommitId(step.id) : step.commit;
  for (const object::Reference& reference : *references) {
    if (reference.target == object::ReferenceTarget::kChunk) check_length(step, reference);
    if (!reached_.contains(reference.id)) open.push_back({reference.target, reference.kind, reference.id, commit});
  }
}

/// What takes more than one node to see. What is missing has been told already.
void Reachability::verify_structure(const std::vector<CommitId>& commits) {
  CommitId current;
  auto problem = [&](const Error& error) {
    if (error.code == ErrorCode::kNotFound || !lost_.empty()) return;
    findings_.fault(Fault{"", "", 0, current.hex(), error.message()});
  };
  object::Verifier verifier(store_, problem);
  for (const CommitId& commit : commits) {
    current = commit;
    verifier.commit(commit);
  }
}

}  // namespace cowstore::maint
