#include "hash/sha256.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <stdexcept>

#include "support/random_bytes.hpp"

namespace cowstore::hash {
namespace {

Bytes counting_bytes(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256);
  return bytes;
}

TEST(Sha256, ComputesTheStandardsVectors) {
  EXPECT_EQ(sha256(ByteView{}).hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(as_bytes("abc")).hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).hex(),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(Bytes(1'000'000, 'a')).hex(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheMessageIsSplit) {
  const Bytes message = counting_bytes(300);
  const Digest whole = sha256(message);
  Sha256 stream;
  for (std::size_t split = 0; split <= message.size(); ++split) {
    stream.update(ByteView(message).first(split));
    stream.update(ByteView(message).subspan(split));
    EXPECT_EQ(stream.finish(), whole) << "split at " << split;
  }
}

TEST(Sha256, StartsANewMessageAfterFinish) {
  Sha256 stream;
  stream.update(as_bytes("something else"));
  stream.finish();
  EXPECT_EQ(stream.finish(), sha256(ByteView{}));
  stream.update(as_bytes("abc"));
  EXPECT_EQ(stream.finish(), sha256(as_bytes("abc")));
}

TEST(Sha256, TakesItsStateAlongWhenMoved) {
  Sha256 first;
  first.update(as_bytes("a"));
  Sha256 second = std::move(first);
  second.update(as_bytes("bc"));
  EXPECT_EQ(second.finish(), sha256(as_bytes("abc")));
}

TEST(Sha256, OfPiecesIsThatOfTheirConcatenation) {
  EXPECT_EQ(sha256({as_bytes("a"), ByteView{}, as_bytes("bc")}), sha256(as_bytes("abc")));
  EXPECT_EQ(sha256({}), sha256(ByteView{}));
}

/// By OpenSSL, through another of its interfaces than the one under test.
Digest reference(ByteView message) {
  Digest digest;
  EXPECT_EQ(EVP_Digest(message.data(), message.size(), digest.bytes.data(), nullptr, EVP_sha256(), nullptr), 1);
  return digest;
}

void expect_references(const std::vector<ByteView>& messages) {
  std::vector<Digest> digests(messages.size());
  sha256_many(messages, digests);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    ASSERT_EQ(digests[i], reference(messages[i]))
        << "message " << i << " of " << messages.size() << ", " << messages[i].size() << " bytes";
  }
}

TEST(Sha256, OfManyMessagesIsThatOfEachAtEveryLength) {
  std::vector<Bytes> contents;
  for (std::size_t size = 0; size <= 300; ++size) contents.push_back(counting_bytes(size));
  expect_references({contents.begin(), contents.end()});
  for (const Bytes& content : contents) {
    expect_references({content, contents[17]});
    expect_references({contents[200], contents[64], content});
  }
}

TEST(Sha256, OfManyMessagesIsThatOfEachWhateverTheirNumberLengthAndPlace) {
  const std::string noise = test::random_bytes(300'000, 1);
  for (std::uint64_t seed = 1; seed <= (COWSTORE_SOAK ? 5000 : 100); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    test::Random random(seed);
    std::vector<ByteView> messages(random.below(12));
    for (ByteView& message : messages) {
      const std::size_t size = random.below(std::size_t{1} << (1 + random.below(18)));
      message = as_bytes(noise).subspan(random.below(noise.size() - size), size);
    }
    expect_references(messages);
    if (HasFatalFailure()) return;
  }
}

TEST(Sha256, OfNoMessagesIsNothing) {
  sha256_many({}, {});
}

TEST(Sha256, ThreadsDoNotDisturbEachOther) {
  const Bytes message = counting_bytes(10'000);
  const Digest expected = sha256(message);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 200; ++i) wrong += sha256(message) != expected ? 1 : 0;
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Sha256SelfCheck, PassesHere) {
  EXPECT_TRUE(self_check().ok());
}

/// Exit status of a process in which no provider offers the algorithm: 0 if self_check() and the constructor say so.
int run_without_provider() {
  if (EVP_set_default_properties(nullptr, "provider=nobody") != 1) return 2;
  const Result<void> checked = self_check();
  if (checked || checked.error().code != ErrorCode::kUnsupported) return 3;
  try {
    Sha256 unusable;
  } catch (const std::runtime_error&) {
    return 0;
  }
  return 4;
}

TEST(Sha256SelfCheckDeathTest, ReportsAMissingAlgorithmAsUnsupported) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fresh process, in which nothing has been fetched yet
  EXPECT_EXIT(std::exit(run_without_provider()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace cowstore::hash
