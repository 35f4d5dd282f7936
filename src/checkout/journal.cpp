#include "checkout/journal.hpp"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/hex.hpp"
#include "base/try.hpp"
#include "sys/file.hpp"

namespace cowstore::checkout {

namespace {

using nlohmann::json;

constexpr const char* kName = "journal";
constexpr const char* kTemporary = "journal.new";
constexpr int kFormat = 1;
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 20;

/// Names and command lines are bytes, JSON is text: hexadecimal keeps every byte.
std::string pack(const std::string& bytes) {
  return base::to_hex(as_bytes(bytes));
}

// What decodes throws where a value is damaged, as nlohmann does where one is missing; read_journal() catches both.

std::string unpack(const json& text) {
  auto bytes = base::from_hex(text.get<std::string>());
  if (!bytes) throw std::invalid_argument("a string that isn't hexadecimal");
  return std::string(as_text(*bytes));
}

json optional_text(const std::optional<std::string>& text) {
  return text ? json(pack(*text)) : json(nullptr);
}
std::optional<std::string> text_of(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(unpack(value));
}

template <class IdType>
json optional_id(const std::optional<IdType>& id) {
  return id ? json(id->hex()) : json(nullptr);
}

template <class IdType>
std::optional<IdType> id_of(const json& value) {
  if (value.is_null()) return std::nullopt;
  auto digest = Digest::from_hex(value.get<std::string>());
  // Never to be taken for "no version": finishing the command would then remove every file.
  if (!digest) throw std::invalid_argument("an id that isn't one");
  return IdType(*digest);
}

/// One of two words.
bool is_first(const json& value, std::string_view first, std::string_view second) {
  if (value != first && value != second) throw std::invalid_argument("an unknown word");
  return value == first;
}

json encode(const object::TreeRoots& roots) {
  return {{"attributes", optional_id(roots.attributes)}, {"tree", optional_id(roots.tree)}};
}

json encode(const std::vector<object::TreeRoots>& versions) {
  json list = json::array();
  for (const object::TreeRoots& roots : versions) list.push_back(encode(roots));
  return list;
}

object::TreeRoots roots_of(const json& value) {
  return {id_of<TreeId>(value.at("tree")), id_of<AttributesId>(value.at("attributes"))};
}

json encode(const refs::NewOperation& operation) {
  json changes = json::array();
  for (const refs::Change& change : operation.changes) {
    changes.push_back({{"name", pack(change.name)},
                       {"new", optional_text(change.new_value)},
                       {"old", optional_text(change.old_value)}});
  }
  return {{"changes", changes},
          {"command", pack(operation.command)},
          {"details", operation.details},
          {"nanoseconds", operation.time.nanoseconds},
          {"offset", operation.utc_offset_minutes},
          {"seconds", operation.time.seconds},
          {"user", pack(operation.user)},
          {"worktree", operation.worktree}};
}

refs::NewOperation operation_of(const json& value) {
  refs::NewOperation operation;
  operation.time = {value.at("seconds").get<std::int64_t>(), value.at("nanoseconds").get<std::uint32_t>()};
  operation.utc_offset_minutes = value.at("offset").get<int>();
  operation.user = unpack(value.at("user"));
  operation.command = unpack(value.at("command"));
  operation.worktree = value.at("worktree").get<std::string>();
  operation.details = value.at("details").get<std::string>();
  for (const json& change : value.at("changes")) {
    operation.changes.push_back({unpack(change.at("name")), text_of(change.at("old")), text_of(change.at("new"))});
  }
  return operation;
}

Journal journal_of(const json& value) {
  Journal journal;
  journal.state =
      is_first(value.at("state"), "finished", "executing") ? Journal::State::kFinished : Journal::State::kExecuting;
  journal.boot_id = value.at("boot").get<std::string>();
  journal.from = roots_of(value.at("from"));
  journal.to = roots_of(value.at("to"));
  for (const json& roots : value.at("unsynced_from")) journal.unsynced_from.push_back(roots_of(roots));
  journal.times = is_first(value.at("times"), "recorded", "current") ? FileTimes::kRecorded : FileTimes::kCurrent;
  journal.operation = operation_of(value.at("operation"));
  return journal;
}

Error unreadable(const sys::Dir& control, const std::string& reason) {
  return {
      ErrorCode::kCorrupt,    0,      "read",
      control.path_of(kName), reason, "look at the working copy's files; then remove the journal to go on without it"};
}

enum class Sync { kNo, kYes };

Result<void> write_temporary(const sys::Dir& control, const std::string& text, Sync sync) {
  const std::string path = control.path_of(kTemporary);
  sys::Fd file = COWSTORE_TRY(control.create_new(kTemporary, 0666));
  COWSTORE_TRY(sys::write_at(file, as_bytes(text), 0, path));
  if (sync == Sync::kYes) COWSTORE_TRY(sys::sync_data(file, path));
  return file.close(path);
}

}  // namespace

Result<void> write_journal(const sys::Dir& control, const Journal& journal) {
  bool executing = journal.state == Journal::State::kExecuting;
  json value = {{"boot", journal.boot_id},
                {"format", kFormat},
                {"from", encode(journal.from)},
                {"operation", encode(journal.operation)},
                {"state", executing ? "executing" : "finished"},
                {"times", journal.times == FileTimes::kRecorded ? "recorded" : "current"},
                {"to", encode(journal.to)},
                {"unsynced_from", encode(journal.unsynced_from)}};
  COWSTORE_TRY(control.remove_tree(kTemporary));
  Sync sync = executing ? Sync::kYes : Sync::kNo;
  auto written = write_temporary(control, value.dump(), sync);
  if (written) written = control.rename(kTemporary, control, kName);
  if (!written) (void)control.unlink(kTemporary);
  COWSTORE_TRY(std::move(written));
  if (executing) COWSTORE_TRY(control.sync());
  return {};
}

Result<std::optional<Journal>> read_journal(const sys::Dir& control) {
  auto file = control.open_read(kName);
  if (!file && file.error().code == ErrorCode::kNotFound) return std::optional<Journal>();
  if (!file) return std::move(file).error();
  Bytes bytes = COWSTORE_TRY(sys::read_all(*file, kMaxBytes, control.path_of(kName)));
  json value = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (value.is_discarded()) return unreadable(control, "it isn't JSON");
  try {  // a missing, mistyped or damaged member; it goes no further than here
    if (value.at("format") != kFormat) return unreadable(control, "another version of cowstore wrote it");
    return std::optional(journal_of(value));
  } catch (const std::exception& exception) {
    return unreadable(control, exception.what());
  }
}

Result<void> remove_journal(const sys::Dir& control) {
  auto removed = control.unlink(kName);
  if (!removed && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

}  // namespace cowstore::checkout
