#include "repo/sharing_policy.hpp"

#include <gtest/gtest.h>

namespace cowstore::repo {
namespace {

CheckoutOptions options(CheckoutMethod method, CowPolicy cow = CowPolicy::kAllowCopies) {
  CheckoutOptions result;
  result.method = method;
  result.cow = cow;
  return result;
}

TEST(SharingPolicy, AllowsWhatTheOptionsAllow) {
  EXPECT_EQ(policy_of(options(CheckoutMethod::kAuto)), share::Policy::kAuto);
  EXPECT_EQ(policy_of(options(CheckoutMethod::kCopy)), share::Policy::kCopyOnly);
  EXPECT_EQ(policy_of(options(CheckoutMethod::kReflink)), share::Policy::kCloneOnly);
  EXPECT_EQ(policy_of(options(CheckoutMethod::kAuto, CowPolicy::kRequire)), share::Policy::kCloneOnly);
}

TEST(SharingPolicy, NamesTheMethodByWhatWasDone) {
  SharingReport sharing;
  EXPECT_EQ(method_of(sharing), "none");
  sharing.copied = 2;
  EXPECT_EQ(method_of(sharing), "copy");
  sharing.cloned = 1;
  EXPECT_EQ(method_of(sharing), "reflink");
}

}  // namespace
}  // namespace cowstore::repo
