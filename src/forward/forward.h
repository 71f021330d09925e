// The one forward pass. Layer by layer: weights stream, the rows of all tokens stay.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/trace.h"
#include "forward/backend.h"
#include "forward/tap.h"
#include "model/model.h"
#include "model/weight_stream.h"

namespace sg {

/// Sequences packed one after another; a row of every matrix is one token. Each sequence attends to itself alone.
class TokenBatch {
 public:
  /// ids of one sequence, not empty.
  void add(std::span<const std::int32_t> ids);

  std::size_t rows() const { return ids_.size(); }
  std::size_t sequences() const { return starts_.size() - 1; }
  std::size_t begin(std::size_t sequence) const { return starts_[sequence]; }
  std::size_t end(std::size_t sequence) const { return starts_[sequence + 1]; }
  std::size_t length(std::size_t sequence) const { return end(sequence) - begin(sequence); }
  std::size_t longest() const;
  /// begin(0), begin(1), ..., and the end of the last.
  std::span<const std::size_t> starts() const { return starts_; }
  std::int32_t id(std::size_t row) const { return ids_[row]; }

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::size_t> starts_ = {0};
};

/// What a pass computes with and reports to.
struct RunContext {
  Backend& backend;
  Tap& tap;
  const std::atomic<bool>* stop = nullptr;                      // set: the pass ends before the next layer
  std::function<void(std::size_t, std::size_t)> progress = {};  // (layers done, layers), or empty
  Trace* trace = nullptr;                                       // filled with the branches of every layer
  Precision precision = Precision::kFloat32;                    // the model's; run_forward sets it

  const Kernels& kernels() const { return backend.kernels(); }
  ThreadPool& pool() const { return backend.pool(); }
};

/// The same run on the host, for what computes with rows itself: everything before is done.
RunContext on_host(const RunContext& run);

/// Ids must lie inside the vocabulary. Errors: interrupted, bytes of the model that were gone when they were read, what
/// failed in the backend. One who keeps the results asks Checkpoint::check_unchanged when the last pass is over.
Result<void> run_forward(const Model& model, WeightStream& weights, const TokenBatch& tokens, RunContext& wanted);

/// Bytes of activations that a batch of `rows` tokens needs, the longest sequence having `longest`.
std::size_t activation_bytes(const Spec& spec, std::size_t rows, std::size_t longest);

}  // namespace sg
