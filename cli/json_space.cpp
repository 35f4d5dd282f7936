#include "cli/json.hpp"
#include "cli/rfc3339.hpp"

namespace cowstore::cli {

std::string json_of(const SpaceUse& use) {
  return JsonObject()
      .number("files", use.files)
      .number("unreadable", use.unreadable)
      .number("apparent", use.apparent)
      .number("exclusive", use.exclusive)
      .number("shared", use.shared)
      .number("inlined", use.inlined)
      .number("encoded", use.encoded)
      .str();
}

namespace {

std::string object_of(const WorktreeSpace& copy) {
  return JsonObject()
      .text("id", copy.id)
      .name("path", copy.path)
      .boolean("main", copy.main)
      .boolean("current", copy.current)
      .json("use", json_of(copy.use))
      .str();
}

std::string object_of(const StoreSpace& part) {
  return JsonObject().text("part", part.part).json("use", json_of(part.use)).str();
}

std::string object_of(const SharedSpace& shared) {
  return JsonObject()
      .names("owners", shared.owners)
      .boolean("others", shared.others)
      .number("bytes", shared.bytes)
      .str();
}

std::string object_of(const CommitSpace& commit) {
  return JsonObject()
      .text("commit", commit.commit.hex())
      .text("time", rfc3339(commit.time, commit.utc_offset_minutes))
      .text("message", commit.message)
      .number("files", commit.files)
      .number("apparent", commit.apparent)
      .number("exclusive", commit.exclusive)
      .number("shared", commit.shared)
      .str();
}

template <class Item>
std::string list_of(const std::vector<Item>& items) {
  JsonList list;
  for (const Item& item : items) list.add(object_of(item));
  return list.str();
}

}  // namespace

std::string json_of(const DiskUse& use) {
  return JsonObject()
      .number("on_disk", use.on_disk)
      .boolean("complete", use.complete)
      .json("worktrees", list_of(use.worktrees))
      .json("store", list_of(use.store))
      .json("sharing", list_of(use.sharing))
      .json("commits", list_of(use.commits))
      .number("commits_in_all", use.commits_in_all)
      .names("left_out", use.left_out)
      .str();
}

}  // namespace cowstore::cli
