// Every instruction set against the best one: the same bytes as weights and activations give the same bits in every
// row of the table. The list of sets is this machine's, read at run time; those without fused multiply-add only run.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "kernel/kernels.h"

namespace sg {
namespace {

/// Takes numbers from the input, then zeros.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  std::size_t upto(std::size_t most) { return byte() % (most + 1); }
  std::vector<std::byte> raw(std::size_t n) {
    std::vector<std::byte> out(n);
    for (std::byte& b : out) b = std::byte{byte()};
    return out;
  }
  std::vector<float> floats(std::size_t n) {
    std::vector<float> out(n);
    const std::vector<std::byte> bytes = raw(n * sizeof(float));
    if (n > 0) std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

/// What one kernel made of the input.
using Numbers = std::vector<double>;
using Operation = std::function<Numbers(const Kernels&)>;

Numbers widened(const std::vector<float>& x) { return {x.begin(), x.end()}; }

Operation in_place(std::vector<float> x, std::function<void(const Kernels&, std::vector<float>&)> body) {
  return [x = std::move(x), body = std::move(body)](const Kernels& k) {
    std::vector<float> y = x;
    body(k, y);
    return widened(y);
  };
}

DType weight_type(Bytes& in) {
  std::vector<DType> types;
  for (int i = 0; i < static_cast<int>(DType::kCount); ++i) {
    if (traits(static_cast<DType>(i)).is_weight) types.push_back(static_cast<DType>(i));
  }
  return types[in.byte() % types.size()];
}

Operation elementwise(Bytes& in) {
  const std::size_t n = 1 + in.upto(70);
  const std::uint8_t kind = in.byte() % 12;
  const std::vector<float> parameters = in.floats(4), x = in.floats(n), other = in.floats(n);
  const float factor = parameters[0];
  const XieluParams xielu = {parameters[0], parameters[1], parameters[2], parameters[3]};
  switch (kind) {
    case 7: return in_place(x, [=](const Kernels& k, auto& y) { k.add(other.data(), y.data(), n); });
    case 8: return in_place(x, [=](const Kernels& k, auto& y) { k.scale(factor, y.data(), n); });
    case 9: return in_place(x, [=](const Kernels& k, auto& y) { k.multiply(other.data(), y.data(), n); });
    case 10:
      if (!(factor > 0)) return {};
      return in_place(x, [=](const Kernels& k, auto& y) { k.softcap(factor, y.data(), n); });
    case 11:
      if (!(factor >= 0)) return {};
      return in_place(x, [=](const Kernels& k, auto& y) { k.clamp(factor, y.data(), n); });
    default:
      return in_place(x, [=](const Kernels& k, auto& y) { k.activate(static_cast<Act>(kind), xielu, y.data(), n); });
  }
}

Operation reduction(Bytes& in) {
  const std::size_t n = 1 + in.upto(70);
  const std::uint8_t kind = in.byte() % 5;
  std::vector<float> x = in.floats(n), other = in.floats(n);
  switch (kind) {
    case 0: return [=](const Kernels& k) { return Numbers{k.sum_squares(x.data(), n)}; };
    case 1: return [=](const Kernels& k) { return Numbers{k.dot(x.data(), other.data(), n)}; };
    case 2:
      return [=](const Kernels& k) {
        const AbsMax most = k.abs_max(x.data(), n);
        return Numbers{static_cast<double>(most.value), static_cast<double>(most.index)};
      };
    case 3:
      return [=](const Kernels& k) {
        LogitFold f;
        k.fold_logits(x.data(), n, f);
        k.fold_logits(other.data(), n, f);
        if (f.non_finite > 0) return Numbers{static_cast<double>(f.non_finite)};
        return Numbers{f.max, f.min, f.sum, f.sum_squares, f.sum_shift, f.sum_exp, f.sum_exp_shift};
      };
    default:
      for (float& score : x) score = std::isfinite(score) ? score : -INFINITY;
      return in_place(x, [=](const Kernels& k, auto& y) { k.softmax(y.data(), n); });
  }
}

Operation rows(Bytes& in) {
  const std::size_t count = 1 + in.upto(3), cols = 1 + in.upto(40);
  const auto kind = in.byte() % 2 == 0 ? NormKind::kRms : NormKind::kLayer;
  const std::vector<float> x = in.floats(count * cols), gain = in.floats(cols), bias = in.floats(cols);
  if (in.byte() % 2 == 0) {
    const std::size_t pairs = cols / 2;
    const auto pairing = kind == NormKind::kRms ? Pairing::kHalves : Pairing::kAdjacent;
    return in_place(x,
                    [=](const Kernels& k, auto& y) { k.rotate(pairing, gain.data(), bias.data(), pairs, y.data()); });
  }
  return in_place(x, [=](const Kernels& k, auto& y) {
    const MatrixView view{y.data(), count, cols, cols};
    k.norm({.kind = kind, .eps = 1e-5, .gain = gain.data(), .bias = bias.data()}, view, view);
  });
}

Operation stored(Bytes& in) {
  static ThreadPool pool(1);
  const DType dtype = weight_type(in);
  const DTypeTraits& type = traits(dtype);
  const std::size_t count = 1 + in.upto(20), blocks = 1 + in.upto(type.block_items == 1 ? 40 : 2);
  const std::size_t cols = blocks * type.block_items, row_bytes = blocks * type.block_bytes;
  const std::uint8_t kind = in.byte() % 4;
  const std::size_t tokens = 1 + in.upto(14);
  const std::vector<std::byte> weights = in.raw(count * row_bytes);
  std::vector<float> x = in.floats(tokens * cols);
  const StoredRows matrix = {
      .data = weights.data(), .dtype = dtype, .rows = count, .cols = cols, .row_bytes = row_bytes};
  const auto keep = [weights](const StoredRows& m) {
    StoredRows mine = m;
    mine.data = weights.data();
    return mine;
  };
  switch (kind) {
    case 0:
      return [=](const Kernels& k) {
        std::vector<float> y(count * cols);
        k.decode(dtype, weights.data(), y.size(), y.data());
        return widened(y);
      };
    case 1:
      return [=](const Kernels& k) {
        std::vector<float> y(count * tokens);
        k.matmul({.x = ConstMatrixView{x.data(), tokens, cols, cols},
                  .w = {.data = weights.data(), .dtype = dtype, .rows = count, .cols = cols, .row_bytes = row_bytes},
                  .y = MatrixView{y.data(), tokens, count, count}},
                 pool);
        return widened(y);
      };
    case 2:
      return [=](const Kernels& k) {
        std::vector<double> v(padded_columns(cols)), sum(v.size());
        for (std::size_t i = 0; i < cols; ++i) v[i] = static_cast<double>(x[i]);
        k.gram_rows(keep(matrix), 0, count, v.data(), sum.data());
        return Numbers(sum.begin(), sum.end());
      };
    default:
      return [=](const Kernels& k) {
        std::vector<double> all(count + padded_columns(cols));
        AbsSums sums;
        k.row_sums(keep(matrix), 0, count, 0.25, all.data(), all.data() + count, sums);
        all.insert(all.end(), {sums.shift, sums.shift_squares});
        return Numbers(all.begin(), all.end());
      };
  }
}

bool same(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// Whether all sets with fused multiply-add agree on what the bytes ask for.
bool agree(Bytes in) {
  constexpr Operation (*kKinds[])(Bytes&) = {elementwise, reduction, rows, stored};
  const Operation operation = kKinds[in.byte() % std::size(kKinds)](in);
  if (!operation) return true;
  const Kernels& best = *kernels_for("").value();
  const Numbers expected = operation(best);
  for (const std::string_view isa : available_isas()) {
    const Kernels& kernels = *kernels_for(isa).value();
    const Numbers got = operation(kernels);
    if (kernels.has_fma != best.has_fma) continue;
    if (!std::equal(got.begin(), got.end(), expected.begin(), expected.end(), same)) return false;
  }
  return true;
}

}  // namespace
}  // namespace sg

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (!sg::agree(sg::Bytes(data, size))) std::abort();
  return 0;
}
