#include "cli/json.hpp"

namespace cowstore::cli {

std::string json_of(const RefInfo& ref, RefAction action) {
  return JsonObject()
      .text("name", ref.name)
      .text("commit", ref.commit.hex())
      .text("action", action == RefAction::kCreated ? "created" : "deleted")
      .str();
}

std::string json_of_branches(const std::vector<RefInfo>& branches) {
  JsonList list;
  for (const RefInfo& branch : branches) {
    list.add(JsonObject()
                 .text("name", branch.name)
                 .text("commit", branch.commit.hex())
                 .boolean("current", branch.current)
                 .str());
  }
  return json_of_list("branches", list);
}

std::string json_of_tags(const std::vector<RefInfo>& tags) {
  JsonList list;
  for (const RefInfo& tag : tags) {
    list.add(JsonObject().text("name", tag.name).text("commit", tag.commit.hex()).str());
  }
  return json_of_list("tags", list);
}

}  // namespace cowstore::cli
