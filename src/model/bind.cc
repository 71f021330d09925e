#include "model/bind.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <set>

namespace sg {
namespace {

std::string with_layer(std::string_view pattern, std::size_t layer) {
  const std::size_t brace = pattern.find("{}");
  if (brace == std::string_view::npos) return std::string(pattern);
  return fmt::format("{}{}{}", pattern.substr(0, brace), layer, pattern.substr(brace + 2));
}

/// The spellings under which Hugging Face checkpoints are known to keep `name`: as written, with the base
/// prefix added or removed, and inside a multimodal model.
std::vector<std::string> spellings(const std::string& name, std::string_view prefix) {
  std::vector<std::string> all = {name, std::string(prefix) + name};
  const bool has_prefix = !prefix.empty() && name.starts_with(prefix);
  if (has_prefix) all.push_back(name.substr(prefix.size()));
  all.push_back("language_model." + name);
  all.push_back("model.language_model." + (has_prefix ? name.substr(prefix.size()) : name));
  return all;
}

/// torch's first names for a norm's parameters.
std::string legacy_suffix(const std::string& name) {
  if (name.ends_with(".weight")) return name.substr(0, name.size() - 7) + ".gamma";
  if (name.ends_with(".bias")) return name.substr(0, name.size() - 5) + ".beta";
  return name;
}

const TensorInfo* find_row(const Spec& spec, const Checkpoint& checkpoint, std::string_view pattern,
                           std::size_t layer) {
  while (!pattern.empty()) {
    const std::size_t bar = pattern.find('|');
    const std::string name = with_layer(pattern.substr(0, bar), layer);
    if (checkpoint.format == Format::kGguf) {
      if (const TensorInfo* tensor = checkpoint.find(name)) return tensor;
    } else {
      for (const std::string& spelling : spellings(name, spec.family->base_prefix)) {
        if (const TensorInfo* tensor = checkpoint.find(spelling)) return tensor;
        if (const TensorInfo* tensor = checkpoint.find(legacy_suffix(spelling))) return tensor;
      }
    }
    pattern = bar == std::string_view::npos ? std::string_view{} : pattern.substr(bar + 1);
  }
  return nullptr;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return shape.empty() ? "a scalar" : fmt::format("{}", fmt::join(shape, " x "));
}

Result<void> check_shape(const TensorInfo& tensor, Role role, const Spec& spec, const Checkpoint& checkpoint) {
  const RoleShape want = expected_shape(role, spec);
  const bool in_block = role != Role::kEmbed && role != Role::kHead && role != Role::kPositionEmbed;
  const bool transposed = spec.family->conv1d && spec.format == Format::kSafetensors && in_block;
  std::vector<std::uint64_t> expected;
  if (want.is_vector) {
    expected = {want.rows};
  } else {
    expected = {want.rows, want.cols};
    if (transposed) std::swap(expected[0], expected[1]);
  }
  const bool scalar = want.is_vector && want.rows == 1 && tensor.items() == 1;
  // Norms with a gain per head: one tensor a head, or all of them stacked (heads x d_head).
  const bool head_norm = spec.qk_norm == QkNorm::kEachHead && (role == Role::kQNorm || role == Role::kKNorm);
  const bool one_head = head_norm && tensor.shape == std::vector<std::uint64_t>{spec.head_dim};
  const bool stacked =
      head_norm && tensor.shape.size() == 2 && tensor.shape[1] == spec.head_dim && tensor.items() == want.rows;
  if (tensor.shape != expected && !scalar && !one_head && !stacked) {
    return Error{.what = fmt::format("{} ({}) has the wrong shape", tensor.name, name(role)),
                 .where = checkpoint.path.string(),
                 .expected = shape_text(expected) + " from the configuration",
                 .got = shape_text(tensor.shape) + " in the file"};
  }
  if (!traits(tensor.dtype).is_weight) {
    return Error{.what = fmt::format("{} ({}) is stored as {}", tensor.name, name(role), name(tensor.dtype)),
                 .where = checkpoint.path.string(),
                 .expected = "a floating-point or GGUF block type"};
  }
  return {};
}

struct Binder {
  const Spec& spec;
  const Checkpoint& checkpoint;
  const std::vector<bool>& flags;
  std::set<const TensorInfo*> used;

  /// The row's tensor under one name pattern, checked; null when there is none and none is needed.
  Result<const TensorInfo*> find(const TensorRow& row, std::string_view pattern, std::size_t layer) {
    const bool gguf = checkpoint.format == Format::kGguf;
    const TensorInfo* tensor = find_row(spec, checkpoint, pattern, layer);
    const bool flag_set = row.need == Need::kFlag && flags[static_cast<std::size_t>(row.when)] != row.when_not;
    const bool needed = row.need == Need::kAlways || (!gguf && flag_set);
    if (tensor == nullptr && needed) {
      return Error{.what = fmt::format("tensor {} ({}) is missing",
                                       with_layer(pattern.substr(0, pattern.find('|')), layer), name(row.role)),
                   .where = checkpoint.path.string(),
                   .hint = fmt::format("the checkpoint is incomplete or is not of family {}", spec.family->name)};
    }
    if (tensor == nullptr) return nullptr;
    if (!gguf && row.need == Need::kFlag && !flag_set) {
      return Error{.what = fmt::format("{} ({}) is in the file although the configuration excludes it", tensor->name,
                                       name(row.role)),
                   .where = checkpoint.path.string(),
                   .hint = "config.json and the weights belong to different models"};
    }
    SG_TRY_VOID(check_shape(*tensor, row.role, spec, checkpoint));
    used.insert(tensor);
    return tensor;
  }

  Result<void> bind_layer(const TensorRow& row, std::size_t layer, Bindings& out) {
    const std::string_view pattern = checkpoint.format == Format::kGguf ? row.gguf : row.hf;
    const std::string here = with_layer(pattern.substr(0, pattern.find('|')), layer);
    if (here.find("{}") == std::string::npos) {
      SG_TRY(out.layers[layer][static_cast<std::size_t>(row.role)], find(row, pattern, layer));
      return {};
    }
    const std::size_t heads = row.role == Role::kQNorm ? spec.heads : spec.kv_heads;
    for (std::size_t head = 0; head < heads; ++head) {
      SG_TRY(const TensorInfo* tensor, find(row, here, head));
      if (tensor != nullptr) out.per_head[{layer, row.role}].push_back(tensor);
    }
    return {};
  }
};

/// Buffers that old checkpoints carry and that no forward pass reads.
bool is_buffer(const TensorInfo& tensor) {
  const std::string& n = tensor.name;
  return n.ends_with("rotary_emb.inv_freq") || n.ends_with(".masked_bias") || n.ends_with("position_ids") ||
         ((n.ends_with(".attention.bias") || n.ends_with(".attn.bias")) && tensor.shape.size() == 4);
}

bool same_values(const TensorInfo& a, const TensorInfo& b) {
  return a.dtype == b.dtype && a.bytes == b.bytes && std::memcmp(a.data, b.data, a.bytes) == 0;
}

/// Ties as transformers 5 does: a stored head that differs from the embedding is kept, whatever the configuration says.
void resolve_head(const Spec& spec, Bindings& b) {
  const TensorInfo* embed = get(b.model, Role::kEmbed);
  const TensorInfo* head = get(b.model, Role::kHead);
  if (head == nullptr) {
    b.tied = true;
    if (!spec.tied_config && spec.format == Format::kSafetensors) {
      b.notices.push_back(
          "the configuration says the head is not tied, but the file holds none: the embedding is used");
    }
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
  Binder binder{spec, checkpoint, spec.flags, {}};
  bindings.layers.resize(spec.layers);
  for (const TensorRow& row : spec.family->tensors) {
    const std::string_view pattern = checkpoint.format == Format::kGguf ? row.gguf : row.hf;
    if (pattern.empty()) continue;
    if (pattern.find("{}") == std::string_view::npos) {
      SG_TRY(bindings.model[static_cast<std::size_t>(row.role)], binder.find(row, pattern, 0));
      continue;
    }
    for (std::size_t l = 0; l < spec.layers; ++l) {
      SG_TRY_VOID(binder.bind_layer(row, l, bindings));
    }
  }
  resolve_head(spec, bindings);
  std::size_t unread = 0;
  std::string first;
  for (const TensorInfo& tensor : checkpoint.tensors) {
    if (binder.used.contains(&tensor) || is_buffer(tensor)) continue;
    if (unread++ == 0) first = tensor.name;
  }
  if (unread > 0) {
    bindings.notices.push_back(
        fmt::format("{} tensors are not part of the measured model and are not read, the first is {}", unread, first));
  }
  return bindings;
}

}  // namespace sg
