#include "cli/json_object.hpp"

#include <nlohmann/json.hpp>

#include "cowstore/text.hpp"

namespace cowstore::cli {

namespace {

std::string quoted_text(std::string_view text) {
  return nlohmann::json(to_utf8_lossy(text)).dump();
}

}  // namespace

void JsonList::add(std::string_view json) {
  if (!items_.empty()) items_ += ',';
  items_ += json;
}

JsonObject& JsonObject::json(std::string_view key, std::string_view value) {
  if (!members_.empty()) members_ += ',';
  members_.append("\"").append(key).append("\":").append(value);
  return *this;
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
  return json(key, quoted_text(value));
}

JsonObject& JsonObject::text_or_null(std::string_view key, const std::optional<std::string>& value) {
  return value ? text(key, *value) : null(key);
}

JsonObject& JsonObject::number(std::string_view key, std::uint64_t value) {
  return json(key, std::to_string(value));
}

JsonObject& JsonObject::boolean(std::string_view key, bool value) {
  return json(key, value ? "true" : "false");
}

JsonObject& JsonObject::null(std::string_view key) {
  return json(key, "null");
}

JsonObject& JsonObject::texts(std::string_view key, const std::vector<std::string>& values) {
  JsonList list;
  for (const std::string& value : values) list.add(quoted_text(value));
  return json(key, list.str());
}

JsonObject& JsonObject::name(std::string_view key, std::string_view bytes) {
  text(key, bytes);
  return is_utf8(bytes) ? *this : text(std::string(key) + "_base64", base64(bytes));
}

JsonObject& JsonObject::names(std::string_view key, const std::vector<std::string>& values) {
  for (const std::string& value : values) {
    if (is_utf8(value)) continue;
    undecodable_.add(JsonObject().text("list", key).name("path", value).str());
    all_decodable_ = false;
  }
  return texts(key, values);
}

std::string JsonObject::str() const {
  if (all_decodable_) return '{' + members_ + '}';
  return '{' + members_ + (members_.empty() ? "" : ",") + "\"undecodable\":" + undecodable_.str() + '}';
}

std::string object_or_empty(const std::string& json) {
  // Handed on as it is: a number that went through a double might come out as another.
  return nlohmann::json::parse(json, nullptr, false).is_object() ? json : "{}";
}

std::vector<std::pair<std::string, std::string>> members_of_object(const std::string& json) {
  std::vector<std::pair<std::string, std::string>> members;
  auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return members;
  for (const auto& [key, value] : parsed.items()) {
    members.emplace_back(key, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return members;
}

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::size_t present = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < present ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= present ? kAlphabet[group >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

}  // namespace cowstore::cli
