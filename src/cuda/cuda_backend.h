// CudaBackend: the pass's operations on a device, a GPU or the emulator of one. The bits are the processor's
// (docs/numerics.md).
#pragma once

#include <map>
#include <vector>

#include "cuda/device_weights.h"
#include "cuda/operations.h"
#include "cuda/uploads.h"
#include "forward/cpu_backend.h"

namespace sg::cuda {

/// How a device's memory is shared out, in bytes.
struct MemoryPlan {
  std::size_t rows = 0;     // what a pass may allocate
  std::size_t scores = 0;   // of attention
  std::size_t results = 0;  // numbers for the host until finish()
  std::size_t uploads = 0;  // a quarter of the ring for small things
  DeviceWeights::Limits weights = {};

  static MemoryPlan of(std::size_t free_bytes);
};

/// Rows lie in memory that both sides see. Weights are read once and stay on the device where they fit; they must not
/// change while this lives, which is for one model. Medians and sums by columns are the host's.
class CudaBackend final : public Backend {
 public:
  CudaBackend(const Kernels& kernels, ThreadPool& pool, std::unique_ptr<Device> device,
              std::optional<MemoryPlan> plan = std::nullopt);
  ~CudaBackend() override;

  const Device& device() const { return *state_->device; }

  CpuBackend& host() override { return host_; }
  std::shared_ptr<float[]> allocate(std::size_t floats) override;
  std::size_t memory() const override { return plan_.rows; }
  void finish() override;
  std::optional<Error> failure() const override;
  void expect(std::span<const WeightView> weights) override;

  void product(std::span<const MatmulCall> calls) override;
  void norm(const NormCall& call, ConstMatrixView x, MatrixView y) override;
  void norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) override;
  void add(ConstMatrixView x, MatrixView y) override;
  void multiply(ConstMatrixView x, MatrixView y) override;
  void scale(float factor, MatrixView y) override;
  void scale_each(std::span<const float> factors, MatrixView y) override;
  void multiply_columns(std::span<const float> factors, MatrixView y) override;
  void activate(Act act, const XieluParams& xielu, MatrixView x) override;
  void gate(const GateCall& call, ConstMatrixView up, MatrixView gate) override;
  void softcap(float cap, MatrixView y) override;
  void clamp(float limit, MatrixView y) override;
  void copy(ConstMatrixView x, MatrixView y) override;
  void gather(ConstMatrixView x, std::span<const std::size_t> rows, MatrixView y) override;
  void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) override;
  void rotate(const RotateCall& call, MatrixView rows) override;
  void unpermute(const HeadColumns& heads, MatrixView rows) override;
  void attention(const AttentionCall& call) override;

  void sum_squares(ConstMatrixView x, double* out) override { dot(x, x, out); }
  void dot(ConstMatrixView x, ConstMatrixView y, double* out) override;
  void abs_max(ConstMatrixView x, AbsMax* out) override;
  void median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) override;
  void sum_columns(ConstMatrixView x, const ColumnSums& out) override;
  void fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) override;

 private:
  /// What outlives the backend while somebody holds rows.
  struct State {
    explicit State(std::unique_ptr<Device> of) : device(std::move(of)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { free_released(); }
    void free_released();

    std::unique_ptr<Device> device;
    std::map<const float*, std::size_t> rows;  // of allocate(), in floats
    std::vector<float*> released;              // but perhaps still read or written
  };
  /// A result on the device and where the host wants it.
  struct Pending {
    void* host;
    void* shared;
    std::size_t bytes;
  };

  Device& gpu() { return *state_->device; }
  bool failed() const { return failure_.has_value() || device().failure().has_value(); }
  void out_of_memory(std::string_view what, std::size_t bytes);
  bool owns(const float* data) const;
  const float* checked(ConstMatrixView x) const;
  float* checked(MatrixView x) const;
  /// False, with a failure, when there is no memory for what there is to copy.
  template <class T>
  bool upload(const T*& on_device, const T* host, std::size_t count) {
    on_device = uploads_(host, count);
    if (on_device == nullptr && host != nullptr && count > 0) out_of_memory("small tables", count * sizeof(T));
    return !failed();
  }
  void product(const MatmulCall& call);
  void element(Element what, float factor, ConstMatrixView x, MatrixView y, const GateCall& how = {});
  void norm_parts(const NormCall& call, const Parts& parts, std::size_t gain_step, ConstMatrixView x, MatrixView y);
  /// Room for `count` numbers that the host gets when everything is done; null, with a failure, when there is none.
  template <class T>
  T* result(T* host, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    return static_cast<T*>(room_for_result(host, count * sizeof(T)));
  }
  void* room_for_result(void* host, std::size_t bytes);

  std::shared_ptr<State> state_;
  MemoryPlan plan_;
  CpuBackend host_;
  Uploads uploads_;
  DeviceWeights weights_;
  DeviceArray<float> scores_;
  DeviceArray<std::byte> results_;
  std::size_t results_used_ = 0;
  std::vector<Pending> pending_;
  std::optional<Error> failure_;
};

}  // namespace sg::cuda
