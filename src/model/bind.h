// Bindings: which stored tensor plays which role, with every shape checked against the configuration.
#pragma once

#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "io/checkpoint.h"
#include "model/spec.h"

namespace sg {

/// Tensors by role; null where the model has none. Pointers into the Checkpoint.
using RoleTensors = std::array<const TensorInfo*, static_cast<std::size_t>(Role::kCount)>;
inline const TensorInfo* get(const RoleTensors& tensors, Role role) { return tensors[static_cast<std::size_t>(role)]; }

struct Bindings {
  RoleTensors model{};              // embedding, final norm, head, ...
  std::vector<RoleTensors> layers;  // one per block
  /// Roles whose parts are stored one tensor per head or per expert; the role's own entry is then null.
  std::map<std::pair<std::size_t, Role>, std::vector<const TensorInfo*>> parts;
  bool halved_experts = false;  // their gates and ups are halves of what alternates
  bool tied = false;            // the head is the embedding table
  /// A model without an unembedding has a stream and no logits.
  bool has_head() const { return get(model, Role::kHead) != nullptr; }
  std::vector<std::string> notices;  // tensors that are not read, a head that differs from a tied embedding, ...
};

/// (rows, cols) = (outputs, inputs) of a matrix role or (n, 1) of a vector role, as the configuration implies.
struct RoleShape {
  std::size_t rows = 0, cols = 1;
  bool is_vector = true;
};
RoleShape expected_shape(Role role, const Spec& spec);
/// Whether every expert of a layer has its own: one tensor each, or all stacked with the expert first.
bool is_of_experts(Role role);
/// "W_Q", "W_U", "attn_norm": how tables and messages call a role.
std::string_view name(Role role);

/// Errors: a needed tensor is missing, one that the configuration excludes is there, a shape contradicts the
/// configuration, a dtype is not a weight type.
Result<Bindings> bind(const Spec& spec, const Checkpoint& checkpoint);

}  // namespace sg
