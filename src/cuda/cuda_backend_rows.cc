// The operations of CudaBackend that know of positions, sequences, tables and results.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "cuda/cuda_backend.h"
#include "cuda/narrowed.h"

namespace sg::cuda {
namespace {

/// Rows of a stored table one after another, as the device reads them.
struct TakenRows {
  std::vector<std::byte> bytes;
  DType dtype;
};
TakenRows take_rows(const Kernels& kernels, const WeightView& table, std::span<const std::size_t> ids) {
  const bool packed = table.packed != nullptr;
  const DTypeTraits& t = traits(packed ? DType::kF32 : table.dtype);
  const std::size_t row_bytes = table.cols / t.block_items * t.block_bytes;
  TakenRows taken = {std::vector<std::byte>(ids.size() * row_bytes), packed ? DType::kF32 : table.dtype};
  std::vector<float> numbers(packed ? table.cols : 0);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (packed) decode_row(table, ids[i], numbers.data(), kernels);
    const void* row = packed ? static_cast<const void*>(numbers.data()) : table.data + ids[i] * table.row_bytes;
    std::memcpy(taken.bytes.data() + i * row_bytes, row, row_bytes);
  }
  return taken;
}

/// The angles of all sequences, each table once, and every row's place in them.
struct PlacedAngles {
  std::vector<float> cos, sin;
  std::vector<std::uint32_t> places;
};
PlacedAngles place_angles(const RotateCall& call, std::size_t rows) {
  PlacedAngles all;
  all.places.resize(rows);
  std::map<const float*, std::size_t> first_row;
  for (std::size_t s = 0; s + 1 < call.starts.size(); ++s) {
    const Angles& of = call.angles[s];
    SG_CHECK(of.pairs == call.angles[0].pairs, "tables of different widths");
    const auto [found, added] = first_row.try_emplace(of.cos, all.cos.size() / of.pairs);
    if (added) {
      all.cos.insert(all.cos.end(), of.cos, of.cos + of.length * of.pairs);
      all.sin.insert(all.sin.end(), of.sin, of.sin + of.length * of.pairs);
    }
    for (std::size_t r = call.starts[s]; r < call.starts[s + 1]; ++r)
      all.places[r] = narrowed(found->second + r - call.starts[s]);
  }
  return all;
}

ScoreBias bias_of(PositionKind positions) {
  switch (positions) {
    case PositionKind::kRotary:
    case PositionKind::kLearned: return ScoreBias::kNone;
    case PositionKind::kAlibi: return ScoreBias::kSlope;
    case PositionKind::kAlibiScaled: return ScoreBias::kHalfSlope;
  }
  return ScoreBias::kNone;
}

}  // namespace

void CudaBackend::decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) {
  if (failed() || y.empty()) return;
  const TakenRows taken = take_rows(kernels(), table, ids);
  std::vector<std::uint32_t> in_order(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) in_order[i] = narrowed(i);
  const std::byte* rows = nullptr;
  const std::uint32_t* places = nullptr;
  if (!upload(rows, taken.bytes.data(), taken.bytes.size()) || !upload(places, in_order.data(), ids.size())) return;
  const DTypeTraits& t = traits(taken.dtype);
  embed(gpu(),
        {.table = {.data = rows,
                   .row_bytes = taken.bytes.size() / ids.size(),
                   .grids = weights_.lattices(taken.dtype),
                   .scale = 1.0f,
                   .dtype = taken.dtype,
                   .transposed = false,
                   .block_items = t.block_items,
                   .block_bytes = t.block_bytes},
         .ids = places,
         .y = checked(y),
         .y_stride = y.stride,
         .cols = narrowed(y.cols)},
        narrowed(y.rows));
}

void CudaBackend::rotate(const RotateCall& call, MatrixView rows) {
  if (failed() || rows.empty() || call.q.count + call.k.count == 0) return;
  const PlacedAngles angles = place_angles(call, rows.rows);
  const float *cos = nullptr, *sin = nullptr;
  const std::uint32_t* places = nullptr;
  if (!upload(cos, angles.cos.data(), angles.cos.size()) || !upload(sin, angles.sin.data(), angles.sin.size()) ||
      !upload(places, angles.places.data(), angles.places.size()))
    return;
  cuda::rotate(gpu(), {.pairing = call.pairing,
                       .x = checked(rows),
                       .stride = rows.stride,
                       .rows = narrowed(rows.rows),
                       .pairs = narrowed(call.angles[0].pairs),
                       .offset = narrowed(call.offset),
                       .q = parts_of(call.q),
                       .k = parts_of(call.k),
                       .cos = cos,
                       .sin = sin,
                       .places = places});
}

void CudaBackend::unpermute(const HeadColumns& heads, MatrixView rows) {
  if (failed() || rows.empty() || heads.count == 0) return;
  if (heads.width > UnpermuteCall::kMostWidth) {
    finish();
    return host_.unpermute(heads, rows);
  }
  cuda::unpermute(gpu(),
                  {.x = checked(rows), .stride = rows.stride, .rows = narrowed(rows.rows), .parts = parts_of(heads)});
}

void CudaBackend::attention(const AttentionCall& call) {
  if (failed() || call.qkv.empty()) return;
  AttentionKernelCall on_device = {.qkv = checked(call.qkv),
                                   .context = checked(call.context),
                                   .qkv_stride = call.qkv.stride,
                                   .context_stride = call.context.stride,
                                   .q = parts_of(call.q),
                                   .k = parts_of(call.k),
                                   .v = parts_of(call.v),
                                   .window = narrowed(call.sees.window),
                                   .chunked = call.sees.chunked,
                                   .bias = bias_of(call.positions),
                                   .scale = call.scale,
                                   .cap = call.cap,
                                   .slopes = nullptr,
                                   .sinks = nullptr,
                                   .tasks = nullptr,
                                   .scores = nullptr,
                                   .values_not_finite = nullptr};
  if (!upload(on_device.slopes, call.slopes.data(), call.slopes.size())) return;
  if (!upload(on_device.sinks, call.sinks, call.q.count)) return;
  const AttentionPlan plan = plan_attention(on_device, narrowed(call.starts), plan_.scores / sizeof(float));
  if (scores_.size() < plan.scratch) {
    finish();
    scores_ = {};
    scores_ = DeviceArray<float>(gpu(), MemoryKind::kDevice, plan.scratch);
    if (scores_.size() == 0) return out_of_memory("scores of attention", plan.scratch * sizeof(float));
  }
  const std::vector<std::uint32_t> all_finite(call.starts.size(), 0);
  const std::uint32_t* marks = nullptr;
  if (!upload(on_device.tasks, plan.tasks.data(), plan.tasks.size()) ||
      !upload(marks, all_finite.data(), all_finite.size()))
    return;
  on_device.scores = scores_.data();
  on_device.values_not_finite = const_cast<std::uint32_t*>(marks);  // this call's own copy
  cuda::attention(gpu(), plan, on_device);
}

void CudaBackend::dot(ConstMatrixView x, ConstMatrixView y, double* out) {
  if (failed() || x.rows == 0) return;
  double* shared = result(out, x.rows);
  if (shared == nullptr) return;
  dots(gpu(), {checked(x), checked(y), x.stride, y.stride, narrowed(x.rows), narrowed(x.cols), shared});
}

void CudaBackend::abs_max(ConstMatrixView x, AbsMax* out) {
  if (failed() || x.rows == 0) return;
  AbsMax* shared = result(out, x.rows);
  if (shared == nullptr) return;
  cuda::abs_max(gpu(), {checked(x), x.stride, narrowed(x.rows), narrowed(x.cols), shared});
}

void CudaBackend::median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) {
  if (failed()) return;
  finish();
  host_.median_magnitude(x, starts, out);
}

void CudaBackend::sum_columns(ConstMatrixView x, const ColumnSums& out) {
  if (failed()) return;
  finish();
  host_.sum_columns(x, out);
}

void CudaBackend::fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) {
  if (failed() || z.empty()) return;
  // Slices of the same rows go on with what is on the device already.
  const auto same = [&](const Pending& one) { return one.host == summaries.data(); };
  const auto going_on = std::ranges::find_if(pending_, same);
  LogitSummary* shared = nullptr;
  if (going_on != pending_.end()) {
    shared = static_cast<LogitSummary*>(going_on->shared);
  } else {
    shared = result(summaries.data(), summaries.size());
    if (shared == nullptr) return;
    std::ranges::copy(summaries, shared);
  }
  const FoldCall call = {.z = checked(z),
                         .z_stride = z.stride,
                         .rows = narrowed(z.rows),
                         .cols = narrowed(z.cols),
                         .first_id = narrowed(first_id),
                         .summaries = shared};
  cuda::fold_logits(gpu(), call);
}

}  // namespace sg::cuda
