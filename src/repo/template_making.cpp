#include <cerrno>

#include "base/try.hpp"
#include "checkout/materialise.hpp"
#include "checkout/room.hpp"
#include "index/index_builder.hpp"
#include "repo/sharing_policy.hpp"
#include "repo/template_place.hpp"
#include "repo/templates.hpp"
#include "sys/subvolume.hpp"
#include "sys/xattr.hpp"

namespace cowstore::repo {

namespace {

using namespace template_place;

constexpr const char* kBuild = "build";
constexpr const char* kDefaultAcl = "system.posix_acl_default";

/// The place of a template that is being made; destroyed, it is removed, unless it was published.
class Partial {
 public:
  /// The caller holds the lock. What is made in it takes no group and no access list from the store's directories.
  static Result<Partial> make(const sys::Dir& all, const std::string& name) {
    COWSTORE_TRY(remove_partial(all, name));
    const std::string partial = name + kPartial;
    COWSTORE_TRY(all.make_dir(partial, 0700));
    Partial made(all, name);
    made.place = COWSTORE_TRY(all.open_dir(partial));
    COWSTORE_TRY(sys::remove_xattr(made.place, ".", kDefaultAcl));
    COWSTORE_TRY(made.place.set_mode(".", 0700));
    return made;
  }
  Partial(Partial&& other) noexcept
      : place(std::move(other.place)), all_(other.all_), name_(std::exchange(other.name_, {})) {}
  Partial& operator=(Partial&&) = delete;
  ~Partial() {
    if (!name_.empty()) (void)remove_partial(*all_, name_);
  }

  /// With `tree` in it.
  Result<void> publish(const CommitId& commit, std::uint64_t files) {
    TemplateInfo info;
    info.commit = commit;
    info.files = files;
    info.mark = COWSTORE_TRY(mark_of(COWSTORE_TRY(place.open_dir(kTree))));
    COWSTORE_TRY(write_template_info(place, info));
    // A snapshot is on the disk by now. What was written into a directory must be before it counts as whole.
    if (info.mark.uuid.empty()) COWSTORE_TRY(place.sync_all());
    COWSTORE_TRY(all_->rename(name_ + kPartial, *all_, name_, sys::RenameMode::kNoReplace));
    name_.clear();
    return {};
  }

  sys::Dir place;

 private:
  Partial(const sys::Dir& all, std::string name) : all_(&all), name_(std::move(name)) {}
  const sys::Dir* all_;
  std::string name_;
};

/// Making of one template that isn't there, with the lock.
class TemplateMaking {
 public:
  TemplateMaking(Session& session, const CommitId& commit, Verification verification)
      : session_(session), commit_(commit), verification_(verification) {}

  Result<void> run(const sys::Dir& all) {
    object::TreeRoots version = COWSTORE_TRY(session_.roots_of(commit_));
    COWSTORE_TRY(expect_reproducible(version, Restored::kAll));
    Partial partial = COWSTORE_TRY(Partial::make(all, name_of(commit_)));
    COWSTORE_TRY(sys::make_subvolume_or_dir(partial.place, kBuild));
    sys::Dir build = COWSTORE_TRY(partial.place.open_dir(kBuild));
    checkout::Materialised made = COWSTORE_TRY(fill(version, build));
    COWSTORE_TRY(expect_reproducible(version, made.unrestored.empty() ? Restored::kAll : Restored::kInPart));
    COWSTORE_TRY(seal(partial.place, build));
    COWSTORE_TRY(partial.publish(commit_, made.files));
    (void)session_.store->record_vouched();  // only saves later commands a look
    return {};
  }

  [[nodiscard]] SharingReport sharing() const { return ladder_.report(); }

 private:
  Result<checkout::Materialised> fill(const object::TreeRoots& version, const sys::Dir& build) {
    COWSTORE_TRY(build.make_dir(kControlName, 0777));
    sys::Dir control = COWSTORE_TRY(build.open_dir(kControlName));
    COWSTORE_TRY(expect_room(version, control));
    provider::FileMaker maker(*session_.store, ladder_, verification_, provider::Times::kRecorded);
    checkout::MaterialiseTools tools{*session_.store, maker, session_.pool(), session_.context.progress};
    checkout::Materialised made = COWSTORE_TRY(checkout::materialise(tools, version, build));
    COWSTORE_TRY(write_template_home(session_, commit_, control));
    Bytes index = COWSTORE_TRY(checkout::index_of(made, control, session_.boot_id, index::Durability::kSynced));
    COWSTORE_TRY(index::write_index(control, index));
    return made;
  }

  Result<void> expect_room(const object::TreeRoots& version, const sys::Dir& control) {
    checkout::RoomRequest request;
    request.files = checkout::files_of(*session_.store, version);
    request.can_clone = [&] { return can_clone_to(session_, control); };
    request.path = control.path();
    return checkout::expect_room(*session_.store, control, request);
  }

  /// `build` becomes `tree`. By a snapshot, not by a flag: what was written to a subvolume reaches the disk later, and
  /// would then show as a change.
  static Result<void> seal(const sys::Dir& place, const sys::Dir& build) {
    if (!COWSTORE_TRY(sys::is_subvolume(build))) return place.rename(kBuild, place, kTree, sys::RenameMode::kNoReplace);
    COWSTORE_TRY(sys::snapshot_subvolume(build, place, kTree, sys::SubvolumeAccess::kReadOnly));
    COWSTORE_TRY(sys::remove_subvolume(place, kBuild));
    return {};
  }

  Session& session_;
  CommitId commit_;
  Verification verification_;
  share::Ladder ladder_{share::Policy::kAuto};
};

Result<sys::Dir> ensure_all(const Session& session) {
  auto made = session.store->dir().make_dirs(kTemplates, 0777);
  if (!made) return explain_read_only(std::move(made).error());
  return session.store->dir().open_dir(kTemplates);
}

Error damaged_base(const sys::Dir& all, const std::string& name) {
  return {ErrorCode::kCorrupt,
          0,
          "use the template",
          all.path_of(name),
          "it was changed, and working copies stand on it",
          "save what they need, and remove them: then it is made anew"};
}

/// With the lock: one that is there all the same is damaged.
Result<void> clear_place(Session& session, const sys::Dir& all, const CommitId& commit) {
  const std::string name = name_of(commit);
  if (!all.exists(name)) return {};
  if (is_base(COWSTORE_TRY(session.log.current())->view, commit)) return damaged_base(all, name);
  if (COWSTORE_TRY(remove(all, name))) return {};
  return Error{ErrorCode::kBusy,  0, "replace the damaged template", all.path_of(name), "another cowstore uses it",
               "wait for its end"};
}

/// With the lock. Those that can't be removed stay until the next time.
void drop_old(Session& session, const sys::Dir& all) {
  DropTemplates options;
  options.keep = kTemplatesKept;
  (void)drop(session, all, options);
}

Error not_reproducible(const char* reason) {
  return {
      ErrorCode::kUnsupported, 0, "make a template", "", reason, "leave out --method: the files are made one by one"};
}

}  // namespace

Result<void> expect_reproducible(const object::TreeRoots& version, Restored restored) {
  if (!version.attributes) return not_reproducible("the version records neither permissions nor times");
  if (restored == Restored::kInPart)
    return not_reproducible("this user can't restore all owners and attributes of the version");
  return {};
}

Result<void> write_template_home(const Session& session, const CommitId& commit, const sys::Dir& control) {
  Home home;
  home.id = kTemplateId;
  home.store = session.copy.store_path();
  home.commit = commit;
  return write_home(control, home);
}

Result<Template> template_of(Session& session, const CommitId& commit, Verification verification) {
  if (auto found = COWSTORE_TRY(find_template(session, commit))) return std::move(*found);
  sys::Dir all = COWSTORE_TRY(ensure_all(session));
  sys::FileLock lock = COWSTORE_TRY(acquire_lock(session, all));
  if (auto found = COWSTORE_TRY(find_template(session, commit))) return std::move(*found);  // made while we waited
  COWSTORE_TRY(clear_place(session, all, commit));
  TemplateMaking making(session, commit, verification);
  COWSTORE_TRY(making.run(all));
  auto made = COWSTORE_TRY(find_template(session, commit));
  if (!made)
    return Error{ErrorCode::kBusy, 0, "use the template", all.path_of(name_of(commit)), "somebody changed it at once",
                 "try again"};
  made->origin = Template::Origin::kMade;
  made->sharing = making.sharing();
  drop_old(session, all);
  return std::move(*made);
}

Result<bool> keep_as_template(Session& session, const CommitId& commit, const sys::Dir& build, std::uint64_t files) {
  sys::Dir all = COWSTORE_TRY(ensure_all(session));
  auto lock = COWSTORE_TRY(try_lock(session, all));
  if (!lock) return false;
  if (COWSTORE_TRY(find_template(session, commit))) return false;
  COWSTORE_TRY(clear_place(session, all, commit));
  Partial partial = COWSTORE_TRY(Partial::make(all, name_of(commit)));
  COWSTORE_TRY(sys::snapshot_subvolume(build, partial.place, kTree, sys::SubvolumeAccess::kReadOnly));
  COWSTORE_TRY(partial.publish(commit, files));
  (void)all.set_mtime(name_of(commit), session.context.now());
  drop_old(session, all);
  return true;
}

}  // namespace cowstore::repo
