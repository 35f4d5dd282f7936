#include "checkout/prove.hpp"

#include <algorithm>

#include "base/try.hpp"
#include "sys/system.hpp"

namespace cowstore::checkout {

Result<void> prove(std::vector<Done>& made, const sys::OpenWatch& watch, const sys::Dir& control) {
  Timestamp last;
  for (const Done& done : made) {
    if (done.watched) last = std::max(last, done.stat.ctime);
  }
  Timestamp stamp = COWSTORE_TRY(sys::file_system_time_after(control, last));
  // Asked last: who opens a file after this can't write before the stamp any more.
  auto opened = COWSTORE_TRY(watch.opened());
  if (!opened) return {};
  for (Done& done : made) {
    if (done.watched && !opened->contains(*done.watched)) done.proof = index::prove(done.stat, stamp);
  }
  return {};
}

}  // namespace cowstore::checkout
