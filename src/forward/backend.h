// Backend: what the pass computes with, as operations on whole batches of rows, float32, a row being a token. Every
// backend gives the same bits (docs/numerics.md): for each operation that is what the kernel of its name does row by
// row (kernel/kernels.h), and rows never meet but in attention.
//
// Operations are done in the order of the calls, but not when a call returns: rows and results may be read, and rows
// written, by other code after finish() only. Views lie in memory of allocate() and stay valid until finish(). All
// else that a call points to (gains, biases, ids, tables of weights) is the host's and is read before the call returns.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "forward/logit_summary.h"
#include "kernel/kernels.h"
#include "model/spec.h"

namespace sg {

class CpuBackend;

/// Columns of a matrix where each head's channels are. Heads stand in groups of `group`, `step` apart in one, groups
/// `group_step` apart.
struct HeadColumns {
  std::size_t count = 0, width = 0;
  std::size_t first = 0;
  std::size_t step = 0;
  std::size_t group = 1;  // at least 1
  std::size_t group_step = 0;
  std::size_t operator()(std::size_t head) const { return first + head / group * group_step + head % group * step; }
};

/// gate = act(factor gate) up. factor 1: it is not multiplied.
struct GateCall {
  Act act = Act::kSilu;
  XieluParams xielu = {};
  float factor = 1;
};

/// cos and sin of positions 0, 1, ..., (length x pairs) each, in memory of the host that stays until the pass ends.
struct Angles {
  const float *cos = nullptr, *sin = nullptr;
  std::size_t pairs = 0, length = 0;
};

/// Channels [offset, offset + 2 pairs) of every head are rotated. A row's position counts from its sequence's start.
struct RotateCall {
  Pairing pairing = Pairing::kHalves;
  std::span<const std::size_t> starts;  // sequence s is rows [starts[s], starts[s + 1])
  std::span<const Angles> angles;       // by sequence
  HeadColumns q, k;                     // count 0: they are not rotated
  std::size_t offset = 0;
};

/// Softmax attention of every sequence of a batch, head by head; query head h reads key head h / (q.count / k.count).
///
/// A task is 64 queries of one head, or fewer at the end of a sequence. Its keys go from first_key(first query), cut
/// down to a multiple of kMatmulBlock, to its last query:
///   scores = Q K^T, a matrix product (docs/numerics.md)
///   of each query, over the keys from its own first_key to itself: scale, bias of positions, cap, softmax; a sink is
///   one more score at the end that no value belongs to; every other key of the task has weight 0
///   context = weights V, a matrix product over the keys of the task, weights of 0 in it
/// A sequence in which the sum of squares of some value vector is not finite has tasks of one query.
struct AttentionCall {
  ConstMatrixView qkv;
  MatrixView context;                   // (rows x heads * v.width), head after head
  std::span<const std::size_t> starts;  // sequence s is rows [starts[s], starts[s + 1])
  HeadColumns q, k, v;                  // k and v have the same count
  LayerAttention sees;                  // first_key and nothing else
  PositionKind positions = PositionKind::kRotary;
  float scale = 1;
  float cap = 0;                  // scores become cap tanh(scores / cap); 0: they do not
  std::span<const float> slopes;  // by query head: kAlibi: scale, then + slope j for key j of the sequence, each
                                  // rounded; kAlibiScaled: + bf16(bf16(slope) j), then scale
  const float* sinks = nullptr;   // by query head, or null
};

/// Sums over the rows of one view, by column: the host's, one number for each of its columns, added to row after row.
struct ColumnSums {
  double *sum = nullptr, *squares = nullptr;
  float* largest = nullptr;  // magnitude; a NaN is passed over
};

/// Used from one thread at a time.
class Backend {
 public:
  /// What code of the host computes with beside it.
  Backend(const Kernels& kernels, ThreadPool& pool) : kernels_(kernels), pool_(pool) {}
  virtual ~Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  const Kernels& kernels() const { return kernels_; }
  ThreadPool& pool() const { return pool_; }
  /// Of the same kernels and pool; itself for the CPU's. Its calls must come after finish().
  virtual CpuBackend& host() = 0;

  /// Memory for rows, not initialised, given back with the last pointer to it, when all that was called is done. Where
  /// there is none the backend fails and memory of the host is given. Host code may use it as any other.
  virtual std::shared_ptr<float[]> allocate(std::size_t floats) = 0;
  /// Bytes that a pass may allocate; 0: what the process may.
  virtual std::size_t memory() const { return 0; }
  /// Returns when everything is done.
  virtual void finish() = 0;
  /// What went wrong first (out of memory, a lost device). From then on operations do nothing and results mean nothing.
  virtual std::optional<Error> failure() const { return std::nullopt; }
  /// Matrices that will be multiplied with after those that are at hand. A hint.
  virtual void expect(std::span<const WeightView>) {}

  /// y = x W^T + bias, of one x or more calls that share it; y overlaps nothing. Weights and biases are the host's, or,
  /// of type F32, rows of allocate().
  virtual void product(std::span<const MatmulCall> calls) = 0;
  /// y = norm(x); y may be x.
  virtual void norm(const NormCall& call, ConstMatrixView x, MatrixView y) = 0;
  /// In place over each head's columns; head h has the gains from h * gain_step on, and biases likewise.
  virtual void norm_heads(const NormCall& call, const HeadColumns& heads, std::size_t gain_step, MatrixView x) = 0;

  virtual void add(ConstMatrixView x, MatrixView y) = 0;                             // y += x
  virtual void multiply(ConstMatrixView x, MatrixView y) = 0;                        // y *= x
  virtual void scale(float factor, MatrixView y) = 0;                                // y *= factor
  virtual void scale_each(std::span<const float> factors, MatrixView y) = 0;         // row r of y *= factors[r]
  virtual void multiply_columns(std::span<const float> factors, MatrixView y) = 0;   // column c of y *= factors[c]
  virtual void activate(Act act, const XieluParams& xielu, MatrixView x) = 0;        // x = act(x)
  virtual void gate(const GateCall& call, ConstMatrixView up, MatrixView gate) = 0;  // gate = act(factor gate) up
  virtual void softcap(float cap, MatrixView y) = 0;                                 // y = cap tanh(y / cap)
  virtual void clamp(float limit, MatrixView y) = 0;                                 // |y| <= limit; a NaN stays
  virtual void copy(ConstMatrixView x, MatrixView y) = 0;                            // y = x, which it does not overlap
  virtual void gather(ConstMatrixView x, std::span<const std::size_t> rows,
                      MatrixView y) = 0;  // row i of y = x[rows[i]]
  /// Row i of y = row ids[i] of a stored table, decoded.
  virtual void decode_rows(const WeightView& table, std::span<const std::size_t> ids, MatrixView y) = 0;

  virtual void rotate(const RotateCall& call, MatrixView rows) = 0;
  /// Channels 0, 2, 4, ... of each head first, then 1, 3, 5, ...
  virtual void unpermute(const HeadColumns& heads, MatrixView rows) = 0;
  virtual void attention(const AttentionCall& call) = 0;

  // What taps want. Results are the host's: they are written when finish() returns and must stay until then.

  /// One for each row.
  virtual void sum_squares(ConstMatrixView x, double* out) = 0;
  virtual void dot(ConstMatrixView x, ConstMatrixView y, double* out) = 0;
  virtual void abs_max(ConstMatrixView x, AbsMax* out) = 0;
  /// One for each sequence of rows, [starts[s], starts[s + 1]): kernel/median_magnitude.h.
  virtual void median_magnitude(ConstMatrixView x, std::span<const std::size_t> starts, double* out) = 0;
  virtual void sum_columns(ConstMatrixView x, const ColumnSums& out) = 0;
  /// Ids first_id, first_id + 1, ... of every row; summaries[r] is of row r and takes the next slice.
  virtual void fold_logits(std::size_t first_id, ConstMatrixView z, std::span<LogitSummary> summaries) = 0;

 private:
  const Kernels& kernels_;
  ThreadPool& pool_;
};

}  // namespace sg
