#include "model/spec_layers.h"

#include <fmt/format.h>

#include <optional>

namespace sg {
namespace {

/// GGUF: one number for all layers, or one per layer.
Result<std::vector<std::size_t>> per_layer(const Config& config, std::string_view key, std::size_t layers,
                                           std::size_t absent) {
  std::vector<std::size_t> all(layers, absent);
  const ConfigValue* value = config.find(key);
  if (value == nullptr || !std::holds_alternative<ConfigList>(*value)) return all;
  SG_TRY(const std::optional<std::vector<double>> listed, config.reals(key));
  if (listed->size() != layers) return config.wrong(key, fmt::format("{} numbers", layers));
  for (std::size_t l = 0; l < layers; ++l) {
    const std::optional<std::size_t> one = whole((*listed)[l]);
    if (!one || *one == 0) return config.wrong(key, "whole numbers above 0");
    all[l] = *one;
  }
  return all;
}

/// transformers 5 writes the layers that differ from the model: "per_layer_config": {"5": {"head_dim": 512}}.
Result<std::size_t> overridden(const Config& config, std::size_t layer, const char* key, std::size_t absent) {
  SG_TRY(const std::optional<std::size_t> stated, config.count(fmt::format("per_layer_config.{}.{}", layer, key)));
  if (stated == 0) return config.wrong(fmt::format("per_layer_config.{}.{}", layer, key), "a number above 0");
  return stated.value_or(absent);
}

Result<void> read_heads(const Config& config, const Fields& fields, const std::vector<bool>& windowed, Spec& spec) {
  const bool stated = config.has_object("per_layer_config"), gguf = config.format() == Format::kGguf;
  const std::size_t kv = fields.count(Field::kFullKvHeads, 0);
  SG_TRY(const std::vector<std::size_t> listed,
         per_layer(config, "attention.head_count_kv", spec.layers, spec.kv_heads));
  for (std::size_t l = 0; l < spec.layers; ++l) {
    LayerShape& shape = spec.shapes[l];
    shape.kv_heads = gguf ? listed[l] : spec.kv_heads;
    shape.head_dim = spec.head_dim;
    if (!windowed[l] && !stated) {
      shape.head_dim = fields.count(Field::kFullHeadDim);
      if (!gguf && kv > 0 && fields.flag(Field::kKeyIsValue)) shape.kv_heads = kv;
    }
    SG_TRY(shape.head_dim, overridden(config, l, "head_dim", shape.head_dim));
    SG_TRY(shape.kv_heads, overridden(config, l, "num_key_value_heads", shape.kv_heads));
    if (spec.heads % shape.kv_heads != 0) {
      return Error{.what = fmt::format("the heads of layer {} are no multiple of those of keys and values", l),
                   .where = config.where(),
                   .got = fmt::format("{} and {}", spec.heads, shape.kv_heads)};
    }
  }
  return {};
}

Result<void> share_keys(const Config& config, const Fields& fields, const std::vector<bool>& windowed, Spec& spec) {
  const std::size_t shared = fields.count(Field::kSharedKvLayers, 0);
  if (shared >= spec.layers) return config.wrong("num_kv_shared_layers", fmt::format("below {}", spec.layers));
  const std::size_t first = spec.layers - shared;
  for (std::size_t l = first; l < spec.layers; ++l) {
    for (std::size_t earlier = 0; earlier < first; ++earlier) {
      if (windowed[earlier] == windowed[l]) spec.attention[l].kv_from = static_cast<int>(earlier);
    }
    const int from = spec.attention[l].kv_from;
    const LayerShape& own = spec.shapes[l];
    const LayerShape& other = spec.shapes[from < 0 ? l : static_cast<std::size_t>(from)];
    if (from < 0 || own.head_dim != other.head_dim || own.kv_heads != other.kv_heads) {
      return Error{.what = fmt::format("layer {} has no keys, and no earlier layer has ones of its shape", l),
                   .where = config.where()};
    }
  }
  return {};
}

}  // namespace

Result<void> resolve_layer_shapes(const Family& family, const Config& config, const Fields& fields,
                                  const std::vector<bool>& windowed, Spec& spec) {
  if (!family.attention.layers_differ) return {};
  const bool gguf = config.format() == Format::kGguf;
  constexpr std::string_view kBidirectional = "use_bidirectional_attention";
  SG_TRY(const std::optional<std::string> both, config.word(kBidirectional));
  if (both && *both != "vision") return config.wrong(kBidirectional, "vision or null, of a causal language model");
  spec.shapes.resize(spec.layers);
  spec.attention.resize(spec.layers);
  SG_TRY_VOID(read_heads(config, fields, windowed, spec));
  SG_TRY_VOID(share_keys(config, fields, windowed, spec));
  SG_TRY(const std::vector<std::size_t> widths, per_layer(config, "feed_forward_length", spec.layers, spec.ffn_width));
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const bool wide = spec.attention[l].kv_from >= 0 && fields.flag(Field::kDoubleWide);
    spec.shapes[l].ffn_width = gguf ? widths[l] : (wide ? 2 : 1) * spec.ffn_width;
  }
  return {};
}

}  // namespace sg
