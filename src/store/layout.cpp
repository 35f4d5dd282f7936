#include "store/layout.hpp"

#include "base/try.hpp"
#include "store/located.hpp"
#include "store/reserve.hpp"
#include "sys/file.hpp"
#include "sys/lock.hpp"
#include "sys/mapped_file.hpp"
#include "sys/system.hpp"

namespace cowstore::store {

namespace {

constexpr std::uint64_t kMaxConfigBytes = std::uint64_t{64} << 10;
constexpr std::string_view kDirectories[] = {"loose", "packs", "index", "links", "log", "pins", "tmp"};
constexpr std::string_view kHolder = "probes the file system";

Error no_store_here(const sys::Dir& dir, std::string_view reason) {
  return {ErrorCode::kUnsupported, 0,
          "make a store in",       dir.path(),
          std::string(reason),     "put the store on a local file system"};
}

/// What the disk has no room for is no verdict on the file system.
Error refuse(const sys::Dir& dir, std::string_view reason, const Error& cause) {
  if (cause.code == ErrorCode::kNoSpace) return cause;
  return no_store_here(dir, std::string(reason) + " (" + cause.message() + ")");
}

Result<void> probe_lock(const sys::Dir& dir, const std::string& name) {
  auto first = sys::FileLock::try_acquire(dir, name, kHolder);
  if (!first) return refuse(dir, "flock doesn't work there", first.error());
  auto second = sys::FileLock::try_acquire(dir, name, kHolder);
  if (!second) return refuse(dir, "flock doesn't work there", second.error());
  if (!*first || *second) return no_store_here(dir, "flock doesn't keep a second locker out there");
  return {};
}

Result<void> probe_sync(const sys::Dir& dir, const sys::Fd& file, const std::string& path) {
  auto synced = sys::sync_data(file, path);
  if (!synced) return refuse(dir, "fsync of a file doesn't work there", synced.error());
  synced = dir.sync();
  if (!synced) return refuse(dir, "fsync of a directory doesn't work there", synced.error());
  return {};
}

Result<void> probe_mapping(const sys::Dir& dir, const sys::Fd& file, const std::string& path) {
  COWSTORE_TRY(sys::write_at(file, as_bytes("before"), 0, path));
  auto mapping = sys::MappedFile::map(file, path);
  if (!mapping) return refuse(dir, "files can't be mapped there", mapping.error());
  COWSTORE_TRY(sys::write_at(file, as_bytes("behind"), 0, path));
  if (!as_text(mapping->bytes()).starts_with("behind")) {
    return no_store_here(dir, "a mapping doesn't show what is written to its file there");
  }
  return {};
}

}  // namespace

Result<void> probe_file_system(const sys::Dir& dir) {
  std::string name = ".probe-" + sys::unique_name();
  auto probe = [&]() -> Result<void> {
    COWSTORE_TRY(probe_lock(dir, name));
    sys::Fd file = COWSTORE_TRY(dir.open_write(name));
    COWSTORE_TRY(probe_mapping(dir, file, dir.path_of(name)));
    return probe_sync(dir, file, dir.path_of(name));
  };
  Result<void> outcome = probe();
  auto removed = dir.remove_tree(name);
  return outcome ? removed : outcome;
}

Result<void> make_store(const sys::Dir& empty, const StoreConfig& config) {
  for (std::string_view name : kDirectories) COWSTORE_TRY(empty.make_dir(name, 0777));
  sys::Fd file = COWSTORE_TRY(empty.create_new("config.new", 0444));
  std::string path = empty.path_of("config.new");
  COWSTORE_TRY(sys::write_at(file, as_bytes(encode_config(config)), 0, path));
  COWSTORE_TRY(sys::sync_data(file, path));
  // The directories' names first: with its config it is a store.
  COWSTORE_TRY(empty.sync());
  COWSTORE_TRY(empty.rename("config.new", empty, "config"));
  COWSTORE_TRY(empty.sync());
  (void)replenish_reserve(empty);  // a store is one without it
  return {};
}

Result<StoreConfig> read_config(const sys::Dir& store_dir) {
  sys::Fd file = COWSTORE_TRY(store_dir.open_read("config"));
  std::string path = store_dir.path_of("config");
  Bytes bytes = COWSTORE_TRY(sys::read_all(file, kMaxConfigBytes, path));
  auto config = decode_config(as_text(bytes));
  if (!config) config.error().path = path;
  return config;
}

}  // namespace cowstore::store
