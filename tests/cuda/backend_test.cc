// The operations of a backend on the emulated device have the bits of the processor's backend, whatever the order of
// its streams and however little memory it has; so have those on a GPU where there is one.
#include "cuda/backends.h"
#include "cuda/support.h"

namespace sg::test {
namespace {

/// The same rows in memory of two backends.
struct Twins {
  std::shared_ptr<float[]> memory[2];
  MatrixView cpu, gpu;
};

struct Setting {
  const char* name;
  bool is_gpu;
  cuda::Stream first;  // of the emulator
  bool is_scarce;
};
constexpr Setting kSettings[] = {{"CopiesFirst", false, cuda::Stream::kCopies, false},
                                 {"KernelsFirst", false, cuda::Stream::kKernels, false},
                                 {"CopiesFirstScarce", false, cuda::Stream::kCopies, true},
                                 {"KernelsFirstScarce", false, cuda::Stream::kKernels, true},
                                 {"Gpu", true, {}, false},
                                 {"GpuScarce", true, {}, true}};

class BackendOfDevice : public OnDevice, public testing::WithParamInterface<Setting> {
 protected:
  void SetUp() override {
    OnDevice::SetUp();
    const Setting& setting = GetParam();
    std::unique_ptr<cuda::Device> tested;
    if (setting.is_gpu) {
      tested = gpu_if_any();
    } else {
      tested = std::make_unique<cuda::EmulatedDevice>(
          cuda::EmulatedDevice::Options{.first = setting.first, .backwards = setting.first == cuda::Stream::kKernels});
    }
    if (tested == nullptr) GTEST_SKIP() << "no GPU here";
    const auto plan = setting.is_scarce ? std::optional(scarce()) : std::nullopt;
    backend = std::make_unique<cuda::CudaBackend>(k, pool, std::move(tested), plan);
  }

  Twins twins(std::size_t rows, std::size_t cols) {
    const std::size_t stride = cols + draw(0, 5);
    Twins t = {.memory = {cpu.allocate(rows * stride), backend->allocate(rows * stride)}, .cpu = {}, .gpu = {}};
    t.cpu = {t.memory[0].get(), rows, cols, stride};
    t.gpu = {t.memory[1].get(), rows, cols, stride};
    backend->finish();
    fill_normal(t.cpu, draw.seed());
    for (std::size_t r = 0; r < rows; ++r) std::copy_n(t.cpu.row(r), cols, t.gpu.row(r));
    return t;
  }
  void expect_same(const Twins& t) {
    backend->finish();
    ASSERT_FALSE(backend->failure()) << backend->failure()->message();
    EXPECT_TRUE(same(t.gpu, t.cpu));
  }
  /// On both; what is the host's is gone when the call returns.
  template <class Operation>
  void both(const Operation& operation) {
    operation(static_cast<Backend&>(cpu), 0);
    operation(static_cast<Backend&>(*backend), 1);
  }
  std::vector<float> row(std::size_t n) { return random_row(n, draw); }

  ThreadPool pool{2};
  CpuBackend cpu{k, pool};
  std::unique_ptr<cuda::CudaBackend> backend;
  Draw draw{1};
};
MatrixView of(const Twins& t, int which) { return which == 0 ? t.cpu : t.gpu; }

WeightView as_weights(const std::vector<std::byte>& bytes, DType dtype, std::size_t outputs, std::size_t inputs) {
  return {.data = bytes.data(),
          .dtype = dtype,
          .rows = outputs,
          .cols = inputs,
          .row_bytes = inputs / traits(dtype).block_items * traits(dtype).block_bytes};
}

TEST_P(BackendOfDevice, ProductsWithWeightsThatComeAndGo) {
  struct Matrix {
    std::vector<std::byte> bytes;
    WeightView view;
  };
  std::vector<Matrix> matrices;
  for (const DType dtype : weight_types()) {
    const std::size_t items = traits(dtype).block_items, inputs = items == 1 ? 48 : items, outputs = draw(1, 30);
    std::vector<std::byte> bytes = random_blocks(dtype, outputs * inputs / items, draw.seed());
    const WeightView view = as_weights(bytes, dtype, outputs, inputs);
    matrices.push_back({std::move(bytes), view});
  }
  for (int i = 0; i < 80; ++i) {
    const WeightView& w = matrices[draw(0, matrices.size() - 1)].view;
    const WeightView next[] = {matrices[draw(0, matrices.size() - 1)].view,
                               matrices[draw(0, matrices.size() - 1)].view};
    const std::size_t first = draw(0, w.rows - 1);
    const WeightView part = w.outputs(first, draw(1, w.rows - first));
    const Twins x = twins(draw(1, 40), w.cols), whole = twins(x.cpu.rows, w.rows), some = twins(x.cpu.rows, part.rows);
    both([&](Backend& b, int which) {
      const std::vector<float> bias(w.rows, 0.25f);
      const MatmulCall calls[] = {{.x = of(x, which), .w = w, .bias = bias.data(), .y = of(whole, which)},
                                  {.x = of(x, which), .w = part, .y = of(some, which)}};
      b.product(calls);
      b.expect(next);
    });
    expect_same(whole);
    expect_same(some);
  }
}

TEST_P(BackendOfDevice, ProductsOfManyRows) {
  const std::size_t rows = 4096, outputs = 1100, inputs = 33;  // enough for the widest tiles
  std::vector<std::byte> bytes = random_blocks(DType::kBF16, outputs * inputs, draw.seed());
  const Twins x = twins(rows, inputs), y = twins(rows, outputs);
  both([&](Backend& b, int which) {
    const MatmulCall call = {
        .x = of(x, which), .w = as_weights(bytes, DType::kBF16, outputs, inputs), .y = of(y, which)};
    b.product({&call, 1});
  });
  expect_same(y);
}

TEST_P(BackendOfDevice, ProductsWithRowsAsWeights) {
  const Twins x = twins(9, 33), w = twins(21, 33), y = twins(9, 21);
  both([&](Backend& b, int which) {
    const MatrixView rows = of(w, which);
    const MatmulCall call = {.x = of(x, which),
                             .w = {.data = reinterpret_cast<const std::byte*>(rows.data),
                                   .rows = rows.rows,
                                   .cols = rows.cols,
                                   .row_bytes = rows.stride * sizeof(float)},
                             .y = of(y, which)};
    b.product({&call, 1});
  });
  expect_same(y);
}

TEST_P(BackendOfDevice, FunctionsOfRows) {
  for (int i = 0; i < 30; ++i) {
    const std::size_t rows = draw(1, 20), cols = 4 * draw(1, 30);
    const Twins x = twins(rows, cols), y = twins(rows, cols), z = twins(rows, cols);
    const std::vector<float> gain = row(cols), factors = row(std::max(rows, cols));
    const HeadColumns heads = {
        .count = 2, .width = cols / 2, .first = 0, .step = cols / 2, .group = 2, .group_step = 0};
    both([&](Backend& b, int which) {
      const std::vector<float> gains = gain, of_rows(factors.begin(), factors.begin() + static_cast<long>(rows)),
                               of_columns(factors.begin(), factors.begin() + static_cast<long>(cols));
      const MatrixView a = of(x, which), c = of(y, which), e = of(z, which);
      b.norm({.kind = NormKind::kLayer, .eps = 1e-5, .gain = gains.data(), .bias = gains.data()}, a, c);
      b.norm_heads({.kind = NormKind::kRms, .eps = 1e-6, .gain = gains.data()}, heads, i % 2 == 0 ? cols / 2 : 0, a);
      b.add(a, c);
      b.multiply(a, e);
      b.scale(1.3f, e);
      b.scale_each(of_rows, e);
      b.multiply_columns(of_columns, c);
      b.gate({.act = Act::kSilu, .factor = 0.7f}, a, e);
      b.activate(Act::kGeluErf, {}, c);
      b.softcap(3.0f, a);
      b.clamp(1.0f, a);
      b.unpermute(heads, a);
      b.copy(a.col_range(0, cols / 2), c.col_range(cols / 2, cols / 2));
      const std::vector<std::size_t> ids(rows, rows - 1);
      b.gather(c, ids, e);
    });
    expect_same(x);
    expect_same(y);
    expect_same(z);
  }
}

TEST_P(BackendOfDevice, RowsOfTablesAndResults) {
  for (const DType dtype : weight_types()) {
    const std::size_t items = traits(dtype).block_items, cols = items * (items == 1 ? 70 : 2);
    const std::vector<std::byte> bytes = random_blocks(dtype, 9 * cols / items, draw.seed());
    const Twins y = twins(5, cols), x = twins(5, cols);
    std::vector<double> squares[2] = {std::vector<double>(5), std::vector<double>(5)};
    std::vector<double> dots[2] = {std::vector<double>(5), std::vector<double>(5)};
    std::vector<double> medians[2] = {std::vector<double>(2), std::vector<double>(2)}, sums[2];
    std::vector<AbsMax> largest[2] = {std::vector<AbsMax>(5), std::vector<AbsMax>(5)};
    std::vector<LogitSummary> summaries[2] = {std::vector<LogitSummary>(5), std::vector<LogitSummary>(5)};
    for (std::vector<double>& s : sums) s.resize(cols);
    both([&](Backend& b, int which) {
      const std::vector<std::size_t> ids = {8, 0, 3, 3, 1}, starts = {0, 2, 5};
      b.decode_rows(as_weights(bytes, dtype, 9, cols), ids, of(y, which));
      b.sum_squares(of(x, which), squares[which].data());
      b.dot(of(x, which), of(y, which), dots[which].data());
      b.abs_max(of(x, which), largest[which].data());
      b.fold_logits(0, of(x, which), summaries[which]);
      b.median_magnitude(of(x, which), starts, medians[which].data());
      b.fold_logits(cols, of(y, which), summaries[which]);
      std::vector<double> squares_of(cols);
      std::vector<float> most(cols);
      b.sum_columns(of(x, which), {sums[which].data(), squares_of.data(), most.data()});
    });
    expect_same(y);
    EXPECT_EQ(squares[0], squares[1]);
    EXPECT_EQ(dots[0], dots[1]);
    EXPECT_EQ(medians[0], medians[1]);
    EXPECT_EQ(sums[0], sums[1]);
    for (std::size_t r = 0; r < 5; ++r) {
      EXPECT_EQ(largest[0][r].index, largest[1][r].index);
      EXPECT_EQ(summaries[0][r].fold.sum_exp, summaries[1][r].fold.sum_exp);
      EXPECT_EQ(summaries[0][r].top[9].id, summaries[1][r].top[9].id);
    }
  }
}

TEST_P(BackendOfDevice, RotationAndAttention) {
  for (int i = 0; i < 20; ++i) {
    const std::size_t kv = draw(1, 2), group = draw(1, 3), width = 2 * draw(1, 20), value = draw(1, 40);
    const std::vector<std::size_t> starts = {0, draw(1, 80), 81 + draw(0, 200)};
    const HeadColumns q = {.count = kv * group, .width = width, .step = width, .group = kv * group};
    const HeadColumns key = {.count = kv, .width = width, .first = kv * group * width, .step = width, .group = kv};
    const HeadColumns v = {.count = kv, .width = value, .first = kv * (group + 1) * width, .step = value, .group = kv};
    const Twins qkv = twins(starts.back(), v.first + kv * value), context = twins(starts.back(), kv * group * value);
    const std::size_t pairs = width / 2, length = starts.back();
    const std::vector<float> cos = row(length * pairs), sin = row(length * pairs), slopes = row(q.count);
    AttentionCall call = {.q = q,
                          .k = key,
                          .v = v,
                          .positions = static_cast<PositionKind>(draw(0, 3)),
                          .scale = 0.4f,
                          .cap = draw.coin() ? 0.0f : 4.0f};
    call.sees.window = draw.coin() ? 0 : draw(1, 100);
    call.sees.chunked = draw.coin();
    const bool sinks = draw.coin();
    both([&](Backend& b, int which) {
      const std::vector<std::size_t> own_starts = starts;
      const std::vector<float> own_slopes = slopes;
      const std::vector<Angles> angles(2, {cos.data(), sin.data(), pairs, length});
      b.rotate({.pairing = Pairing::kHalves, .starts = own_starts, .angles = angles, .q = q, .k = key, .offset = 0},
               of(qkv, which));
      AttentionCall own = call;
      own.qkv = of(qkv, which);
      own.context = of(context, which);
      own.starts = own_starts;
      own.slopes = own_slopes;
      own.sinks = sinks ? own_slopes.data() : nullptr;
      b.attention(own);
    });
    expect_same(qkv);
    expect_same(context);
  }
}

INSTANTIATE_TEST_SUITE_P(Settings, BackendOfDevice, testing::ValuesIn(kSettings),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(BackendOfPoorDevice, SaysThatThereIsNoMemory) {
  ThreadPool pool(1);
  EmulatedBackend backend(pool, {.memory = 100000});
  const std::shared_ptr<float[]> small = backend->allocate(16);
  EXPECT_FALSE(backend->failure());
  const std::shared_ptr<float[]> large = backend->allocate(100000);
  ASSERT_NE(large, nullptr) << "memory of the host";
  large[99999] = 1;
  ASSERT_TRUE(backend->failure());
  EXPECT_EQ(backend->failure()->kind, ErrorKind::kResource);
  EXPECT_NE(backend->failure()->message().find("no 1 MB left for rows"), std::string::npos)
      << backend->failure()->message();
  backend->scale(2.0f, {large.get(), 1, 4, 4});  // nothing, and no harm
}

TEST(BackendOfPoorDevice, GivesBackRowsThatOutliveIt) {
  ThreadPool pool(1);
  std::shared_ptr<float[]> rows;
  {
    EmulatedBackend backend(pool, {});
    rows = backend->allocate(16);
    backend->scale(1.0f, {rows.get(), 1, 4, 4});
  }
  rows[3] = 1;
}

TEST(BackendOfPoorDevice, ThatIsLostSaysSo) {
  ThreadPool pool(1);
  EmulatedBackend backend(pool, {.launches = 2});
  const std::shared_ptr<float[]> rows = backend->allocate(16);
  for (int i = 0; i < 3; ++i) backend->scale(1.0f, {rows.get(), 1, 4, 4});
  double out = 7;
  backend->sum_squares({rows.get(), 1, 4, 4}, &out);
  backend->finish();
  ASSERT_TRUE(backend->failure());
  EXPECT_NE(backend->failure()->message().find("the device is lost"), std::string::npos);
  EXPECT_EQ(out, 7.0) << "a result that means nothing is not written";
}

}  // namespace
}  // namespace sg::test
