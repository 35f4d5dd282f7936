#include "repo/templates.hpp"

#include <algorithm>
#include <cerrno>

#include "base/try.hpp"
#include "refs/names.hpp"
#include "repo/directories.hpp"
#include "repo/template_place.hpp"
#include "repo/waiting_lock.hpp"
#include "sys/error.hpp"
#include "sys/subvolume.hpp"
#include "sys/system.hpp"

namespace cowstore::repo {

namespace template_place {

namespace {

constexpr std::size_t kIdDigits = 64;

std::string suffix() {
  return "." + std::to_string(sys::effective_user_id()) + "." + std::to_string(sys::effective_group_id());
}

/// Who may write to a store with others could put one there in this user's name; and a user namespace has other
/// numbers.
bool is_own(const sys::Dir& place) {
  auto stat = place.stat_self();
  return stat && stat->uid == sys::effective_user_id();
}

/// What is this user's, readable and as it says of itself.
std::optional<Held::Sound> look_into(const sys::Dir& place) {
  if (!is_own(place)) return std::nullopt;
  auto info = read_template_info(place);
  auto tree = place.open_dir(kTree);
  if (!info || !tree) return std::nullopt;
  auto mark = mark_of(*tree);
  if (!mark || *mark != info->mark) return std::nullopt;
  return Held::Sound{std::move(*info), std::move(*tree)};
}

}  // namespace

std::string name_of(const CommitId& commit) {
  return commit.hex() + suffix();
}

Result<std::optional<sys::Dir>> open_all(const Session& session) {
  auto all = session.store->dir().open_dir(kTemplates);
  if (all) return std::optional(std::move(*all));
  if (all.error().code == ErrorCode::kNotFound) return std::optional<sys::Dir>();
  return std::move(all).error();
}

Result<std::optional<Held>> hold(const sys::Dir& all, const std::string& name) {
  auto place = all.open_dir(name);
  if (!place && place.error().code == ErrorCode::kNotFound) return std::optional<Held>();
  if (!place) return std::move(place).error();
  auto lock = COWSTORE_TRY(sys::DirLock::try_acquire(*place, sys::DirLock::Kind::kShared));
  if (!lock) return std::optional<Held>();
  // It may have been taken away before it was locked.
  auto named = all.stat(name);
  if (!named || !is_same_directory(*named, COWSTORE_TRY(place->stat_self()))) return std::optional<Held>();
  auto sound = look_into(*place);
  return std::optional(Held{std::move(*place), std::move(*lock), std::move(sound)});
}

Result<sys::FileLock> acquire_lock(const Session& session, const sys::Dir& all) {
  return acquire_or_wait(all, kLock, session.context, "that makes a template");
}

Result<std::optional<sys::FileLock>> try_lock(const Session& session, const sys::Dir& all) {
  auto lock = sys::FileLock::try_acquire(all, kLock, session.context.command_line);
  if (!lock) return explain_read_only(std::move(lock).error());
  return lock;
}

Result<void> remove_partial(const sys::Dir& all, const std::string& name) {
  const std::string partial = name + kPartial;
  auto place = all.open_dir(partial);
  if (!place && place.error().code == ErrorCode::kNotFound) return {};
  if (!place) return std::move(place).error();
  for (const sys::ListedEntry& entry : COWSTORE_TRY(place->list()))
    COWSTORE_TRY(sys::remove_subvolume(*place, entry.name));
  return all.remove_tree(partial);
}

Result<bool> remove(const sys::Dir& all, const std::string& name) {
  sys::Dir place = COWSTORE_TRY(all.open_dir(name));
  auto lock = COWSTORE_TRY(sys::DirLock::try_acquire(place));
  if (!lock) return false;
  COWSTORE_TRY(remove_partial(all, name));
  COWSTORE_TRY(all.rename(name, all, name + kPartial, sys::RenameMode::kNoReplace));
  COWSTORE_TRY(remove_partial(all, name));
  return true;
}

namespace {

/// Which template a name in the directory stands for, whole or in part; nothing if for none.
std::optional<ListedTemplate> parse(const std::string& name) {
  auto commit = Digest::from_hex(std::string_view(name).substr(0, kIdDigits));
  if (!commit || name.size() <= kIdDigits || name[kIdDigits] != '.') return std::nullopt;
  ListedTemplate found;
  found.name = name;
  found.commit = CommitId(*commit);
  found.own = name == name_of(found.commit);
  return found;
}

bool is_partial(const std::string& name) {
  return name.ends_with(kPartial);
}

Result<std::vector<ListedTemplate>> list(const sys::Dir& all) {
  std::vector<ListedTemplate> found;
  for (const sys::ListedEntry& entry : COWSTORE_TRY(all.list())) {
    auto listed = parse(entry.name);
    auto stat = all.stat(entry.name);
    if (!listed || !stat) continue;  // the lock, or removed since
    listed->used = stat->mtime;
    found.push_back(std::move(*listed));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

/// What drop_templates() decides on, with the lock.
class Dropping {
 public:
  Dropping(Session& session, const sys::Dir& all, const DropTemplates& options)
      : session_(session), all_(all), options_(options) {}

  Result<std::vector<std::string>> run() {
    auto state = COWSTORE_TRY(session_.log.current());
    std::vector<ListedTemplate> whole;
    for (ListedTemplate& each : COWSTORE_TRY(list(all_))) {
      if (is_partial(each.name)) {
        COWSTORE_TRY(drop_partial(each.name));
      } else if (is_base(state->view, each.commit)) {
        continue;
      } else if (COWSTORE_TRY(is_damaged(each))) {
        COWSTORE_TRY(drop_whole(each.name));
      } else {
        whole.push_back(std::move(each));
      }
    }
    std::stable_sort(whole.begin(), whole.end(), [](const auto& a, const auto& b) { return b.used < a.used; });
    for (std::size_t i = std::min(options_.keep, whole.size()); i < whole.size(); ++i)
      COWSTORE_TRY(drop_whole(whole[i].name));
    return std::move(dropped_);
  }

 private:
  [[nodiscard]] bool really() const { return options_.run == DropTemplates::Run::kReally; }

  Result<bool> is_damaged(const ListedTemplate& listed) const {
    if (!listed.own) return false;
    auto held = COWSTORE_TRY(hold(all_, listed.name));
    return held && !held->sound;
  }

  Result<void> drop_partial(const std::string& name) {
    const std::string whole = name.substr(0, name.size() - std::string_view(kPartial).size());
    return note(name, really() ? remove_partial(all_, whole) : Result<void>());
  }

  Result<void> drop_whole(const std::string& name) {
    if (!really()) return note(name, {});
    auto removed = remove(all_, name);
    if (removed && !*removed) return {};  // in use
    return note(name, removed ? Result<void>() : std::move(removed).error());
  }

  /// Another user's is theirs to remove.
  Result<void> note(const std::string& name, Result<void> removed) {
    if (removed) dropped_.push_back(all_.path_of(name));
    const int error = removed ? 0 : removed.error().sys_errno;
    return error == EACCES || error == EPERM ? Result<void>() : std::move(removed);
  }

  Session& session_;
  const sys::Dir& all_;
  const DropTemplates& options_;
  std::vector<std::string> dropped_;
};

}  // namespace

Result<std::vector<std::string>> drop(Session& session, const sys::Dir& all, const DropTemplates& options) {
  return Dropping(session, all, options).run();
}

}  // namespace template_place

using namespace template_place;

Result<std::optional<Template>> find_template(Session& session, const CommitId& commit, TemplateUse use) {
  auto all = COWSTORE_TRY(open_all(session));
  if (!all) return std::optional<Template>();
  const std::string name = name_of(commit);
  auto held = COWSTORE_TRY(hold(*all, name));
  if (!held || !held->sound || held->sound->info.commit != commit) return std::optional<Template>();
  if (use == TemplateUse::kNoted)
    (void)all->set_mtime(name,
                         session.context.now());  // in a store that may not be written to nobody removes it either
  const TemplateInfo& info = held->sound->info;
  Template found{info.commit,       name,       held->place.path_of(kTree),   info.mark.uuid,
                 info.mark.changed, info.files, std::move(held->sound->tree), std::move(held->lock)};
  return std::optional(std::move(found));
}

Result<std::vector<ListedTemplate>> list_templates(const Session& session) {
  auto all = COWSTORE_TRY(open_all(session));
  if (!all) return std::vector<ListedTemplate>();
  std::vector<ListedTemplate> found = COWSTORE_TRY(list(*all));
  std::erase_if(found, [](const ListedTemplate& each) { return is_partial(each.name); });
  return found;
}

bool is_base(const refs::View& view, const CommitId& commit) {
  const std::vector<std::string> ids = refs::worktree_ids(view);
  return std::any_of(ids.begin(), ids.end(),
                     [&](const std::string& id) { return view.commit(refs::worktree_key(id, "template")) == commit; });
}

Result<std::vector<std::string>> drop_templates(Session& session, const DropTemplates& options) {
  auto all = COWSTORE_TRY(open_all(session));
  if (!all) return std::vector<std::string>();
  std::optional<sys::FileLock> lock;
  if (options.run == DropTemplates::Run::kReally) {
    auto acquired = acquire_lock(session, *all);
    // Others made them all, root in somebody's store for one: they are theirs to remove.
    if (!acquired && sys::forbids_writing(acquired.error().sys_errno)) return std::vector<std::string>();
    lock = COWSTORE_TRY(std::move(acquired));
  }
  return drop(session, *all, options);
}

}  // namespace cowstore::repo
