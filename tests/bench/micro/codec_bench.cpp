// How fast are blocks of 128 KiB compressed and read back?
#include <benchmark/benchmark.h>

#include "codec/block.hpp"
#include "input.hpp"

namespace cowstore::codec {
namespace {

constexpr std::size_t kBlock = 128 << 10;

void compress_text(benchmark::State& state) {
  const Bytes raw = bench::text(kBlock);
  Compressor compressor(static_cast<int>(state.range(0)));
  std::size_t stored = 0;
  for (auto _ : state) stored = compressor.compress(raw).bytes.size();
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
  state.counters["ratio"] = static_cast<double>(raw.size()) / static_cast<double>(stored);
}
BENCHMARK(compress_text)->Arg(1)->Arg(3)->Arg(9);

void compress_noise(benchmark::State& state) {
  const Bytes raw = bench::noise(kBlock);
  Compressor compressor(1);
  for (auto _ : state) benchmark::DoNotOptimize(compressor.compress(raw));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}
BENCHMARK(compress_noise);

void decompress_text(benchmark::State& state) {
  const Bytes raw = bench::text(kBlock);
  const Encoded encoded = Compressor(static_cast<int>(state.range(0))).compress(raw);
  Bytes out(raw.size());
  for (auto _ : state) {
    if (!decompress(encoded.codec, encoded.bytes, out)) state.SkipWithError("corrupt");
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(raw.size()));
}
BENCHMARK(decompress_text)->Arg(1)->Arg(9);

}  // namespace
}  // namespace cowstore::codec
