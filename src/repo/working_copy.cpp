#include "repo/working_copy.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <vector>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "repo/directories.hpp"
#include "repo/waiting_lock.hpp"
#include "sys/error.hpp"
#include "sys/file.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace {

using nlohmann::json;

constexpr const char* kHome = "home";
constexpr const char* kNewHome = "home.new";
constexpr const char* kLock = "lock";
constexpr std::uint64_t kMaxHomeBytes = 1 << 20;
constexpr int kFormat = 1;
constexpr std::size_t kIdBytes = 8;

/// A path as JSON: text if it is text, else its bytes in hexadecimal under another key.
void put_path(json& value, const std::string& key, const std::string& path) {
  if (base::is_utf8(path)) {
    value[key] = path;
  } else {
    value[key + "_hex"] = base::to_hex(as_bytes(path));
  }
}

// What decodes throws where a value is damaged, as nlohmann does where one is missing; read_home() catches both.

std::string get_path(const json& value, const std::string& key) {
  if (value.contains(key)) return value.at(key).get<std::string>();
  auto bytes = base::from_hex(value.at(key + "_hex").get<std::string>());
  if (!bytes) throw std::invalid_argument(key + " isn't hexadecimal");
  return std::string(as_text(*bytes));
}

/// 16 digits: it becomes a part of keys in the view.
std::string get_id(const json& value) {
  std::string id = value.at("id").get<std::string>();
  auto bytes = base::from_hex(id);
  if (!bytes || bytes->size() != kIdBytes) throw std::invalid_argument("the id isn't one");
  return id;
}

Home home_of(const json& value) {
  Home home;
  home.id = get_id(value);
  home.store = get_path(value, "store");
  if (home.store.empty()) throw std::invalid_argument("no path of a store");
  if (value.contains("store_at") || value.contains("store_at_hex")) home.store_at = get_path(value, "store_at");
  if (value.value("mount_point", false)) home.place = Home::Place::kMountPoint;
  if (value.contains("branch") || value.contains("branch_hex")) home.branch = get_path(value, "branch");
  if (value.contains("commit")) {
    auto digest = Digest::from_hex(value.at("commit").get<std::string>());
    if (!digest) throw std::invalid_argument("the commit isn't an id");
    home.commit = CommitId(*digest);
  }
  return home;
}

Error bad_home(const sys::Dir& control, const std::string& reason) {
  return {ErrorCode::kCorrupt, 0, "read", control.path_of(kHome), reason, ""};
}

std::vector<std::string> components(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    std::size_t end = std::min(path.find('/', begin), path.size());
    std::string part(path.substr(begin, end - begin));
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(std::move(part));
    begin = end + 1;
  }
  return parts;
}

Result<void> write_new_home(const sys::Dir& control, const std::string& text) {
  sys::Fd file = COWSTORE_TRY(control.create_new(kNewHome, 0666));
  COWSTORE_TRY(sys::write_at(file, as_bytes(text), 0, control.path_of(kNewHome)));
  return sys::sync_data(file, control.path_of(kNewHome));
}

}  // namespace

Result<void> write_home(const sys::Dir& control, const Home& home) {
  json value = {{"format", kFormat}, {"id", home.id}};
  put_path(value, "store", home.store);
  if (home.store_at) put_path(value, "store_at", *home.store_at);
  if (home.branch) put_path(value, "branch", *home.branch);
  if (home.commit) value["commit"] = home.commit->hex();
  if (home.place == Home::Place::kMountPoint) value["mount_point"] = true;
  COWSTORE_TRY(control.remove_tree(kNewHome));  // an interrupted command's
  auto written = write_new_home(control, value.dump(2) + "\n");
  if (written) written = control.rename(kNewHome, control, kHome);
  if (!written) (void)control.unlink(kNewHome);
  COWSTORE_TRY(std::move(written));
  return control.sync();
}

Result<Home> read_home(const sys::Dir& control) {
  sys::Fd file = COWSTORE_TRY(control.open_read(kHome));
  Bytes bytes = COWSTORE_TRY(sys::read_all(file, kMaxHomeBytes, control.path_of(kHome)));
  json value = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (!value.is_object()) return bad_home(control, "it isn't a JSON object");
  try {  // a missing, mistyped or damaged member; it goes no further than here
    if (value.at("format") != kFormat) return bad_home(control, "another version of cowstore wrote it");
    return home_of(value);
  } catch (const std::exception& exception) {
    return bad_home(control, exception.what());
  }
}

std::string WorkingCopy::store_path() const {
  if (home.store.starts_with('/')) return home.store;
  if (store_place == StorePlace::kElsewhere && home.store_at) return *home.store_at;
  return path + "/" + kControlName + "/" + home.store;
}

namespace {

/// In a snapshot there is a stub, or, in a copy of that, an empty directory, where the store was.
WorkingCopy::StorePlace find_store(const sys::Dir& control, const Home& home) {
  if (home.store.starts_with('/')) return WorkingCopy::StorePlace::kElsewhere;
  if (!home.store_at) return WorkingCopy::StorePlace::kWithin;
  auto store = control.open_dir(home.store);
  auto entries = store ? store->list() : Result<std::vector<sys::ListedEntry>>(store.error());
  bool missing = entries ? entries->empty() : entries.error().code == ErrorCode::kNotFound;
  return missing ? WorkingCopy::StorePlace::kElsewhere : WorkingCopy::StorePlace::kWithin;
}

Error not_mounted(const std::string& path) {
  return {ErrorCode::kNotFound,
          0,
          "work in",
          path,
          "it is an overlay that isn't mounted",
          "`cowstore worktree mount " + path + "`"};
}

}  // namespace

std::optional<Home> mount_point_at(const std::string& path) {
  auto control = sys::Dir::open(path + "/" + kControlName);
  auto home = control ? read_home(*control) : Result<Home>(control.error());
  if (!home || home->place != Home::Place::kMountPoint) return std::nullopt;
  return std::move(*home);
}

Result<std::string> subvolume_uuid(const sys::Dir& root) {
  if (!COWSTORE_TRY(sys::is_subvolume(root))) return std::string();
  auto info = sys::subvolume_info(root);
  if (info) return std::move(info->uuid);
  // A kernel that doesn't tell: it is a directory like any other, then.
  if (info.error().code == ErrorCode::kUnsupported) return std::string();
  return std::move(info).error();
}

Result<WorkingCopy> open_working_copy(const std::string& path) {
  WorkingCopy copy;
  copy.path = path;
  copy.root = COWSTORE_TRY(sys::Dir::open(path));
  copy.control = COWSTORE_TRY(copy.root.open_dir(kControlName));
  copy.home = COWSTORE_TRY(read_home(copy.control));
  if (copy.home.place == Home::Place::kMountPoint) return not_mounted(path);
  copy.uuid = COWSTORE_TRY(subvolume_uuid(copy.root));
  copy.store_place = find_store(copy.control, copy.home);
  return copy;
}

namespace {

/// Whether there is a working copy at exactly this path. A directory that may not be looked into is none; a failing
/// disk is an error, not an absence.
Result<bool> is_working_copy(const std::string& path) {
  auto root = sys::Dir::open(path);
  auto home = root ? root->stat(std::string(kControlName) + "/" + kHome) : Result<sys::Stat>(std::move(root).error());
  if (home) return true;
  int error = home.error().sys_errno;
  if (error == ENOENT || error == ENOTDIR || error == EACCES || error == ELOOP) return false;
  return std::move(home).error();
}

}  // namespace

Result<std::string> find_control(const std::string& directory) {
  std::string start = COWSTORE_TRY(sys::real_path(directory));
  for (std::string path = start;; path = directory_above(path)) {
    if (COWSTORE_TRY(is_working_copy(path))) return path;
    if (path == "/") break;
  }
  return Error{ErrorCode::kNotFound,
               0,
               "find a repository in",
               start,
               "neither it nor a directory above has a .cowstore",
               "make one with `cowstore init`, or name another directory with -C"};
}

Result<WorkingCopy> find_working_copy(const std::string& directory) {
  return open_working_copy(COWSTORE_TRY(find_control(directory)));
}

std::string new_working_copy_id() {
  std::random_device random;
  Bytes bytes(kIdBytes);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return base::to_hex(bytes);
}

Error explain_read_only(Error error) {
  if (sys::forbids_writing(error.sys_errno) && error.hint.empty())
    error.hint =
        "this user may only read there: ask its owner, or `cowstore checkout REV DIR` into a directory of your own";
  return error;
}

Result<std::optional<sys::FileLock>> try_lock_working_copy(const WorkingCopy& copy, const Context& context) {
  return sys::FileLock::try_acquire(copy.control, kLock, context.command_line);
}

Result<sys::FileLock> lock_working_copy(const WorkingCopy& copy, const Context& context) {
  return acquire_or_wait(copy.control, kLock, context, "in this working copy");
}

Result<std::string> path_within(const std::string& root, const std::string& from, const std::string& path) {
  std::vector<std::string> base_parts = components(root);
  std::vector<std::string> parts = components(path.starts_with('/') ? path : from + "/" + path);
  bool inside = parts.size() >= base_parts.size() && std::equal(base_parts.begin(), base_parts.end(), parts.begin());
  if (!inside)
    return Error{ErrorCode::kUsage, 0, "use the path", path, "it is outside of the working copy " + root, ""};
  std::string relative;
  for (std::size_t i = base_parts.size(); i < parts.size(); ++i) relative += (relative.empty() ? "" : "/") + parts[i];
  return relative;
}

}  // namespace cowstore::repo
