#include "refs/operation.hpp"

#include <gtest/gtest.h>

namespace cowstore::refs {
namespace {

NewOperation with_details(const std::string& details) {
  NewOperation operation;
  operation.details = details;
  return operation;
}

TEST(Operation, ADetailIsATopLevelString) {
  const NewOperation operation = with_details(R"({"before":"a\"b","number":1,"nested":{"inner":"x"}})");
  EXPECT_EQ(detail(operation, "before"), "a\"b");
  EXPECT_EQ(detail(operation, "number"), std::nullopt);
  EXPECT_EQ(detail(operation, "inner"), std::nullopt);
  EXPECT_EQ(detail(operation, "absent"), std::nullopt);
  EXPECT_EQ(detail(with_details(""), "before"), std::nullopt);
  EXPECT_EQ(detail(with_details("{broken"), "before"), std::nullopt);
}

TEST(Operation, DetailsAreAddedAndReplacedAndTheOthersStay) {
  EXPECT_EQ(*with_detail("", "a", "1"), R"({"a":"1"})");
  EXPECT_EQ(*with_detail(R"({"c":[1.50],"a":"1"})", "b", "\n"), R"({"a":"1","b":"\n","c":[1.50]})");
  EXPECT_EQ(*with_detail(R"({"a":"1"})", "a", "2"), R"({"a":"2"})");
}

TEST(Operation, ADetailMustBeUtf8AndGoIntoAnObject) {
  EXPECT_EQ(with_detail("{}", "a", "\xff").error().code, ErrorCode::kUsage);
  EXPECT_EQ(with_detail("{}", "\xff", "a").error().code, ErrorCode::kUsage);
  EXPECT_EQ(with_detail("[]", "a", "b").error().code, ErrorCode::kUsage);
}

}  // namespace
}  // namespace cowstore::refs
