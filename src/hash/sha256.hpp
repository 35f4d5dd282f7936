// SHA-256: every id of the store is one.
//
// self_check() comes first, once, when a repository is opened: it is where a missing or broken provider becomes an
// ordinary error. Behind it nothing here fails but for want of memory, which is std::bad_alloc as with any container;
// a caller who skips it on such a machine meets std::runtime_error, never a wrong digest.
#pragma once

#include <initializer_list>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "cowstore/ids.hpp"
#include "cowstore/result.hpp"

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace cowstore::hash {

/// Computes one known digest in each way that will be used. kUnsupported if the cryptographic library offers no
/// SHA-256, or anything comes out wrong. Thread-safe.
Result<void> self_check();

/// A message in pieces. The context is reused from message to message. One thread at a time; a moved-from one may only
/// be assigned to or destroyed.
class Sha256 {
 public:
  Sha256();

  void update(ByteView bytes);
  /// The digest of all bytes since construction or the last finish(); then ready for the next message.
  Digest finish();

 private:
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

/// The digest of one message, or of a concatenation, in a context that the calling thread keeps.
Digest sha256(ByteView bytes);
Digest sha256(std::initializer_list<ByteView> pieces);

/// digests[i] = sha256(messages[i]); both spans have the same size. Several messages at once are faster than one after
/// the other where the processor has instructions for SHA-256 (sha256_lanes.hpp); elsewhere it is the same.
void sha256_many(std::span<const ByteView> messages, std::span<Digest> digests);

}  // namespace cowstore::hash
