#include "base/page_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cowstore::base {
namespace {

TEST(PageBuffer, BeginsOnAPageWhateverItsSize) {
  for (std::size_t bytes : {std::size_t{1}, std::size_t{4095}, std::size_t{1} << 20, (std::size_t{1} << 20) + 17}) {
    const PageBuffer buffer(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.span().data()) % 4096, 0u) << bytes;
    EXPECT_EQ(buffer.span().size(), bytes);
    std::fill(buffer.span().begin(), buffer.span().end(), std::uint8_t{0xa5});  // the sanitizer minds if it isn't ours
  }
}

}  // namespace
}  // namespace cowstore::base
