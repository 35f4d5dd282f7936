#include "refs/operation.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.hpp"
#include "base/try.hpp"
#include "object/canonical_json.hpp"
#include "refs/record_body.hpp"

namespace cowstore::refs {

std::optional<std::string> detail(const NewOperation& operation, std::string_view key) {
  const auto members = object::canonical_members(operation.details);
  if (!members) return std::nullopt;
  const auto found = members->find(std::string(key));
  if (found == members->end()) return std::nullopt;
  const auto value = nlohmann::json::parse(found->second, nullptr, false);
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

Result<std::string> with_detail(const std::string& details, std::string_view key, std::string_view value) {
  if (!base::is_utf8(key) || !base::is_utf8(value))
    return Error{ErrorCode::kUsage, 0, "record an operation", "", "a detail is not UTF-8", ""};
  const std::string canonical = COWSTORE_TRY(canonical_details(details));
  auto members = COWSTORE_TRY(object::canonical_members(canonical));
  members.insert_or_assign(std::string(key), object::json_string(value));
  std::string text;
  for (const auto& [name, member] : members)
    text += (text.empty() ? "{" : ",") + object::json_string(name) + ":" + member;
  return text + "}";
}

}  // namespace cowstore::refs
