#include "model/config_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
  const ConfigValue* types = config.find("layer_types");
  const auto* list = types == nullptr ? nullptr : std::get_if<std::vector<std::string>>(types);
  return list != nullptr && std::ranges::find(*list, "sliding_attention") == list->end();
}

enum class Effect : std::uint8_t { kNone, kDoubtful, kOther };
Effect other_unless(bool nothing_changes) { return nothing_changes ? Effect::kNone : Effect::kOther; }

/// What the value of another family's key would do to this model. Flags are 1 and 0.
Effect effect_of(Field field, double v, const Spec& spec, const Config& config) {
  const double scale = static_cast<double>(spec.attention.front().score_scale);
  const double head_dim = static_cast<double>(spec.head_dim);
  const bool rotary = !spec.ropes.empty();
  switch (field) {
    // Tensors have these shapes or they have not, and bind() has looked.
    case Field::kLayers:
    case Field::kWidth:
    case Field::kHeads:
    case Field::kKvHeads:
    case Field::kHeadDim:
    case Field::kFfnWidth:
    case Field::kVocab:
    case Field::kEmbedWidth:
    case Field::kMultiQuery:
    case Field::kNormCount:
    case Field::kAttnBias:
    case Field::kMlpBias:
    case Field::kTied: return Effect::kNone;
    // Without arithmetic of their own.
    case Field::kMaxPosition:
    case Field::kUseWindow:
    case Field::kWindowPattern:
    case Field::kWindowFromLayer: return Effect::kNone;
    case Field::kNormEps: return same(v, spec.norm_eps) ? Effect::kNone : Effect::kDoubtful;
    case Field::kNormAffine: return other_unless(v != 0);
    case Field::kNormFirst: return other_unless((v != 0) == has(spec.norm_at, NormAt::kInput));
    case Field::kNoFinalNorm: return other_unless((v == 0) == spec.final_norm);
    case Field::kPostNormResidual:
    case Field::kCrossAttention:
    case Field::kNewDecoder:
    case Field::kScaleByLayer:
    case Field::kBidirectional: return other_unless(v == 0);
    case Field::kAct: return other_unless(v == static_cast<double>(spec.act));
    case Field::kParallel: return other_unless((v != 0) == (spec.order == Order::kParallel));
    case Field::kQkNorm: return other_unless(v == 0 || spec.qk_norm != QkNorm::kNone);
    case Field::kClipQkv: return other_unless(v == 0 || same(v, static_cast<double>(spec.clip_qkv)));
    case Field::kQueryScalar: return other_unless(v == head_dim || (v > 0 && same(1 / std::sqrt(v), scale)));
    case Field::kAttnMultiplier: return other_unless(v == 1 || same(v, scale));
    case Field::kScaleScores: return other_unless(v != 0 || scale == 1);
    case Field::kAttnCap: return other_unless(v == 0 || same(v, static_cast<double>(spec.score_cap)));
    case Field::kLogitCap: return other_unless(v == 0 || same(v, static_cast<double>(spec.logit_cap)));
    case Field::kEmbedMultiplier: return other_unless(v == 1 || same(v, static_cast<double>(spec.embed_scale)));
    case Field::kResidualMultiplier:
      return other_unless(v == 1 || same(v, static_cast<double>(spec.residual_multiplier)));
    case Field::kLogitDivisor: return other_unless(v == 1 || same(1 / v, static_cast<double>(spec.logit_scale)));
    case Field::kWindow: {
      const bool reaches_all = spec.max_position > 0 && v >= static_cast<double>(spec.max_position);
      return other_unless(v == 0 || reaches_all || windows_are_off(config));
    }
    case Field::kAlibi: return other_unless(v == 0 || !rotary);
    case Field::kRopeTheta:
    case Field::kRopeLocalTheta: return other_unless(!rotary || same(v, spec.ropes.front().theta));
    case Field::kRotaryPct:
      return other_unless(!rotary || std::floor(head_dim * v) == static_cast<double>(spec.rotary_dim));
    case Field::kRotaryDim: return other_unless(!rotary || v == static_cast<double>(spec.rotary_dim));
    case Field::kTwoNorms:
    case Field::kFinalNorm:
    case Field::kProjected:
    case Field::kCount: break;  // no key of a file
  }
  return Effect::kNone;
}

/// The value as a field holds it; absent when it is null. A word that is no activation and a list are doubtful.
std::optional<Effect> effect_of(Field field, const ConfigValue& value, const Spec& spec, const Config& config) {
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  if (const auto* flag = std::get_if<bool>(&value)) return effect_of(field, *flag ? 1.0 : 0.0, spec, config);
  if (const auto* number = std::get_if<double>(&value)) return effect_of(field, *number, spec, config);
  if (const auto* word = std::get_if<std::string>(&value); word != nullptr && field == Field::kAct) {
    const Result<Act> act = parse_act(*word, config.where());
    if (act.ok()) return effect_of(field, static_cast<double>(act.value()), spec, config);
  }
  return Effect::kDoubtful;
}

bool reads(const Family& family, std::string_view key) {
  return lists(family.unused_keys, key) ||
         std::ranges::any_of(family.config, [&](const ConfigRow& row) { return lists(row.hf, key); });
}

Error refusal(std::string_view key, const ConfigValue& value, const Family& other, const Spec& spec,
              const Config& config) {
  return {
      .what = fmt::format("{} would change the forward pass, and family {} has no such switch", key, spec.family->name),
      .where = config.where(),
      .expected = "no such key, null or a value without effect",
      .got = show(value),
      .hint = fmt::format("it is a key of {}; the file describes a variant that is not supported. If the model's "
                          "own code ignores the key, take it out of a copy of config.json",
                          other.name)};
}

}  // namespace

Result<std::vector<std::string>> check_foreign_keys(const Spec& spec, const Config& config) {
  std::vector<std::string> notices;
  if (config.format() == Format::kGguf) return notices;
  std::set<std::string_view> seen;
  for (const Family* other : all_families()) {
    for (const ConfigRow& row : other->config) {
      for (std::string_view keys = row.hf; !keys.empty();) {
        const std::size_t bar = keys.find('|');
        const std::string_view key = keys.substr(0, bar);
        keys = bar == std::string_view::npos ? std::string_view{} : keys.substr(bar + 1);
        const auto found = config.values().find(key);
        if (found == config.values().end() || reads(*spec.family, key) || !seen.insert(key).second) continue;
        const Effect effect = effect_of(row.field, found->second, spec, config).value_or(Effect::kNone);
        if (effect == Effect::kOther) return refusal(key, found->second, *other, spec, config);
        if (effect == Effect::kDoubtful) {
          notices.push_back(fmt::format("{} is {} in config.json and is not read: family {} has no such key", key,
                                        show(found->second), spec.family->name));
        }
      }
    }
  }
  return notices;
}

}  // namespace sg
