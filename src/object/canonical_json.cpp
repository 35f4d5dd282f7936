#include "object/canonical_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "base/try.hpp"

namespace cowstore::object {

namespace {

using Member = std::pair<std::string, std::string>;  // name and canonical value

/// Receives the parts of a text in order and puts each value together again in canonical form as soon as it is
/// complete. The parser that calls it doesn't recurse.
class Canonicaliser : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Canonicaliser(std::size_t max_depth) : max_depth_(max_depth) {}

  bool null() override { return value("null"); }
  bool boolean(bool b) override { return value(b ? "true" : "false"); }
  bool number_integer(number_integer_t n) override { return value(std::to_string(n)); }
  bool number_unsigned(number_unsigned_t n) override { return value(std::to_string(n)); }
  bool number_float(number_float_t, const string_t& as_written) override { return value(as_written); }
  bool string(string_t& text) override { return value(json_string(text)); }
  bool binary(binary_t&) override { return fail("binary"); }
  bool start_object(std::size_t) override { return start(true); }
  bool start_array(std::size_t) override { return start(false); }
  bool key(string_t& name) override {
    open_.back().key = name;
    return true;
  }
  bool end_object() override {
    std::vector<Member> members = std::move(open_.back().members);
    std::sort(members.begin(), members.end());
    for (std::size_t i = 1; i < members.size(); ++i) {
      if (members[i - 1].first == members[i].first)
        return fail("the key " + json_string(members[i].first) + " comes twice");
    }
    std::string text;
    for (const Member& m : members) text += (text.empty() ? "{" : ",") + json_string(m.first) + ":" + m.second;
    open_.pop_back();
    if (open_.empty()) top_ = std::move(members);
    return value(text.empty() ? "{}" : text + "}");
  }
  bool end_array() override {
    std::string text;
    for (const Member& m : open_.back().members) text += (text.empty() ? "[" : ",") + m.second;
    open_.pop_back();
    return value(text.empty() ? "[]" : text + "]");
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return fail("not JSON at offset " + std::to_string(position == 0 ? 0 : position - 1));
  }

  std::string text_;
  std::vector<Member> top_;  ///< the members, if the text is an object
  std::string problem_;

 private:
  struct Open {
    bool is_object = false;
    std::string key;
    std::vector<Member> members;  ///< of an array: without names
  };

  bool fail(std::string problem) {
    if (problem_.empty()) problem_ = std::move(problem);
    return false;
  }
  bool start(bool is_object) {
    if (open_.size() == max_depth_) return fail("nested deeper than " + std::to_string(max_depth_) + " levels");
    open_.push_back({is_object, {}, {}});
    return true;
  }
  bool value(std::string text) {
    if (open_.empty()) {
      text_ = std::move(text);
    } else {
      open_.back().members.emplace_back(std::move(open_.back().key), std::move(text));
    }
    return true;
  }

  std::size_t max_depth_;
  std::vector<Open> open_;
};

Error corrupt(const std::string& reason) {
  return {ErrorCode::kCorrupt, 0, "read JSON", "", reason, ""};
}

Result<Canonicaliser> parse(std::string_view text, std::size_t max_depth) {
  if (!base::is_utf8(text)) return corrupt("not UTF-8");
  Canonicaliser parts(max_depth);
  bool good = nlohmann::json::sax_parse(text.begin(), text.end(), &parts);
  if (!good) return corrupt(parts.problem_);
  return parts;
}

void append_control(std::string& out, char c) {
  static constexpr char kDigits[] = "0123456789abcdef";
  out += "\\u00";
  out += kDigits[static_cast<unsigned char>(c) >> 4];
  out += kDigits[c & 15];
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (static_cast<unsigned char>(c) < 0x20) {
    append_control(out, c);
  } else {
    out += c;
  }
}

}  // namespace

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (char c : text) append_escaped(out, c);
  return out + '"';
}

Result<std::string> canonical_json(std::string_view text, std::size_t max_depth) {
  return std::move(COWSTORE_TRY(parse(text, max_depth)).text_);
}

Result<std::map<std::string, std::string>> canonical_members(std::string_view text) {
  Canonicaliser parts = COWSTORE_TRY(parse(text, kMaxJsonDepth));
  if (parts.text_.front() != '{') return corrupt("not an object");
  std::map<std::string, std::string> members;
  for (Member& m : parts.top_) members.insert(std::move(m));
  return members;
}

}  // namespace cowstore::object
