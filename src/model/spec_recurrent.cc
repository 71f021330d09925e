#include "model/spec_recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sg {
namespace {

constexpr std::string_view kAttentionNames[] = {"full_attention", "attention"};
constexpr std::string_view kOtherNames[] = {"linear_attention", "mamba", "conv"};

bool one_of(std::string_view word, std::span<const std::string_view> names) {
  return std::ranges::find(names, word) != names.end();
}

Result<std::vector<bool>> listed(const Config& config, const Fields& fields, std::size_t layers) {
  constexpr std::string_view kKeys = "layer_types|layers_block_type";
  SG_TRY(const std::optional<std::vector<std::string>> names, config.words(kKeys));
  std::vector<bool> attention(layers);
  if (!names) {
    const std::size_t interval = fields.count(Field::kFullInterval, 0);
    for (std::size_t l = 0; l < layers && interval > 0; ++l) attention[l] = (l + 1) % interval == 0;
    return attention;
  }
  const bool known = std::ranges::all_of(
      *names, [](const std::string& name) { return one_of(name, kAttentionNames) || one_of(name, kOtherNames); });
  if (names->size() != layers || !known) {
    return config.wrong(kKeys,
                        fmt::format("a list of {} kinds of layers: full_attention or attention, linear_attention, "
                                    "mamba or conv",
                                    layers));
  }
  for (std::size_t l = 0; l < layers; ++l) attention[l] = one_of((*names)[l], kAttentionNames);
  return attention;
}

/// LFM2's first files list the layers with attention; without any list every layer has it, but none of Bamba's.
Result<std::vector<bool>> indexed(const Family& family, const Config& config, std::size_t layers) {
  constexpr std::string_view kKeys = "attn_layer_indices|full_attn_idxs";
  SG_TRY(const std::optional<std::vector<double>> indices, config.reals(kKeys));
  std::vector<bool> attention(layers, !indices && family.mixer.kind == Mixer::kShortConv);
  if (!indices) return attention;
  for (const double index : *indices) {
    const std::optional<std::size_t> l = whole(index);
    if (!l || *l >= layers) return config.wrong(kKeys, fmt::format("numbers of layers below {}", layers));
    attention[*l] = true;
  }
  return attention;
}

Result<std::vector<bool>> attention_layers(const Family& family, const Config& config, const Fields& fields,
                                           const Checkpoint& checkpoint, std::size_t layers) {
  std::vector<bool> attention(layers);
  if (config.format() == Format::kGguf) {
    for (std::size_t l = 0; l < layers; ++l) {
      const bool conv = checkpoint.find(fmt::format("blk.{}.shortconv.conv.weight", l)) != nullptr ||
                        checkpoint.find(fmt::format("blk.{}.ssm_conv1d.weight", l)) != nullptr;
      attention[l] = !conv;
    }
    return attention;
  }
  if (config.find("layer_types|layers_block_type") != nullptr) return listed(config, fields, layers);
  switch (family.mixer.layers) {
    case MixerLayers::kListed: return listed(config, fields, layers);
    case MixerLayers::kIndexed: return indexed(family, config, layers);
    case MixerLayers::kPeriod:
      for (std::size_t l = 0; l < layers; ++l) {
        attention[l] = l % fields.count(Field::kMixPeriod) == fields.count(Field::kMixOffset);
      }
      break;
  }
  return attention;
}

/// time_step_limit: two numbers, the second of which may be infinite.
Result<void> read_step_limits(const Config& config, RecurrentSpec& r) {
  constexpr std::string_view kKey = "time_step_limit";
  r.step_most = std::numeric_limits<double>::infinity();
  const ConfigValue* value = config.format() == Format::kSafetensors ? config.find(kKey) : nullptr;
  if (value == nullptr || value->is_null()) return {};
  const auto* list = std::get_if<ConfigList>(value);
  const auto number = [](const ConfigValue& item) {
    if (const auto* count = std::get_if<std::int64_t>(&item)) return static_cast<double>(*count);
    const auto* real = std::get_if<double>(&item);
    return real == nullptr ? std::nan("") : *real;
  };
  if (list == nullptr || list->size() != 2) return config.wrong(kKey, "two numbers");
  r.step_least = number((*list)[0]);
  r.step_most = number((*list)[1]);
  if (!(r.step_least >= 0 && r.step_least <= r.step_most)) return config.wrong(kKey, "two numbers, from 0 up");
  return {};
}

/// mamba_dt_rank: a number, or "auto", a sixteenth of the width rounded up.
Result<void> read_rank(const Config& config, Spec& spec) {
  constexpr std::string_view kKey = "mamba_dt_rank";
  const ConfigValue* value = config.find(kKey);
  const auto* word = value == nullptr ? nullptr : std::get_if<std::string>(value);
  spec.recurrent.rank = (spec.width + 15) / 16;
  if (word != nullptr && *word == "auto") return {};
  SG_TRY(const std::optional<std::size_t> stated, config.count(kKey));
  if (stated == 0) return config.wrong(kKey, "a whole number above 0, or auto");
  spec.recurrent.rank = stated.value_or(spec.recurrent.rank);
  return {};
}

Result<void> resolve_sizes(const Config& config, const Fields& fields, Spec& spec) {
  RecurrentSpec& r = spec.recurrent;
  const auto uneven = [&](const char* what, std::size_t a, std::size_t b) -> Result<void> {
    return Error{.what = what, .where = config.where(), .got = fmt::format("{} and {}", a, b)};
  };
  r.conv = fields.count(Field::kConvKernel);
  const double expanded = fields.real(Field::kMixExpand, 1) * static_cast<double>(spec.width);
  r.inner = whole(std::floor(expanded)).value_or(0);
  r.heads = fields.count(Field::kMixHeads, 1);
  r.groups = fields.count(Field::kMixGroups, 1);
  r.state = fields.count(Field::kMixState, 1);
  switch (r.kind) {
    case Mixer::kAttention: return {};
    case Mixer::kMamba: return read_rank(config, spec);
    case Mixer::kShortConv: r.inner = spec.width; return {};
    case Mixer::kDelta:
      r.head_dim = fields.count(Field::kMixHeadDim);
      r.inner = r.heads * r.head_dim;
      if (r.heads % r.groups != 0) return uneven("value heads are no multiple of the key heads", r.heads, r.groups);
      return {};
    case Mixer::kMamba2:
      r.head_dim = r.inner / r.heads;
      if (r.head_dim * r.heads != r.inner)
        return uneven("the inner width is no multiple of its heads", r.inner, r.heads);
      if (r.heads % r.groups != 0) return uneven("the heads are no multiple of the groups", r.heads, r.groups);
      return {};
  }
  return {};
}

}  // namespace

std::size_t RecurrentSpec::conv_width() const {
  switch (kind) {
    case Mixer::kAttention: return 0;
    case Mixer::kDelta: return 2 * groups * state + inner;
    case Mixer::kMamba2: return inner + 2 * groups * state;
    case Mixer::kMamba:
    case Mixer::kShortConv: return inner;
  }
  return 0;
}

std::size_t RecurrentSpec::raw_width() const {
  switch (kind) {
    case Mixer::kAttention: return 0;
    case Mixer::kDelta: return conv_width() + inner + 2 * heads;
    case Mixer::kMamba2: return inner + conv_width() + heads;
    case Mixer::kMamba: return 2 * inner;
    case Mixer::kShortConv: return 3 * inner;
  }
  return 0;
}

std::size_t RecurrentSpec::select_width() const { return kind == Mixer::kMamba ? rank + 2 * state : 0; }

Result<void> resolve_recurrent(const Family& family, const Config& config, const Fields& fields,
                               const Checkpoint& checkpoint, Spec& spec) {
  RecurrentSpec& r = spec.recurrent;
  r.layers.assign(spec.layers, Mixer::kAttention);
  if (family.mixer.kind == Mixer::kAttention) return {};
  r.kind = family.mixer.kind;
  r.by_key_head = family.mixer.by_key_head && config.format() == Format::kSafetensors;
  SG_TRY(const std::vector<bool> attention, attention_layers(family, config, fields, checkpoint, spec.layers));
  for (std::size_t l = 0; l < spec.layers; ++l) r.layers[l] = attention[l] ? Mixer::kAttention : r.kind;
  // The reference puts the MLP's activation behind the convolution as well; these mixers have SiLU there.
  if (r.kind != Mixer::kShortConv && spec.act != Act::kSilu) return config.wrong("hidden_act", "silu");
  SG_TRY_VOID(read_step_limits(config, r));
  return resolve_sizes(config, fields, spec);
}

}  // namespace sg
