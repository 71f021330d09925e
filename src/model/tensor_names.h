// TensorNames: under which of their known spellings a checkpoint keeps the tensors of its family, and what the
// tensors are that no role reads.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "io/checkpoint.h"
#include "model/spec.h"

namespace sg {

/// Refers to the spec and the checkpoint.
class TensorNames {
 public:
  TensorNames(const Spec& spec, const Checkpoint& checkpoint);

  /// The tensor of the first of the '|'-separated patterns that is there, "{}" being `index`; null when none is.
  const TensorInfo* find(std::string_view patterns, std::size_t index) const;
  /// What stands before the names of every tensor of the model in this file; mostly nothing.
  const std::string& prefix() const { return prefix_; }
  /// Some names that are in the file, for messages.
  std::string seen() const;

 private:
  std::vector<std::string> spellings(const std::string& name) const;
  std::string find_prefix() const;

  const Spec& spec_;
  const Checkpoint& checkpoint_;
  std::string prefix_;
};

/// The pattern with its "{}", if it has one, replaced.
std::string with_index(std::string_view pattern, std::size_t index);

/// Whether it is a bias of zeros beside a packed layer: some programs store one with every layer that they quantise,
/// whatever the model has.
bool is_idle_bias(const TensorInfo& tensor, const Checkpoint& checkpoint);

/// Looks at every tensor that is not in `used`. Buffers that no forward pass reads pass in silence; parts outside the
/// text model, and layers beyond its depth, are counted in the notices. Errors: a tensor inside one of the model's
/// blocks, beside one of its own tensors or directly below its root, which the computation would need.
Result<std::vector<std::string>> check_unread(const Spec& spec, const Checkpoint& checkpoint, const TensorNames& names,
                                              const std::set<const TensorInfo*>& used);

}  // namespace sg
