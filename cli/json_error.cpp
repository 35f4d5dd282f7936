#include "cli/json.hpp"

namespace cowstore::cli {

std::string json_of(const Error& error) {
  JsonObject body;
  body.text("code", to_string(error.code)).text("message", error.message());
  if (error.path.empty()) {
    body.null("path");
  } else {
    body.name("path", error.path);
  }
  body.text_or_null("hint", error.hint.empty() ? std::nullopt : std::optional(error.hint));
  return JsonObject().json("error", body.str()).str();
}

std::string json_of_help(const std::string& help) {
  return JsonObject().text("help", help).str();
}

std::string json_of_version(const std::string& version) {
  return JsonObject().text("version", version).str();
}

std::string json_of_list(const std::string& key, const JsonList& list) {
  return JsonObject().json(key, list.str()).str();
}

}  // namespace cowstore::cli
