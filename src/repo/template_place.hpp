// Where templates lie, and one of them from inside. Private to templates.cpp and template_making.cpp.
#pragma once

#include <optional>
#include <string>

#include "repo/template_info.hpp"
#include "repo/templates.hpp"

namespace cowstore::repo::template_place {

inline constexpr const char* kTemplates = "templates";
inline constexpr const char* kTree = "tree";
inline constexpr const char* kPartial = ".partial";
inline constexpr const char* kLock = "lock";

/// Of this user's template of the commit.
std::string name_of(const CommitId& commit);

/// store/templates; nothing if there isn't any.
Result<std::optional<sys::Dir>> open_all(const Session& session);

/// A template's directory, held against removal.
struct Held {
  sys::Dir place;
  sys::DirLock lock;
  /// What it is, if that is what it says that it is.
  struct Sound {
    TemplateInfo info;
    sys::Dir tree;
  };
  std::optional<Sound> sound;
};
/// Nothing if there is none, or somebody is removing it. Another user's is EACCES.
Result<std::optional<Held>> hold(const sys::Dir& all, const std::string& name);

Result<sys::FileLock> acquire_lock(const Session& session, const sys::Dir& all);
/// Nothing if somebody else has it.
Result<std::optional<sys::FileLock>> try_lock(const Session& session, const sys::Dir& all);

/// drop_templates(), with the lock.
Result<std::vector<std::string>> drop(Session& session, const sys::Dir& all, const DropTemplates& options);
/// With the lock. False if somebody uses it.
Result<bool> remove(const sys::Dir& all, const std::string& name);
/// With the lock: a `.partial` of that name is nobody's.
Result<void> remove_partial(const sys::Dir& all, const std::string& name);

}  // namespace cowstore::repo::template_place
