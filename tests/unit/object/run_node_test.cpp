#include "object/run_node.hpp"

#include "base/coding.hpp"
#include "object/split.hpp"
#include "unit/object/damage.hpp"
#include "unit/object/samples.hpp"

namespace cowstore::object {
namespace {

std::optional<Bytes> reencode(ByteView bytes) {
  auto node = RunNode::decode(bytes);
  if (!node) return std::nullopt;
  OpenRunNode open(node->level());
  for (std::size_t i = 0; i < node->size(); ++i) open.append(node->run(i));
  return open.encode();
}

Bytes list_of(const std::vector<Run>& runs, std::uint8_t level = 0) {
  OpenRunNode node(level);
  for (const Run& run : runs) node.append(run);
  return node.encode();
}

std::string refusal(const Bytes& bytes) {
  auto node = RunNode::decode(bytes);
  if (node) return "accepted";
  EXPECT_EQ(node.error().code, ErrorCode::kCorrupt);
  return node.error().reason;
}

Run run_of(std::string_view text, std::uint64_t length, std::uint64_t repeat = 1) {
  return {digest_of(text), length, repeat};
}

TEST(RunNode, DamageIsNoticed) {
  expect_canonical(list_of({run_of("a", 65536), run_of("b", 300, 70000), run_of("a", 65536)}), reencode);
  expect_canonical(list_of({run_of("a", 1 << 30), run_of("b", 1 << 29, 2)}, 1), reencode);
}

TEST(RunNode, RunsThatCouldBeOneAreRefused) {
  EXPECT_NE(refusal(list_of({run_of("a", 5), run_of("a", 5)})).find("maximal"), std::string::npos);
  EXPECT_NE(refusal(list_of({run_of("a", 5), run_of("a", 6)})).find("maximal"), std::string::npos);
}

TEST(RunNode, EmptyRunsAndNodesAreRefused) {
  EXPECT_NE(refusal(list_of({})), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", 0)})), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", 1, 0)})), "accepted");
}

TEST(RunNode, SizesDoNotOverflow) {
  EXPECT_EQ(refusal(list_of({run_of("a", 1, kMaxFileBytes)})), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", 1, kMaxFileBytes), run_of("b", 1)})), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", 2, std::uint64_t{1} << 63)})), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", ~std::uint64_t{0}, ~std::uint64_t{0})}, 1)), "accepted");
  EXPECT_NE(refusal(list_of({run_of("a", kMaxChunkBytes + 1)})), "accepted");
}

TEST(RunNode, FalseCountsAllocateNothing) {
  Bytes bytes = {0};
  base::Writer(bytes).varint(std::uint64_t{1} << 60);
  EXPECT_NE(refusal(bytes), "accepted");
}

TEST(RunNode, AnEndInTheMiddleIsRefused) {
  OpenRunNode node(0);
  std::uint64_t i = 0;
  while (!node.at_end()) node.append(run_of(std::to_string(i++), 10));
  EXPECT_EQ(refusal(node.encode()), "accepted");
  node.append(run_of("one more", 10));
  EXPECT_NE(refusal(node.encode()).find("goes on after its end"), std::string::npos);
}

}  // namespace
}  // namespace cowstore::object
