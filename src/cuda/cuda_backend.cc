#include "cuda/cuda_backend.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "cuda/narrowed.h"

namespace sg::cuda {
MemoryPlan MemoryPlan::of(std::size_t free_bytes) {
  constexpr std::size_t kMega = std::size_t{1} << 20;
  const std::size_t part = free_bytes / 16;
  return {.rows = 6 * part,
          .scores = std::min(part, 512 * kMega),
          .results = std::min(part / 4, 64 * kMega),
          .uploads = std::min(part / 16, 8 * kMega),
          .weights = {.resident = 6 * part, .passing = 2 * part, .staging = std::min(part / 4, 16 * kMega)}};
}

CudaBackend::CudaBackend(const Kernels& kernels, ThreadPool& pool, std::unique_ptr<Device> device,
                         std::optional<MemoryPlan> plan)
    : Backend(kernels, pool),
      state_(std::make_shared<State>(std::move(device))),
      plan_(plan ? *plan : MemoryPlan::of(gpu().free_memory())),
      host_(kernels, pool),
      uploads_(gpu(), plan_.uploads),
      weights_(gpu(), kernels, pool, plan_.weights) {}

CudaBackend::~CudaBackend() { finish(); }

void CudaBackend::State::free_released() {
  for (float* memory : released) device->release(MemoryKind::kShared, memory);
  released.clear();
}

void CudaBackend::out_of_memory(std::string_view what, std::size_t bytes) {
  if (failed()) return;
  failure_ = Error{.kind = ErrorKind::kResource,
                   .what = fmt::format("the device has no {} MB left for {}", (bytes >> 20) + 1, what),
                   .where = device().facts().name,
                   .got = fmt::format("{} MB free", device().free_memory() >> 20),
                   .hint = "a smaller memory budget makes smaller passes; --device cpu computes the same numbers"};
}

std::optional<Error> CudaBackend::failure() const { return failure_ ? failure_ : device().failure(); }

std::shared_ptr<float[]> CudaBackend::allocate(std::size_t floats) {
  if (floats == 0 || failed()) return std::make_unique_for_overwrite<float[]>(floats);
  const std::size_t bytes = floats * sizeof(float);
  void* memory = gpu().allocate(MemoryKind::kShared, bytes);
  if (memory == nullptr && !state_->released.empty()) {
    finish();
    memory = gpu().allocate(MemoryKind::kShared, bytes);
  }
  if (memory == nullptr) {
    out_of_memory("rows", bytes);
    return std::make_unique_for_overwrite<float[]>(floats);
  }
  state_->rows[static_cast<float*>(memory)] = floats;
  return {static_cast<float*>(memory), [state = state_](float* done) {
            state->rows.erase(done);
            state->released.push_back(done);
          }};
}

bool CudaBackend::owns(const float* data) const {
  const auto after = state_->rows.upper_bound(data);
  if (after == state_->rows.begin()) return false;
  const auto& [begin, floats] = *std::prev(after);
  return data < begin + floats;
}

const float* CudaBackend::checked(ConstMatrixView x) const {
  SG_CHECK(x.empty() || owns(x.data), "rows that are not of allocate()");
  return x.data;
}
float* CudaBackend::checked(MatrixView x) const {
  SG_CHECK(x.empty() || owns(x.data), "rows that are not of allocate()");
  return x.data;
}

void CudaBackend::finish() {
  gpu().finish();
  if (!failed()) {
    for (const Pending& result : pending_) std::memcpy(result.host, result.shared, result.bytes);
  }
  pending_.clear();
  results_used_ = 0;
  uploads_.finished();
  state_->free_released();
}

void* CudaBackend::room_for_result(void* host, std::size_t bytes) {
  constexpr std::size_t kAlignment = 64;
  const std::size_t taken = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  if (results_used_ + taken > results_.size()) {
    if (results_used_ > 0) finish();
    if (taken > results_.size())
      results_ = DeviceArray<std::byte>(gpu(), MemoryKind::kShared, std::max(taken, plan_.results));
    if (results_.size() == 0) out_of_memory("results", taken);
    if (failed()) return nullptr;
  }
  std::byte* shared = results_.data() + std::exchange(results_used_, results_used_ + taken);
  pending_.push_back({host, shared, bytes});
  return shared;
}

void CudaBackend::expect(std::span<const WeightView> weights) {
  if (!failed()) weights_.expect(weights);
}

void CudaBackend::product(std::span<const MatmulCall> calls) {
  for (const MatmulCall& call : calls) product(call);
}

void CudaBackend::product(const MatmulCall& call) {
  SG_CHECK(call.x.cols == call.w.cols && call.x.cols > 0, "x and W disagree on the number of inputs");
  SG_CHECK(call.y.rows == call.x.rows && call.y.cols == call.w.rows, "y is not (rows of x) x (outputs)");
  if (failed() || call.y.empty()) return;
  const auto* rows = reinterpret_cast<const float*>(call.w.data);
  const bool in_place = call.w.packed == nullptr && owns(rows);
  if (const std::size_t bytes = DeviceWeights::bytes_on_device(call.w); !in_place && bytes > weights_.largest()) {
    if (call.w.rows == 1) return out_of_memory("a matrix", bytes);
    const std::size_t half = call.w.rows / 2;  // in two, by outputs
    for (const auto& [first, count] : {std::pair{std::size_t{0}, half}, std::pair{half, call.w.rows - half}}) {
      product({.x = call.x,
               .w = call.w.outputs(first, count),
               .bias = call.bias == nullptr ? nullptr : call.bias + first,
               .y = call.y.col_range(first, count)});
    }
    return;
  }
  const float* bias = call.bias;
  if (!owns(bias) && !upload(bias, call.bias, call.w.rows)) return;
  const StoredWeight weight = in_place ? weights_.in_place(call.w) : weights_.place(call.w);
  if (weight.data == nullptr) return out_of_memory("weights", DeviceWeights::bytes_on_device(call.w));
  cuda::multiply(gpu(), {.x = {checked(call.x), call.x.stride},
                         .w = weight,
                         .bias = bias,
                         .y = checked(call.y),
                         .y_stride = call.y.stride,
                         .rows = narrowed(call.x.rows),
                         .outputs = narrowed(call.w.rows),
                         .inputs = narrowed(call.w.cols)});
  weights_.used();
}

void CudaBackend::norm_parts(const NormCall& call, const Parts& parts, std::size_t gain_step, ConstMatrixView x,
                             MatrixView y) {
  if (failed() || x.empty() || parts.count == 0) return;
  const std::size_t gains = (parts.count - 1) * gain_step + parts.width;
  const float *gain = nullptr, *bias = nullptr;
  if (!upload(gain, call.gain, gains) || !upload(bias, call.bias, gains)) return;
  cuda::norm(gpu(), {.kind = call.kind,
                     .eps = call.eps,
                     .gain = gain,
                     .bias = bias,
                     .gain_step = narrowed(gain_step),
                     .x = checked(x),
                     .y = checked(y),
                     .x_stride = x.stride,
                     .y_stride = y.stride,
                     .rows = narrowed(x.rows),
                     .parts = parts});
}

void CudaBackend::norm(const NormCall& call, ConstMatrixView x, MatrixView y) {
  norm_parts(call, whole_row(x.cols), 0, x, y);
}
void CudaBackend::norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) {
  norm_parts(call, parts_of(heads), gain_step, x, x);
}

void CudaBackend::element(Element what, float factor, ConstMatrixView x, MatrixView y, const GateCall& how) {
  if (failed() || y.empty()) return;
  elementwise(gpu(), {.what = what,
                      .act = how.act,
                      .xielu = how.xielu,
                      .factor = factor,
                      .x = checked(x),
                      .y = checked(y),
                      .x_stride = x.stride,
                      .x_step = 1,
                      .y_stride = y.stride,
                      .rows = narrowed(y.rows),
                      .cols = narrowed(y.cols)});
}

void CudaBackend::add(ConstMatrixView x, MatrixView y) { element(Element::kAdd, 0, x, y); }
void CudaBackend::multiply(ConstMatrixView x, MatrixView y) { element(Element::kMultiply, 0, x, y); }
void CudaBackend::scale(float factor, MatrixView y) { element(Element::kScale, factor, y, y); }
void CudaBackend::softcap(float cap, MatrixView y) { element(Element::kSoftcap, cap, y, y); }
void CudaBackend::clamp(float limit, MatrixView y) { element(Element::kClamp, limit, y, y); }
void CudaBackend::copy(ConstMatrixView x, MatrixView y) { element(Element::kCopy, 0, x, y); }
void CudaBackend::activate(Act act, const XieluParams& xielu, MatrixView x) {
  element(Element::kActivate, 0, x, x, {.act = act, .xielu = xielu});
}
void CudaBackend::gate(const GateCall& call, ConstMatrixView up, MatrixView gate) {
  element(Element::kGate, call.factor, up, gate, call);
}

void CudaBackend::scale_each(std::span<const float> factors, MatrixView y) {
  const float* of = nullptr;
  if (failed() || y.empty() || !upload(of, factors.data(), factors.size())) return;
  elementwise(gpu(), {.what = Element::kMultiply,
                      .x = of,
                      .y = checked(y),
                      .x_stride = 1,
                      .x_step = 0,
                      .y_stride = y.stride,
                      .rows = narrowed(y.rows),
                      .cols = narrowed(y.cols)});
}
void CudaBackend::multiply_columns(std::span<const float> factors, MatrixView y) {
  const float* of = nullptr;
  if (failed() || y.empty() || !upload(of, factors.data(), factors.size())) return;
  elementwise(gpu(), {.what = Element::kMultiply,
                      .x = of,
                      .y = checked(y),
                      .x_stride = 0,
                      .x_step = 1,
                      .y_stride = y.stride,
                      .rows = narrowed(y.rows),
                      .cols = narrowed(y.cols)});
}

void CudaBackend::gather(ConstMatrixView x, std::span<const std::size_t> rows, MatrixView y) {
  const std::uint32_t* ids = nullptr;
  if (failed() || y.empty() || !upload(ids, narrowed(rows).data(), rows.size())) return;
  gather_rows(gpu(), {checked(x), checked(y), x.stride, y.stride, narrowed(y.rows), narrowed(y.cols), ids});
}

}  // namespace sg::cuda
