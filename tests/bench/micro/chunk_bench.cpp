// How fast are cut points found: in one buffer, and by the stream cutter in pieces as a commit reads them?
#include <benchmark/benchmark.h>

#include "chunk/gear.hpp"
#include "chunk/gear_avx512.hpp"
#include "chunk/stream_cutter.hpp"
#include "input.hpp"

namespace cowstore::chunk {
namespace {

constexpr std::size_t kSize = 64 << 20;

void count_bytes(benchmark::State& state, std::size_t per_iteration) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(per_iteration));
}

/// A kernel alone: a scan without a match, of bytes that were just read (a buffer's worth).
template <auto kKernel>
void scan(benchmark::State& state) {
  const Bytes bytes(1 << 20, 0);
  for (auto _ : state) benchmark::DoNotOptimize(kKernel(bytes.data(), kWindow, bytes.size() + 1, 0xffffc000));
  count_bytes(state, bytes.size());
}
BENCHMARK(scan<detail::find_match_plain>)->Name("scan/plain")->Unit(benchmark::kMicrosecond);

void scan_avx512(benchmark::State& state) {
  if (!detail::has_avx512()) return state.SkipWithError("this processor has no AVX-512 with VBMI");
  scan<detail::find_match_avx512>(state);
}
BENCHMARK(scan_avx512)->Name("scan/avx512")->Unit(benchmark::kMicrosecond);

/// As a commit cuts: in the buffer that was just filled.
void cut_buffer(benchmark::State& state) {
  const CutRule& rule = rule_of(Profile::kDefault);
  const Bytes bytes = bench::noise(1 << 20);
  for (auto _ : state) {
    for (ByteView rest = bytes; !rest.empty();) rest = rest.subspan(first_cut(rule, rest));
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(cut_buffer)->Unit(benchmark::kMicrosecond);

void cut(benchmark::State& state) {
  const CutRule& rule = rule_of(static_cast<Profile>(state.range(0)));
  const Bytes bytes = bench::noise(kSize);
  for (auto _ : state) {
    for (ByteView rest = bytes; !rest.empty();) rest = rest.subspan(first_cut(rule, rest));
  }
  count_bytes(state, bytes.size());
  state.SetLabel(to_string(static_cast<Profile>(state.range(0))));
}
BENCHMARK(cut)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

class Discard : public ChunkSink {
 public:
  Result<void> chunk(ByteView bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    return {};
  }
  Result<void> zero_chunks(std::uint64_t) override { return {}; }
};

void stream(benchmark::State& state) {
  const auto piece = static_cast<std::size_t>(state.range(0));
  const Bytes bytes = bench::noise(kSize);
  Discard sink;
  StreamCutter cutter(rule_of(Profile::kDefault), sink);
  for (auto _ : state) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      if (!cutter.feed(ByteView(bytes).subspan(at, piece))) state.SkipWithError("refused");
    }
    if (!cutter.finish()) state.SkipWithError("refused");
  }
  count_bytes(state, bytes.size());
}
BENCHMARK(stream)->Arg(4 << 10)->Arg(64 << 10)->Arg(1 << 20)->Arg(4 << 20)->Unit(benchmark::kMillisecond);

void hole_of_100_gib(benchmark::State& state) {
  Discard sink;
  StreamCutter cutter(rule_of(Profile::kDefault), sink);
  for (auto _ : state) {
    const bool fed = cutter.feed(as_bytes("head")).ok() && cutter.feed_zeros(std::uint64_t{100} << 30).ok();
    if (!fed || !cutter.finish()) state.SkipWithError("refused");
  }
}
BENCHMARK(hole_of_100_gib)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace cowstore::chunk
