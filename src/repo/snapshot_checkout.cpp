#include "repo/snapshot_checkout.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/try.hpp"
#include "checkout/patch.hpp"
#include "index/index_builder.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/templates.hpp"
#include "sys/subvolume.hpp"

namespace cowstore::repo {

namespace {

constexpr const char* kOperation = "check out by a snapshot to";
/// Making as many files one by one takes about as long as a snapshot.
constexpr std::uint64_t kFilesWorthASnapshot = 256;
/// A file that is put in the place of another costs more than one in an empty directory, and what must be found out
/// first costs, too.
constexpr std::uint64_t kNearOneIn = 4;
/// Trees that are so near that looking for a nearer one isn't worth it.
constexpr std::uint64_t kVeryNearOneIn = 100;

using Built = std::optional<SnapshotBuild>;

/// A template, and how far it is from the version.
struct Near {
  Template tree;
  object::TreeRoots roots;
  checkout::Distance distance;
};

class SnapshotBuilding {
 public:
  SnapshotBuilding(Session& session, const SnapshotRequest& request) : session_(session), request_(request) {}

  Result<Built> run() {
    COWSTORE_TRY(expect_possible());
    if (auto same = COWSTORE_TRY(find_template(session_, request_.commit))) {
      auto built = COWSTORE_TRY(snapshot(*same));
      if (built) return built;
    }
    if (auto near = COWSTORE_TRY(nearest())) {
      auto built = COWSTORE_TRY(patch(*near));
      if (built) return built;
    }
    if (request_.options.method != CheckoutMethod::kSnapshot) return Built();
    auto built = COWSTORE_TRY(snapshot(COWSTORE_TRY(template_of(session_, request_.commit))));
    if (!built)
      return Error{ErrorCode::kBusy, 0, kOperation, request_.target.path(), "somebody changes the template", ""};
    return built;
  }

 private:
  [[nodiscard]] Error impossible(const char* reason, const char* hint) const {
    return {ErrorCode::kUnsupported, 0, kOperation, request_.target.path(), reason, hint};
  }

  [[nodiscard]] Result<void> expect_possible() const {
    if (request_.options.verification == Verification::kVerify)
      return impossible("a snapshot reads nothing that could be verified", "leave out --method, or --verify");
    if (!COWSTORE_TRY(sys::is_on_btrfs(request_.target.parent)))
      return impossible("only Btrfs has snapshots", "leave out --method, or put it on Btrfs");
    if (COWSTORE_TRY(hands_down_access(request_.target)))
      return impossible("its directory hands down a group or access list, which a snapshot doesn't take",
                        "leave out --method: files share their blocks all the same, one by one");
    return expect_reproducible(request_.version, Restored::kAll);
  }

  /// Nothing if the tree isn't what it was when it was made a template.
  Result<Built> take(const Template& source) {
    auto made = BuildDirectory::snapshot(request_.target, source.tree);
    if (!made) return explained(std::move(made).error());
    sys::SubvolumeInfo info = COWSTORE_TRY(sys::subvolume_info(made->dir));
    if (source.uuid.empty() || info.parent_uuid != source.uuid || info.changed != source.changed) return Built();
    SnapshotBuild build{std::move(*made), std::move(info.uuid)};
    build.source.path = source.path;
    build.source.commit = source.commit;
    build.files = source.files;
    return Built(std::move(build));
  }

  [[nodiscard]] Error explained(Error error) const {
    if (!sys::rules_out_snapshot(error.sys_errno)) return error;
    error.code = ErrorCode::kUnsupported;
    error.reason = error.sys_errno == EXDEV
                       ? "it is on another file system than the store " + session_.copy.store_path()
                       : "the file system doesn't let this user";
    error.hint = "leave out --method: the files are then cloned or copied one by one";
    return error;
  }

  Result<Built> snapshot(const Template& source) {
    Built build = COWSTORE_TRY(take(source));
    if (!build) return build;
    // A store that was moved since is not where the template says: that has to be put right.
    Home home = COWSTORE_TRY(read_home(build->directory.control));
    if (home.store == session_.copy.store_path()) return build;
    build->state = SnapshotBuild::State::kPatched;
    build->from = request_.version;
    return build;
  }

  Result<std::optional<Near>> nearest() {
    std::optional<Near> best;
    if (session_.store->config().attributes == store::AttributesPolicy::kFull) return best;  // links, owners, xattrs
    std::vector<ListedTemplate> listed = COWSTORE_TRY(list_templates(session_));
    std::stable_sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return b.used < a.used; });
    for (const ListedTemplate& each : listed) {
      if (!each.own || each.commit == request_.commit) continue;
      COWSTORE_TRY(consider(each.commit, best));
      if (best && best->distance.paths <= best->tree.files / kVeryNearOneIn) break;
    }
    return best;
  }

  Result<void> consider(const CommitId& commit, std::optional<Near>& best) {
    auto found = find_template(session_, commit, TemplateUse::kLooked);
    auto roots = session_.roots_of(commit);  // of a commit that is gone by now, too, there may be one
    if (!found || !*found || !roots) return {};
    std::uint64_t limit = (*found)->files / kNearOneIn;
    if (best) limit = std::min(limit, best->distance.paths);
    auto distance = COWSTORE_TRY(checkout::distance_between(*session_.store, *roots, request_.version, limit));
    if (!distance || (best && distance->paths >= best->distance.paths)) return {};
    best.emplace(Near{std::move(**found), *roots, *distance});
    return {};
  }

  Result<Built> patch(const Near& near) {
    Built build = COWSTORE_TRY(take(near.tree));
    if (!build) return build;
    COWSTORE_TRY(require_clones(session_, build->directory.control, request_.target.path(), request_.options));
    provider::FileMaker maker(*session_.store, request_.ladder, request_.options.verification,
                              provider::Times::kRecorded);
    const checkout::MaterialiseTools tools{*session_.store, maker, session_.pool(), session_.context.progress};
    auto rewritten = rewrite(*build, tools, near);
    // Below a directory that locks its owner out patch() gets nowhere, who makes it anew does.
    if (!rewritten && rewritten.error().sys_errno == EACCES) return Built();
    if (!rewritten) return std::move(rewritten).error();
    build->source.different = near.distance.paths;
    build->files = files_of(near);
    return build;
  }

  Result<void> rewrite(SnapshotBuild& build, const checkout::MaterialiseTools& tools, const Near& near) {
    const sys::Dir& control = build.directory.control;
    index::StatIndex before = index::StatIndex::load(control, session_.boot_id);
    const checkout::Patched patched =
        COWSTORE_TRY(checkout::patch(tools, near.roots, request_.version, build.directory.dir));
    auto write_index = [&](index::Durability durability) -> Result<void> {
      Bytes index = COWSTORE_TRY(checkout::index_of(before, patched, control, session_.boot_id, durability));
      return index::write_index(control, index);
    };
    const std::uint64_t files = files_of(near);
    if (is_worth_keeping(near.distance.paths) && COWSTORE_TRY(keep(build, files, write_index))) return {};
    COWSTORE_TRY(write_index(index::Durability::kUnsynced));
    build.state = SnapshotBuild::State::kPatched;
    build.from = near.roots;
    return {};
  }

  template <class WriteIndex>
  Result<bool> keep(const SnapshotBuild& build, std::uint64_t files, const WriteIndex& write_index) {
    COWSTORE_TRY(write_index(index::Durability::kSynced));
    COWSTORE_TRY(write_template_home(session_, request_.commit, build.directory.control));
    auto kept = keep_as_template(session_, request_.commit, build.directory.dir, files);
    return kept && *kept;  // it is only a cache
  }

  static std::uint64_t files_of(const Near& near) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(near.tree.files) + near.distance.files);
  }

  Session& session_;
  const SnapshotRequest& request_;
};

}  // namespace

Result<std::optional<SnapshotBuild>> build_by_snapshot(Session& session, const SnapshotRequest& request) {
  const CheckoutMethod method = request.options.method;
  if (method != CheckoutMethod::kAuto && method != CheckoutMethod::kSnapshot) return Built();
  auto built = SnapshotBuilding(session, request).run();
  if (!built && built.error().code == ErrorCode::kUnsupported && method == CheckoutMethod::kAuto) return Built();
  return built;
}

bool is_worth_keeping(std::uint64_t files_made) {
  return files_made >= kFilesWorthASnapshot;
}

}  // namespace cowstore::repo
