// Owners, and what of a file's metadata this process may set.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "sys/dir.hpp"

namespace cowstore::sys {

/// Of a file, link (never followed), directory or special file; `name` may be a path. Takes setuid, setgid and file
/// capabilities away from what is executable: set the mode after it.
Result<void> set_owner(const Dir& dir, std::string_view name, std::uint32_t uid, std::uint32_t gid);
/// The group alone, which an ordinary owner may set to one of their own.
Result<void> set_group(const Dir& dir, std::string_view name, std::uint32_t gid);

/// What the process's capabilities, user and groups let it do.
struct Privileges {
  bool chown = false;                 ///< CAP_CHOWN
  bool make_devices = false;          ///< CAP_MKNOD
  bool set_capabilities = false;      ///< CAP_SETFCAP
  bool trusted_attributes = false;    ///< CAP_SYS_ADMIN: the namespace "trusted."
  std::uint32_t uid = 0;              ///< effective
  std::vector<std::uint32_t> groups;  ///< the effective one and the supplementary ones, sorted

  [[nodiscard]] bool all() const { return chown && make_devices && set_capabilities && trusted_attributes; }
  /// Whether files that this process makes may be given that owner.
  [[nodiscard]] bool may_give_to(std::uint32_t owner, std::uint32_t group) const;
};
Privileges privileges();

}  // namespace cowstore::sys
