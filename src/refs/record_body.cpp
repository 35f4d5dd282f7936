#include "refs/record_body.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "hash/sha256.hpp"
#include "object/canonical_json.hpp"
#include "object/commit.hpp"

namespace cowstore::refs {
namespace {

constexpr std::string_view kBytesBegin = "{\"bytes\":\"";
constexpr std::string_view kBytesEnd = "\"}";

Error corrupt(std::string reason) {
  return {ErrorCode::kCorrupt, 0, "read an operation", "", std::move(reason), ""};
}

Error unusable(std::string reason) {
  return {ErrorCode::kUsage, 0, "record an operation", "", std::move(reason), ""};
}

std::string text_of(std::string_view bytes) {
  if (base::is_utf8(bytes)) return object::json_string(bytes);
  return std::string(kBytesBegin) + base::to_hex(as_bytes(bytes)) + std::string(kBytesEnd);
}

std::string text_of(const std::optional<std::string>& bytes) {
  return bytes ? text_of(std::string_view(*bytes)) : "null";
}

std::string text_of(const std::vector<Change>& changes) {
  std::string text = "[";
  for (const Change& change : changes) {
    if (text.size() > 1) text += ',';
    text += "[" + text_of(std::string_view(change.name)) + "," + text_of(change.old_value) + "," +
            text_of(change.new_value) + "]";
  }
  return text + "]";
}

/// Walks through canonical text. Whatever is not exactly as the encoder writes it stops the walk for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }
  [[nodiscard]] bool at(std::string_view token) const { return good_ && rest_.starts_with(token); }
  bool take(std::string_view token) {
    if (!at(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) { good_ = take(token); }

  std::string bytes() {
    if (take(kBytesBegin)) return hex_bytes();
    expect("\"");
    return good_ ? string() : std::string();
  }
  std::optional<std::string> bytes_or_null() { return take("null") ? std::nullopt : std::optional(bytes()); }
  /// The text of an object that begins here. Only its end is looked for: what it holds is not checked.
  std::string_view object() {
    const std::string_view text = rest_.substr(0, object_size());
    good_ = good_ && !text.empty();
    rest_.remove_prefix(text.size());
    return text;
  }

 private:
  [[nodiscard]] std::size_t object_size() const {
    if (!at("{")) return 0;
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '"') in_string = !in_string;
      if (c == '\\' && in_string) ++i;
      if (in_string) continue;
      if (c == '{') ++depth;
      if (c == '}' && --depth == 0) return i + 1;
    }
    return 0;
  }
  std::string hex_bytes() {
    const std::string_view digits = rest_.substr(0, rest_.find('"'));
    rest_.remove_prefix(digits.size());
    expect(kBytesEnd);
    auto decoded = base::from_hex(digits);
    good_ = good_ && decoded && !base::is_utf8(as_text(*decoded));
    return good_ ? std::string(as_text(*decoded)) : std::string();
  }

  /// Behind the opening quote. Nearly all strings have no escape: those are only cut out.
  std::string string() {
    std::size_t size = std::min(rest_.find('"'), rest_.size());
    const bool escaped = rest_.substr(0, size).find('\\') != std::string_view::npos;
    if (escaped) size = escaped_size();
    good_ = size < rest_.size();
    if (!good_) return {};
    const std::string_view inside = rest_.substr(0, size);
    rest_.remove_prefix(size + 1);
    return escaped ? unescaped(inside) : plain(inside);
  }
  [[nodiscard]] std::size_t escaped_size() const {
    std::size_t size = 0;
    for (; size < rest_.size() && rest_[size] != '"'; ++size)
      if (rest_[size] == '\\') ++size;
    return size;
  }
  std::string plain(std::string_view inside) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
    good_ = std::none_of(inside.begin(), inside.end(), is_control) &&
            (std::all_of(inside.begin(), inside.end(), is_ascii) || base::is_utf8(inside));
    return std::string(inside);
  }
  std::string unescaped(std::string_view inside) {
    const std::string quoted = "\"" + std::string(inside) + "\"";
    const auto value = nlohmann::json::parse(quoted, nullptr, false);
    good_ = value.is_string();
    if (!good_) return {};
    std::string text = value.get<std::string>();
    good_ = object::json_string(text) == quoted;
    return text;
  }

  std::string_view rest_;
  bool good_ = true;
};

std::vector<Change> changes_in(Scanner& in) {
  std::vector<Change> changes;
  in.expect("[");
  while (in.good() && !in.at("]")) {
    if (!changes.empty()) in.expect(",");
    Change change;
    in.expect("[");
    change.name = in.bytes();
    in.expect(",");
    change.old_value = in.bytes_or_null();
    in.expect(",");
    change.new_value = in.bytes_or_null();
    in.expect("]");
    changes.push_back(std::move(change));
  }
  in.expect("]");
  return changes;
}

bool take_parent(const std::optional<std::string>& hex, OperationId& out) {
  if (!hex) return true;
  const auto digest = Digest::from_hex(*hex);
  if (!digest || *digest == Digest{}) return false;
  out = OperationId(*digest);
  return true;
}

bool take_time(const std::string& text, Operation& out) {
  const auto time = object::parse_time(text);
  if (!time || object::format_time(*time) != text) return false;
  out.time = time->at;
  out.utc_offset_minutes = time->utc_offset_minutes;
  return true;
}

/// Nearly all have none.
bool is_canonical_details(const std::string& text) {
  if (text == "{}") return true;
  const auto canonical = canonical_details(text);
  return canonical && *canonical == text;
}

}  // namespace

Result<std::string> canonical_details(const std::string& details) {
  if (details.empty()) return std::string("{}");
  // One level is the operation itself.
  auto text = object::canonical_json(details, object::kMaxJsonDepth - 1);
  if (!text) return unusable("its details: " + text.error().reason);
  if (!text->starts_with('{')) return unusable("its details are not a JSON object");
  return text;
}

Result<std::string> encode_operation(const NewOperation& operation, const OperationId& parent) {
  const std::string details = COWSTORE_TRY(canonical_details(operation.details));
  const auto time = object::format_time({operation.time, operation.utc_offset_minutes});
  if (!time) return unusable("its time is outside of the years 0000 to 9999");
  const std::string parent_text = parent == OperationId{} ? "null" : object::json_string(parent.hex());
  return "{\"changes\":" + text_of(operation.changes) + ",\"command\":" + text_of(std::string_view(operation.command)) +
         ",\"details\":" + details + ",\"parent\":" + parent_text + ",\"time\":" + object::json_string(*time) +
         ",\"user\":" + text_of(std::string_view(operation.user)) +
         ",\"worktree\":" + text_of(std::string_view(operation.worktree)) + "}";
}

/// In one pass, without a tree of JSON: whoever opens a log decodes what was appended since its last full view.
Result<Operation> decode_operation(std::string_view body) {
  Operation operation;
  Scanner in(body);
  in.expect("{\"changes\":");
  operation.changes = changes_in(in);
  in.expect(",\"command\":");
  operation.command = in.bytes();
  in.expect(",\"details\":");
  operation.details = in.object();
  in.expect(",\"parent\":");
  const auto parent = in.bytes_or_null();
  in.expect(",\"time\":");
  const std::string time = in.bytes();
  in.expect(",\"user\":");
  operation.user = in.bytes();
  in.expect(",\"worktree\":");
  operation.worktree = in.bytes();
  in.expect("}");
  const bool good = in.done() && take_parent(parent, operation.parent) && take_time(time, operation) &&
                    is_canonical_details(operation.details);
  if (!good) return corrupt("not the canonical JSON of an operation");
  operation.id = OperationId(hash::sha256(as_bytes(body)));
  return operation;
}

std::string encode_view(const View& view) {
  std::string text = "[";
  text.reserve(view.bytes() + 8 * view.size() + 2);
  for (const auto& [key, value] : view.all()) {
    if (text.size() > 1) text += ',';
    text += '[';
    text += text_of(std::string_view(key));
    text += ',';
    text += text_of(std::string_view(value));
    text += ']';
  }
  return text + "]";
}

Result<View> decode_view(std::string_view body) {
  View view;
  Scanner in(body);
  in.expect("[");
  while (in.good() && !in.at("]")) {
    if (view.size() > 0) in.expect(",");
    in.expect("[");
    std::string key = in.bytes();
    in.expect(",");
    std::string value = in.bytes();
    in.expect("]");
    if (!view.append(std::move(key), std::move(value))) return corrupt("the keys of a view are not in order");
  }
  in.expect("]");
  if (!in.done()) return corrupt("not the JSON of a view");
  return view;
}

}  // namespace cowstore::refs
