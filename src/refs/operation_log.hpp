// The operation log: the state of a repository and its history, in log/ of the store (docs/format.md).
//
// The newest generation's last complete record is the state. Writers are serialised by log/lock; readers take no lock
// and see a prefix of the history at every moment, whatever a writer does or wherever it died.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cowstore/result.hpp"
#include "refs/log_note.hpp"
#include "refs/operation.hpp"
#include "refs/state.hpp"
#include "refs/view.hpp"
#include "sys/dir.hpp"

namespace cowstore::refs {

/// What append() does while another process holds the lock.
struct LockPolicy {
  enum class WhenBusy { kWait, kFail };
  WhenBusy when_busy = WhenBusy::kWait;
  /// Called once before it blocks, with what the holder says about itself ("<pid> <command>"; may be empty).
  std::function<void(const std::string& holder)> waiting;
};

/// Move-only. One thread at a time per object; any number of objects and processes per log.
/// Reading never writes: it works on a read-only store.
class OperationLog final : public History {
 public:
  /// Makes an empty log, durably, with an empty view and no operation. kConflict if there is one.
  static Result<void> create(const sys::Dir& log_dir);
  /// kNotFound if there is none; kCorrupt if its state can't be read; kUnsupported if a newer version wrote it.
  static Result<OperationLog> open(sys::Dir log_dir);

  OperationLog(OperationLog&&) noexcept;
  OperationLog& operator=(OperationLog&&) noexcept;
  ~OperationLog() override;

  /// The newest state. Three cheap calls (two stat, one small read) when nothing changed; else what was appended since
  /// is read, into a copy of the view that was handed out last.
  Result<std::shared_ptr<const State>> current();

  /// Appends one operation and, unless it is asked not to, makes it durable. Checks every change's old value under the
  /// lock first: kConflict names the key in Error::path. kBusy only under WhenBusy::kFail. kUsage: the same key twice,
  /// or details that aren't an object. After any other error the operation is absent or complete, for readers and after
  /// a crash alike (ask current()), and the next append works if the disk does.
  Result<Operation> append(const NewOperation& operation, const LockPolicy& policy = {},
                           Durability durability = Durability::kNow);

  Result<void> newest_first(const OperationVisitor& visit) override;
  /// At most `limit` operations, the newest first.
  Result<std::vector<Operation>> newest(std::size_t limit);

  /// `@` (the newest), `@~N`, or at least four digits of an id. kNotFound; kUsage if several ids begin so or the text
  /// is none of these.
  Result<Operation> find(std::string_view text);
  Result<View> view_at(const OperationId& id);  ///< the view after an operation; all zero: the empty view

  /// What reading has found so far and got over: a torn tail, copies recovered from their twins. For fsck.
  [[nodiscard]] std::vector<LogNote> notes() const;
  /// Reads every copy of every record of every generation and checks all that the format promises. Damage is in the
  /// notes; an Error means that a file could not be read at all.
  Result<LogCheck> verify();

 private:
  class Impl;
  explicit OperationLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cowstore::refs
