#include "forward/cpu_backend.h"

#include <algorithm>
#include <vector>

#include "kernel/median_magnitude.h"

namespace sg {
namespace {

// Rows per task: of light work large enough to pay for handing it out, of functions with exponentials one.
constexpr std::size_t kLight = 8, kHeavy = 1;
constexpr std::size_t kColumnsPerTask = 64;

NormCall gains_from(const NormCall& call, std::size_t offset) {
  NormCall part = call;
  if (part.gain != nullptr) part.gain += offset;
  if (part.bias != nullptr) part.bias += offset;
  return part;
}

}  // namespace

template <class Body>
void CpuBackend::each_row(std::size_t rows, std::size_t grain, Body&& body) const {
  pool().parallel_for(rows, grain, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) body(r);
  });
}

std::shared_ptr<float[]> CpuBackend::allocate(std::size_t floats) {
  return std::make_unique_for_overwrite<float[]>(floats);
}

void CpuBackend::product(std::span<const MatmulCall> calls) {
  if (calls.size() == 1) return kernels().matmul(calls[0], pool());
  kernels().matmul_shared(calls, pool());
}

void CpuBackend::norm(const NormCall& call, ConstMatrixView x, MatrixView y) {
  pool().parallel_for(x.rows, kLight, [&](std::size_t begin, std::size_t end, int) {
    kernels().norm(call, x.row_range(begin, end - begin), y.row_range(begin, end - begin));
  });
}

void CpuBackend::norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) {
  pool().parallel_for(x.rows, kLight, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t h = 0; h < heads.count; ++h) {
      const MatrixView head = x.row_range(begin, end - begin).col_range(heads(h), heads.width);
      kernels().norm(gains_from(call, h * gain_step), head, head);
    }
  });
}

void CpuBackend::add(ConstMatrixView x, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().add(x.row(r), y.row(r), y.cols); });
}

void CpuBackend::multiply(ConstMatrixView x, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().multiply(x.row(r), y.row(r), y.cols); });
}

void CpuBackend::scale(float factor, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().scale(factor, y.row(r), y.cols); });
}

void CpuBackend::scale_each(std::span<const float> factors, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().scale(factors[r], y.row(r), y.cols); });
}

void CpuBackend::multiply_columns(std::span<const float> factors, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().multiply(factors.data(), y.row(r), y.cols); });
}

void CpuBackend::activate(Act act, const XieluParams& xielu, MatrixView x) {
  each_row(x.rows, kHeavy, [&](std::size_t r) { kernels().activate(act, xielu, x.row(r), x.cols); });
}

void CpuBackend::gate(const GateCall& call, ConstMatrixView up, MatrixView gate) {
  each_row(gate.rows, kHeavy, [&](std::size_t r) {
    if (call.factor != 1.0f) kernels().scale(call.factor, gate.row(r), gate.cols);
    kernels().activate(call.act, call.xielu, gate.row(r), gate.cols);
    kernels().multiply(up.row(r), gate.row(r), gate.cols);
  });
}

void CpuBackend::softcap(float cap, MatrixView y) {
  each_row(y.rows, kHeavy, [&](std::size_t r) { kernels().softcap(cap, y.row(r), y.cols); });
}

void CpuBackend::clamp(float limit, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { kernels().clamp(limit, y.row(r), y.cols); });
}

void CpuBackend::copy(ConstMatrixView x, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t r) { std::copy_n(x.row(r), y.cols, y.row(r)); });
}

void CpuBackend::gather(ConstMatrixView x, std::span<const std::size_t> rows, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t i) { std::copy_n(x.row(rows[i]), y.cols, y.row(i)); });
}

void decode_row(const WeightView& table, std::size_t index, float* out, const Kernels& k) {
  if (table.packed == nullptr) return k.decode(table.dtype, table.data + index * table.row_bytes, table.cols, out);
  std::vector<float> row(padded_columns(table.cols));
  k.decode_row({.cols = table.cols, .packed = table.packed, .packed_row = table.packed_row}, index, row.data());
  std::copy_n(row.begin(), table.cols, out);
}

void CpuBackend::decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) {
  each_row(y.rows, kLight, [&](std::size_t i) { decode_row(table, ids[i], y.row(i), kernels()); });
}

void CpuBackend::rotate(const RotateCall& call, MatrixView rows) {
  pool().parallel_for(rows.rows, kLight, [&](std::size_t begin, std::size_t end, int) {
    const auto after = std::ranges::upper_bound(call.starts, begin);
    std::size_t s = static_cast<std::size_t>(after - call.starts.begin()) - 1;
    for (std::size_t r = begin; r < end; ++r) {
      if (r == call.starts[s + 1]) ++s;
      const Angles& angles = call.angles[s];
      const std::size_t first = (r - call.starts[s]) * angles.pairs;
      for (const HeadColumns& heads : {call.q, call.k}) {
        for (std::size_t h = 0; h < heads.count; ++h)
          kernels().rotate(call.pairing, angles.cos + first, angles.sin + first, angles.pairs,
                           rows.row(r) + heads(h) + call.offset);
      }
    }
  });
}

void CpuBackend::unpermute(const HeadColumns& heads, MatrixView rows) {
  const std::size_t half = heads.width / 2;
  pool().parallel_for(rows.rows, kLight, [&](std::size_t begin, std::size_t end, int) {
    std::vector<float> stored_order(heads.width);
    for (std::size_t r = begin; r < end; ++r) {
      for (std::size_t h = 0; h < heads.count; ++h) {
        float* head = rows.row(r) + heads(h);
        std::copy_n(head, heads.width, stored_order.begin());
        for (std::size_t j = 0; j < half; ++j) {
          head[j] = stored_order[2 * j];
          head[j + half] = stored_order[2 * j + 1];
        }
      }
    }
  });
}

void CpuBackend::sum_squares(ConstMatrixView x, double* out) {
  each_row(x.rows, kLight, [&](std::size_t r) { out[r] = kernels().sum_squares(x.row(r), x.cols); });
}

void CpuBackend::dot(ConstMatrixView x, ConstMatrixView y, double* out) {
  each_row(x.rows, kLight, [&](std::size_t r) { out[r] = kernels().dot(x.row(r), y.row(r), x.cols); });
}

void CpuBackend::abs_max(ConstMatrixView x, AbsMax* out) {
  each_row(x.rows, kLight, [&](std::size_t r) { out[r] = kernels().abs_max(x.row(r), x.cols); });
}

void CpuBackend::median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) {
  pool().parallel_chunks(starts.size() - 1, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t s = begin; s < end; ++s)
      out[s] = sg::median_magnitude(x.row_range(starts[s], starts[s + 1] - starts[s]));
  });
}

void CpuBackend::sum_columns(ConstMatrixView x, const ColumnSums& out) {
  pool().parallel_for(x.cols, kColumnsPerTask, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = 0; r < x.rows; ++r) {
      for (std::size_t c = begin; c < end; ++c) {
        const float value = x.row(r)[c];
        out.sum[c] += static_cast<double>(value);
        out.squares[c] += static_cast<double>(value) * static_cast<double>(value);
        out.largest[c] = std::max(out.largest[c], std::abs(value));
      }
    }
  });
}

void CpuBackend::fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) {
  pool().parallel_chunks(z.rows, 1, [&](std::size_t begin, std::size_t end, int) {
    for (std::size_t r = begin; r < end; ++r) fold(kernels(), first_id, {z.row(r), z.cols}, summaries[r]);
  });
}

void fold(const Kernels& kernels, std::size_t first_id, std::span<const float> z, LogitSummary& summary) {
  kernels.fold_logits(z.data(), z.size(), summary.fold);
  auto& [_, top, count] = summary;
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (count == LogitSummary::kTop && !(z[i] > top.back().z)) continue;
    std::size_t place = count < LogitSummary::kTop ? count++ : LogitSummary::kTop - 1;
    for (; place > 0 && z[i] > top[place - 1].z; --place) top[place] = top[place - 1];
    top[place] = {z[i], static_cast<std::int32_t>(first_id + i)};
  }
}

}  // namespace sg
