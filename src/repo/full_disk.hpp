// What the commands that bring files back, or take something away, do about a full disk.
#pragma once

#include "cowstore/result.hpp"
#include "repo/session.hpp"
#include "store/reserve.hpp"

namespace cowstore::repo {

/// Tries; if the disk is full, gives up the store's reserve and tries once more, then takes back what is left of it.
/// `attempt` may be run again after kNoSpace. Never for what adds to the store: it would use up the way back.
template <class Attempt>
auto with_reserve(Session& session, Attempt attempt) -> decltype(attempt()) {
  auto outcome = attempt();
  if (outcome || outcome.error().code != ErrorCode::kNoSpace) return outcome;
  auto released = store::release_reserve(session.store->dir());
  if (!released || !*released) return outcome;
  outcome = attempt();
  (void)store::replenish_reserve(session.store->dir());
  return outcome;
}

}  // namespace cowstore::repo
