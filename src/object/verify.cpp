#include "object/verify.hpp"

#include <unordered_set>
#include <variant>
#include <vector>

#include "base/coding.hpp"
#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "object/commit.hpp"
#include "object/named_node.hpp"
#include "object/open_list.hpp"

namespace cowstore::object {

namespace {

class CountingSource : public NodeSource {
 public:
  explicit CountingSource(NodeSource& inner) : inner_(inner) {}
  Result<NodeBytes> read_node(NodeKind kind, const Digest& id) override {
    ++reads;
    return inner_.read_node(kind, id);
  }
  std::size_t reads = 0;

 private:
  NodeSource& inner_;
};

void encode_expectation(const NamedLink& link, const std::optional<std::string_view>& bound, base::Writer& out) {
  out.sized(as_bytes(link.last_name));
  out.u8(bound ? 1 : 0);
  if (bound) out.sized(as_bytes(*bound));
}

void encode_expectation(const Run& link, const RunNode::Bound&, base::Writer& out) {
  out.u64(link.length);
}

/// A node and all that its parents expect of it: where both are known, nothing new can be found.
template <class Node>
Digest place_of(const Cursor<Node>& cursor) {
  Bytes bytes;
  base::Writer out(bytes);
  out.u8(static_cast<std::uint8_t>(Node::kKind));
  out.u8(cursor.level());
  out.u8(cursor.is_last() ? 1 : 0);
  out.raw(cursor.node().child(cursor.index()).bytes);
  encode_expectation(cursor.link(), cursor.bound(), out);
  return hash::sha256(bytes);
}

}  // namespace

struct Verifier::State {
  using Root = std::variant<TreeId, AttributesId, FileRef>;

  State(NodeSource& from, Problem report) : source(from), problem(std::move(report)) {}

  CountingSource source;
  Problem problem;
  std::unordered_set<Digest, DigestHash> seen;
  std::vector<Root> pending;  ///< a stack: directories may be nested deeper than calls

  bool check(const Result<void>& result) {
    if (!result) problem(result.error());
    return result.ok();
  }

  void run(const Root& first) {
    pending.push_back(first);
    while (!pending.empty()) {
      Root root = std::move(pending.back());
      pending.pop_back();
      std::visit([this](const auto& id) { verify(id); }, root);
    }
  }

  /// Whether this is the first time; the place of a root is its kind, id and what is known about it.
  bool first_time(NodeKind kind, const Digest& id, std::uint64_t depth = 0, std::uint64_t size = 0) {
    Bytes bytes;
    base::Writer out(bytes);
    out.u8(static_cast<std::uint8_t>(kind));
    out.raw(id.bytes);
    out.u64(depth);
    out.u64(size);
    return seen.insert(hash::sha256(bytes)).second;
  }

  void verify(const TreeId& id) {
    if (first_time(NodeKind::kDirectory, id.digest())) walk(Cursor<DirectoryNode>::open(source, id.digest()));
  }
  void verify(const AttributesId& id) {
    if (first_time(NodeKind::kAttributes, id.digest())) walk(Cursor<AttributesNode>::open(source, id.digest()));
  }
  void verify(const FileRef& file) {
    if (file.depth == 0 || !first_time(NodeKind::kChunkList, file.id.digest(), file.depth, file.size)) return;
    walk(open_list(source, file));
  }

  template <class Node>
  void walk(Result<Cursor<Node>> opened) {
    if (!opened) return problem(opened.error());
    Cursor<Node> cursor = std::move(opened).value();
    while (!cursor.at_end()) {
      if (cursor.level() == 0) {
        visit(cursor.entry());
        cursor.next();
      } else {
        check_seams(cursor);
        bool first = seen.insert(place_of(cursor)).second;
        if (!first || !check(cursor.enter())) pass(cursor);
      }
    }
  }

  void visit(const TreeEntry& entry) {
    if (entry.kind == EntryKind::kDirectory) pending.emplace_back(entry.tree);
    if (is_file(entry.kind) && entry.file.depth > 0) pending.emplace_back(entry.file);
  }
  void visit(const AttributesEntry& entry) {
    if (entry.children) pending.emplace_back(*entry.children);
    for (const ExtendedAttribute& xattr : entry.attributes.xattrs) {
      if (const auto* value = std::get_if<FileRef>(&xattr.value)) pending.emplace_back(*value);
    }
  }
  void visit(const Run&) {}

  template <class Node>
  static void pass(Cursor<Node>& cursor) {
    cursor.next();
  }
  /// Of a repeated subtree only the last repetition can be in another place than the first.
  static void pass(Cursor<RunNode>& cursor) {
    std::uint64_t repeat = cursor.link().repeat;
    if (cursor.passed() + 2 < repeat) cursor.jump(cursor.index(), repeat - 2);
    cursor.next();
  }

  template <class Node>
  void check_seams(const Cursor<Node>&) {}
  /// A run that ends one node must not go on in the next one.
  void check_seams(const Cursor<RunNode>& cursor) {
    const RunNode& node = cursor.node();
    const std::size_t index = cursor.index();
    const Digest& right = node.child(index);
    const int level = cursor.level();
    if (cursor.passed() == 0 && index > 0) check(check_seam(level, node.child(index - 1), right));
    if (cursor.passed() == 1) check(check_seam(level, right, right));
  }

  Result<void> check_seam(int level, Digest left, Digest right) {
    for (; level > 0; --level) {
      auto before = read_decoded<RunNode>(source, left);
      auto after = read_decoded<RunNode>(source, right);
      if (!before || !after || (*before)->level() + 1 != level || (*after)->level() + 1 != level)
        return {};  // told elsewhere
      const Digest right_node = right;
      left = (*before)->child((*before)->size() - 1);
      right = (*after)->child(0);
      if (left == right)
        return corrupt_node(NodeKind::kChunkList, right_node, "it begins with what the node before ends with");
    }
    return {};
  }
};

Verifier::Verifier(NodeSource& source, Problem problem) : state_(std::make_unique<State>(source, std::move(problem))) {}
Verifier::~Verifier() = default;
Verifier::Verifier(Verifier&&) noexcept = default;
Verifier& Verifier::operator=(Verifier&&) noexcept = default;

void Verifier::commit(const CommitId& id) {
  Result<Commit> commit = read_commit(state_->source, id);
  if (!commit) return state_->problem(commit.error());
  directory(commit->tree);
  if (commit->attributes) attributes(*commit->attributes);
}

void Verifier::directory(const TreeId& id) {
  state_->run(id);
}
void Verifier::attributes(const AttributesId& id) {
  state_->run(id);
}
void Verifier::file(const FileRef& file) {
  state_->run(file);
}
std::size_t Verifier::nodes_read() const {
  return state_->source.reads;
}

}  // namespace cowstore::object
