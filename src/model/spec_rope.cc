#include "model/spec_rope.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "model/rope_source.h"

namespace sg {
namespace {

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
Result<bool> rotates_proportionally(const Config& config, RopeKinds kinds) {
  if (config.format() == Format::kGguf || kinds != RopeKinds::kOne) return false;
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

/// Channels of a head in the layers without a window, where layers differ.
std::size_t unwindowed_head(const std::vector<bool>& windowed, const Spec& spec) {
  for (std::size_t l = 0; l < spec.shapes.size(); ++l) {
    if (!windowed[l]) return spec.shapes[l].head_dim;
  }
  return spec.head_dim;
}

/// That of windowed layers, where there are any.
Result<RopeSpec> windowed_rope(const RotaryFrom& from, const std::vector<bool>& windowed, RopeSpec absent) {
  const bool some = std::ranges::find(windowed, true) != windowed.end();
  if (from.config.format() == Format::kGguf || !some) return absent;
  return read_rope(from.config, {"sliding_attention", from.family.position.kinds}, std::move(absent));
}

}  // namespace

Result<void> resolve_rotary(const RotaryFrom& from, const std::vector<bool>& windowed, Spec& spec) {
  const auto& [family, config, fields] = from;
  if (config.format() == Format::kSafetensors) {
    SG_TRY_VOID(config.check_object("rope_scaling"));
    SG_TRY_VOID(config.check_object("rope_parameters"));
  }
  const std::size_t head = unwindowed_head(windowed, spec);
  const RopeKinds kinds = family.position.kinds;
  SG_TRY(spec.rotary_dim, rotated_channels(config, fields, head));
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
  if (!states_rope(config, kinds)) scale_by_default(family, absent);
  SG_TRY(const bool proportional, rotates_proportionally(config, kinds));
  if (proportional) {
    absent.share = static_cast<double>(spec.rotary_dim) / static_cast<double>(head);
    absent.rotary_dim = static_cast<int>(head);
    spec.rotary_dim = head;
  }
  const double fixed_theta = absent.theta;
  SG_TRY(RopeSpec full, read_rope(config, {"full_attention", kinds}, std::move(absent)));
  if (has_fixed_rotation(family, config) && (full.type != RopeType::kDefault || full.theta != fixed_theta)) {
    return config.wrong(config.has_object("rope_scaling") ? "rope_scaling" : "rope_parameters",
                        fmt::format("no other rotation than that of family {}, which is fixed", family.name));
  }
  local.attention_multiplier = full.attention_multiplier;  // GGUF has one for all layers
  spec.ropes.push_back(std::move(full));
  if (kinds == RopeKinds::kOne) return {};
  if (states_rope_in_vain(config, kinds)) {
    spec.notices.emplace_back("rope_parameters names no kind of layers, and is not read, as in transformers 5");
  }
  SG_TRY(local, windowed_rope(from, windowed, std::move(local)));
  spec.ropes.push_back(std::move(local));
  return {};
}

}  // namespace sg
