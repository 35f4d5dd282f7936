#include "repo/template_info.hpp"

#include <nlohmann/json.hpp>

#include "base/try.hpp"
#include "sys/file.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

using nlohmann::json;

constexpr const char* kInfo = "info";
constexpr std::uint64_t kMaxInfoBytes = 4096;
constexpr int kFormat = 1;

json encode(const TemplateInfo& info) {
  json value = {{"format", kFormat}, {"commit", info.commit.hex()}, {"files", info.files}};
  if (!info.mark.uuid.empty()) {
    value["uuid"] = info.mark.uuid;
    value["changed"] = info.mark.changed;
  } else {
    value["inode"] = info.mark.inode;
    value["ctime"] = {info.mark.ctime.seconds, info.mark.ctime.nanoseconds};
  }
  return value;
}

/// Throws where a value is missing or of another type; read_template_info() catches it.
TemplateInfo decode(const json& value, const CommitId& commit) {
  TemplateInfo info;
  info.commit = commit;
  info.files = value.at("files").get<std::uint64_t>();
  if (value.contains("uuid")) {
    info.mark.uuid = value.at("uuid").get<std::string>();
    info.mark.changed = value.at("changed").get<std::uint64_t>();
  } else {
    info.mark.inode = value.at("inode").get<std::uint64_t>();
    info.mark.ctime = {value.at("ctime").at(0).get<std::int64_t>(), value.at("ctime").at(1).get<std::uint32_t>()};
  }
  return info;
}

Error bad_info(const sys::Dir& place, const std::string& reason) {
  return {ErrorCode::kCorrupt, 0, "read", place.path_of(kInfo), reason, ""};
}

}  // namespace

Result<TreeMark> mark_of(const sys::Dir& tree) {
  TreeMark mark;
  if (COWSTORE_TRY(sys::is_subvolume(tree))) {
    auto info = sys::subvolume_info(tree);
    if (info && info->access == sys::SubvolumeAccess::kReadOnly) {
      mark.uuid = info->uuid;
      mark.changed = info->changed;
    }
    if (!mark.uuid.empty()) return mark;
  }
  const sys::Stat stat = COWSTORE_TRY(tree.stat_self());
  mark.inode = stat.inode;
  mark.ctime = stat.ctime;
  return mark;
}

Result<void> write_template_info(const sys::Dir& place, const TemplateInfo& info) {
  sys::Fd file = COWSTORE_TRY(place.create_new(kInfo, 0444));
  return sys::write_at(file, as_bytes(encode(info).dump() + "\n"), 0, place.path_of(kInfo));
}

Result<TemplateInfo> read_template_info(const sys::Dir& place) {
  sys::Fd file = COWSTORE_TRY(place.open_read(kInfo));
  Bytes bytes = COWSTORE_TRY(sys::read_all(file, kMaxInfoBytes, place.path_of(kInfo)));
  json value = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!value.is_object()) return bad_info(place, "it isn't a JSON object");
  try {  // it goes no further than here
    if (value.at("format") != kFormat) return bad_info(place, "another version of cowstore wrote it");
    auto commit = Digest::from_hex(value.at("commit").get<std::string>());
    if (!commit) return bad_info(place, "the commit isn't an id");
    return decode(value, CommitId(*commit));
  } catch (const json::exception& exception) {
    return bad_info(place, exception.what());
  }
}

}  // namespace cowstore::repo
