#include "cli/method_flags.hpp"

#include "cli/exit_status.hpp"

namespace cowstore::cli {

namespace {

void declare_require_cow(Parser& parser, bool& target) {
  parser.flag("--require-cow", target, "fail instead of copying a file larger than a block");
}

template <class Method>
Result<void> check(const MethodFlags<Method>& flags) {
  if (flags.method != Method::kCopy || !flags.require_cow) return {};
  return usage_error("--method copy and --require-cow exclude each other");
}

}  // namespace

void declare_method(Parser& parser, MethodFlags<CheckoutMethod>& flags) {
  parser.choice<CheckoutMethod>("--method", flags.method,
                                {{"auto", CheckoutMethod::kAuto},
                                 {"snapshot", CheckoutMethod::kSnapshot},
                                 {"overlay", CheckoutMethod::kOverlay},
                                 {"reflink", CheckoutMethod::kReflink},
                                 {"hardlink", CheckoutMethod::kHardlink},
                                 {"copy", CheckoutMethod::kCopy}},
                                "how: auto takes the first that works of snapshot (of new working copies, where a tree "
                                "is near), reflink and copy; overlay mounts a new one over a template of the version");
  declare_require_cow(parser, flags.require_cow);
}

void declare_method(Parser& parser, MethodFlags<CloneMethod>& flags) {
  parser.choice<CloneMethod>("--method", flags.method,
                             {{"auto", CloneMethod::kAuto},
                              {"snapshot", CloneMethod::kSnapshot},
                              {"reflink", CloneMethod::kReflink},
                              {"hardlink", CloneMethod::kHardlink},
                              {"copy", CloneMethod::kCopy}},
                             "how: auto takes the first that works of snapshot, reflink and copy");
  declare_require_cow(parser, flags.require_cow);
}

Result<void> check_method(const MethodFlags<CheckoutMethod>& flags) {
  return check(flags);
}

Result<void> check_method(const MethodFlags<CloneMethod>& flags) {
  return check(flags);
}

}  // namespace cowstore::cli
