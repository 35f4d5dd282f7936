#include "hash/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <new>
#include <stdexcept>

#include "hash/sha256_lanes.hpp"

namespace cowstore::hash {
namespace {

/// Fetched once and kept for the life of the process; null if there is none.
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md;
}

/// What self_check() has excluded.
void require(bool worked) {
  if (!worked) [[unlikely]]
    throw std::runtime_error("SHA-256 is not available; hash::self_check() says so first");
}

Sha256& context_of_this_thread() {
  thread_local Sha256 context;
  return context;
}

Error unsupported(const char* reason) {
  return {ErrorCode::kUnsupported, 0, "prepare SHA-256", "", reason, "check the OpenSSL installation and openssl.cnf"};
}

Digest known_digest() {
  return *Digest::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace

void Sha256::FreeContext::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() {
  require(algorithm() != nullptr);
  context_.reset(EVP_MD_CTX_new());
  if (!context_) throw std::bad_alloc();
  require(EVP_DigestInit_ex2(context_.get(), algorithm(), nullptr) == 1);
}

void Sha256::update(ByteView bytes) {
  require(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  require(EVP_DigestFinal_ex(context_.get(), digest.bytes.data(), nullptr) == 1);
  require(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr) == 1);
  return digest;
}

Digest sha256(ByteView bytes) {
  Sha256& context = context_of_this_thread();
  context.update(bytes);
  return context.finish();
}

Digest sha256(std::initializer_list<ByteView> pieces) {
  Sha256& context = context_of_this_thread();
  for (ByteView piece : pieces) context.update(piece);
  return context.finish();
}

void sha256_many(std::span<const ByteView> messages, std::span<Digest> digests) {
  if (messages.size() > 1 && detail::has_lanes()) return detail::sha256_lanes(messages, digests);
  for (std::size_t i = 0; i < messages.size(); ++i) digests[i] = sha256(messages[i]);
}

Result<void> self_check() {
  try {
    const std::array<ByteView, 2> messages = {as_bytes("abc"), as_bytes("abc")};
    std::array<Digest, 2> digests;
    sha256_many(messages, digests);
    const bool right = digests[0] == known_digest() && digests[1] == known_digest();
    if (sha256(messages[0]) != known_digest() || !right) return unsupported("it is computed wrongly");
  } catch (const std::runtime_error&) {
    return unsupported("the cryptographic library doesn't offer it");
  }
  return {};
}

}  // namespace cowstore::hash
