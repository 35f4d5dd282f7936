#include "store/inventory.hpp"

#include <algorithm>
#include <map>

#include "base/try.hpp"
#include "store/containers.hpp"
#include "store/index_view.hpp"
#include "store/session.hpp"

namespace cowstore::store {

namespace {

using Listed = std::map<Digest, std::vector<ContainerRecord>>;  ///< records by name

Listed listed_containers(const IndexView& view) {
  Listed listed;
  for (const auto& segment : view.segments()) {
    for (std::uint64_t number = 0; number < segment->container_count(); ++number) {
      auto record = segment->container(number);
      if (record) listed[record->name].push_back(*record);
    }
  }
  return listed;
}

std::optional<Digest> pack_of_file_name(std::string_view name) {
  if (!name.ends_with(".pack")) return std::nullopt;
  return Digest::from_hex(name.substr(0, name.size() - 5));
}

Result<void> look_at_packs(const sys::Dir& store, const Listed& listed, Inventory& inventory) {
  sys::Dir packs = COWSTORE_TRY(store.open_dir("packs"));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(packs.list())) {
    auto name = pack_of_file_name(entry.name);
    if (!name)
      inventory.foreign.push_back("packs/" + entry.name);
    else if (!listed.contains(*name))
      inventory.unlisted_packs.push_back(*name);
  }
  return {};
}

Result<void> look_at_loose_directory(const sys::Dir& loose, const std::string& prefix, const Listed& listed,
                                     Inventory& inventory) {
  sys::Dir directory = COWSTORE_TRY(loose.open_dir(prefix));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(directory.list())) {
    auto name = Digest::from_hex(prefix + entry.name);
    if (!name)
      inventory.foreign.push_back("loose/" + prefix + "/" + entry.name);
    else if (!listed.contains(*name))
      inventory.unlisted_loose.push_back(*name);
  }
  return {};
}

Result<void> look_at_loose(const sys::Dir& store, const Listed& listed, Inventory& inventory) {
  sys::Dir loose = COWSTORE_TRY(store.open_dir("loose"));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(loose.list())) {
    bool is_prefix = entry.name.size() == 2 && Digest::from_hex(entry.name + std::string(62, '0'));
    if (is_prefix)
      COWSTORE_TRY(look_at_loose_directory(loose, entry.name, listed, inventory));
    else
      inventory.foreign.push_back("loose/" + entry.name);
  }
  return {};
}

Result<void> look_at_listed(const sys::Dir& store, const Listed& listed, Inventory& inventory) {
  for (const auto& [name, records] : listed) {
    auto seen = store.stat(records.front().path());
    if (!seen && seen.error().code != ErrorCode::kNotFound) return std::move(seen).error();
    if (!seen) {
      inventory.missing.push_back(records.front());
      continue;
    }
    bool intact = records.front().kind == ContainerKind::kPack ||
                  std::any_of(records.begin(), records.end(),
                              [&](const ContainerRecord& record) { return agrees(*seen, record); });
    if (!intact) inventory.altered.push_back(records.front());
  }
  return {};
}

Result<void> look_at_index(const sys::Dir& store, const IndexView& view, Inventory& inventory) {
  sys::Dir index = COWSTORE_TRY(store.open_dir("index"));
  for (const sys::ListedEntry& entry : COWSTORE_TRY(index.list())) {
    if (!segment_of_file_name(entry.name)) inventory.foreign.push_back("index/" + entry.name);
  }
  for (const auto& segment : view.superseded())
    inventory.superseded.push_back("index/" + segment_file_name(segment->name()));
  inventory.damaged_segments = view.damaged();
  return {};
}

}  // namespace

Result<Inventory> take_inventory(Store& store) {
  Inventory inventory;
  COWSTORE_TRY(store.refresh());
  auto view = store.view();
  Listed listed = listed_containers(*view);
  COWSTORE_TRY(look_at_packs(store.dir(), listed, inventory));
  COWSTORE_TRY(look_at_loose(store.dir(), listed, inventory));
  COWSTORE_TRY(look_at_listed(store.dir(), listed, inventory));
  COWSTORE_TRY(look_at_index(store.dir(), *view, inventory));
  inventory.stale_sessions = COWSTORE_TRY(stale_sessions(store.dir()));
  return inventory;
}

}  // namespace cowstore::store
