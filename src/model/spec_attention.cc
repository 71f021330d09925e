#include "model/spec_attention.h"

#include <fmt/format.h>

#include <cmath>

namespace sg {
namespace {

Result<float> score_scale(const Family& family, const Config& config, const Fields& fields, std::size_t head_dim) {
  if (config.format() == Format::kGguf) {
    SG_TRY(const std::optional<double> stated, config.number("attention.scale"));
    if (stated) return static_cast<float>(*stated);
  }
  switch (family.attention.scale) {
    case ScoreScale::kInvSqrtHeadDim:
      if (!fields.flag(Field::kScaleScores, true)) return 1.0f;
      return static_cast<float>(1.0 / std::sqrt(static_cast<double>(head_dim)));
    case ScoreScale::kInvSqrtQueryScalar: {
      SG_TRY(const std::size_t scalar, fields.count(Field::kQueryScalar));
      return static_cast<float>(1.0 / std::sqrt(static_cast<double>(scalar)));
    }
    case ScoreScale::kOne: return 1.0f;
    case ScoreScale::kFromConfig: return static_cast<float>(fields.get(Field::kAttnMultiplier, 1.0));
  }
  return 1.0f;
}

/// GPT-Neo: attention_layers names every layer, or attention_types repeats a pattern a number of times.
Result<std::vector<bool>> alternate_types(const Config& config, std::size_t layers) {
  std::vector<std::string> names;
  const ConfigValue* stated = config.find("attention_layers");
  if (stated != nullptr && std::holds_alternative<std::vector<std::string>>(*stated)) {
    names = std::get<std::vector<std::string>>(*stated);
  }
  for (std::size_t group = 0; stated == nullptr && names.size() < layers; ++group) {
    const std::string key = fmt::format("attention_types.{}", group);
    const ConfigValue* pattern = config.find(key + ".0");
    SG_TRY(const std::optional<double> repeats, config.number(key + ".1"));
    if (pattern == nullptr || !repeats || !std::holds_alternative<std::vector<std::string>>(*pattern)) break;
    for (double i = 0; i < *repeats && names.size() < layers; ++i) {
      for (const std::string& name : std::get<std::vector<std::string>>(*pattern)) names.push_back(name);
    }
  }
  std::vector<bool> windowed;
  for (const std::string& name : names) {
    if (name == "global" || name == "local") windowed.push_back(name == "local");
  }
  if (windowed.size() == layers && names.size() == layers) return windowed;
  return Error{.what = "attention_types must name every layer",
               .where = config.where(),
               .expected = fmt::format("{} times global or local", layers),
               .got = fmt::format("{}", windowed.size())};
}

/// Whether each layer is windowed; an explicit layer_types list wins over the family's rule.
Result<std::vector<bool>> windowed_layers(const Family& family, const Config& config, const Fields& fields,
                                          std::size_t layers) {
  std::vector<bool> windowed(layers, false);
  const ConfigValue* types = config.find("layer_types");
  if (const auto* list = types == nullptr ? nullptr : std::get_if<std::vector<std::string>>(types)) {
    if (list->size() != layers) {
      return Error{.what = "layer_types must name every layer",
                   .where = config.where(),
                   .expected = fmt::format("{} entries", layers),
                   .got = fmt::format("{}", list->size())};
    }
    for (std::size_t l = 0; l < layers; ++l) {
      const std::string& type = (*list)[l];
      if (type != "sliding_attention" && type != "full_attention") {
        return Error{.what = "unknown entry in layer_types",
                     .where = config.where(),
                     .expected = "sliding_attention or full_attention",
                     .got = "\"" + type + "\""};
      }
      windowed[l] = type == "sliding_attention";
    }
    return windowed;
  }
  // GGUF may list the layers one by one: true is windowed.
  const ConfigValue* flags = config.find("attention.sliding_window_pattern");
  if (const auto* list = flags == nullptr ? nullptr : std::get_if<std::vector<double>>(flags)) {
    if (list->size() != layers) {
      return Error{.what = "attention.sliding_window_pattern must have an entry per layer",
                   .where = config.where(),
                   .expected = fmt::format("{} entries", layers),
                   .got = fmt::format("{}", list->size())};
    }
    for (std::size_t l = 0; l < layers; ++l) windowed[l] = (*list)[l] != 0;
    return windowed;
  }
  switch (family.attention.windows) {
    case Windows::kNone: break;
    case Windows::kAllLayers: windowed.assign(layers, true); break;
    case Windows::kEvenLayers:
      for (std::size_t l = 0; l < layers; l += 2) windowed[l] = true;
      break;
    case Windows::kAllButEveryNth: {
      SG_TRY(const std::size_t pattern, fields.count(Field::kWindowPattern));
      for (std::size_t l = 0; l < layers; ++l) windowed[l] = (l + 1) % pattern != 0;
      break;
    }
    case Windows::kAlternateTypes: return alternate_types(config, layers);
    case Windows::kFromLayer:
      for (std::size_t l = 0; l < layers; ++l)
        windowed[l] = fields.flag(Field::kUseWindow) && static_cast<double>(l) >= fields.get(Field::kWindowFromLayer);
      break;
  }
  return windowed;
}

/// Whether the file has a dictionary of rotary parameters. A GGUF file says what it is converted from.
bool states_rope(const Config& config) {
  return config.format() == Format::kGguf || config.has_object("rope_scaling") || config.has_object("rope_parameters");
}

/// transformers 5 takes a missing dictionary and a null one alike, and puts the whole default in its place, theta
/// included, whatever rope_theta stands beside it.
void scale_by_default(const Family& family, RopeSpec& rope) {
  for (const ConfigRow& row : family.config) {
    if (row.field == Field::kRopeTheta) rope.theta = row.absent.value;
  }
  rope.type = RopeType::kLlama3;
  rope.factor = 8;
  rope.low_freq_factor = 1;
  rope.high_freq_factor = 4;
  rope.original_max_position = 8192;
}

Result<void> resolve_rotary(const Family& family, const Config& config, const Fields& fields, Spec& spec) {
  const double share = fields.get(Field::kRotaryPct, 1.0);
  spec.rotary_dim = static_cast<std::size_t>(static_cast<double>(spec.head_dim) * share);
  if (fields.has(Field::kRotaryDim)) {
    SG_TRY(spec.rotary_dim, fields.count(Field::kRotaryDim));
  }
  if (config.format() == Format::kGguf) {
    SG_TRY(const std::optional<double> stated, config.number("rope.dimension_count"));
    if (stated && *stated >= 0 && *stated <= kLargestCount) spec.rotary_dim = static_cast<std::size_t>(*stated);
  }
  if (!(share > 0) || spec.rotary_dim > spec.head_dim || spec.rotary_dim % 2 != 0 || spec.rotary_dim == 0) {
    return Error{.what = "the rotated part of a head must be an even number of its channels",
                 .where = config.where(),
                 .expected = fmt::format("2 to {}", spec.head_dim),
                 .got = fmt::format("{}", spec.rotary_dim)};
  }
  RopeSpec absent = {.theta = fields.get(Field::kRopeTheta, 10000.0),
                     .rotary_dim = static_cast<int>(spec.rotary_dim),
                     .max_position = static_cast<double>(spec.max_position)};
  RopeSpec local = absent;
  local.theta = fields.get(Field::kRopeLocalTheta, 10000.0);
  if (family.position.llama3_rope && !states_rope(config)) scale_by_default(family, absent);
  SG_TRY(RopeSpec full, read_rope(config, "full_attention", std::move(absent)));
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
  SG_TRY(const float scale, score_scale(family, config, fields, spec.head_dim));
  SG_TRY(const std::vector<bool> windowed, windowed_layers(family, config, fields, spec.layers));
  std::size_t window = 0;
  if (fields.has(Field::kWindow)) {
    SG_TRY(window, fields.count(Field::kWindow, 0));
  }
  const bool rotary = spec.positions == PositionKind::kRotary;
  if (rotary) {
    SG_TRY_VOID(resolve_rotary(family, config, fields, spec));
  }
  for (std::size_t l = 0; l < spec.layers; ++l) {
    const bool local = windowed[l] && window > 0;
    const float by_layer = fields.flag(Field::kScaleByLayer) ? 1.0f / static_cast<float>(l + 1) : 1.0f;
    spec.attention.push_back({.window = local ? window : 0,
                              .rope = !rotary                                     ? -1
                                      : windowed[l] && family.position.local_rope ? 1
                                                                                  : 0,
                              .score_scale = scale * by_layer});
  }
  spec.score_cap = static_cast<float>(fields.get(Field::kAttnCap));
  spec.clip_qkv = static_cast<float>(fields.get(Field::kClipQkv));
  spec.qk_norm = fields.flag(Field::kQkNorm, true) ? family.attention.qk_norm : QkNorm::kNone;
  return {};
}

}  // namespace sg
