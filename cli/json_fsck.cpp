#include "cli/json.hpp"

namespace cowstore::cli {

namespace {

std::string json_of(const Fault& fault) {
  return JsonObject()
      .text("object", fault.object)
      .text("container", fault.container)
      .number("offset", fault.offset)
      .name("path", fault.path)
      .text("message", fault.message)
      .str();
}

}  // namespace

std::string json_of(const FsckReport& report) {
  JsonList faults;
  for (const Fault& fault : report.faults) faults.add(json_of(fault));
  return JsonObject()
      .boolean("ok", report.faults.empty())
      .json("faults", faults.str())
      .texts("notes", report.notes)
      .number("commits", report.commits)
      .number("trees", report.trees)
      .number("files", report.files)
      .number("chunks", report.chunks)
      .number("variants", report.variants)
      .number("bytes_checked", report.bytes_checked)
      .number("index_entries", report.index_entries)
      .number("unreachable", report.unreachable)
      .str();
}

}  // namespace cowstore::cli
