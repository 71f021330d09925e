// WeightStream: the weights of a model in the order the forward pass needs them. Matrices stay in the mapped
// file and are read once by the matmul; vectors (gains, biases) are decoded to float32 here. While a layer
// computes, the next one is being read ahead, and the pages of the previous one are given back.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/trace.h"
#include "io/read_ahead.h"
#include "kernel/kernels.h"
#include "model/model.h"

namespace sg {

/// Ranges of mapped bytes, in any order.
using ByteRanges = std::vector<std::span<const std::byte>>;

struct NormWeights {
  const float* gain = nullptr;  // (width), offset added; null: no gain
  const float* bias = nullptr;
};
struct Linear {
  WeightView w;                 // w.data == nullptr: the model has none
  const float* bias = nullptr;  // (outputs) or null
  explicit operator bool() const { return w.data != nullptr; }
};

/// One expert's weights; gate_up or gate and up, neither for a plain MLP.
struct ExpertWeights {
  Linear gate, up, gate_up, down;
};

/// What mixes tokens in a layer without attention; members that its kind lacks are null.
struct RecurrentWeights {
  Linear in, gate, beta, alpha, select, step, out;
  const float *conv = nullptr, *conv_bias = nullptr;  // (channels x taps), (channels)
  const float *decay = nullptr, *step_bias = nullptr, *skip = nullptr;
  NormWeights norm, step_norm, in_norm, out_norm;
};

/// y += up(down(x)), of low rank.
struct Adapter {
  Linear down, up;
};

/// What a layer has around a block of attention and MLP that it shares with others; `out` makes of it what is added to
/// what the mixer's norm reads.
struct SharedBlockWeights {
  NormWeights norm;  // of the stream and the embedding beside it, (2 d_model)
  Adapter q, k, v, gate_up;
  Linear out;
};

/// One block's weights. Pointers are valid until the next call of WeightStream::layer.
struct LayerWeights {
  NormWeights attn_in, attn_out, mlp_in, mlp_out, q_norm, k_norm, q_latent_norm, kv_latent_norm;
  std::vector<Linear> k_b, v_b;  // by head, in place of kv_b
  Linear q, k, v, qkv, q_a, q_b, kv_a, kv_b, o, gate, up, gate_up, down;
  const float* sinks = nullptr;  // one per head, or null
  Linear router;
  const float* router_correction = nullptr;  // one per expert, or null
  std::vector<ExpertWeights> experts;        // empty: the layer has one MLP
  Linear latent_in, latent_out;              // around the routed experts, or none
  ExpertWeights shared;
  Linear shared_router;  // of its factor, or none
  RecurrentWeights recurrent;
  SharedBlockWeights shared_block;
  XieluParams xielu;
  NormWeights dense_out, expert_in, expert_out;                  // of an MLP and experts side by side
  const float *router_scale = nullptr, *expert_scale = nullptr;  // by channel, by expert, or null
  Linear input_gate, input_out;                                  // of the layer's own input, or none
  NormWeights input_norm_out;
  float scale = 1;  // of the stream at the block's end
};

/// Weights outside the blocks; valid as long as the stream.
struct OuterWeights {
  WeightView embed;
  WeightView positions;     // learned; data null otherwise
  WeightView layer_inputs;  // the second table, of every layer's own input; data null otherwise
  Linear input_project;
  NormWeights input_norm;
  Linear project_in, project_out;
  NormWeights embed_norm, final_norm;
  Linear head;
};

/// Of a norm's gains: what is added to those of the file, and what its writer has added already (GGUF).
struct GainOffset {
  float to_add = 0, in_file = 0;
};

/// Not thread-safe; one forward pass owns it. Refers to the Model. Mapped at any time are about two layers, or one
/// and the table that is being used, however large the pieces are in which the system maps files.
class WeightStream {
 public:
  /// Starts reading the first layer.
  explicit WeightStream(const Model& model, Trace* trace = nullptr);

  const OuterWeights& outer() const { return outer_; }
  /// Layers may be asked for in any order; ascending order is what read-ahead serves.
  LayerWeights layer(std::size_t l);
  /// The matrices of layer l's attention and MLP, where it has them; nothing is read.
  std::vector<WeightView> matrices(std::size_t l) const;
  /// Starts reading the unembedding; for whoever needs logits, when the last layer is at hand.
  void read_head();
  /// Gives back every page of the files. Also done layer by layer, and for the tables outside the blocks when the first
  /// layer is asked for.
  void release_all();

 private:
  /// Decoded vectors; a deque-like list of buffers so that pointers stay valid while it grows.
  class Vectors {
   public:
    /// Everything is rounded to the precision before anything is added to it.
    /// The sum itself too when `rounds_sums`.
    explicit Vectors(Precision precision, bool rounds_sums = false)
        : precision_(precision), rounds_sums_(rounds_sums) {}

    /// All parts one after another, plus the offset; null for a null part.
    const float* decode(std::span<const TensorInfo* const> parts, GainOffset offset = {});
    void clear() { used_ = 0; }

   private:
    Precision precision_;
    bool rounds_sums_;
    std::vector<std::vector<float>> buffers_;
    std::size_t used_ = 0;
  };

  NormWeights norm(const RoleTensors& tensors, Role gain, GainOffset offset, Vectors& vectors) const;
  NormWeights head_norm(std::size_t l, Role gain, GainOffset offset, Vectors& vectors) const;
  GainOffset gain_offset() const;
  WeightView matrix(const RoleTensors& tensors, Role role) const;
  Linear linear(const RoleTensors& tensors, Role role, Vectors& vectors) const;
  std::vector<ExpertWeights> experts(std::size_t l, Vectors& vectors) const;
  /// The matrices that are stacked in one tensor.
  std::vector<Linear> stacked(const RoleTensors& tensors, Role role, bool transposed) const;
  /// Every expert's view of one role; empty when the layer has no such tensors.
  std::vector<Linear> expert_linears(std::size_t l, Role role, Vectors& vectors) const;
  RecurrentWeights recurrent(const RoleTensors& tensors, Vectors& vectors) const;
  SharedBlockWeights shared_block(const RoleTensors& tensors, Vectors& vectors) const;
  const float* vector(const RoleTensors& tensors, Role role, Vectors& vectors) const;
  /// Gives back what the last layer had, and starts reading the next while layer l computes.
  void move_to(std::size_t l);
  /// What layer l is read ahead by, without the experts, of which only the chosen ones are read; or with them.
  ReadAhead::Group group(std::size_t l, bool with_experts) const;
  /// What is read while layer l computes: the next layer, or as many as fit into a window (Checkpoint::window).
  ReadAhead::Group ahead_of(std::size_t l) const;
  /// Of the tables outside the blocks.
  ByteRanges outer_ranges() const;

  const Model& model_;
  Vectors outer_vectors_, layer_vectors_;
  Vectors unrounded_vectors_;  // of the layer, kept in float32 whatever the model's type
  OuterWeights outer_;
  std::optional<std::size_t> last_layer_;
  ReadAhead read_ahead_;
};

/// A stored matrix as the matmul reads it.
WeightView weight_view(const TensorInfo& tensor, bool transposed);
/// The bytes that it is read from; of a matrix in a stack of packed ones, its rows' share of each part of the stack.
ByteRanges ranges_of(const WeightView& w);

/// Of quantised matrices, the scales of layer l, or of the tables outside the blocks. Errors: check_scales.
Result<void> check_layer_scales(const Model& model, std::size_t l);
Result<void> check_outer_scales(const Model& model);

/// Returns when a matrix, some of its rows or a tensor are in memory, where they come from elsewhere (io/window.h);
/// what is mapped is read when it is touched, few rows of many without what surrounds them.
void bring(const WeightView& matrix);
void bring_rows(const WeightView& table, const std::vector<std::size_t>& rows);
void bring(const TensorInfo& tensor);

/// Starts reading a tensor's bytes, those of a layer without its experts, or all of one expert's and nothing around
/// them; gives a tensor's pages back, and what came with them. Hints.
void read_ahead(const TensorInfo& tensor);
void read_ahead(const ExpertWeights& expert);
void read_ahead_layer(const Model& model, std::size_t l);
void give_back(const Model& model, const TensorInfo& tensor);

/// What to give back when the tensors at `done` are done with: they and all within 2 MiB around them in their files,
/// which touching them may have mapped, but nothing of `kept`. Ascending, disjoint.
ByteRanges spent_ranges(const Checkpoint& checkpoint, const ByteRanges& done, const ByteRanges& kept);

}  // namespace sg
