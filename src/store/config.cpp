#include "store/config.hpp"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/try.hpp"
#include "store/located.hpp"

namespace cowstore::store {

namespace {

using Json = nlohmann::json;

std::optional<AttributesPolicy> policy_of(std::string_view word) {
  for (auto policy : {AttributesPolicy::kNone, AttributesPolicy::kTimes, AttributesPolicy::kFull}) {
    if (word == to_string(policy)) return policy;
  }
  return std::nullopt;
}

Result<std::string> word(const Json& config, const char* key) {
  auto found = config.find(key);
  if (found == config.end() || !found->is_string()) return corrupt(std::string("no word for \"") + key + "\"");
  return found->get<std::string>();
}

Result<void> check_format(const Json& config) {
  auto format = config.find("format");
  if (format == config.end() || !format->is_number_unsigned()) return corrupt("no number for \"format\"");
  auto number = format->get<std::uint64_t>();
  if (number == 0) return corrupt("format 0 doesn't exist");
  if (number > kStoreFormat) return unsupported("store format " + std::to_string(number) + " isn't known");
  return {};
}

Result<void> check_features(const Json& config) {
  auto features = config.find("features");
  if (features == config.end() || !features->is_array()) return corrupt("no list for \"features\"");
  // No feature exists so far, so each that is named is unknown.
  for (const Json& feature : *features) {
    if (!feature.is_string()) return corrupt("a feature isn't a word");
    return unsupported("the feature \"" + feature.get<std::string>() + "\" isn't known");
  }
  return {};
}

}  // namespace

const char* to_string(AttributesPolicy policy) {
  switch (policy) {
    case AttributesPolicy::kNone:
      return "none";
    case AttributesPolicy::kTimes:
      return "times";
    case AttributesPolicy::kFull:
      return "full";
  }
  return "times";
}

std::string encode_config(const StoreConfig& config) {
  Json json;
  json["attributes"] = to_string(config.attributes);
  json["chunking"] = chunk::to_string(config.chunking);
  json["features"] = Json::array();
  json["format"] = kStoreFormat;
  return json.dump();
}

Result<StoreConfig> decode_config(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return corrupt("not a JSON object");
  // In this order: what a newer store means by its other members, only a newer reader knows.
  COWSTORE_TRY(check_format(json));
  COWSTORE_TRY(check_features(json));
  auto attributes = policy_of(COWSTORE_TRY(word(json, "attributes")));
  if (!attributes) return corrupt("\"attributes\" is neither none, times nor full");
  auto chunking = chunk::profile_from_string(COWSTORE_TRY(word(json, "chunking")));
  if (!chunking) return corrupt("\"chunking\" is neither default, fine nor bulk");
  return StoreConfig{*attributes, *chunking};
}

}  // namespace cowstore::store
