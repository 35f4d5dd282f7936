// --method and --require-cow, as all commands have them that bring a tree into a directory.
#pragma once

#include "cli/parser.hpp"
#include "cowstore/checkout.hpp"
#include "cowstore/clone.hpp"
#include "cowstore/result.hpp"

namespace cowstore::cli {

template <class Method>
struct MethodFlags {
  Method method = Method::kAuto;
  bool require_cow = false;
};

/// The words that each may be given, and what they mean for it, are written down here alone.
void declare_method(Parser& parser, MethodFlags<CheckoutMethod>& flags);
void declare_method(Parser& parser, MethodFlags<CloneMethod>& flags);

/// kUsage for what can't be had together.
Result<void> check_method(const MethodFlags<CheckoutMethod>& flags);
Result<void> check_method(const MethodFlags<CloneMethod>& flags);

/// Into any options that have a `method` of that kind and a `cow`.
template <class Method, class Options>
void apply_method(const MethodFlags<Method>& flags, Options& options) {
  options.method = flags.method;
  if (flags.require_cow) options.cow = CowPolicy::kRequire;
}

}  // namespace cowstore::cli
