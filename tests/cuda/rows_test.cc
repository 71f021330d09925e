// Norms, sums, largest values, folds of logits and functions of one number on the emulated device have the processor's
// bits.
#include "cuda/support.h"

namespace sg::test {
namespace {

using cuda::Element;

class Rows : public OnDevice {};

unsigned small(std::size_t n) { return static_cast<unsigned>(n); }

TEST_F(Rows, Norms) {
  Draw draw(1);
  for (int i = 0; i < 60; ++i) {
    const std::size_t rows = draw(1, 40), cols = draw(1, 300), heads = draw(1, 4);
    const std::size_t step = draw.coin() ? cols : 0;
    Guarded x = random_matrix(rows, heads * cols, draw);
    if (i % 3 == 0) spice(x.view(), draw, i % 2 == 0);
    const std::vector<float> gain = random_row(heads * cols, draw), bias = random_row(heads * cols, draw);
    const NormCall call = {.kind = draw.coin() ? NormKind::kRms : NormKind::kLayer,
                           .eps = 1e-5,
                           .gain = draw.coin() ? gain.data() : nullptr,
                           .bias = draw.coin() ? bias.data() : nullptr};
    Guarded want(rows, heads * cols, 1, 2), got(rows, heads * cols, 1, 2);
    for (std::size_t h = 0; h < heads; ++h) {
      NormCall of = call;
      if (of.gain != nullptr) of.gain += h * step;
      if (of.bias != nullptr) of.bias += h * step;
      k.norm(of, x.view().col_range(h * cols, cols), want.view().col_range(h * cols, cols));
    }
    cuda::norm(device, {.kind = call.kind,
                        .eps = call.eps,
                        .gain = call.gain,
                        .bias = call.bias,
                        .gain_step = small(step),
                        .x = x.data(),
                        .y = got.data(),
                        .x_stride = x.view().stride,
                        .y_stride = got.view().stride,
                        .rows = small(rows),
                        .parts = {small(heads), small(cols), 0, small(cols), small(heads), 0}});
    device.finish();
    EXPECT_TRUE(same(got.view(), want.view())) << rows << " x " << heads << " x " << cols;
    EXPECT_TRUE(got.guards_intact());
  }
}

TEST_F(Rows, DotsAndLargestValues) {
  Draw draw(2);
  for (int i = 0; i < 60; ++i) {
    const std::size_t rows = draw(1, 30), cols = draw(1, 300);
    Guarded x = random_matrix(rows, cols, draw), y = random_matrix(rows, cols, draw);
    if (i % 2 == 0) spice(x.view(), draw, i % 4 == 0);
    std::vector<double> got(rows);
    std::vector<AbsMax> largest(rows);
    cuda::dots(device, {x.data(), y.data(), x.view().stride, y.view().stride, small(rows), small(cols), got.data()});
    cuda::abs_max(device, {x.data(), x.view().stride, small(rows), small(cols), largest.data()});
    device.finish();
    for (std::size_t r = 0; r < rows; ++r) {
      EXPECT_TRUE(same(got[r], k.dot(x.view().row(r), y.view().row(r), cols)));
      const AbsMax want = k.abs_max(x.view().row(r), cols);
      EXPECT_TRUE(same(largest[r].value, want.value));
      EXPECT_EQ(largest[r].index, want.index);
    }
  }
}

TEST_F(Rows, FoldsOfLogits) {
  Draw draw(3);
  for (int i = 0; i < 40; ++i) {
    const std::size_t rows = draw(1, 12);
    std::vector<LogitSummary> want(rows), got(rows);
    std::size_t first_id = 0;
    for (int slice = 0; slice < 3; ++slice) {
      const std::size_t cols = draw(1, slice == 0 ? 20 : 400);
      Guarded z(rows, cols, draw(0, 9), 0);
      fill_normal(z.view(), draw.seed(), 30.0f);
      for (std::size_t e = 0; e < cols; ++e)
        z.view().row(0)[e] = std::round(z.view().row(0)[e] / 8);  // many equal ones
      if (i % 5 == 0) z.view().row(draw(0, rows - 1))[draw(0, cols - 1)] = NAN;
      for (std::size_t r = 0; r < rows; ++r) fold(k, first_id, z.view().row_span(r), want[r]);
      cuda::fold_logits(device, {z.data(), z.view().stride, small(rows), small(cols), small(first_id), got.data()});
      device.finish();
      first_id += cols;
    }
    for (std::size_t r = 0; r < rows; ++r) {
      EXPECT_EQ(got[r].fold.count, want[r].fold.count);
      EXPECT_EQ(got[r].fold.non_finite, want[r].fold.non_finite);
      if (want[r].fold.non_finite > 0) continue;  // nothing else has a meaning
      const auto numbers = [](const LogitFold& f) {
        return std::vector<double>{f.max,       f.min,    f.sum,     f.sum_squares,
                                   f.sum_shift, f.origin, f.sum_exp, f.sum_exp_shift};
      };
      for (std::size_t n = 0; n < 8; ++n) EXPECT_TRUE(same(numbers(got[r].fold)[n], numbers(want[r].fold)[n])) << n;
      ASSERT_EQ(got[r].count, want[r].count);
      for (std::size_t t = 0; t < got[r].count; ++t) {
        EXPECT_TRUE(same(got[r].top[t].z, want[r].top[t].z));
        EXPECT_EQ(got[r].top[t].id, want[r].top[t].id);
      }
    }
  }
}

TEST_F(Rows, FunctionsOfOneNumber) {
  Draw draw(4);
  // Every exponent and sign, and what lies between.
  const std::size_t rows = 64, cols = 512;
  Guarded before(rows, cols, 3, 1);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < cols; ++c)
      before.view().row(r)[c] = std::bit_cast<float>(static_cast<std::uint32_t>((c << 23) ^ (draw.seed() & 0x7fffff)));
  }
  Guarded x = random_matrix(rows, cols, draw);
  const XieluParams xielu = {.alpha_p = 0.8f, .alpha_n = 0.9f, .beta = 0.5f, .eps = -1e-6f};
  const auto check = [&](Element what, Act act, float factor, std::size_t x_stride, std::size_t x_step,
                         auto&& on_host) {
    Guarded want = before, got = before;
    for (std::size_t r = 0; r < rows; ++r) on_host(r, want.view().row(r));
    cuda::elementwise(device, {.what = what,
                               .act = act,
                               .xielu = xielu,
                               .factor = factor,
                               .x = x.data(),
                               .y = got.data(),
                               .x_stride = x_stride,
                               .x_step = x_step,
                               .y_stride = got.view().stride,
                               .rows = small(rows),
                               .cols = small(cols)});
    device.finish();
    EXPECT_TRUE(same(got.view(), want.view())) << static_cast<int>(what) << " " << static_cast<int>(act);
    EXPECT_TRUE(got.guards_intact());
  };
  const std::size_t stride = x.view().stride;
  const auto row = [&](std::size_t r) { return x.view().row(r); };
  for (const Act act :
       {Act::kSilu, Act::kGeluTanh, Act::kGeluErf, Act::kGeluQuick, Act::kRelu, Act::kRelu2, Act::kXielu}) {
    check(Element::kActivate, act, 0, 0, 0, [&](std::size_t, float* y) { k.activate(act, xielu, y, cols); });
    check(Element::kGate, act, 0.3f, stride, 1, [&](std::size_t r, float* y) {
      k.scale(0.3f, y, cols);
      k.activate(act, xielu, y, cols);
      k.multiply(row(r), y, cols);
    });
  }
  check(Element::kAdd, {}, 0, stride, 1, [&](std::size_t r, float* y) { k.add(row(r), y, cols); });
  check(Element::kMultiply, {}, 0, stride, 1, [&](std::size_t r, float* y) { k.multiply(row(r), y, cols); });
  check(Element::kMultiply, {}, 0, 0, 1, [&](std::size_t, float* y) { k.multiply(row(0), y, cols); });
  check(Element::kMultiply, {}, 0, 1, 0, [&](std::size_t r, float* y) { k.scale(row(0)[r], y, cols); });
  check(Element::kCopy, {}, 0, stride, 1, [&](std::size_t r, float* y) { std::copy_n(row(r), cols, y); });
  check(Element::kScale, {}, 1.7f, 0, 0, [&](std::size_t, float* y) { k.scale(1.7f, y, cols); });
  check(Element::kSoftcap, {}, 30.0f, 0, 0, [&](std::size_t, float* y) { k.softcap(30.0f, y, cols); });
  check(Element::kClamp, {}, 2.5f, 0, 0, [&](std::size_t, float* y) { k.clamp(2.5f, y, cols); });
  check(Element::kFill, {}, 0.25f, 0, 0, [&](std::size_t, float* y) { std::fill_n(y, cols, 0.25f); });
}

TEST_F(Rows, RotatedUnpermutedAndGathered) {
  Draw draw(5);
  for (int i = 0; i < 40; ++i) {
    const std::size_t rows = draw(1, 20), heads = draw(1, 4), keys = draw(0, 3), pairs = draw(1, 20);
    const std::size_t offset = draw(0, 3), width = offset + 2 * pairs + 2 * draw(0, 2) + offset % 2,
                      places = draw(1, 9);
    Guarded want = random_matrix(rows, (heads + keys) * width, draw);
    const std::vector<float> cos = random_row(places * pairs, draw), sin = random_row(places * pairs, draw);
    std::vector<std::uint32_t> place(rows);
    for (std::uint32_t& p : place) p = small(draw(0, places - 1));
    Guarded got = want;
    const Pairing pairing = draw.coin() ? Pairing::kHalves : Pairing::kAdjacent;
    const cuda::Parts q = {small(heads), small(width), 0, small(width), small(heads), 0};
    const cuda::Parts key_parts = {small(keys), small(width), small(heads * width), small(width), 8, 0};
    cuda::rotate(device, {.pairing = pairing,
                          .x = got.data(),
                          .stride = got.view().stride,
                          .rows = small(rows),
                          .pairs = small(pairs),
                          .offset = small(offset),
                          .q = q,
                          .k = key_parts,
                          .cos = cos.data(),
                          .sin = sin.data(),
                          .places = place.data()});
    if (width % 2 == 0) {
      cuda::unpermute(device, {.x = got.data(), .stride = got.view().stride, .rows = small(rows), .parts = q});
    }
    device.finish();
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t h = 0; h < heads + keys; ++h) {
        float* head = want.view().row(r) + h * width;
        k.rotate(pairing, &cos[place[r] * pairs], &sin[place[r] * pairs], pairs, head + offset);
        if (h >= heads || width % 2 != 0) continue;
        const std::vector<float> stored(head, head + width);
        for (std::size_t j = 0; j < width / 2; ++j) head[j] = stored[2 * j], head[j + width / 2] = stored[2 * j + 1];
      }
    }
    EXPECT_TRUE(same(got.view(), want.view())) << i;
    EXPECT_TRUE(got.guards_intact());

    Guarded taken(5, want.view().cols, 0, 0);
    std::vector<std::uint32_t> ids(5);
    for (std::uint32_t& id : ids) id = small(draw(0, rows - 1));
    cuda::gather_rows(device, {want.data(), taken.data(), want.view().stride, taken.view().stride, 5,
                               small(want.view().cols), ids.data()});
    device.finish();
    for (std::size_t r = 0; r < 5; ++r)
      EXPECT_TRUE(same(taken.view().row_range(r, 1), want.view().row_range(ids[r], 1)));
  }
}

}  // namespace
}  // namespace sg::test
