#include "model/spec_recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sg {
namespace {

constexpr std::string_view kAttentionNames[] = {"full_attention", "attention"};
constexpr std::string_view kOtherNames[] = {"linear_attention", "mamba", "conv"};
constexpr std::string_view kFedName = "hybrid";

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
                                           std::size_t layers) {
  std::vector<bool> attention(layers);
  const MixerLayers rule = family.mixer.layers;
  const bool by_list = rule != MixerLayers::kNowhere && rule != MixerLayers::kBeside;
  if (by_list && config.find("layer_types|layers_block_type") != nullptr) return listed(config, fields, layers);
  switch (rule) {
    case MixerLayers::kListed: return listed(config, fields, layers);
    case MixerLayers::kIndexed: return indexed(family, config, layers);
    case MixerLayers::kPeriod:
      for (std::size_t l = 0; l < layers; ++l) {
        attention[l] = l % fields.count(Field::kMixPeriod) == fields.count(Field::kMixOffset);
      }
      break;
    case MixerLayers::kBeside: {
      SG_TRY(const std::optional<std::vector<std::string>> words, config.words("layer_types"));
      if (words && words->size() != layers) return config.wrong("layer_types", "a word for each layer");
      break;
    }
    case MixerLayers::kNowhere:
    case MixerLayers::kFed:
    case MixerLayers::kBranches: break;
  }
  return attention;
}

Result<std::vector<Mixer>> fed_layers(const Config& config, std::size_t layers) {
  constexpr std::string_view kKeys = "layer_types|layers_block_type";
  SG_TRY(const std::optional<std::vector<std::string>> names, config.words(kKeys));
  const auto known = [](const std::string& name) { return name == kFedName || one_of(name, kOtherNames); };
  if (!names || names->size() != layers || !std::ranges::all_of(*names, known))
    return config.wrong(kKeys, fmt::format("a list of {} times linear_attention, mamba or hybrid", layers));
  std::vector<Mixer> mixers;
  for (const std::string& name : *names) mixers.push_back(name == kFedName ? Mixer::kFed : Mixer::kMamba2);
  return mixers;
}

/// A GGUF file says what a layer is by its tensors.
std::vector<Mixer> mixers_of_tensors(const Family& family, const Checkpoint& checkpoint, std::size_t layers) {
  std::vector<Mixer> mixers;
  for (std::size_t l = 0; l < layers; ++l) {
    const auto has = [&](std::string_view tensor) {
      return checkpoint.find(fmt::format("blk.{}.{}", l, tensor)) != nullptr;
    };
    const bool other = has("shortconv.conv.weight") || has("ssm_conv1d.weight");
    const bool one_branch = family.mixer.layers == MixerLayers::kBranches && !has("attn_q.weight");
    const Mixer without = one_branch ? Mixer::kNone : Mixer::kAttention;
    const Mixer with = family.mixer.layers == MixerLayers::kBeside ? Mixer::kBeside : family.mixer.kind;
    mixers.push_back(other ? with : without);
  }
  return mixers;
}

Result<std::vector<Mixer>> mixers_of(const Family& family, const Config& config, const Fields& fields,
                                     const Checkpoint& checkpoint, std::size_t layers) {
  if (config.format() == Format::kGguf) return mixers_of_tensors(family, checkpoint, layers);
  if (family.mixer.layers == MixerLayers::kFed) return fed_layers(config, layers);
  std::vector<Mixer> mixers;
  if (family.mixer.layers == MixerLayers::kBranches) {
    SG_TRY(const std::vector<Branch> branches, branches_of(config));
    for (const Branch branch : branches) {
      const bool mixes = branch == Branch::kMixer || branch == Branch::kAttention;
      mixers.push_back(branch == Branch::kMixer ? family.mixer.kind : mixes ? Mixer::kAttention : Mixer::kNone);
    }
    return mixers;
  }
  SG_TRY(const std::vector<bool> attention, attention_layers(family, config, fields, layers));
  for (std::size_t l = 0; l < layers; ++l) {
    const Mixer other = family.mixer.layers == MixerLayers::kBeside ? Mixer::kBeside : family.mixer.kind;
    mixers.push_back(attention[l] ? Mixer::kAttention : other);
  }
  return mixers;
}

/// The reference puts the MLP's activation behind the convolution as well, or one that it names; these mixers have SiLU
/// there.
Result<void> check_activation(const Family& family, const Config& config, const Spec& spec) {
  if (spec.recurrent.kind == Mixer::kShortConv || family.mixer.layers == MixerLayers::kFed) return {};
  if (family.mixer.layers != MixerLayers::kBranches) {
    return spec.act == Act::kSilu ? Result<void>() : config.wrong("hidden_act", "silu");
  }
  SG_TRY(const std::optional<std::string> stated, config.word("mamba_hidden_act"));
  return stated.value_or("silu") == "silu" ? Result<void>() : config.wrong("mamba_hidden_act", "silu");
}

/// A least step alone, or time_step_limit: two numbers, the second of which may be infinite.
Result<void> read_step_limits(const Config& config, const Fields& fields, RecurrentSpec& r) {
  constexpr std::string_view kKey = "time_step_limit";
  r.step_most = std::numeric_limits<double>::infinity();
  r.step_least = fields.real(Field::kStepLeast, 0);
  if (fields.has(Field::kStepLeast)) return {};
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
  const std::string_view kKey =
      config.format() == Format::kGguf ? "ssm.time_step_rank" : "mamba_dt_rank|time_step_rank";
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
  SG_TRY(const std::optional<std::size_t> stated, config.format() == Format::kGguf
                                                      ? config.count("ssm.inner_size")
                                                      : Result<std::optional<std::size_t>>(std::nullopt));
  r.inner = stated.value_or(fields.count(Field::kMixInner, whole(std::floor(expanded)).value_or(0)));
  r.heads = fields.count(Field::kMixHeads, 1);
  r.groups = fields.count(Field::kMixGroups, 1);
  r.state = fields.count(Field::kMixState, 1);
  switch (r.kind) {
    case Mixer::kAttention:
    case Mixer::kBeside:
    case Mixer::kFed:
    case Mixer::kNone: return {};
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
      if (fields.count(Field::kMixHeadDim, r.head_dim) != r.head_dim)
        return uneven("the inner width is not that of all heads", r.inner, r.heads * fields.count(Field::kMixHeadDim));
      if (r.heads % r.groups != 0) return uneven("the heads are no multiple of the groups", r.heads, r.groups);
      return {};
  }
  return {};
}

}  // namespace

Result<std::vector<Branch>> branches_of(const Config& config) {
  constexpr std::string_view kList = "layers_block_type|layer_types", kPattern = "hybrid_override_pattern";
  struct Named {
    std::string_view word, old_word;
    char letter;
    Branch branch;
  };
  constexpr Named kKinds[] = {{"linear_attention", "mamba", 'M', Branch::kMixer},
                              {"full_attention", "attention", '*', Branch::kAttention},
                              {"mlp", "mlp", '-', Branch::kMlp},
                              {"moe", "moe", 'E', Branch::kExperts}};
  std::vector<Branch> branches;
  const auto add = [&](auto&& is_it) {
    const Named* found = std::ranges::find_if(kKinds, is_it);
    if (found != std::end(kKinds)) branches.push_back(found->branch);
    return found != std::end(kKinds);
  };
  SG_TRY(const std::optional<std::vector<std::string>> words, config.words(kList));
  if (words) {
    for (const std::string& word : *words) {
      if (!add([&](const Named& kind) { return word == kind.word || word == kind.old_word; }))
        return config.wrong(kList, "a list of linear_attention or mamba, full_attention or attention, mlp, moe");
    }
    return branches;
  }
  SG_TRY(const std::optional<std::string> pattern, config.word(kPattern));
  for (const char letter : pattern.value_or("")) {
    if (!add([&](const Named& kind) { return letter == kind.letter; }))
      return config.wrong(kPattern, "letters M, *, - and E, one per layer");
  }
  return branches;
}

std::size_t RecurrentSpec::conv_width() const {
  switch (kind) {
    case Mixer::kAttention:
    case Mixer::kBeside:
    case Mixer::kFed:
    case Mixer::kNone: return 0;
    case Mixer::kDelta: return 2 * groups * state + inner;
    case Mixer::kMamba2: return inner + 2 * groups * state;
    case Mixer::kMamba:
    case Mixer::kShortConv: return inner;
  }
  return 0;
}

std::size_t RecurrentSpec::raw_width() const {
  switch (kind) {
    case Mixer::kAttention:
    case Mixer::kBeside:
    case Mixer::kFed:
    case Mixer::kNone: return 0;
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
  const bool gguf = config.format() == Format::kGguf;
  r.by_key_head = family.mixer.by_key_head && !gguf;
  r.gates_by_key_head = family.mixer.gates_by_key_head;
  r.tiled = family.mixer.tiled_in_gguf && gguf;
  SG_TRY(r.layers, mixers_of(family, config, fields, checkpoint, spec.layers));
  SG_TRY_VOID(check_activation(family, config, spec));
  SG_TRY_VOID(read_step_limits(config, fields, r));
  r.norm = !fields.flag(Field::kMixNormed, true)      ? MixNorm::kNone
           : fields.flag(Field::kMixNormFirst, false) ? MixNorm::kBeforeGate
                                                      : MixNorm::kAfterGate;
  for (std::size_t l = 0; l < spec.layers; ++l) {
    if (r.at(l) == Mixer::kFed) spec.shared_block.users.push_back(l);
  }
  if (!spec.shared_block.users.empty()) {
    spec.shared_block.count = fields.count(Field::kSharedBlocks);
    spec.shared_block.rank = fields.count(Field::kAdapterRank);
    spec.shared_block.adapts_attention = fields.flag(Field::kAdaptedAttention);
  }
  r.inner_norms = family.mixer.inner_norms;
  r.inner_eps = fields.real(Field::kMixInnerEps, spec.norm_eps);
  r.log_decay = !gguf;
  return resolve_sizes(config, fields, spec);
}

}  // namespace sg
