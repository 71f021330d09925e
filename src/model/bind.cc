#include "model/bind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>

#include "model/tensor_names.h"

namespace sg {
namespace {

// The first version of GPTQModel that takes gpt-oss' experts apart by halves (defuser,
// _unfuse_experts_weights_inplace).
constexpr std::array<unsigned, 3> kHalvesGateAndUp = {5, 8, 0};

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return shape.empty() ? "a scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

/// `one`: of experts or heads that have a tensor each.
Result<void> check_shape(const TensorInfo& tensor, Role role, const Spec& spec, const Checkpoint& checkpoint,
                         bool one) {
  const RoleShape want = expected_shape(role, spec);
  const bool in_block =
      role != Role::kEmbed && role != Role::kLayerInputs && role != Role::kHead && role != Role::kPositionEmbed;
  const bool transposed = spec.family->conv1d && spec.format == Format::kSafetensors && in_block;
  std::vector<std::uint64_t> expected;
  if (want.is_vector) {
    expected = {want.rows};
  } else {
    expected = {want.rows, want.cols};
    if (transposed) std::swap(expected[0], expected[1]);
  }
  // Of experts: a linear layer each, or all stacked.
  if (is_of_experts(role) && !one) {
    const bool by_inputs = spec.family->experts.conv1d && spec.format == Format::kSafetensors;
    if (by_inputs && !want.is_vector) std::swap(expected[0], expected[1]);
    expected.insert(expected.begin(), spec.experts.count);
  }
  // Of latent attention in GGUF: one matrix per head, that of keys stored (inputs x outputs).
  if (role == Role::kKB || role == Role::kVB) expected.insert(expected.begin(), spec.heads);
  // A convolution by channels has a dimension of one in its middle; a decay per head is a vector.
  if (role == Role::kMixConv && tensor.shape.size() == 3) expected.insert(expected.begin() + 1, 1);
  if (role == Role::kMixDecay && want.cols == 1) expected = {want.rows};
  // GGUF: numbers per head, or per channel, as a column; the norm by groups as a row for each.
  const bool column = (role == Role::kMixDecay || role == Role::kMixSkip) &&
                      tensor.shape == std::vector<std::uint64_t>{want.rows, 1} && want.cols <= 1;
  const bool by_group = role == Role::kMixNorm && tensor.shape.size() == 2 && tensor.items() == want.rows &&
                        tensor.shape[0] == spec.recurrent.groups;
  // GGUF and config.json differ in whether one row is a matrix; ERNIE's correction has a dimension of one.
  const bool one_row = (role == Role::kSharedRouter && tensor.shape == std::vector<std::uint64_t>{want.cols}) ||
                       (role == Role::kRouterCorrection && tensor.shape == std::vector<std::uint64_t>{1, want.rows});
  const bool scalar = want.is_vector && want.rows == 1 && tensor.items() == 1;
  // Norms with a gain per head: one tensor a head, or all of them stacked (heads x d_head).
  const bool head_norm = spec.qk_norm == QkNorm::kEachHead && (role == Role::kQNorm || role == Role::kKNorm);
  const bool one_head = head_norm && tensor.shape == std::vector<std::uint64_t>{spec.head_dim};
  const bool stacked =
      head_norm && tensor.shape.size() == 2 && tensor.shape[1] == spec.head_dim && tensor.items() == want.rows;
  if (tensor.shape != expected && !scalar && !one_head && !stacked && !one_row && !column && !by_group) {
    return Error{.what = fmt::format("{} ({}) has the wrong shape", tensor.name, name(role)),
                 .where = checkpoint.path.string(),
                 .expected = shape_text(expected) + " from the configuration",
                 .got = shape_text(tensor.shape) + " in the file"};
  }
  const bool table = role == Role::kEmbed || role == Role::kPositionEmbed || role == Role::kLayerInputs;
  if (tensor.packed != nullptr && (want.is_vector || role == Role::kMixConv || (table && tensor.packed->by_inputs))) {
    return Error{.what = fmt::format("{} ({}) is stored as {}", tensor.name, name(role), tensor.form()),
                 .where = checkpoint.path.string(),
                 .expected = "a linear layer, where one is packed"};
  }
  if (tensor.packed == nullptr && !traits(tensor.dtype).is_weight) {
    return Error{.what = fmt::format("{} ({}) is stored as {}", tensor.name, name(role), name(tensor.dtype)),
                 .where = checkpoint.path.string(),
                 .expected = "a floating-point or GGUF block type"};
  }
  return {};
}

/// Whether the layer has tensors of such rows.
bool has_layer(const Spec& spec, On on, std::size_t layer) {
  switch (on) {
    case On::kEveryLayer: return true;
    case On::kDenseMlp: return spec.feeds(layer) && !spec.experts.at(layer);
    case On::kExperts: return spec.experts.at(layer);
    case On::kAttention: return attends(spec.recurrent.at(layer));
    case On::kRecurrent: return recurs(spec.recurrent.at(layer));
    case On::kOwnKeys: return spec.attention[layer].kv_from < 0;
    case On::kOwnValues: return spec.attention[layer].kv_from < 0 && !spec.attention[layer].key_is_value;
    case On::kSharedKeys: return spec.attention[layer].kv_from >= 0;
    case On::kSharedBlock: return spec.recurrent.at(layer) == Mixer::kFed;
  }
  return true;
}

struct Binder {
  const Spec& spec;
  const Checkpoint& checkpoint;
  const TensorNames names;
  std::set<const TensorInfo*> used = {};
  std::size_t in_hand = 0;  // the layer

  std::string_view pattern_of(const TensorRow& row) const {
    return checkpoint.format == Format::kGguf ? row.gguf : row.hf;
  }
  std::string_view first_pattern_of(const TensorRow& row) const {
    const std::string_view all = pattern_of(row);
    return all.substr(0, all.find('|'));
  }
  /// Whether every expert, or head, has a tensor of its own.
  bool is_apart(const TensorRow& row) const {
    const std::string_view pattern = first_pattern_of(row);
    return pattern.find("{}") != pattern.rfind("{}");
  }
  /// The row that names the tensors of a role, of several the one for experts that are apart or stacked; or null.
  const TensorRow* row_of(Role role, bool apart) const {
    const TensorRow* found = nullptr;
    for (const TensorRow& row : spec.family->tensors) {
      if (row.role != role || pattern_of(row).empty()) continue;
      if (found == nullptr || is_apart(row) == apart) found = &row;
    }
    return found;
  }
  Error missing(const TensorRow& row, std::string_view pattern, std::size_t index) const {
    return {.what = fmt::format("tensor {} ({}) is missing", with_index(pattern.substr(0, pattern.find('|')), index),
                                name(row.role)),
            .where = checkpoint.path.string(),
            .got = names.seen(),
            .hint = fmt::format("the checkpoint is incomplete or is not of family {}", spec.family->name)};
  }

  /// Whether gate and up are stored as halves of what alternates. Other programs give true ones the same names, so the
  /// file must say who wrote it.
  Result<bool> halved() const {
    const std::string_view name = spec.family->experts.halved;
    const bool gguf = checkpoint.format == Format::kGguf;
    const TensorInfo* tensor = gguf || name.empty() ? nullptr : names.find(name, 0);
    if (tensor == nullptr) return false;
    if (checkpoint.made.gptqmodel >= kHalvesGateAndUp) return true;
    return Error{.what = fmt::format("tensor {} is a true gate, or half of what holds gate and up by turns, as "
                                     "GPTQModel stores it",
                                     tensor->name),
                 .where = checkpoint.path.string(),
                 .expected = "quantization_config.meta.quantizer naming gptqmodel:5.8.0 or newer",
                 .hint = "measure the original checkpoint, or a GGUF of it"};
  }

  /// The row's tensor under one name pattern, checked; null when there is none and none is needed.
  Result<const TensorInfo*> find(const TensorRow& row, std::string_view pattern, std::size_t index) {
    const bool gguf = checkpoint.format == Format::kGguf;
    const TensorInfo* tensor = names.find(pattern, index);
    const bool flag_set = row.need == Need::kFlag && spec.flags[static_cast<std::size_t>(row.when)] != row.when_not;
    const bool fused = row.need == Need::kUnlessFused && names.find("blk.{}.attn_qkv.weight", index) != nullptr;
    const bool needed = row.need == Need::kAlways || (row.need == Need::kUnlessFused && !fused) || (!gguf && flag_set);
    if (tensor == nullptr && needed) return missing(row, pattern, index);
    if (tensor == nullptr) return nullptr;
    if (!gguf && row.need == Need::kFlag && !flag_set) {
      if (is_idle_bias(*tensor, checkpoint)) return nullptr;
      return Error{.what = fmt::format("{} ({}) is in the file although the configuration excludes it", tensor->name,
                                       name(row.role)),
                   .where = checkpoint.path.string(),
                   .hint = "config.json and the weights belong to different models"};
    }
    const bool of_layer = pattern_of(row).find("{}") != std::string_view::npos && in_hand < spec.layers;
    SG_TRY_VOID(check_shape(*tensor, row.role, of_layer ? spec.of(in_hand) : spec, checkpoint, is_apart(row)));
    used.insert(tensor);
    return tensor;
  }

  Result<void> bind_model(const TensorRow& row, Bindings& out) {
    // A tied table may be stored under the name of either end.
    const bool other_end = row.role == Role::kEmbed && spec.tied_config && names.find(pattern_of(row), 0) == nullptr;
    for (const TensorRow& end : spec.family->tensors) {
      if (!other_end || end.role != Role::kHead || names.find(pattern_of(end), 0) == nullptr) continue;
      SG_TRY(out.model[static_cast<std::size_t>(Role::kEmbed)], find(end, pattern_of(end), 0));
      return {};
    }
    SG_TRY(out.model[static_cast<std::size_t>(row.role)], find(row, pattern_of(row), 0));
    return {};
  }

  Result<void> bind_layer(const TensorRow& row, std::size_t layer, Bindings& out) {
    in_hand = layer;
    if (!has_layer(spec, row.on, layer)) return {};
    const std::string_view pattern = pattern_of(row);
    if (row.on == On::kSharedBlock) {
      const std::size_t use = spec.shared_block.use(layer);
      std::string of_block = with_index(pattern, layer);
      if (names.find(of_block, use) == nullptr) of_block = with_index(pattern, spec.shared_block.owner(layer));
      SG_TRY(out.layers[layer][static_cast<std::size_t>(row.role)], find(row, of_block, use));
      for (std::size_t other = 0; other < spec.shared_block.users.size(); ++other) {  // a copy has the adapters of all
        if (const TensorInfo* idle = names.find(of_block, other)) used.insert(idle);
      }
      return {};
    }
    const std::string here = with_index(first_pattern_of(row), layer);
    if (!is_apart(row)) {
      SG_TRY(out.layers[layer][static_cast<std::size_t>(row.role)], find(row, pattern, layer));
      return {};
    }
    const std::size_t heads = row.role == Role::kQNorm ? spec.heads : spec.kv_heads;
    const std::size_t count = is_of_experts(row.role) ? spec.experts.count : heads;
    std::vector<const TensorInfo*> parts;
    for (std::size_t part = 0; part < count; ++part) {
      SG_TRY(const TensorInfo* tensor, find(row, here, part));
      if (tensor != nullptr) parts.push_back(tensor);
      if (!parts.empty() && parts.size() != part + 1) return missing(row, here, tensor == nullptr ? part : 0);
    }
    if (!parts.empty()) out.parts[{layer, row.role}] = std::move(parts);
    return {};
  }

  /// A GGUF file has latent keys and values as one matrix, or by head.
  Result<void> check_complete_latents(std::size_t layer, const Bindings& out) const {
    const RoleTensors& t = out.layers[layer];
    const bool by_head = get(t, Role::kKB) != nullptr && get(t, Role::kVB) != nullptr;
    if (spec.latent.kv_rank == 0 || spec.recurrent.at(layer) != Mixer::kAttention || get(t, Role::kKvB) != nullptr ||
        by_head)
      return {};
    for (const TensorRow& row : spec.family->tensors) {
      if (row.role == Role::kKvB) return missing(row, with_index(pattern_of(row), layer), 0);
    }
    return {};
  }

  /// Gate and up may be one tensor or two, and experts stacked or apart: which of them there are is known at the end.
  /// Where a family has biases, each weight has one.
  Result<void> check_complete_experts(std::size_t layer, const Bindings& out) const {
    if (!spec.experts.at(layer)) return {};
    const auto apart = [&](Role role) { return out.parts.contains({layer, role}); };
    const auto there = [&](Role role) { return get(out.layers[layer], role) != nullptr || apart(role); };
    const auto lost = [&](Role role, bool in_parts) -> Result<void> {
      const TensorRow* row = row_of(role, in_parts);
      SG_CHECK(row != nullptr, "a family with experts names their tensors");
      return missing(*row, with_index(first_pattern_of(*row), layer), 0);
    };
    const bool gate = there(Role::kExpertGate), up = there(Role::kExpertUp), gate_up = there(Role::kExpertGateUp);
    if (!gate_up && !up && !gate) return lost(first_of_experts(), false);
    if (!gate_up && !up) return lost(Role::kExpertUp, apart(Role::kExpertGate));
    if (!gate_up && !gate && spec.mlp == MlpKind::kGated) return lost(Role::kExpertGate, apart(Role::kExpertUp));
    if (!there(Role::kExpertDown)) return lost(Role::kExpertDown, apart(up ? Role::kExpertUp : Role::kExpertGateUp));
    constexpr std::pair<Role, Role> kBiased[] = {{Role::kExpertGate, Role::kExpertGateBias},
                                                 {Role::kExpertUp, Role::kExpertUpBias},
                                                 {Role::kExpertGateUp, Role::kExpertGateUpBias},
                                                 {Role::kExpertDown, Role::kExpertDownBias}};
    for (const auto& [weight, bias] : kBiased) {
      if (row_of(bias, false) == nullptr || there(weight) == there(bias)) continue;
      return there(weight) ? lost(bias, apart(weight)) : lost(weight, apart(bias));
    }
    return {};
  }
  /// What a family names first of an expert's gate and up.
  Role first_of_experts() const {
    for (const TensorRow& row : spec.family->tensors) {
      if (row.role != Role::kExpertGate && row.role != Role::kExpertUp && row.role != Role::kExpertGateUp) continue;
      if (!pattern_of(row).empty()) return row.role;
    }
    return Role::kExpertUp;
  }
};

bool same_values(const TensorInfo& a, const TensorInfo& b) {
  if (a.packed != nullptr || b.packed != nullptr) return a.packed == b.packed;
  return a.dtype == b.dtype && a.bytes == b.bytes && std::memcmp(a.data, b.data, a.bytes) == 0;
}

/// Ties as transformers 5 does: a stored head that differs from the embedding is kept, whatever the configuration says.
/// A GGUF file without a head is tied; config.json says whether a model is, and one that is not and has no head is no
/// language model (a reward or an embedding model): it has a stream and no logits.
void resolve_head(const Spec& spec, Bindings& b) {
  const TensorInfo* embed = get(b.model, Role::kEmbed);
  const TensorInfo* head = get(b.model, Role::kHead);
  if (head == nullptr) {
    b.tied = spec.tied_config || spec.format == Format::kGguf;
    if (!b.tied) b.notices.emplace_back("the file holds no unembedding and the configuration ties none: no logits");
  } else if (head == embed) {
    b.tied = true;
  } else if (spec.tied_config && spec.format == Format::kSafetensors) {
    b.tied = same_values(*embed, *head);
    if (!b.tied)
      b.notices.push_back(
          "the configuration ties head and embedding, but the file holds two that differ: both are used");
  }
  if (b.tied) b.model[static_cast<std::size_t>(Role::kHead)] = embed;
}

}  // namespace

Result<Bindings> bind(const Spec& spec, const Checkpoint& checkpoint) {
  Bindings bindings;
  Binder binder{spec, checkpoint, TensorNames(spec, checkpoint)};
  SG_TRY(bindings.halved_experts, binder.halved());
  bindings.layers.resize(spec.layers);
  for (const TensorRow& row : spec.family->tensors) {
    const std::string_view pattern = binder.pattern_of(row);
    if (pattern.empty()) continue;
    if (pattern.find("{}") == std::string_view::npos) {
      SG_TRY_VOID(binder.bind_model(row, bindings));
      continue;
    }
    for (std::size_t l = 0; l < spec.layers; ++l) {
      SG_TRY_VOID(binder.bind_layer(row, l, bindings));
    }
  }
  for (std::size_t l = 0; l < spec.layers; ++l) {
    SG_TRY_VOID(binder.check_complete_experts(l, bindings));
    SG_TRY_VOID(binder.check_complete_latents(l, bindings));
  }
  resolve_head(spec, bindings);
  SG_TRY(const std::vector<std::string> unread, check_unread(spec, checkpoint, binder.names, binder.used));
  const std::string& prefix = binder.names.prefix();
  const bool multimodal =
      prefix.find("language_model") != std::string::npos || prefix.find("text_model") != std::string::npos;
  if (!prefix.empty() && !multimodal) {
    bindings.notices.push_back(fmt::format("the tensors' names begin with {}, which is left out", prefix));
  }
  bindings.notices.insert(bindings.notices.end(), unread.begin(), unread.end());
  return bindings;
}

}  // namespace sg
