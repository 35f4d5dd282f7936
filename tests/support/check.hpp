// What the test bed itself needs to go right, or the test means nothing. Private to tests/support.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace cowstore::test::detail {

[[noreturn]] inline void abandon(const std::string& what) {
  std::fprintf(stderr, "test bed: %s: %s\n", what.c_str(), std::strerror(errno));
  std::abort();
}

inline void require(bool ok, const std::string& what) {
  if (!ok) abandon(what);
}

}  // namespace cowstore::test::detail
