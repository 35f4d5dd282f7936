// How fast is SHA-256 by message size, and what does a short message cost?
#include <benchmark/benchmark.h>

#include "hash/sha256.hpp"
#include "input.hpp"

namespace cowstore::hash {
namespace {

void sha256_one(benchmark::State& state) {
  const Bytes bytes = bench::noise(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(sha256(bytes));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(sha256_one)->Arg(64)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20);

void sha256_batch(benchmark::State& state) {
  const Bytes bytes = bench::noise(64 << 10);
  const std::vector<ByteView> messages(static_cast<std::size_t>(state.range(0)), bytes);
  std::vector<Digest> digests(messages.size());
  for (auto _ : state) {
    sha256_many(messages, digests);
    benchmark::DoNotOptimize(digests.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * static_cast<std::int64_t>(bytes.size()));
}
BENCHMARK(sha256_batch)->Arg(1)->Arg(2)->Arg(3)->Arg(8);

}  // namespace
}  // namespace cowstore::hash
