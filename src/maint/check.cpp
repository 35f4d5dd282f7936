#include "maint/check.hpp"

#include "base/try.hpp"
#include "maint/containers.hpp"
#include "maint/findings.hpp"
#include "maint/reachable.hpp"
#include "maint/variants.hpp"
#include "store/inventory.hpp"

namespace cowstore::maint {

namespace {

/// Names and stats of what lies in the store against what is listed.
Result<void> check_inventory(store::Store& store, Findings& findings) {
  store::Inventory inventory = COWSTORE_TRY(store::take_inventory(store));
  for (const store::ContainerRecord& record : inventory.missing) {
    findings.fault(Fault{record.name.hex(), record.path(), 0, "", "a segment lists this file, but it isn't there"});
  }
  for (const store::ContainerRecord& record : inventory.altered) {
    findings.note(
        record.path() +
        ": its size, time or inode is not as recorded (copied, or touched): it is read once more before it is cloned");
  }
  for (const Digest& name : inventory.unlisted_packs)
    findings.note("packs/" + name.hex() + ".pack: not listed by any segment");
  for (const Digest& name : inventory.unlisted_loose)
    findings.note("loose file " + name.hex() + ": not listed by any segment");
  for (const std::string& name : inventory.superseded)
    findings.note("index/" + name + ": superseded by another segment");
  for (const std::string& name : inventory.stale_sessions)
    findings.note("tmp/" + name + ": left by a command that was interrupted");
  for (const std::string& name : inventory.foreign) findings.note(name + ": nothing that a store has");
  return {};
}

std::uint64_t count_unreachable(const ListedContainers& listed, const Reachability& reachability, FsckReport& report) {
  std::unordered_set<Digest, DigestHash> all;
  for (const auto& [key, container] : listed) {
    for (const Listed::Entry& entry : container.entries) all.insert(entry.id);
    report.index_entries += container.entries.size();
  }
  std::uint64_t unreachable = 0;
  for (const Digest& id : all) unreachable += reachability.reached().contains(id) ? 0 : 1;
  return unreachable;
}

Result<std::vector<CommitId>> those_there(store::Store& store, const std::vector<CommitId>& commits) {
  std::vector<CommitId> there;
  for (const CommitId& commit : commits) {
    if (COWSTORE_TRY(store.contains(commit.digest()))) there.push_back(commit);
  }
  return there;
}

}  // namespace

Result<void> check_store(const CheckInput& input, FsckReport& report) {
  Findings findings(report);
  COWSTORE_TRY(check_inventory(input.store, findings));
  if (input.progress != nullptr) input.progress->begin("checking", 0, 0);
  ListedContainers listed = collect_listed(input.store, findings);
  COWSTORE_TRY(check_containers(input.store, listed, input.pool, input.progress, findings));
  COWSTORE_TRY(check_variants(input.store, input.pool, input.progress, findings, report));
  std::vector<CommitId> commits = COWSTORE_TRY(those_there(input.store, input.remembered));
  commits.insert(commits.end(), input.roots.begin(), input.roots.end());
  Reachability reachability(input.store, report, findings);
  reachability.mark(commits);
  report.unreachable = count_unreachable(listed, reachability, report);
  if (!report.faults.empty()) locate_losses(input.store, commits, report);
  return {};
}

}  // namespace cowstore::maint
