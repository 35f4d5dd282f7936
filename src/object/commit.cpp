#include "object/commit.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.hpp"
#include "base/try.hpp"
#include "object/canonical_json.hpp"

namespace cowstore::object {

namespace {

constexpr std::string_view kFormat = "1";
constexpr std::string_view kKeys[] = {"attributes", "author",  "chunking", "format", "message",
                                      "meta",       "parents", "time",     "tree"};

Error usage(std::string_view reason) {
  return {ErrorCode::kUsage, 0, "make a commit", "", std::string(reason), ""};
}
Error corrupt(std::string_view reason) {
  return {ErrorCode::kCorrupt, 0, "read commit", "", std::string(reason), ""};
}

const char* problem_of(const Commit& commit) {
  if (!base::is_utf8(commit.author)) return "the author isn't UTF-8";
  if (!base::is_utf8(commit.message)) return "the message isn't UTF-8";
  std::set<CommitId> parents(commit.parents.begin(), commit.parents.end());
  if (parents.size() != commit.parents.size()) return "a parent is named twice";
  return nullptr;
}

std::string quoted(const Digest& digest) {
  return '"' + digest.hex() + '"';
}

std::string parents_json(const std::vector<CommitId>& parents) {
  std::string text;
  for (const CommitId& parent : parents) text += (text.empty() ? "[" : ",") + quoted(parent.digest());
  return text.empty() ? "[]" : text + "]";
}

/// The values of a commit's members, taken one by one; the first that isn't what it must be is the problem.
class Fields {
 public:
  explicit Fields(std::map<std::string, std::string> members) : members_(std::move(members)) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] const std::string& json(const std::string& key) const { return members_.at(key); }
  void fail(const std::string& key) {
    if (problem_.empty()) problem_ = "the value of \"" + key + "\" is not valid";
  }

  std::string text(const std::string& key) {
    auto value = nlohmann::json::parse(json(key), nullptr, false);
    if (!value.is_string()) {
      fail(key);
      return {};
    }
    return value.get<std::string>();
  }

  Digest digest(const std::string& key) { return digest(key, text(key)); }

  std::vector<CommitId> parents(const std::string& key) {
    std::vector<CommitId> parents;
    auto value = nlohmann::json::parse(json(key), nullptr, false);
    if (!value.is_array()) fail(key);
    for (const auto& id : value) parents.emplace_back(digest(key, id.is_string() ? id.get<std::string>() : ""));
    return parents;
  }

  template <class T>
  T must(const std::string& key, const std::optional<T>& value) {
    if (!value) fail(key);
    return value.value_or(T{});
  }

 private:
  Digest digest(const std::string& key, const std::string& hex) { return must(key, Digest::from_hex(hex)); }
  std::map<std::string, std::string> members_;
  std::string problem_;
};

Result<void> check_keys(const std::map<std::string, std::string>& members) {
  for (const auto& [key, value] : members) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      return corrupt("a commit has the unknown member " + json_string(key));
    }
  }
  for (std::string_view key : kKeys) {
    if (!members.contains(std::string(key))) return corrupt("a commit has no " + json_string(key));
  }
  return {};
}

Result<void> check_format(const std::map<std::string, std::string>& members) {
  auto format = members.find("format");
  if (format == members.end() || format->second == kFormat) return {};
  return Error{ErrorCode::kUnsupported, 0, "read commit", "", "it has format " + format->second,
               "use a newer cowstore"};
}

Result<Commit> decode_fields(Fields in) {
  Commit commit;
  commit.tree = TreeId(in.digest("tree"));
  if (in.json("attributes") != "null") commit.attributes = AttributesId(in.digest("attributes"));
  commit.parents = in.parents("parents");
  commit.author = in.text("author");
  commit.time = in.must("time", parse_time(in.text("time")));
  commit.message = in.text("message");
  commit.chunking = in.must("chunking", chunk::profile_from_string(in.text("chunking")));
  commit.meta = in.json("meta");
  if (commit.meta.front() != '{') in.fail("meta");
  if (!in.problem().empty()) return corrupt(in.problem());
  if (const char* problem = problem_of(commit)) return corrupt(problem);
  return commit;
}

}  // namespace

Result<Bytes> encode_commit(const Commit& commit) {
  if (const char* problem = problem_of(commit)) return usage(problem);
  std::optional<std::string> time = format_time(commit.time);
  if (!time) return usage("the time is out of range");
  Result<std::string> meta = canonical_json(commit.meta, kMaxJsonDepth - 1);  // the commit itself is the last level
  if (!meta) return usage("meta: " + meta.error().reason);
  if (meta->front() != '{') return usage("meta is no JSON object");
  std::string text = "{\"attributes\":" + (commit.attributes ? quoted(commit.attributes->digest()) : "null");
  text += ",\"author\":" + json_string(commit.author);
  text += ",\"chunking\":" + json_string(chunk::to_string(commit.chunking));
  text += ",\"format\":" + std::string(kFormat);
  text += ",\"message\":" + json_string(commit.message);
  text += ",\"meta\":" + *meta;
  text += ",\"parents\":" + parents_json(commit.parents);
  text += ",\"time\":" + json_string(*time);
  text += ",\"tree\":" + quoted(commit.tree.digest()) + "}";
  if (text.size() > kMaxCommitBytes) return usage("it is larger than 16 MiB");
  return Bytes(text.begin(), text.end());
}

Result<Commit> decode_commit(ByteView encoding) {
  if (encoding.size() > kMaxCommitBytes) return corrupt("it is larger than 16 MiB");
  auto members = canonical_members(as_text(encoding));
  if (!members) return corrupt(members.error().reason);
  COWSTORE_TRY(check_format(*members));
  COWSTORE_TRY(check_keys(*members));
  Commit commit = COWSTORE_TRY(decode_fields(Fields(std::move(members).value())));
  Result<Bytes> canonical = encode_commit(commit);
  if (!canonical || as_text(*canonical) != as_text(encoding)) return corrupt("its JSON is not in canonical form");
  return commit;
}

CommitId commit_id(ByteView encoding) {
  return CommitId(node_id(NodeKind::kCommit, encoding));
}

Result<CommitId> put_commit(NodeSink& sink, const Commit& commit) {
  Bytes encoding = COWSTORE_TRY(encode_commit(commit));
  CommitId id = commit_id(encoding);
  COWSTORE_TRY(sink.put_node(NodeKind::kCommit, id.digest(), encoding));
  return id;
}

Result<Commit> read_commit(NodeSource& source, const CommitId& id) {
  NodeBytes bytes = COWSTORE_TRY(source.read_node(NodeKind::kCommit, id.digest()));
  Result<Commit> commit = decode_commit(*bytes);
  if (!commit) commit.error().path = id.hex();
  return commit;
}

}  // namespace cowstore::object
