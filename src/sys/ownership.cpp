#include "sys/ownership.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "base/try.hpp"
#include "sys/error.hpp"
#include "sys/observed.hpp"

namespace cowstore::sys {

using detail::observed;

namespace {

constexpr std::uint32_t kUnchanged = 0xffffffff;

Result<void> change_owner(const Dir& dir, std::string_view name, std::uint32_t uid, std::uint32_t gid) {
  if (name.find('/') != std::string_view::npos) {
    ParentAndName split = COWSTORE_TRY(open_parent(dir, name));
    return change_owner(split.parent, split.name, uid, gid);
  }
  std::string terminated(name);
  int failed = observed(Call::kSetOwner, name,
                        [&] { return ::fchownat(dir.fd(), terminated.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW); });
  if (failed != 0) return system_error("set the owner of", dir.path_of(name), errno);
  return {};
}

/// Both halves of the effective set; none if the kernel doesn't tell.
std::uint64_t effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, data) != 0) return 0;
  return data[0].effective | std::uint64_t{data[1].effective} << 32;
}

std::vector<std::uint32_t> groups_of_this_process() {
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
  int count = groups.empty() ? 0 : ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<std::size_t>(std::max(0, count)));
  groups.push_back(::getegid());
  std::sort(groups.begin(), groups.end());
  return {groups.begin(), groups.end()};
}

}  // namespace

Result<void> set_owner(const Dir& dir, std::string_view name, std::uint32_t uid, std::uint32_t gid) {
  // That number means "leave it": nobody is called so.
  if (uid == kUnchanged || gid == kUnchanged) return system_error("set the owner of", dir.path_of(name), EINVAL);
  return change_owner(dir, name, uid, gid);
}

Result<void> set_group(const Dir& dir, std::string_view name, std::uint32_t gid) {
  if (gid == kUnchanged) return system_error("set the group of", dir.path_of(name), EINVAL);
  return change_owner(dir, name, kUnchanged, gid);
}

bool Privileges::may_give_to(std::uint32_t owner, std::uint32_t group) const {
  return chown || (owner == uid && std::binary_search(groups.begin(), groups.end(), group));
}

Privileges privileges() {
  std::uint64_t effective = effective_capabilities();
  auto has = [effective](int capability) { return (effective >> capability & 1U) != 0; };
  Privileges result;
  result.chown = has(CAP_CHOWN);
  result.make_devices = has(CAP_MKNOD);
  result.set_capabilities = has(CAP_SETFCAP);
  result.trusted_attributes = has(CAP_SYS_ADMIN);
  result.uid = ::geteuid();
  result.groups = groups_of_this_process();
  return result;
}

}  // namespace cowstore::sys
