#include "model/config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>

#include "model/fields.h"

namespace sg {
namespace {

/// Keys and factors are written with few digits.
bool same(double a, double b) { return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b)); }

/// Whether every layer sees all of its past whatever sliding_window says.
bool windows_are_off(const Config& config) {
  const ConfigValue* use = config.find("use_sliding_window");
  if (use != nullptr && std::holds_alternative<bool>(*use) && !std::get<bool>(*use)) return true;
  const Result<std::optional<std::vector<std::string>>> types = config.words("layer_types");
  if (!types.ok() || !types.value()) return false;
  return std::ranges::find(*types.value(), "sliding_attention") == types.value()->end();
}

enum class Effect : std::uint8_t { kNone, kDoubtful, kOther };
Effect other_unless(bool nothing_changes) { return nothing_changes ? Effect::kNone : Effect::kOther; }

/// What another family's switch would do to this model.
Effect effect_of_flag(Field field, bool on, const Spec& spec) {
  const float scale = spec.attention.front().score_scale;
  if (field == Field::kNormAffine) return other_unless(on);
  if (field == Field::kNormFirst) return other_unless(on == has(spec.norm_at, NormAt::kInput));
  if (field == Field::kNoFinalNorm) return other_unless(on != spec.final_norm);
  if (field == Field::kParallel) return other_unless(on == (spec.order == Order::kParallel));
  if (field == Field::kQkNorm) return other_unless(!on || spec.qk_norm != QkNorm::kNone);
  if (field == Field::kScaleScores) return other_unless(on || scale == 1);
  if (field == Field::kNormTopk) return other_unless(spec.experts.count == 0 || on == spec.experts.router.normalise);
  if (field == Field::kAlibi) return other_unless(!on || spec.ropes.empty());
  // Tensors are there or they are not, and bind() has looked; the rest has no arithmetic of its own.
  constexpr Field kHarmless[] = {Field::kRopeInterleave, Field::kConvBias,   Field::kMixBias,     Field::kFfnAdjusted,
                                 Field::kCorrected,      Field::kMultiQuery, Field::kAttnBias,    Field::kOutBias,
                                 Field::kHeadBias,       Field::kMlpBias,    Field::kTied,        Field::kUseWindow,
                                 Field::kMixOutBias,     Field::kMixNormed,  Field::kMixNormFirst};
  if (std::ranges::find(kHarmless, field) != std::end(kHarmless)) return Effect::kNone;
  return other_unless(!on);
}

/// What another family's number would do to this model.
Effect effect_of_number(Field field, double v, const Spec& spec, const Config& config) {
  const double scale = static_cast<double>(spec.attention.front().score_scale);
  const double head_dim = static_cast<double>(spec.head_dim);
  const bool rotary = !spec.ropes.empty();
  const auto off_or = [&](float here) { return other_unless(v == 0 || same(v, static_cast<double>(here))); };
  const auto one_or = [&](double here) { return other_unless(v == 1 || same(v, here)); };
  if (field == Field::kNormEps) return same(v, spec.norm_eps) ? Effect::kNone : Effect::kDoubtful;
  if (field == Field::kClipQkv) return off_or(spec.clip_qkv);
  if (field == Field::kAttnCap) return off_or(spec.score_cap);
  if (field == Field::kLogitCap) return off_or(spec.logit_cap);
  if (field == Field::kQueryScalar) return other_unless(v == head_dim || (v > 0 && same(1 / std::sqrt(v), scale)));
  if (field == Field::kAttnMultiplier) return one_or(scale);
  if (field == Field::kEmbedMultiplier) return one_or(static_cast<double>(spec.embed_scale));
  if (field == Field::kResidualMultiplier) return one_or(static_cast<double>(spec.residual_multiplier));
  if (field == Field::kLogitDivisor) return other_unless(v == 1 || same(1 / v, static_cast<double>(spec.logit_scale)));
  if (field == Field::kExperts || field == Field::kSharedExperts) {
    return other_unless(v == 0 || v == static_cast<double>(spec.experts.count));
  }
  if (field == Field::kSharedWidth) {  // GGUF may state it beside the number of shared experts
    return other_unless(v == 0 || spec.experts.count == 0 || v == static_cast<double>(spec.experts.shared_width));
  }
  if (field == Field::kRouterScale) return other_unless(spec.experts.count == 0 || same(v, spec.experts.router.scale));
  if (field == Field::kClampLimit) return off_or(spec.experts.clamp_limit);
  if (field == Field::kGroups || field == Field::kGroupsUsed) {
    return other_unless(v == 1 || spec.experts.router.groups > 1 || spec.experts.count == 0);
  }
  if (field == Field::kQRank || field == Field::kKvRank) return other_unless(v == 0);
  constexpr Field kFactors[] = {Field::kAttnInMultiplier, Field::kAttnOutMultiplier, Field::kKeyMultiplier,
                                Field::kMixInMultiplier, Field::kMixOutMultiplier};
  if (std::ranges::find(kFactors, field) != std::end(kFactors)) return other_unless(v == 1);
  if (field == Field::kExpertLatent) return other_unless(spec.experts.count == 0);
  if (field == Field::kLogitMultiplier) return one_or(static_cast<double>(spec.logit_scale));
  if (field == Field::kAlibiBias) return other_unless(v == 0);
  if (field == Field::kTemperature) return other_unless(v == 0 || same(v, spec.temperature));
  if (field == Field::kNopeInterval) return other_unless(!rotary);
  if (field == Field::kWindow) {
    const bool reaches_all = spec.max_position > 0 && v >= static_cast<double>(spec.max_position);
    return other_unless(v == 0 || reaches_all || windows_are_off(config));
  }
  if (field == Field::kRopeTheta || field == Field::kRopeLocalTheta) {
    return other_unless(!rotary || same(v, spec.ropes.front().theta));
  }
  const double rotated = static_cast<double>(spec.rotary_dim);
  if (field == Field::kRotaryPct) {  // a proportional rotation reads it wherever it stands
    const bool proportional = rotary && spec.ropes.front().type == RopeType::kProportional;
    return other_unless(!rotary || proportional || std::floor(head_dim * v) == rotated);
  }
  if (field == Field::kHeadDim) return other_unless(!rotary || v == head_dim);  // frequencies follow it elsewhere
  if (field == Field::kRotaryDim) return other_unless(!rotary || v == rotated);
  return Effect::kNone;  // widths: tensors have these shapes or they have not, and bind() has looked
}

/// Nothing for null. A value of another kind is doubtful: the family that has the key would refuse it.
Effect effect_of(Field field, const ConfigValue& value, const Spec& spec, const Config& config) {
  if (value.is_null()) return Effect::kNone;
  const bool* flag = std::get_if<bool>(&value);
  const auto* count = std::get_if<std::int64_t>(&value);
  const auto* real = std::get_if<double>(&value);
  switch (kind_of(field).kind) {
    case Kind::kFlag: return flag == nullptr ? Effect::kDoubtful : effect_of_flag(field, *flag, spec);
    case Kind::kCount:
    case Kind::kReal:
      if (count == nullptr && real == nullptr) return Effect::kDoubtful;
      return effect_of_number(field, count == nullptr ? *real : static_cast<double>(*count), spec, config);
    case Kind::kAct: {
      const auto* word = std::get_if<std::string>(&value);
      const Result<Act> act = word == nullptr ? Error{.what = "no word"} : parse_act(*word, config.where());
      return act.ok() ? other_unless(act.value() == spec.act) : Effect::kDoubtful;
    }
  }
  return Effect::kDoubtful;
}

std::string_view keys_of(const ConfigRow& row, Format format) { return format == Format::kGguf ? row.gguf : row.hf; }

/// The list of windowed layers is read wherever windows are resolved, of every family that has any.
constexpr std::string_view kWindowList = "attention.sliding_window_pattern";

bool has_windows(const Family& family) {
  return std::ranges::any_of(family.config, [](const ConfigRow& row) { return row.field == Field::kWindow; });
}

bool reads(const Family& family, std::string_view key, Format format) {
  if (key == kWindowList && format == Format::kGguf && has_windows(family)) return true;
  return lists(family.unused_keys, key) ||
         std::ranges::any_of(family.config, [&](const ConfigRow& row) { return lists(keys_of(row, format), key); });
}

Error refusal(std::string_view key, const ConfigValue& value, std::string_view owner, const Spec& spec,
              const Config& config) {
  const bool gguf = config.format() == Format::kGguf;
  return {
      .what = fmt::format("{} would change the forward pass, and family {} has no such switch", key, spec.family->name),
      .where = config.where(),
      .expected = "no such key, null or a value without effect",
      .got = show(value),
      .hint =
          fmt::format("it is a key of {}; the file describes a variant that is not supported{}", owner,
                      gguf ? "" : ". If the model's own code ignores the key, take it out of a copy of config.json")};
}

/// A switch that no family of this program has, and the value at which it is off.
struct ForeignSwitch {
  std::string_view hf, gguf;
  double off;  // flags are 1 and 0
  std::string_view owner;
  bool null_is_off = true;
};
constexpr ForeignSwitch kForeignSwitches[] = {
    // A stated null is not the default here: the reference asks whether the value is true.
    {"is_causal", "attention.causal", 1, "models that attend in both directions", false},
    {"is_encoder_decoder", "", 0, "encoder-decoders"},
    {"use_long_context", "", 0, "models whose rotation is stretched when they are loaded"},
    {"per_layer_config", "", 0, "models whose layers differ"},
    {"", "attention.value_residual_mix_lora_rank", 0, "RWKV"},
    {"", "ssm.conv_kernel", 0, "state-space models"},
    {"", "ssm.state_size", 0, "state-space models"},
    {"", "attention.temperature_scale", 0, "Mistral 4"},
    {"", "swin_norm", 0, "Chameleon"},
    {"", "rope.dimension_sections", 0, "vision models, whose files hold the rotated channels in another order"},
};

/// Whether the value is that number or that flag; a value of another kind is not.
bool is_at(const ConfigValue& value, double wanted) {
  if (const bool* flag = std::get_if<bool>(&value)) return (*flag ? 1.0 : 0.0) == wanted;
  if (const auto* count = std::get_if<std::int64_t>(&value)) return static_cast<double>(*count) == wanted;
  if (const auto* real = std::get_if<double>(&value)) return *real == wanted;
  return false;
}

Result<void> check_switches(const Spec& spec, const Config& config) {
  for (const ForeignSwitch& each : kForeignSwitches) {
    const std::string_view keys = config.format() == Format::kGguf ? each.gguf : each.hf;
    const ConfigValue* value = keys.empty() ? nullptr : config.find(keys);
    if (reads(*spec.family, keys, config.format())) continue;
    if (value == nullptr || (value->is_null() ? each.null_is_off : is_at(*value, each.off))) continue;
    const std::string_view key = keys.substr(0, keys.find('|'));
    return refusal(key, *value, each.owner, spec, config);
  }
  return {};
}

/// Sizes that GGUF may state a second time. llama.cpp takes them; here a size is one for all layers and both products.
Result<void> check_sizes(const Spec& spec, const Config& config) {
  const struct {
    std::string_view key;
    std::size_t here;
  } sizes[] = {{"attention.value_length", spec.head_dim},
               {"attention.key_length_swa", spec.head_dim},
               {"attention.value_length_swa", spec.head_dim},
               {"rope.dimension_count_swa", spec.rotary_dim}};
  for (const auto& each : sizes) {
    const ConfigValue* value = config.find(each.key);
    if (value == nullptr || reads(*spec.family, each.key, config.format())) continue;
    if (is_at(*value, 0) || is_at(*value, static_cast<double>(each.here))) continue;
    return config.wrong(each.key, fmt::format("{}, as the rest of the file says", each.here));
  }
  return {};
}

/// Which of a picture's three positions turns a pair of channels. A token of text has one position, so the sections say
/// nothing, as long as they are of the channels that turn.
Result<void> check_sections(const Spec& spec, const Config& config) {
  constexpr std::string_view kKey = "rope.dimension_sections";
  if (!reads(*spec.family, kKey, Format::kGguf)) return {};
  SG_TRY(const std::optional<std::vector<double>> sections, config.reals(kKey));
  if (!sections || std::accumulate(sections->begin(), sections->end(), 0.0) * 2 == static_cast<double>(spec.rotary_dim))
    return {};
  return config.wrong(kKey, fmt::format("counts that add up to {} pairs of channels", spec.rotary_dim / 2));
}

}  // namespace

bool is_foreign_switch(std::string_view key) {
  return std::ranges::any_of(kForeignSwitches, [&](const ForeignSwitch& each) { return lists(each.hf, key); });
}

Result<std::vector<std::string>> check_foreign_keys(const Spec& spec, const Config& config) {
  SG_TRY_VOID(check_switches(spec, config));
  if (config.format() == Format::kGguf) {
    SG_TRY_VOID(check_sizes(spec, config));
    SG_TRY_VOID(check_sections(spec, config));
  }
  std::vector<std::string> notices;
  std::set<std::string_view> seen;
  for (const Family* other : all_families()) {
    for (const ConfigRow& row : other->config) {
      for (std::string_view keys = keys_of(row, config.format()); !keys.empty();) {
        const std::size_t bar = keys.find('|');
        const std::string_view key = keys.substr(0, bar);
        keys = bar == std::string_view::npos ? std::string_view{} : keys.substr(bar + 1);
        const ConfigValue* found = config.find(key);
        if (found == nullptr || reads(*spec.family, key, config.format()) || !seen.insert(key).second) continue;
        // llama.cpp's converters write 0 for what a model has not.
        if (config.format() == Format::kGguf && is_at(*found, 0)) continue;
        const Effect effect = effect_of(row.field, *found, spec, config);
        if (effect == Effect::kOther) return refusal(key, *found, other->name, spec, config);
        if (effect == Effect::kDoubtful) {
          notices.push_back(fmt::format("{} is {} in the configuration and is not read: family {} has no such key", key,
                                        show(*found), spec.family->name));
        }
      }
    }
  }
  return notices;
}

}  // namespace sg
