// The cut rule against fixtures/format/chunk-cuts.txt. With COWSTORE_UPDATE_FIXTURES=1 in the environment the file is
// written instead: only for a new version of the format.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "chunk/chunker.hpp"
#include "content.hpp"
#include "hash/sha256.hpp"

namespace cowstore::chunk {
namespace {

const char* const kPath = COWSTORE_FIXTURES "/format/chunk-cuts.txt";

const char* const kPreamble =
    R"(# Golden vectors of the cut rule, which docs/format.md specifies. In brief: G[i] is the first four bytes, little-endian, of
# SHA-256("cowstore-gear-v1" followed by the byte i), so G[0] = 0x0b43ea3a and G[255] = 0x13dfd5b4; H(L) is the sum over
# k = 0..31 of G[byte L-1-k of the chunk] << k, modulo 2^32; a chunk's length is the smallest L with
#
#   min     <= L < average  and  H(L) & mask_small == 0, or
#   average <= L < max      and  H(L) & mask_large == 0, or  L == max;  else what remains.
#
#   profile        min  average      max  mask_small  mask_large
#   default      16384    65536   262144  0xffffc000  0xfffc0000
#   fine          4096    16384    65536  0xffff0000  0xfff00000
#   bulk         65536   262144  1048576  0xfffff000  0xffff0000
#
# A case is a content, the SHA-256 of its bytes, and under each profile the lengths of its chunks in order.
# A content is the concatenation of pieces:
#
#   zeros LENGTH          zero bytes
#   random SEED LENGTH    the numbers of SplitMix64, 8 bytes each, little-endian, the last one cut short:
#                           state = SEED (64 bits, arithmetic modulo 2^64), then for each number
#                           state += 0x9e3779b97f4a7c15; z = state
#                           z = (z xor (z >> 30)) * 0xbf58476d1ce4e5b9
#                           z = (z xor (z >> 27)) * 0x94d049bb133111eb
#                           number = z xor (z >> 31)
#   letters SEED LENGTH   0x61 + (b & 15) for each byte b of random SEED LENGTH
)";

const std::array kContents = {
    "",
    "random 1 1",
    "random 2 4096",
    "random 3 16384",
    "random 4 65536",
    "random 5 3000000",
    "letters 6 2000000",
    "zeros 65536",
    "zeros 3000001",
    "random 7 10000, zeros 700000, random 8 300000",
    "letters 9 31, zeros 300000, letters 9 300000, zeros 17, random 10 400000, zeros 1100000",
};

Bytes piece(const std::string& description) {
  std::istringstream words(description);
  std::string kind;
  std::uint64_t seed = 0;
  std::size_t size = 0;
  words >> kind;
  if (kind != "zeros") words >> seed;
  words >> size;
  if (kind == "zeros") return Bytes(size, 0);
  return kind == "letters" ? test::letters(seed, size) : test::random_bytes(seed, size);
}

Bytes content_of(const std::string& description) {
  Bytes content;
  std::istringstream pieces(description);
  for (std::string next; std::getline(pieces, next, ',');) test::append(content, piece(next));
  return content;
}

/// A line for the profile, wrapped at 20 lengths.
void write_cuts(std::ostream& out, Profile profile, ByteView content) {
  out << to_string(profile) << ':';
  std::size_t column = 0;
  for (std::size_t length : test::cut_lengths(rule_of(profile), content)) {
    if (column != 0 && column % 20 == 0) out << "\n ";
    out << ' ' << length;
    ++column;
  }
  out << '\n';
}

std::string render() {
  std::ostringstream out;
  out << kPreamble;
  for (const char* description : kContents) {
    const Bytes content = content_of(description);
    out << "\ncontent: " << (*description == '\0' ? "(empty)" : description) << '\n';
    out << "sha256: " << hash::sha256(content).hex() << '\n';
    for (Profile profile : {Profile::kDefault, Profile::kFine, Profile::kBulk}) write_cuts(out, profile, content);
  }
  return out.str();
}

TEST(ChunkCuts, AreThoseOfTheFormat) {
  if (std::getenv("COWSTORE_UPDATE_FIXTURES") != nullptr) std::ofstream(kPath, std::ios::binary) << render();
  std::ifstream file(kPath, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  ASSERT_FALSE(golden.empty()) << kPath;
  EXPECT_EQ(render(), golden);
}

}  // namespace
}  // namespace cowstore::chunk
