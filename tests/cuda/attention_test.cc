// Attention on the emulated device has the bits of its definition (docs/numerics.md) with the processor's kernels.
#include "cuda/support.h"
#include "kernel/rounding.h"

namespace sg::test {
namespace {

using cuda::ScoreBias;

class Attention : public OnDevice {
 protected:
  struct Case {
    std::vector<unsigned> starts = {0};
    std::size_t heads, kv_heads, width, value_width;
    unsigned window;
    bool chunked, sinks;
    ScoreBias bias;
    float cap;
  };

  WeightView rows_as_weights(ConstMatrixView m, bool transposed) {
    return {.data = reinterpret_cast<const std::byte*>(m.data),
            .dtype = DType::kF32,
            .rows = transposed ? m.cols : m.rows,
            .cols = transposed ? m.rows : m.cols,
            .row_bytes = m.stride * sizeof(float),
            .transposed = transposed};
  }

  std::size_t first_key(std::size_t query) { return call.first_key(static_cast<unsigned>(query)); }
  float half(float x) { return round_to(Precision::kBfloat16, x); }

  /// One task as the definition has it: queries [begin, end) of a head.
  void task(const Case& c, std::size_t start, std::size_t head, std::size_t begin, std::size_t end) {
    const std::size_t kv = head / (c.heads / c.kv_heads), first = first_key(begin) / kMatmulBlock * kMatmulBlock;
    const std::size_t keys = end - first;
    std::vector<float> scores((end - begin) * (keys + 1));
    const MatrixView s = {scores.data(), end - begin, keys, keys + 1};
    const MatrixView q = qkv->view().row_range(start + begin, end - begin).col_range(head * c.width, c.width);
    const MatrixView all = qkv->view().row_range(start + first, keys);
    const MatrixView key = all.col_range((c.heads + kv) * c.width, c.width);
    const MatrixView value = all.col_range((c.heads + c.kv_heads) * c.width + kv * c.value_width, c.value_width);
    k.matmul({.x = q, .w = rows_as_weights(key, false), .y = s}, ThreadPool::serial());
    for (std::size_t i = 0; i < s.rows; ++i) {
      const std::size_t query = begin + i, lowest = first_key(query), count = query + 1 - lowest;
      float* seen = s.row(i) + (lowest - first);
      for (std::size_t j = 0; j < count; ++j) {
        const float place = static_cast<float>(lowest + j);
        if (c.bias == ScoreBias::kHalfSlope) seen[j] += half(half(slopes[head]) * place);
        seen[j] *= call.scale;
        if (c.bias == ScoreBias::kSlope) seen[j] += slopes[head] * place;
      }
      if (c.cap > 0) k.softcap(c.cap, seen, count);
      if (c.sinks) seen[count] = sinks[head];
      k.softmax(seen, c.sinks ? count + 1 : count);
      std::fill(s.row(i), seen, 0.0f);
      std::fill(seen + count, s.row(i) + keys, 0.0f);
    }
    const MatrixView out =
        want->view().row_range(start + begin, end - begin).col_range(head * c.value_width, c.value_width);
    k.matmul({.x = s, .w = rows_as_weights(value, true), .y = out}, ThreadPool::serial());
  }

  bool finite_values(const Case& c, std::size_t begin, std::size_t end) {
    for (std::size_t r = begin; r < end; ++r) {
      const float* values = qkv->view().row(r) + (c.heads + c.kv_heads) * c.width;
      for (std::size_t i = 0; i < c.kv_heads * c.value_width; ++i) {
        if (!std::isfinite(values[i])) return false;
      }
    }
    return true;
  }

  void check(const Case& c, bool finite, Draw& draw) {
    const std::size_t rows = c.starts.back(), values = (c.heads + c.kv_heads) * c.width;
    qkv = std::make_unique<Guarded>(random_matrix(rows, values + c.kv_heads * c.value_width, draw));
    want = std::make_unique<Guarded>(rows, c.heads * c.value_width, 2, 0);
    Guarded got(rows, c.heads * c.value_width, 2, 0);
    if (!finite) {
      qkv->view().row(draw(0, rows - 1))[values + draw(0, c.kv_heads * c.value_width - 1)] =
          draw.coin() ? INFINITY : NAN;
    }
    slopes = random_row(c.heads, draw);
    sinks = random_row(c.heads, draw);
    std::vector<unsigned> marks(c.starts.size(), 0);
    const auto part = [](std::size_t count, std::size_t width, std::size_t first) {
      const auto n = [](std::size_t x) { return static_cast<unsigned>(x); };
      return cuda::Parts{n(count), n(width), n(first), n(width), n(count), 0};
    };
    call = {.qkv = qkv->data(),
            .context = got.data(),
            .qkv_stride = qkv->view().stride,
            .context_stride = got.view().stride,
            .q = part(c.heads, c.width, 0),
            .k = part(c.kv_heads, c.width, c.heads * c.width),
            .v = part(c.kv_heads, c.value_width, values),
            .window = c.window,
            .chunked = c.chunked,
            .bias = c.bias,
            .scale = 0.31f,
            .cap = c.cap,
            .slopes = slopes.data(),
            .sinks = c.sinks ? sinks.data() : nullptr,
            .tasks = nullptr,
            .scores = nullptr,
            .values_not_finite = marks.data()};
    const cuda::AttentionPlan plan = cuda::plan_attention(call, c.starts, draw(0, 60000));
    std::vector<float> scratch(plan.scratch, NAN);
    call.scores = scratch.data();
    call.tasks = plan.tasks.data();
    cuda::attention(device, plan, call);
    device.finish();
    for (std::size_t s = 0; s + 1 < c.starts.size(); ++s) {
      const std::size_t start = c.starts[s], length = c.starts[s + 1] - start;
      const std::size_t step = finite_values(c, start, start + length) ? 64 : 1;
      for (std::size_t head = 0; head < c.heads; ++head) {
        for (std::size_t q = 0; q < length; q += step) task(c, start, head, q, std::min(length, q + step));
      }
    }
    EXPECT_TRUE(same(got.view(), want->view()));
    EXPECT_TRUE(got.guards_intact());
  }

  std::unique_ptr<Guarded> qkv, want;
  std::vector<float> slopes, sinks;
  cuda::AttentionKernelCall call;
};

TEST_F(Attention, OfRandomShapes) {
  Draw draw(1);
  for (int i = 0; i < 40; ++i) {
    Case c = {.heads = 0,
              .kv_heads = draw(1, 3),
              .width = draw(1, 80),
              .value_width = draw(1, 80),
              .window = draw.coin() ? 0 : static_cast<unsigned>(draw(1, 300)),
              .chunked = draw.coin(),
              .sinks = draw.coin(),
              .bias = static_cast<ScoreBias>(draw(0, 2)),
              .cap = draw.coin() ? 0.0f : 5.0f};
    c.heads = c.kv_heads * draw(1, 3);
    for (std::size_t s = draw(1, 3); s > 0; --s)
      c.starts.push_back(c.starts.back() + static_cast<unsigned>(draw(1, i % 4 == 0 ? 400 : 90)));
    SCOPED_TRACE(i);
    check(c, i % 3 != 0, draw);
  }
}

}  // namespace
}  // namespace sg::test
