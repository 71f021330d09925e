// Reading rotary parameters from the three places where checkpoints keep them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/rope_source.h"

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
    {"su", RopeType::kLongrope},     {"llama3", RopeType::kLlama3}, {"proportional", RopeType::kProportional},
};

Result<RopeType> parse_type(const std::string& word, const std::string& where) {
  for (const TypeName& known : kTypeNames) {
    if (word == known.name) return known.type;
  }
  return Error{.what = "unknown rope type",
               .where = where,
               .expected = "one of default, linear, dynamic, yarn, longrope, llama3, proportional",
               .got = "\"" + word + "\"",
               .hint = "measuring with other positions than the model was trained with would give wrong numbers"};
}

/// The fields of the dictionaries that state a rotation in config.json, the first of which goes before, or of GGUF's
/// rope.scaling.
class Scaling {
 public:
  Scaling(const Config& config, std::vector<std::string> dictionaries)
      : config_(config), dictionaries_(std::move(dictionaries)) {}

  /// Alternatives, as Config takes them.
  std::string key(const char* field) const {
    std::string all;
    for (const std::string& each : dictionaries_) all += fmt::format("{}{}.{}", all.empty() ? "" : "|", each, field);
    return all;
  }
  Result<double> get(const char* field, double absent) const {
    SG_TRY(const std::optional<double> value, config_.real(key(field)));
    return value.value_or(absent);
  }
  /// A number above 0 when it is there.
  Result<double> positive(const char* field, double absent) const {
    SG_TRY(const std::optional<double> value, config_.real(key(field)));
    if (value && !(*value > 0)) return config_.wrong(key(field), "a number above 0");
    return value.value_or(absent);
  }
  Result<double> need(const char* field, RopeType type) const {
    SG_TRY(const double value, positive(field, 0));
    if (value > 0) return value;
    return Error{.what = fmt::format("rope type {} needs a positive {}.{}", name(type), dictionaries_.back(), field),
                 .where = config_.where(),
                 .got = "nothing"};
  }
  Result<std::vector<double>> list(const char* field) const {
    SG_TRY(std::optional<std::vector<double>> values, config_.reals(key(field)));
    return std::move(values).value_or(std::vector<double>{});
  }

 private:
  const Config& config_;
  std::vector<std::string> dictionaries_;
};

Result<void> read_yarn(const Scaling& from, RopeSpec& r) {
  SG_TRY(r.factor, from.need("factor", r.type));
  SG_TRY(r.beta_fast, from.positive("beta_fast", 32));
  SG_TRY(r.beta_slow, from.positive("beta_slow", 1));
  SG_TRY(r.mscale, from.get("mscale", 0));
  SG_TRY(r.mscale_all_dim, from.get("mscale_all_dim", 0));
  SG_TRY(r.attention_factor, from.positive("attention_factor", 0));
  return {};
}

Result<void> read_longrope(const Scaling& from, RopeSpec& r) {
  SG_TRY(r.long_factor, from.list("long_factor"));
  SG_TRY(r.short_factor, from.list("short_factor"));
  SG_TRY(r.attention_factor, from.positive("attention_factor", 0));
  const double ratio = r.original_max_position > 0 ? r.max_position / r.original_max_position : 1.0;
  SG_TRY(r.factor, from.positive("factor", ratio));
  if (r.mscales) {
    SG_TRY(r.short_mscale, from.need("short_mscale", r.type));
    SG_TRY(r.long_mscale, from.need("long_mscale", r.type));
  }
  return {};
}

Result<void> read_llama3(const Scaling& from, RopeSpec& r) {
  SG_TRY(r.factor, from.need("factor", r.type));
  SG_TRY(r.low_freq_factor, from.need("low_freq_factor", r.type));
  SG_TRY(r.high_freq_factor, from.need("high_freq_factor", r.type));
  if (r.original_max_position == 0) return from.need("original_max_position_embeddings", r.type).error();
  return {};
}

Result<void> read_scaling(const Scaling& from, const Config& config, double top_level_original, RopeSpec& r) {
  SG_TRY(const double in_dictionary, from.positive("original_max_position_embeddings", 0));
  // transformers gives the one outside of a single dictionary priority, for Phi-3's sake and for every family.
  r.original_max_position = top_level_original > 0 ? top_level_original : in_dictionary;
  switch (r.type) {
    case RopeType::kDefault: return {};
    case RopeType::kLinear:
    case RopeType::kDynamic: {
      SG_TRY(r.factor, from.need("factor", r.type));
      return {};
    }
    case RopeType::kYarn: SG_TRY_VOID(read_yarn(from, r)); break;
    case RopeType::kLongrope: SG_TRY_VOID(read_longrope(from, r)); break;
    case RopeType::kLlama3: return read_llama3(from, r);
    case RopeType::kProportional: {
      SG_TRY(r.factor, from.positive("factor", 1));
      SG_TRY(r.share, from.positive("partial_rotary_factor", r.share));
      return r.share <= 1 ? Result<void>() : config.wrong(from.key("partial_rotary_factor"), "a number up to 1");
    }
  }
  if (r.original_max_position == 0) r.original_max_position = r.max_position;
  return {};
}

/// Heads of kinds of layers rotate whole, or proportionally; of the other types the reference then has too few angles.
Result<void> read_share(const Scaling& from, const Config& config, RopeSpec& r) {
  const std::string key = from.key("partial_rotary_factor") + "|partial_rotary_factor";
  SG_TRY(const std::optional<double> share, config.real(key));
  if (share && r.type == RopeType::kProportional) r.share = *share;
  if (!share || r.type == RopeType::kProportional || r.type == RopeType::kDefault || *share == 1) return {};
  return config.wrong(key, fmt::format("1, or none, of heads that rotate as {}", name(r.type)));
}

Result<RopeSpec> read_json(const Config& config, const RopeOf& of, RopeSpec r) {
  SG_TRY(const RopeSource source, rope_source(config, of));
  if (source.dictionaries.empty()) return r;
  const Scaling from(config, source.dictionaries);
  if (of.kinds == RopeKinds::kStated) {
    SG_TRY(const std::optional<double> theta, config.real(from.key("rope_theta") + "|rope_theta"));
    if (!theta) return config.wrong(from.key("rope_theta"), "a number above 0, which this family states");
    r.theta = *theta;
  }
  SG_TRY(r.theta, from.positive("rope_theta", r.theta));
  SG_TRY(const std::optional<std::string> type, config.word(from.key("rope_type") + "|" + from.key("type")));
  SG_TRY(r.type, parse_type(type.value_or("default"), config.where() + ": " + source.dictionaries.front()));
  SG_TRY(const std::optional<double> original, config.real("original_max_position_embeddings"));
  if (original && !(*original > 0)) return config.wrong("original_max_position_embeddings", "a number above 0");
  // Phi-3's first files call their longrope "yarn"; theirs alone carry per-pair factors.
  if (r.type == RopeType::kYarn && config.find(from.key("long_factor")) != nullptr) r.type = RopeType::kLongrope;
  SG_TRY(const double alpha, from.get("alpha", 0));
  if (r.ntk_alpha && r.type == RopeType::kDynamic && alpha != 0) {
    r.type = RopeType::kDefault;
    if (!(alpha > 0) || r.rotary_dim <= 2) return config.wrong(from.key("alpha"), "a number above 0");
    r.theta *= std::pow(alpha, r.rotary_dim / (r.rotary_dim - 2.0));
  }
  if (of.kinds != RopeKinds::kOne) SG_TRY_VOID(read_share(from, config, r));
  if (of.kinds == RopeKinds::kStated && (r.type == RopeType::kYarn || r.type == RopeType::kLongrope)) {
    SG_TRY_VOID(from.need("original_max_position_embeddings", r.type));
  }
  SG_TRY(const std::optional<bool> truncate, config.flag(source.whole + ".truncate"));
  r.truncate = truncate.value_or(r.truncate);
  // One per kind of layer keeps its own length.
  SG_TRY_VOID(read_scaling(from, config, source.nested ? 0 : original.value_or(r.original_max_position), r));
  return r;
}

constexpr const char* kLogMultiplier = "rope.scaling.yarn_log_multiplier";

/// Keys that llama.cpp reads and that would change the rotation; what it would do at these values is what is done here.
Result<void> check_gguf_switches(const Config& config, const RopeSpec& r) {
  const double ramp = r.type == RopeType::kYarn ? 1 : 0;
  struct Switch {
    const char* key;
    double neutral, also;
  };
  for (const Switch& s :
       {Switch{"rope.scaling.yarn_ext_factor", ramp, -1}, Switch{"rope.scaling.yarn_attn_factor", 1, 1},
        Switch{kLogMultiplier, 0, 0}, Switch{"rope.scaling.alpha", 0, 0}}) {
    SG_TRY(const std::optional<double> value, config.real(s.key));
    if (r.log_multiplier && s.key == kLogMultiplier) continue;
    if (value && *value != s.neutral && *value != s.also) {
      return config.wrong(s.key, fmt::format("{:g}, the only value that is supported", s.neutral));
    }
  }
  return {};
}

Result<RopeSpec> read_gguf(const Config& config, RopeSpec r) {
  const Scaling from(config, {"rope.scaling"});
  SG_TRY(const std::optional<std::string> type, config.word("rope.scaling.type"));
  SG_TRY(r.type, parse_type(type.value_or("none"), config.where() + ": rope.scaling.type"));
  if (r.type == RopeType::kDynamic || r.type == RopeType::kLlama3) {
    return config.wrong("rope.scaling.type", "none, linear, yarn or longrope, as GGUF has them");
  }
  // GGUF writes LLaMA 3's scaling as the tensor rope_freqs instead. A factor of 0 is llama.cpp's "not given".
  constexpr const char* kFactor = "rope.scaling.factor|rope.scale_linear";
  SG_TRY(const std::optional<double> factor, config.real(kFactor));
  if (factor && !(*factor >= 0)) return config.wrong(kFactor, "a number above 0");
  r.factor = factor.value_or(0) > 0 ? *factor : 1.0;
  if (!type && r.factor != 1.0) r.type = RopeType::kLinear;
  SG_TRY(r.original_max_position, from.positive("original_context_length", r.max_position));
  SG_TRY(r.attention_multiplier, from.positive("attn_factor", 1));
  SG_TRY(r.beta_fast, from.positive("yarn_beta_fast", 32));
  SG_TRY(r.beta_slow, from.positive("yarn_beta_slow", 1));
  SG_TRY_VOID(check_gguf_switches(config, r));
  if (r.log_multiplier) {
    SG_TRY(const std::optional<double> tenth, config.real(kLogMultiplier));
    r.mscale = r.mscale_all_dim = 10 * tenth.value_or(0);
  }
  if (r.type == RopeType::kYarn && !(factor.value_or(0) > 0)) return from.need("factor", r.type).error();
  // The factors of longrope are tensors, and attn_factor is what they were trained with.
  if (r.type == RopeType::kLongrope) r.attention_factor = 1;
  return r;
}

bool finite_and_positive(double x) { return std::isfinite(x) && x > 0; }

}  // namespace

Result<RopeSpec> read_rope(const Config& config, const RopeOf& of, RopeSpec absent) {
  const bool gguf = config.format() == Format::kGguf;
  return gguf ? read_gguf(config, std::move(absent)) : read_json(config, of, std::move(absent));
}

Result<void> check_rope(const RopeSpec& r, const std::string& where) {
  const auto refuse = [&](std::string what, std::string expected, std::string got) -> Result<void> {
    return Error{.what = std::move(what), .where = where, .expected = std::move(expected), .got = std::move(got)};
  };
  const auto pairs = static_cast<std::size_t>(r.rotary_dim / 2);
  struct Factors {
    const char* name;
    const std::vector<double>& values;
    bool needed;
  };
  const bool longrope = r.type == RopeType::kLongrope;
  const std::vector<double> divisors(r.divisors.begin(), r.divisors.end());
  for (const Factors& f : {Factors{"long_factor of longrope", r.long_factor, longrope},
                           Factors{"short_factor of longrope", r.short_factor, longrope},
                           Factors{"rope_freqs", divisors, !divisors.empty()}}) {
    if (!f.needed && f.values.empty()) continue;
    if (f.values.size() != pairs) {
      return refuse(fmt::format("{} must hold one factor per rotated pair", f.name), fmt::format("{} numbers", pairs),
                    fmt::format("{}", f.values.size()));
    }
    const auto bad = std::ranges::find_if_not(f.values, finite_and_positive);
    if (bad != f.values.end()) {
      return refuse(fmt::format("{} holds a factor that divides by nothing", f.name), "numbers above 0",
                    fmt::format("{}", *bad));
    }
  }
  if (r.type == RopeType::kLlama3 && !(r.high_freq_factor > r.low_freq_factor)) {
    return refuse("rope type llama3 interpolates between two frequencies", "high_freq_factor above low_freq_factor",
                  fmt::format("{} and {}", r.high_freq_factor, r.low_freq_factor));
  }
  for (const double length : {1.0, r.original_max_position + 1, r.max_position + 1}) {
    const RopeFrequencies frequencies = resolve(r, whole(std::floor(length)).value_or(1));
    const auto finite = [](float x) { return std::isfinite(x) && x >= 0; };
    if (!std::ranges::all_of(frequencies.inverse, finite) || !finite_and_positive(frequencies.attention_scaling)) {
      return refuse("these rotary parameters give frequencies that are no numbers", "finite frequencies",
                    fmt::format("rope type {}, theta {}, factor {}", name(r.type), r.theta, r.factor));
    }
  }
  return {};
}

}  // namespace sg
