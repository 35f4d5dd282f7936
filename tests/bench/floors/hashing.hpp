// The floor of everything that hashes.
#pragma once

#include <cstddef>

namespace cowstore::bench {

/// Bytes that OpenSSL's SHA-256 takes a second, in messages of 64 KiB, each thread over memory of its own.
double sha256_rate(std::size_t threads);

}  // namespace cowstore::bench
