#include "support/fault_observer.hpp"

#include <signal.h>
#include <unistd.h>

#include <numeric>

namespace cowstore::test {

using sys::Call;

CallSet::CallSet(std::initializer_list<Call> calls) {
  for (Call call : calls) mask_ |= std::uint64_t{1} << static_cast<unsigned>(call);
}

CallSet CallSet::changes() {
  return {Call::kOpen,     Call::kCreate,  Call::kWrite,     Call::kMakeDir,  Call::kRename,   Call::kUnlink,
          Call::kLink,     Call::kSymlink, Call::kClone,     Call::kSync,     Call::kTruncate, Call::kAllocate,
          Call::kSetTimes, Call::kSetMode, Call::kWriteback, Call::kSetOwner, Call::kSetXattr, Call::kMakeSpecial};
}

int CountCalls::before(Call call, std::uint64_t bytes, std::string_view) {
  counts_[static_cast<std::size_t>(call)].fetch_add(1);
  if (call == Call::kRead) bytes_read_.fetch_add(bytes);
  if (call == Call::kWrite) bytes_written_.fetch_add(bytes);
  return 0;
}

std::uint64_t CountCalls::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& count) { return sum + count.load(); });
}

int FailNth::before(Call call, std::uint64_t, std::string_view) {
  if (!calls_.has(call)) return 0;
  std::uint64_t number = seen_.fetch_add(1) + 1;
  return number == n_ || (number > n_ && repeat_ == Repeat::kFromThenOn) ? error_ : 0;
}

int KillNth::before(Call call, std::uint64_t, std::string_view) {
  if (!calls_.has(call) || seen_.fetch_add(1) + 1 != n_) return 0;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal may be taken by another thread first
}

int ActBefore::before(Call call, std::uint64_t, std::string_view name) {
  if (call == call_ && name.ends_with(suffix_) && !fired_.exchange(true)) action_();
  return 0;
}

}  // namespace cowstore::test
