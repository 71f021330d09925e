#include "check/same_products.h"

#include <cstring>
#include <vector>

#include "base/counter_rng.h"

namespace sg {
namespace {

// Neither is a multiple of a tile or of a sum's block, and rows take every kernel of cuda/operations.cc.
constexpr std::size_t kOutputs = 301, kInputs = 700;
constexpr std::size_t kRows[] = {1, 40, 200};

float drawn(std::uint64_t index) { return static_cast<float>(CounterRng(1).uniform(index) - 0.5); }

/// The weights as the type stores them: of BF16 the upper halves.
std::vector<std::byte> stored_weights(DType dtype) {
  const std::size_t bytes = traits(dtype).block_bytes;
  std::vector<std::byte> stored(kOutputs * kInputs * bytes);
  for (std::size_t i = 0; i < kOutputs * kInputs; ++i) {
    const float number = drawn(i);
    std::memcpy(stored.data() + i * bytes, reinterpret_cast<const std::byte*>(&number) + sizeof number - bytes, bytes);
  }
  return stored;
}

std::vector<float> product(Backend& backend, std::size_t rows, const WeightView& weights) {
  const std::shared_ptr<float[]> x = backend.allocate(rows * kInputs), y = backend.allocate(rows * kOutputs);
  for (std::size_t i = 0; i < rows * kInputs; ++i) x[i] = drawn(kOutputs * kInputs + i);
  const MatmulCall call = {
      .x = {x.get(), rows, kInputs, kInputs}, .w = weights, .y = {y.get(), rows, kOutputs, kOutputs}};
  backend.product({&call, 1});
  backend.finish();
  return {y.get(), y.get() + rows * kOutputs};
}

}  // namespace

Result<bool> same_products(Backend& tested, Backend& reference) {
  for (const DType dtype : {DType::kF32, DType::kBF16}) {
    const std::vector<std::byte> stored = stored_weights(dtype);
    const WeightView weights = {.data = stored.data(),
                                .dtype = dtype,
                                .rows = kOutputs,
                                .cols = kInputs,
                                .row_bytes = stored.size() / kOutputs};
    for (const std::size_t rows : kRows) {
      const std::vector<float> got = product(tested, rows, weights), want = product(reference, rows, weights);
      if (std::optional<Error> failed = tested.failure()) return *std::move(failed);
      if (std::memcmp(got.data(), want.data(), want.size() * sizeof(float)) != 0) return false;
    }
  }
  return true;
}

}  // namespace sg
