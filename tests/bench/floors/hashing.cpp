#include "hashing.hpp"

#include <openssl/evp.h>

#include <memory>
#include <vector>

#include "timing.hpp"

namespace cowstore::bench {

namespace {

constexpr std::size_t kMessageBytes = 64 << 10;
constexpr std::size_t kMessages = 8192;  // 512 MiB

void hash_messages(std::size_t count) {
  const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                                  EVP_MD_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const std::vector<unsigned char> message(kMessageBytes, 0x5a);
  unsigned char digest[EVP_MAX_MD_SIZE];
  for (std::size_t i = 0; i < count; ++i) {
    EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr);
    EVP_DigestUpdate(context.get(), message.data(), message.size());
    EVP_DigestFinal_ex(context.get(), digest, nullptr);
  }
}

}  // namespace

double sha256_rate(std::size_t threads) {
  const auto part = [](std::size_t, std::size_t begin, std::size_t end) { hash_messages(end - begin); };
  return static_cast<double>(kMessages * kMessageBytes) / seconds_of(kMessages, threads, part);
}

}  // namespace cowstore::bench
