// JSON as text, one member after another: objects are written once and never looked at again, and a list of a million
// entries must not cost a million trees in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cowstore::cli {

/// A list of objects or other values that are JSON already.
class JsonList {
 public:
  void add(std::string_view json);
  [[nodiscard]] std::string str() const { return '[' + items_ + ']'; }

 private:
  std::string items_;
};

/// Keys are plain words. Text that isn't UTF-8 is shown with U+FFFD.
class JsonObject {
 public:
  JsonObject& text(std::string_view key, std::string_view value);
  JsonObject& text_or_null(std::string_view key, const std::optional<std::string>& value);
  JsonObject& number(std::string_view key, std::uint64_t value);
  JsonObject& boolean(std::string_view key, bool value);
  JsonObject& null(std::string_view key);
  /// `value` is JSON already.
  JsonObject& json(std::string_view key, std::string_view value);
  JsonObject& texts(std::string_view key, const std::vector<std::string>& values);

  /// A name or other raw bytes. What isn't UTF-8 gets a second member, `<key>_base64`, with the exact bytes.
  JsonObject& name(std::string_view key, std::string_view bytes);
  /// A list of names. Those that aren't UTF-8 are also listed, with their bytes, in the member `undecodable`.
  JsonObject& names(std::string_view key, const std::vector<std::string>& values);

  [[nodiscard]] std::string str() const;

 private:
  std::string members_;
  JsonList undecodable_;
  bool all_decodable_ = true;
};

/// A JSON text as it is if it is an object, else "{}": what came from elsewhere must not break the output around it.
std::string object_or_empty(const std::string& json);

/// Members of a JSON object as pairs for people: strings without quotes, all else as JSON.
std::vector<std::pair<std::string, std::string>> members_of_object(const std::string& json);

std::string base64(std::string_view bytes);

}  // namespace cowstore::cli
