// WeightStream: the weights of a model in the order the forward pass needs them. Matrices stay in the mapped
// file and are read once by the matmul; vectors (gains, biases) are decoded to float32 here. While a layer
// computes, the next one is being read ahead, and the pages of the previous one are given back.
#pragma once

#include <optional>
#include <vector>

#include "base/trace.h"
#include "io/read_ahead.h"
#include "model/decoded_vectors.h"
#include "model/model.h"
#include "model/weight_pages.h"
#include "model/weights.h"

namespace sg {

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
  NormWeights norm(const RoleTensors& tensors, Role gain, GainOffset offset, DecodedVectors& vectors) const;
  NormWeights head_norm(std::size_t l, Role gain, GainOffset offset, DecodedVectors& vectors) const;
  GainOffset gain_offset() const;
  WeightView matrix(const RoleTensors& tensors, Role role) const;
  Linear linear(const RoleTensors& tensors, Role role, DecodedVectors& vectors) const;
  std::vector<ExpertWeights> experts(std::size_t l, DecodedVectors& vectors) const;
  /// The matrices that are stacked in one tensor.
  std::vector<Linear> stacked(const RoleTensors& tensors, Role role, bool transposed) const;
  /// Every expert's view of one role; empty when the layer has no such tensors.
  std::vector<Linear> expert_linears(std::size_t l, Role role, DecodedVectors& vectors) const;
  RecurrentWeights recurrent(const RoleTensors& tensors, DecodedVectors& vectors) const;
  SharedBlockWeights shared_block(const RoleTensors& tensors, DecodedVectors& vectors) const;
  const float* vector(const RoleTensors& tensors, Role role, DecodedVectors& vectors) const;
  /// Gives back what the last layer had, and starts reading the next while layer l computes.
  void move_to(std::size_t l);
  /// What layer l is read ahead by, without the experts, of which only the chosen ones are read; or with them.
  ReadAhead::Group group(std::size_t l, bool with_experts) const;
  /// What is read while layer l computes: the next layer, or as many as fit into a window (Checkpoint::window).
  ReadAhead::Group ahead_of(std::size_t l) const;
  /// Of the tables outside the blocks.
  ByteRanges outer_ranges() const;

  const Model& model_;
  DecodedVectors outer_vectors_, layer_vectors_;
  DecodedVectors unrounded_vectors_;  // of the layer, kept in float32 whatever the model's type
  OuterWeights outer_;
  std::optional<std::size_t> last_layer_;
  ReadAhead read_ahead_;
};

}  // namespace sg
