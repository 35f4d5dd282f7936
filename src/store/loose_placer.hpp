// Staged loose files on their way into loose/.
#pragma once

#include <future>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "cowstore/result.hpp"
#include "store/new_container.hpp"
#include "store/session.hpp"
#include "sys/dir.hpp"

namespace cowstore::store {

/// loose/ab/, opened; made if it isn't there.
Result<sys::Dir> open_loose_directory(const sys::Dir& loose, const Digest& name);

/// Moves loose files into their places and makes them durable, in a thread of its own: that takes longer than all that
/// a commit has to compute meanwhile. A name in loose/ proves nothing while no segment lists it; so it may be there
/// before the content is durable, as long as both are before the segment gets its name.
///
/// One thread at a time. Borrows the store's directory and the session.
class LoosePlacer {
 public:
  LoosePlacer(const sys::Dir& store_dir, const Session& session) : store_dir_(store_dir), session_(session) {}

  /// To be called once. Where no thread is to be had nothing is moved.
  void begin(std::vector<NewContainer> containers);
  [[nodiscard]] bool has_begun() const { return outcome_.valid() || !containers_.empty(); }
  /// Those given to begin(), until finish(). Meanwhile only `staged` may change, and is not to be looked at.
  [[nodiscard]] std::vector<NewContainer>& containers() { return containers_; }
  /// Waits. What was moved and is durable comes back without `staged`; what is still staged had its name taken, and is
  /// as it was. After an error anything may have been moved.
  Result<std::vector<NewContainer>> finish();

 private:
  Result<void> run();
  Result<void> move(NewContainer& container, const sys::Dir& directory) const;

  const sys::Dir& store_dir_;
  const Session& session_;
  std::vector<NewContainer> containers_;
  std::future<Result<void>> outcome_;  ///< destroyed first: it waits for the thread
};

}  // namespace cowstore::store
