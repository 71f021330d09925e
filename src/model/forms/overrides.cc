// What single layers of a quantised checkpoint have otherwise than the rest, as the programs that write it read it:
// GPTQModel's `dynamic` (QuantizeConfig: patterns after "-:" leave layers out and come first, of the others the first
// that matches counts) and AutoRound's `extra_config` (get_layer_config: names before patterns, which are looked for
// anywhere in a name).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>

#include "model/forms/settings.h"

namespace sg {
namespace {

constexpr unsigned kPlainBits = 16;  // AutoRound: the layer is not quantised

/// Settings of how levels were found, and of how a layer is run: what is stored says all of it.
constexpr std::string_view kHarmless[] = {"desc_act",        "mse",
                                          "damp_percent",    "damp_auto_increment",
                                          "static_groups",   "act_group_aware",
                                          "fallback",        "hessian",
                                          "gptaq",           "foem",
                                          "true_sequential", "act_bits",
                                          "act_sym",         "act_dynamic",
                                          "act_group_size",  "act_data_type",
                                          "super_bits",      "super_group_size",
                                          "scale_dtype"};

/// The text that a regular expression without any operator stands for.
std::optional<std::string> literal(std::string_view pattern) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      if (++i == pattern.size() || std::isalnum(static_cast<unsigned char>(pattern[i])) != 0) return std::nullopt;
    } else if (std::string_view(".^$*+?{}[]()|").find(pattern[i]) != std::string_view::npos) {
      return std::nullopt;
    }
    text.push_back(pattern[i]);
  }
  return text;
}

Result<void> read_values(const Settings& s, LayerOverride& layers) {
  SG_TRY(const std::optional<std::int64_t> bits, s.integer("bits"));
  if (bits && *bits >= kPlainBits) layers.is_excluded = true;
  if (bits && !layers.is_excluded) {
    if (*bits != 2 && *bits != 3 && *bits != 4 && *bits != 8) return s.wrong("bits", "2, 3, 4 or 8");
    layers.bits = static_cast<unsigned>(*bits);
  }
  if (s.find("group_size") != nullptr) {
    SG_TRY(layers.group_size, s.group_size());
  }
  if (s.find("sym") != nullptr) {
    SG_TRY(layers.is_symmetric, s.flag("sym", true));
  }
  SG_TRY(const std::string type, s.lower_word("data_type"));
  if (!type.empty() && type.find("int") == std::string::npos && !layers.is_excluded) return s.wrong("data_type", "int");
  SG_TRY(const std::string words, s.lower_word("pack_dtype"));
  if (!words.empty() && words != "int32") return s.wrong("pack_dtype", "int32");
  return {};
}

Result<void> check_keys(const ConfigObject& entry, const Settings& s) {
  constexpr std::string_view kRead[] = {"bits", "group_size", "sym", "data_type", "pack_dtype"};
  for (const ConfigMember& member : entry) {
    if (std::ranges::find(kRead, member.name) != std::end(kRead)) continue;
    if (std::ranges::find(kHarmless, member.name) != std::end(kHarmless)) continue;
    SG_TRY_VOID(s.refuse(member.name, "it is not read of single layers"));
  }
  return {};
}

/// The entries of one object, in the order of the file.
template <class Pattern>
Result<void> read_entries(const Settings& s, const char* key, const Pattern& set_pattern,
                          std::vector<LayerOverride>& all) {
  SG_TRY(const ConfigValue* object, s.object(key));
  if (object == nullptr) return {};
  const Settings entries(*object, s.where(), key);
  for (const ConfigMember& member : std::get<ConfigObject>(*object)) {
    SG_TRY(const ConfigValue* entry, entries.object(member.name));
    LayerOverride layers = {.text = member.name};
    SG_TRY_VOID(set_pattern(layers));
    if (entry != nullptr && !layers.is_excluded) {
      const Settings values(*entry, s.where(), fmt::format("{}.{}", key, member.name));
      SG_TRY_VOID(check_keys(std::get<ConfigObject>(*entry), values));
      SG_TRY_VOID(read_values(values, layers));
    }
    all.push_back(std::move(layers));
  }
  return {};
}

/// From this version on a pattern without operators is a name, not the beginning of one.
constexpr std::array<unsigned, 3> kLiteralsAreNames = {7, 3, 4};

/// Where in a name a pattern is looked for.
constexpr const char* kAnywhere = "[\\s\\S]*?(?:{})";

Result<void> read_dynamic(const Settings& s, Quantization& q) {
  const bool names = q.gptqmodel && *q.gptqmodel >= kLiteralsAreNames;
  const bool anywhere = q.name.find("auto-round") != std::string::npos;
  const auto set_pattern = [&](LayerOverride& layers) -> Result<void> {
    layers.is_excluded = layers.text.starts_with("-:");
    std::string pattern = layers.text.substr(layers.is_excluded || layers.text.starts_with("+:") ? 2 : 0);
    if (const std::optional<std::string> name = names ? literal(pattern) : std::nullopt) {
      layers.text = *name;
      return {};
    }
    if (anywhere) pattern = fmt::format(fmt::runtime(kAnywhere), pattern);
    SG_TRY(layers.pattern, name_pattern(pattern, s.where() + ": dynamic"));
    return {};
  };
  SG_TRY_VOID(read_entries(s, "dynamic", set_pattern, q.overrides));
  std::stable_partition(q.overrides.begin(), q.overrides.end(), std::mem_fn(&LayerOverride::is_excluded));
  return {};
}

/// An entry with an operator other than a dot is a pattern.
Result<void> read_extra(const Settings& s, Quantization& q) {
  std::vector<LayerOverride> all;
  const auto set_pattern = [&](LayerOverride& layers) -> Result<void> {
    layers.is_named = layers.text.find_first_of("^$*+?{}[]()|\\") == std::string::npos;
    if (layers.is_named) return {};
    SG_TRY(layers.pattern,
           name_pattern(fmt::format(fmt::runtime(kAnywhere), layers.text), s.where() + ": extra_config"));
    return {};
  };
  SG_TRY_VOID(read_entries(s, "extra_config", set_pattern, all));
  std::stable_partition(all.begin(), all.end(), std::mem_fn(&LayerOverride::is_named));
  q.overrides.insert(q.overrides.end(), all.begin(), all.end());
  return {};
}

/// The first that the layer belongs to, or null.
Result<const LayerOverride*> override_of(const Quantization& q, std::string_view layer) {
  for (const LayerOverride& layers : q.overrides) {
    bool matches = layers.text == layer;
    if (layers.pattern) {
      SG_TRY(matches, layers.pattern(layer));
    }
    if (matches) return &layers;
  }
  return nullptr;
}

/// How zero points lie that are stored less one; `wrong` is of the layer.
Result<StoredZeros> stored_zeros(const Quantization& q, unsigned bits, Error wrong) {
  if (!q.gptqmodel) return StoredZeros::kLessOne;
  if (bits != 3) return q.may_be_asymmetric ? StoredZeros::kLessOneByWords : StoredZeros::kLessOne;
  if (*q.gptqmodel == std::array<unsigned, 3>{}) {
    wrong.what += " has zero points of 3 bits, which GPTQModel stored in another way before version 7";
    wrong.expected = "its version in meta.quantizer, as \"gptqmodel:7.0.0\"";
    return wrong;
  }
  return q.gptqmodel->front() < 7 ? StoredZeros::kLessOldThrees : StoredZeros::kLessOne;
}

}  // namespace

Result<void> read_overrides(const Settings& s, Quantization& q) {
  SG_TRY_VOID(read_dynamic(s, q));
  return read_extra(s, q);
}

Result<WordForm> word_form_of(const Quantization& q, std::string_view layer) {
  SG_TRY(const LayerOverride* layers, override_of(q, layer));
  Error wrong = {.what = fmt::format("layer {}", layer), .where = q.where};
  wrong.hint = "config and weights do not fit one another";
  if (layers != nullptr && layers->is_excluded) {
    wrong.what += fmt::format(" is left out by the entry {} and is stored quantised", layers->text);
    return wrong;
  }
  WordForm form = {.bits = q.bits, .group_size = q.group_size, .from = layers};
  if (layers != nullptr) {
    form.bits = layers->bits.value_or(q.bits);
    form.group_size = layers->group_size.value_or(q.group_size);
  }
  if (q.method == QuantMethod::kAwq && form.bits != 4) {
    wrong.what += fmt::format(" is of {} bits by the entry {}", form.bits, layers->text);
    wrong.expected = "4 bits, of AWQ";
    return wrong;
  }
  if (q.zeros_less_one) {
    SG_TRY(form.zeros, stored_zeros(q, form.bits, std::move(wrong)));
  }
  return form;
}

Result<void> check_overrides_met(const Quantization& q, const std::set<const LayerOverride*>& met) {
  for (const LayerOverride& layers : q.overrides) {
    if (!layers.is_named || layers.is_excluded || met.contains(&layers)) continue;
    return Error{.what = fmt::format("extra_config.{} is of no layer that is stored quantised", layers.text),
                 .where = q.where,
                 .expected = "the whole name of a layer, or a pattern",
                 .hint = "config and weights do not fit one another"};
  }
  return {};
}

}  // namespace sg
