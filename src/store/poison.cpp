#include "store/poison.hpp"

namespace cowstore::store {

Result<void> Poison::check() const {
  if (!poisoned()) return {};
  std::lock_guard lock(mutex_);
  return Error{error_->code, 0, "write to the store", "", "the transaction is over: " + error_->message(),
               error_->hint};
}

Error Poison::keep(Error error) {
  std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  poisoned_.store(true, std::memory_order_release);
  return error;
}

}  // namespace cowstore::store
