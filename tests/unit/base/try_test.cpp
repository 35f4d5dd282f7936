#include "base/try.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace cowstore::base {
namespace {

Error failure() {
  return {ErrorCode::kBusy, 0, "", "", "in use", ""};
}

Result<int> half(int number) {
  if (number % 2 != 0) return failure();
  return number / 2;
}

Result<int> quarter(int number) {
  int once = COWSTORE_TRY(half(number));
  return COWSTORE_TRY(half(once));
}

Result<void> check(int number) {
  COWSTORE_TRY(half(number));
  return {};
}

Result<std::string> check_twice(int number, int& reached) {
  COWSTORE_TRY(check(number));
  ++reached;
  return std::string("even");
}

TEST(Try, YieldsTheValue) {
  EXPECT_EQ(*quarter(8), 2);
  int reached = 0;
  EXPECT_EQ(*check_twice(2, reached), "even");
  EXPECT_EQ(reached, 1);
}

TEST(Try, ReturnsTheErrorToWhateverResultTheFunctionHas) {
  int reached = 0;
  auto result = check_twice(3, reached);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kBusy);
  EXPECT_EQ(result.error().reason, "in use");
  EXPECT_EQ(reached, 0);
  EXPECT_FALSE(quarter(6).ok());
}

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) return failure();
  return std::make_unique<int>(7);
}

Result<int> take(bool works) {
  std::unique_ptr<int> made = COWSTORE_TRY(make(works));
  return *made;
}

TEST(Try, MovesWhatCannotBeCopied) {
  EXPECT_EQ(*take(true), 7);
  EXPECT_FALSE(take(false).ok());
}

Result<std::vector<std::string>> words() {
  return std::vector<std::string>{"long enough to be on the heap", "b"};
}

Result<std::size_t> letters() {
  std::size_t count = 0;
  for (const std::string& word : COWSTORE_TRY(words())) count += word.size();
  return count;
}

TEST(Try, ItsValueLivesAsLongAsALoopOverIt) {
  EXPECT_EQ(*letters(), 30U);
}

TEST(Result, TellsValueFromError) {
  Result<int> good = 4;
  Result<int> bad = failure();
  EXPECT_TRUE(good.ok() && good);
  EXPECT_FALSE(bad.ok() || bad);
  *good = 5;
  EXPECT_EQ(good.value(), 5);
  EXPECT_EQ(bad.error().code, ErrorCode::kBusy);
  good = bad;
  EXPECT_FALSE(good.ok());
}

TEST(Result, OfNothingIsGoodByDefault) {
  EXPECT_TRUE(Result<void>().ok());
  EXPECT_FALSE(Result<void>(failure()).ok());
}

}  // namespace
}  // namespace cowstore::base
