#include "model/spec_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/nope.h"
#include "model/spec_layers.h"
#include "model/spec_rope.h"

namespace sg {
namespace {

float score_scale(const Family& family, const Fields& fields, std::size_t head_dim) {
  switch (family.attention.scale) {
    case ScoreScale::kInvSqrtHeadDim:
      if (!fields.flag(Field::kScaleScores, true)) return 1.0f;
      return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
    case ScoreScale::kInvSqrtQueryScalar:
      return static_cast<float>(1.0 / std::sqrt(fields.real(Field::kQueryScalar, 1)));
    case ScoreScale::kOne: return 1.0f;
    case ScoreScale::kFromConfig: return static_cast<float>(fields.real(Field::kAttnMultiplier, 1));
  }
  return 1.0f;
}

Error wrong_list(std::string_view key, const Config& config, std::string expected, std::size_t got) {
  return {.what = fmt::format("{} must name every layer", key),
          .where = config.where(),
          .expected = std::move(expected),
          .got = fmt::format("{}", got)};
}

/// For each name of a list whether it is `windowed`; an error unless every layer has one, of these two.
Result<std::vector<bool>> windowed_by_name(std::string_view key, const std::vector<std::string>& names,
                                           std::string_view windowed, std::string_view full, std::size_t layers,
                                           const Config& config) {
  if (names.size() != layers) {
    return wrong_list(key, config, fmt::format("{} times {} or {}", layers, windowed, full), names.size());
  }
  std::vector<bool> out;
  for (const std::string& name : names) {
    if (name != windowed && name != full) {
      return Error{.what = fmt::format("unknown entry in {}", key),
                   .where = config.where(),
                   .expected = fmt::format("{} or {}", windowed, full),
                   .got = show(ConfigValue(name))};
    }
    out.push_back(name == windowed);
  }
  return out;
}

/// GPT-Neo's attention_types: pairs of a pattern of names and how often it repeats.
Result<std::vector<std::string>> repeated_types(const Config& config, std::size_t layers) {
  constexpr std::string_view kKey = "attention_types";
  std::vector<std::string> names;
  const ConfigValue* stated = config.find(kKey);
  if (stated == nullptr || stated->is_null()) {
    constexpr std::size_t kDefaultLayers = 24;  // of the class's default, as its pattern is
    for (std::size_t l = 0; l < kDefaultLayers; ++l) names.emplace_back(l % 2 == 0 ? "global" : "local");
    return names;
  }
  const Error wrong = config.wrong(kKey, "a list of pairs: a list of words, and a whole number of repeats");
  const auto* groups = std::get_if<ConfigList>(stated);
  if (groups == nullptr) return wrong;
  for (const ConfigValue& group : *groups) {
    const auto* pair = std::get_if<ConfigList>(&group);
    if (pair == nullptr || pair->size() != 2) return wrong;
    const auto* pattern = std::get_if<ConfigList>(&(*pair)[0]);
    const auto* repeats = std::get_if<std::int64_t>(&(*pair)[1]);
    if (pattern == nullptr || repeats == nullptr) return wrong;
    for (std::int64_t i = 0; i < *repeats && names.size() <= layers; ++i) {
      for (const ConfigValue& name : *pattern) {
        if (!std::holds_alternative<std::string>(name)) return wrong;
        names.push_back(std::get<std::string>(name));
      }
    }
  }
  return names;
}

Result<std::vector<bool>> alternate_types(const Config& config, std::size_t layers) {
  SG_TRY(const std::optional<std::vector<std::string>> every, config.words("attention_layers"));
  if (every) return windowed_by_name("attention_layers", *every, "local", "global", layers, config);
  SG_TRY(const std::vector<std::string> names, repeated_types(config, layers));
  return windowed_by_name("attention_types", names, "local", "global", layers, config);
}

constexpr std::string_view kGgufPattern = "attention.sliding_window_pattern";

/// Every how many layers one is full. GGUF files of any family may state it, as a number.
Result<std::size_t> full_every(const Config& config, const Fields& fields) {
  const ConfigValue* stated = config.format() == Format::kGguf ? config.find(kGgufPattern) : nullptr;
  if (stated == nullptr) return fields.count(Field::kWindowPattern);
  const auto* every = std::get_if<std::int64_t>(stated);
  if (every == nullptr || *every < 1) return config.wrong(kGgufPattern, "a count of layers, or 0 and 1 for each layer");
  return static_cast<std::size_t>(*every);
}

/// What the family's rule makes of the layers.
Result<std::vector<bool>> windowed_by_rule(const Family& family, const Config& config, const Fields& fields,
                                           std::size_t layers) {
  std::vector<bool> windowed(layers, false);
  switch (family.attention.windows) {
    case Windows::kNone: break;
    case Windows::kAllLayers: windowed.assign(layers, true); break;
    case Windows::kEvenLayers:
      for (std::size_t l = 0; l < layers; l += 2) windowed[l] = true;
      break;
    case Windows::kAllButEveryNth: {
      SG_TRY(const std::size_t every, full_every(config, fields));
      for (std::size_t l = 0; l < layers; ++l) windowed[l] = (l + 1) % every != 0;
      break;
    }
    case Windows::kAlternateTypes: return alternate_types(config, layers);
    case Windows::kEvenBefore:
      for (std::size_t l = 0; l < layers; l += 2) {
        windowed[l] = fields.flag(Field::kUseWindow) && l < fields.count(Field::kWindowFromLayer);
      }
      break;
    case Windows::kUnrotated: {
      SG_TRY(windowed, rotated_layers(family, config, fields, windowed));
      windowed.flip();
      if (!fields.flag(Field::kUseWindow)) windowed.assign(layers, false);
      break;
    }
    case Windows::kRotated: return rotated_layers(family, config, fields, windowed);
    case Windows::kFromLayer:
      for (std::size_t l = 0; l < layers; ++l) {
        windowed[l] = fields.flag(Field::kUseWindow) && l >= fields.count(Field::kWindowFromLayer);
      }
      break;
  }
  return windowed;
}

/// Whether each layer is windowed; an explicit list wins over the family's rule.
Result<std::vector<bool>> windowed_layers(const Family& family, const Config& config, const Fields& fields,
                                          std::size_t layers) {
  // Of models with other mixers the list says which layers have attention.
  if (family.mixer.kind != Mixer::kAttention) return windowed_by_rule(family, config, fields, layers);
  if (config.format() == Format::kSafetensors) {
    SG_TRY(const std::optional<std::vector<std::string>> types, config.words("layer_types"));
    const std::string_view windowed = family.attention.chunks ? "chunked_attention" : "sliding_attention";
    if (types) return windowed_by_name("layer_types", *types, windowed, "full_attention", layers, config);
    return windowed_by_rule(family, config, fields, layers);
  }
  // GGUF may list the layers one by one: 1 is windowed.
  const ConfigValue* pattern = config.find(kGgufPattern);
  if (pattern == nullptr || !std::holds_alternative<ConfigList>(*pattern)) {
    return windowed_by_rule(family, config, fields, layers);
  }
  SG_TRY(std::optional<std::vector<double>> listed, config.reals(kGgufPattern));
  // Layers that predict further tokens stand at the end of the blocks.
  SG_TRY(const std::optional<std::size_t> blocks, config.count("block_count"));
  if (listed->size() == blocks && *blocks > layers) listed->resize(layers);
  if (listed->size() != layers)
    return wrong_list(kGgufPattern, config, fmt::format("{} entries", layers), listed->size());
  std::vector<bool> windowed;
  for (const double entry : *listed) {
    if (entry != 0 && entry != 1) return config.wrong(kGgufPattern, "a list of 0 and 1");
    windowed.push_back(entry == 1);
  }
  return windowed;
}

/// What yarn adds to the scores of latent attention, on queries and keys alike.
double latent_stretch(const RopeSpec& rope) {
  if (rope.type == RopeType::kDefault || rope.mscale_all_dim == 0 || rope.factor <= 1) return 1;
  return 0.1 * rope.mscale_all_dim * std::log(rope.factor) + 1;
}

}  // namespace

Result<void> resolve_attention(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  const float scale = score_scale(family, fields, spec.head_dim);
  SG_TRY(std::vector<bool> windowed, windowed_layers(family, config, fields, spec.layers));
  if (family.attention.layers_differ) windowed.back() = false;
  SG_TRY_VOID(resolve_layer_shapes(family, config, fields, windowed, spec));
  const std::size_t window = fields.count(Field::kWindow, 0);
  const Windows rule = family.attention.windows;
  const bool some_layers = rule == Windows::kEvenLayers || rule == Windows::kAllButEveryNth;
  const bool with_or_without = family.position.nope == Nope::kFullBesideWindowed;  // EXAONE 4 32B, 1.2B
  if (config.format() == Format::kGguf && some_layers && !with_or_without && window == 0) {
    return config.wrong("attention.sliding_window", "1 or more, as the layers of this family need one");
  }
  const bool rotary = spec.positions == PositionKind::kRotary && fields.flag(Field::kUseRope, true);
  if (rotary) {
    SG_TRY_VOID(resolve_rotary({family, config, fields}, windowed, spec));
  }
  SG_TRY(const std::vector<bool> rotated, rotated_layers(family, config, fields, windowed));
  const double stretched = family.attention.latent && rotary ? latent_stretch(spec.ropes.front()) : 1;
  spec.attention.resize(spec.layers);
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const bool local = windowed[l] && window > 0;
    const float by_layer = fields.flag(Field::kScaleByLayer) ? 1.0f / static_cast<float>(l + 1) : 1.0f;
    LayerAttention& at = spec.attention[l];
    at.window = local ? window : 0;
    at.chunked = family.attention.chunks;
    at.rope = !rotary || !rotated[l] ? -1 : windowed[l] && family.position.kinds != RopeKinds::kOne ? 1 : 0;
    at.score_scale = static_cast<float>(static_cast<double>(scale * by_layer) * stretched * stretched);
    at.key_is_value = fields.flag(Field::kKeyIsValue) && !windowed[l];
  }
  spec.value_norm = family.attention.value_norm;
  spec.score_cap = static_cast<float>(fields.real(Field::kAttnCap, 0));
  spec.clip_qkv = static_cast<float>(fields.real(Field::kClipQkv, 0));
  spec.qk_norm = fields.flag(Field::kQkNorm, true) ? family.attention.qk_norm : QkNorm::kNone;
  spec.clip_normed = family.attention.clip_normed;
  spec.qk_norm_rotated = family.attention.qk_norm_rotated;
  spec.temperature = fields.real(Field::kTemperature, 0);
  spec.temperature_length = fields.count(Field::kTemperatureLength, 0);
  spec.warm_unrotated = family.attention.warm_unrotated;
  const bool quarters = spec.heads % 4 == 0 && spec.heads == spec.kv_heads;
  if (spec.qkv_layout == QkvLayout::kQuarters && !quarters) {
    return Error{.what = "the fused projection has four equal parts, and the heads do not divide by four",
                 .where = config.where(),
                 .got = fmt::format("{}", spec.heads)};
  }
  return {};
}

}  // namespace sg
