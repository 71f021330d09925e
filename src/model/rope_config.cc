// Reading rotary parameters from the three places where checkpoints keep them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/rope.h"

namespace sg {
namespace {

struct TypeName {
  std::string_view name;
  RopeType type;
};
// "su" is Phi-3's first name for longrope, "none" is GGUF's for default.
constexpr TypeName kTypeNames[] = {
    {"default", RopeType::kDefault}, {"none", RopeType::kDefault},  {"linear", RopeType::kLinear},
    {"dynamic", RopeType::kDynamic}, {"yarn", RopeType::kYarn},     {"longrope", RopeType::kLongrope},
    {"su", RopeType::kLongrope},     {"llama3", RopeType::kLlama3},
};

Result<RopeType> parse_type(const std::string& word, const std::string& where) {
  for (const TypeName& known : kTypeNames) {
    if (word == known.name) return known.type;
  }
  return Error{.what = "unknown rope type",
               .where = where,
               .expected = "one of default, linear, dynamic, yarn, longrope, llama3",
               .got = "\"" + word + "\"",
               .hint = "measuring with other positions than the model was trained with would give wrong numbers"};
}

/// Looks a field up in the scaling dictionary, then beside it at the top level.
class Scaling {
 public:
  Scaling(const Config& config, std::string dictionary) : config_(config), dictionary_(std::move(dictionary)) {}

  Result<double> get(const char* field, double absent) const {
    SG_TRY(const std::optional<double> value, config_.number(fmt::format("{}.{}", dictionary_, field)));
    return value.value_or(absent);
  }
  Result<double> need(const char* field, RopeType type) const {
    SG_TRY(const std::optional<double> value, config_.number(fmt::format("{}.{}", dictionary_, field)));
    if (value && *value > 0) return *value;
    return Error{.what = fmt::format("rope type {} needs a positive {}.{}", name(type), dictionary_, field),
                 .where = config_.where(),
                 .got = value ? fmt::format("{}", *value) : "nothing"};
  }
  Result<std::vector<double>> list(const char* field, int rotary_dim) const {
    const std::string key = fmt::format("{}.{}", dictionary_, field);
    SG_TRY(std::vector<double> values, config_.numbers(key));
    const bool positive = std::all_of(values.begin(), values.end(), [](double v) { return v > 0; });
    if (positive && values.size() == static_cast<std::size_t>(rotary_dim / 2)) return values;
    return Error{.what = fmt::format("{} must hold one positive factor per rotated pair", key),
                 .where = config_.where(),
                 .expected = fmt::format("{} numbers", rotary_dim / 2),
                 .got = fmt::format("{}", values.size())};
  }

 private:
  const Config& config_;
  std::string dictionary_;
};

Result<void> read_scaling(const Scaling& from, RopeSpec& r, double top_level_original) {
  SG_TRY(const double original, from.get("original_max_position_embeddings", top_level_original));
  r.original_max_position = original;
  switch (r.type) {
    case RopeType::kDefault: return {};
    case RopeType::kLinear:
    case RopeType::kDynamic: {
      SG_TRY(r.factor, from.need("factor", r.type));
      return {};
    }
    case RopeType::kYarn: {
      SG_TRY(r.factor, from.need("factor", r.type));
      SG_TRY(r.beta_fast, from.get("beta_fast", 32));
      SG_TRY(r.beta_slow, from.get("beta_slow", 1));
      SG_TRY(r.mscale, from.get("mscale", 0));
      SG_TRY(r.mscale_all_dim, from.get("mscale_all_dim", 0));
      SG_TRY(r.attention_factor, from.get("attention_factor", 0));
      SG_TRY(const double truncate, from.get("truncate", 1));
      r.truncate = truncate != 0;
      if (r.original_max_position == 0) r.original_max_position = r.max_position;
      return {};
    }
    case RopeType::kLongrope: {
      SG_TRY(r.long_factor, from.list("long_factor", r.rotary_dim));
      SG_TRY(r.short_factor, from.list("short_factor", r.rotary_dim));
      SG_TRY(r.attention_factor, from.get("attention_factor", 0));
      const double ratio = r.original_max_position > 0 ? r.max_position / r.original_max_position : 1.0;
      SG_TRY(r.factor, from.get("factor", ratio));
      if (r.original_max_position == 0) r.original_max_position = r.max_position;
      return {};
    }
    case RopeType::kLlama3: {
      SG_TRY(r.factor, from.need("factor", r.type));
      SG_TRY(r.low_freq_factor, from.need("low_freq_factor", r.type));
      SG_TRY(r.high_freq_factor, from.need("high_freq_factor", r.type));
      SG_TRY(r.original_max_position, from.need("original_max_position_embeddings", r.type));
      return {};
    }
  }
  return {};
}

Result<RopeSpec> read_json(const Config& config, std::string_view layer_type, RopeSpec r) {
  std::string dictionary = "rope_scaling";
  if (config.has_object("rope_parameters")) {
    dictionary = "rope_parameters";
    if (!layer_type.empty() && config.has_object(fmt::format("rope_parameters.{}", layer_type))) {
      dictionary = fmt::format("rope_parameters.{}", layer_type);
    }
    SG_TRY(const std::optional<double> theta, config.number(dictionary + ".rope_theta"));
    r.theta = theta.value_or(r.theta);
  }
  if (config.has_object(dictionary)) {
    SG_TRY(const std::optional<std::string> type, config.word(dictionary + ".rope_type|" + dictionary + ".type"));
    SG_TRY(r.type, parse_type(type.value_or("default"), config.where() + ": " + dictionary));
    SG_TRY(const std::optional<double> original, config.number("original_max_position_embeddings"));
    // Phi-3's first files call their longrope "yarn"; theirs alone carry per-pair factors.
    if (r.type == RopeType::kYarn && config.find(dictionary + ".long_factor") != nullptr) r.type = RopeType::kLongrope;
    SG_TRY_VOID(read_scaling(Scaling(config, dictionary), r, original.value_or(0)));
  }
  return r;
}

Result<RopeSpec> read_gguf(const Config& config, RopeSpec r) {
  SG_TRY(const std::optional<std::string> type, config.word("rope.scaling.type"));
  SG_TRY(r.type, parse_type(type.value_or("none"), config.where() + ": rope.scaling.type"));
  // GGUF writes LLaMA 3's scaling as the tensor rope_freqs instead.
  SG_TRY(const std::optional<double> factor, config.number("rope.scaling.factor|rope.scale_linear"));
  r.factor = factor.value_or(1.0);
  if (!type && r.factor != 1.0) r.type = RopeType::kLinear;
  SG_TRY(const std::optional<double> original, config.number("rope.scaling.original_context_length"));
  r.original_max_position = original.value_or(r.max_position);
  SG_TRY(const std::optional<double> attention, config.number("rope.scaling.attn_factor"));
  r.attention_factor = attention.value_or(0.0);
  SG_TRY(const std::optional<double> fast, config.number("rope.scaling.yarn_beta_fast"));
  SG_TRY(const std::optional<double> slow, config.number("rope.scaling.yarn_beta_slow"));
  r.beta_fast = fast.value_or(32.0);
  r.beta_slow = slow.value_or(1.0);
  if (r.type == RopeType::kYarn && !(r.factor > 0)) {
    return Error{.what = "rope type yarn needs a positive rope.scaling.factor", .where = config.where()};
  }
  return r;
}

}  // namespace

Result<RopeSpec> read_rope(const Config& config, std::string_view layer_type, RopeSpec absent) {
  const bool gguf = config.format() == Format::kGguf;
  SG_TRY(RopeSpec rope, gguf ? read_gguf(config, std::move(absent)) : read_json(config, layer_type, std::move(absent)));
  if (!(rope.theta > 0)) {
    return Error{.what = "rope_theta must be positive", .where = config.where(), .got = fmt::format("{}", rope.theta)};
  }
  return rope;
}

}  // namespace sg
