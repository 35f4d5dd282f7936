// Acting as an ordinary user, for tests that root runs: root may read everything.
#pragma once

#include <grp.h>
#include <unistd.h>

#include <string>

#include "support/check.hpp"

namespace cowstore::test {

constexpr unsigned kNobody = 65534;

/// The whole process is "nobody" while it lives, if it was root; else it stays what it is, which is ordinary as well.
/// Threads made meanwhile must have ended before it goes.
class AsNobody {
 public:
  AsNobody() : was_root_(::geteuid() == 0) {
    if (!was_root_) return;
    detail::require(::setgroups(0, nullptr) == 0, "leave all groups");
    detail::require(::setegid(kNobody) == 0 && ::seteuid(kNobody) == 0, "become nobody");
  }
  ~AsNobody() {
    if (was_root_) detail::require(::seteuid(0) == 0 && ::setegid(0) == 0, "become root again");
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool was_root_;
};

/// Gives a directory to nobody.
inline void give_to_nobody(const std::string& path) {
  if (::geteuid() == 0) detail::require(::chown(path.c_str(), kNobody, kNobody) == 0, "chown " + path);
}

}  // namespace cowstore::test
