#include "model/spec_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/nope.h"
#include "model/spec_layers.h"

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
  SG_TRY(const std::optional<std::vector<double>> listed, config.reals(kGgufPattern));
  if (listed->size() != layers)
    return wrong_list(kGgufPattern, config, fmt::format("{} entries", layers), listed->size());
  std::vector<bool> windowed;
  for (const double entry : *listed) {
    if (entry != 0 && entry != 1) return config.wrong(kGgufPattern, "a list of 0 and 1");
    windowed.push_back(entry == 1);
  }
  return windowed;
}

/// Whether the file has a dictionary of rotary parameters. A GGUF file says what it is converted from. Of transformers'
/// two names the newer one counts when its dictionary is empty: the rotation is then plain.
bool states_rope(const Config& config) {
  const ConfigValue* newer = config.find("rope_parameters");
  return config.format() == Format::kGguf || config.has_object("rope_scaling") ||
         (newer != nullptr && std::holds_alternative<ConfigObject>(*newer));
}

/// transformers 5 takes a missing dictionary and a null one alike, and puts the class's default in its place. Where
/// that has a theta, and it has but for gpt-oss, it holds whatever rope_theta stands beside it.
void scale_by_default(const Family& family, RopeSpec& rope) {
  if (family.position.unstated == DefaultRope::kPlain) return;
  if (family.position.unstated == DefaultRope::kGptOss) {
    rope.type = RopeType::kYarn;
    rope.factor = 32;
    rope.original_max_position = 4096;
    rope.truncate = false;
    return;
  }
  for (const ConfigRow& row : family.config) {
    if (row.field == Field::kRopeTheta) rope.theta = row.absent.value;
  }
  if (family.position.unstated == DefaultRope::kGemma4) {
    rope.type = RopeType::kProportional;
    rope.share = 0.25;
    return;
  }
  if (family.position.unstated == DefaultRope::kMinistral3) {
    rope.type = RopeType::kYarn;
    rope.factor = 16;
    rope.original_max_position = 16384;
    rope.mscale = rope.mscale_all_dim = 1;
    return;
  }
  rope.type = RopeType::kLlama3;
  rope.factor = 8;
  rope.low_freq_factor = 1;
  rope.high_freq_factor = 4;
  rope.original_max_position = 8192;
}

/// Channels of a head that rotate.
Result<std::size_t> rotated_channels(const Config& config, const Fields& fields, std::size_t head_dim) {
  const double share = static_cast<double>(head_dim) * fields.real(Field::kRotaryPct, 1);
  std::size_t channels = fields.count(Field::kRotaryDim, whole(std::floor(share)).value_or(0));
  if (config.format() == Format::kGguf) {
    SG_TRY(const std::optional<std::size_t> stated, config.count("rope.dimension_count"));
    channels = stated.value_or(channels);
  }
  if (channels == 0 || channels > head_dim || channels % 2 != 0) {
    return Error{.what = "the rotated part of a head must be an even number of its channels",
                 .where = config.where(),
                 .expected = fmt::format("2 to {}", head_dim),
                 .got = fmt::format("{}", channels)};
  }
  return channels;
}

/// Whether all layers rotate proportionally. A head is then rotated whole, and the share is of its frequencies.
Result<bool> rotates_proportionally(const Config& config) {
  if (config.format() == Format::kGguf) return false;
  const std::string dictionary = config.has_object("rope_scaling") ? "rope_scaling" : "rope_parameters";
  SG_TRY(const std::optional<std::string> type,
         config.word(fmt::format("{}.rope_type|{}.type", dictionary, dictionary)));
  return type == "proportional";
}

/// Whether the reference's code has the frequencies of config.json models as a constant (GPT-J).
bool has_fixed_rotation(const Family& family, const Config& config) {
  return config.format() == Format::kSafetensors && std::ranges::none_of(family.config, [](const ConfigRow& row) {
           return row.field == Field::kRopeTheta && !row.hf.empty();
         });
}

/// What yarn adds to the scores of latent attention, on queries and keys alike.
double latent_stretch(const RopeSpec& rope) {
  if (rope.type == RopeType::kDefault || rope.mscale_all_dim == 0 || rope.factor <= 1) return 1;
  return 0.1 * rope.mscale_all_dim * std::log(rope.factor) + 1;
}

Result<void> resolve_rotary(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  if (config.format() == Format::kSafetensors) {
    SG_TRY_VOID(config.check_object("rope_scaling"));
    SG_TRY_VOID(config.check_object("rope_parameters"));
  }
  std::size_t widest = spec.head_dim;  // that of unwindowed layers, where they have another
  for (const LayerShape& shape : spec.shapes) widest = std::max(widest, shape.head_dim);
  SG_TRY(spec.rotary_dim, rotated_channels(config, fields, widest));
  RopeSpec absent = {.theta = fields.real(Field::kRopeTheta, 10000),
                     .rotary_dim = static_cast<int>(spec.rotary_dim),
                     .max_position = static_cast<double>(spec.max_position),
                     .ntk_alpha = family.position.ntk_alpha,
                     .mscales = family.position.mscales,
                     .log_multiplier = family.attention.latent};
  absent.original_max_position = family.position.original_length;
  RopeSpec local = absent;
  local.theta = fields.real(Field::kRopeLocalTheta, 10000);
  if (!spec.shapes.empty()) local.rotary_dim = static_cast<int>(spec.head_dim);
  // llama.cpp's yarn of gpt-oss is that of the class's default; a dictionary without the key is truncated.
  absent.truncate = config.format() != Format::kGguf || family.position.unstated != DefaultRope::kGptOss;
  if (!states_rope(config)) scale_by_default(family, absent);
  SG_TRY(const bool proportional, rotates_proportionally(config));
  if (proportional) {
    absent.share = static_cast<double>(spec.rotary_dim) / static_cast<double>(widest);
    absent.rotary_dim = static_cast<int>(widest);
    spec.rotary_dim = widest;
  }
  const double fixed_theta = absent.theta;
  SG_TRY(RopeSpec full, read_rope(config, "full_attention", std::move(absent)));
  if (has_fixed_rotation(family, config) && (full.type != RopeType::kDefault || full.theta != fixed_theta)) {
    return config.wrong(config.has_object("rope_scaling") ? "rope_scaling" : "rope_parameters",
                        fmt::format("no other rotation than that of family {}, which is fixed", family.name));
  }
  local.attention_multiplier = full.attention_multiplier;  // GGUF has one for all layers
  spec.ropes.push_back(std::move(full));
  if (!family.position.local_rope) return {};
  if (config.has_object("rope_parameters.sliding_attention")) {
    SG_TRY(local, read_rope(config, "sliding_attention", std::move(local)));
  }
  spec.ropes.push_back(std::move(local));
  return {};
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
    SG_TRY_VOID(resolve_rotary(family, config, fields, spec));
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
    at.rope = !rotary || !rotated[l] ? -1 : windowed[l] && family.position.local_rope ? 1 : 0;
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
