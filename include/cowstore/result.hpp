// Result<T>: a value or an Error. Nothing in cowstore throws across an interface.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace cowstore {

/// What callers branch on. The command line maps each code to an exit status (docs/cli.md).
enum class ErrorCode {
  kOther,        ///< anything without a code of its own
  kUsage,        ///< the request itself makes no sense
  kNotFound,     ///< a path, revision or object that doesn't exist
  kConflict,     ///< somebody else's or uncommitted work is in the way
  kCorrupt,      ///< stored bytes are not what they must be; the message locates them
  kIo,           ///< the operating system refused or failed (permissions included)
  kNoSpace,      ///< disk or quota full
  kBusy,         ///< locked by another process
  kUnsupported,  ///< this file system, kernel or format version can't
};

/// The stable word for a code, as JSON shows it: "not_found", "no_space", …
const char* to_string(ErrorCode code);

/// One failure, told once: `operation` on `path` failed because of `reason` (or of `sys_errno`); `hint` is the way out.
struct Error {
  ErrorCode code = ErrorCode::kOther;
  int sys_errno = 0;      ///< 0 when no system call was at fault
  std::string operation;  ///< what was tried: "open", "read the pack", …
  std::string path;       ///< what it was tried on, raw bytes; may be empty
  std::string reason;     ///< why it failed; empty means the text of sys_errno
  std::string hint;       ///< what the user can do about it; may be empty

  /// One line for people: "open a/b.bin: no such file or directory". Control bytes in the path are escaped; without the
  /// hint.
  [[nodiscard]] std::string message() const;
};

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// The value. Undefined when !ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// The error. Undefined when ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  [[nodiscard]] bool ok() const { return ok_; }
  explicit operator bool() const { return ok_; }
  void value() const {}
  Error& error() & { return error_; }
  const Error& error() const& { return error_; }
  Error&& error() && { return std::move(error_); }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace cowstore
