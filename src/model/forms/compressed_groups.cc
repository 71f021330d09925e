// compressed-tensors' config_groups: how layers are stored, and which layer belongs to which group.
#include <fmt/format.h>

#include <algorithm>

#include "model/forms/settings.h"

namespace sg {
namespace {

/// How files of these formats hold their weights is told from their tensors.
constexpr std::string_view kFormats[] = {"",
                                         "dense",
                                         "fakequant",
                                         "naive-quantized",
                                         "int-quantized",
                                         "float-quantized",
                                         "pack-quantized",
                                         "mixed-precision",
                                         "nvfp4-pack-quantized",
                                         "mxfp4-pack-quantized",
                                         "mxfp6-pack-quantized",
                                         "mxfp8-quantized"};
constexpr std::string_view kStrategies[] = {"",      "tensor", "channel",      "group",
                                            "block", "token",  "tensor_group", "attn_head"};

Result<void> check_format(const Settings& s) {
  SG_TRY(const std::string format, s.word("format"));
  if (std::ranges::find(kFormats, format) != std::end(kFormats)) return {};
  return s.wrong("format",
                 "pack-quantized, int-quantized, float-quantized, naive-quantized, mixed-precision, or an "
                 "nvfp4, mxfp4, mxfp6 or mxfp8 one");
}

Result<void> read_weights(const Settings& s, CompressedGroup& group) {
  SG_TRY(const std::optional<std::int64_t> bits, s.integer("num_bits"));
  if (!bits || *bits < 1 || *bits > 8) return s.wrong("num_bits", "1 to 8");
  group.bits = static_cast<unsigned>(*bits);
  SG_TRY(const std::string type, s.lower_word("type"));
  if (!type.empty() && type != "int" && type != "float") return s.wrong("type", "int or float");
  group.is_float = type == "float";
  SG_TRY(group.symmetric, s.flag("symmetric", true));
  SG_TRY(group.group_size, s.group_size());
  SG_TRY(group.strategy, s.lower_word("strategy"));
  if (std::ranges::find(kStrategies, group.strategy) == std::end(kStrategies)) {
    return s.wrong("strategy", "tensor, channel, group, block or tensor_group");
  }
  SG_TRY(const auto block, s.block("block_structure"));
  group.block_rows = block[0], group.block_cols = block[1];
  return {};
}

/// A target that an earlier group has too goes over to this one.
Result<void> add_targets(const Settings& s, std::size_t group, std::vector<GroupTarget>& targets) {
  SG_TRY(const std::vector<std::string> texts, s.words("targets"));
  for (const std::string& text : texts) {
    std::erase_if(targets, [&](const GroupTarget& target) { return target.text == text; });
    GroupTarget target = {.text = text, .group = group};
    if (text.starts_with("re:")) {
      Result<NamePattern> pattern = name_pattern(text.substr(3), s.where());
      if (!pattern.ok()) return s.wrong("targets", fmt::format("patterns that can be read: {}", pattern.error().what));
      target.pattern = std::move(pattern).value();
    }
    targets.push_back(std::move(target));
  }
  return {};
}

Result<void> read_group(const std::string& name, const ConfigValue& entry, const Settings& outer, Quantization& q) {
  const std::string path = fmt::format("config_groups.{}", name);
  const Settings s(entry, outer.where(), path);
  SG_TRY_VOID(check_format(s));
  SG_TRY(const ConfigValue* activations, s.object("input_activations"));
  q.runtime = q.runtime || activations != nullptr;
  SG_TRY(const ConfigValue* weights, s.object("weights"));
  if (weights == nullptr) return {};
  CompressedGroup group;
  group.name = name;
  SG_TRY_VOID(read_weights(Settings(*weights, outer.where(), path + ".weights"), group));
  SG_TRY_VOID(add_targets(s, q.groups.size(), q.targets));
  q.groups.push_back(std::move(group));
  return {};
}

}  // namespace

Result<Quantization> read_compressed(const Settings& s, Quantization q) {
  SG_TRY(const ConfigValue* groups, s.object("config_groups"));
  const auto* object = groups == nullptr ? nullptr : std::get_if<ConfigObject>(groups);
  if (object == nullptr || object->empty()) return s.wrong("config_groups", "an object of groups");
  const Settings each(*groups, s.where(), "config_groups");
  for (const ConfigMember& member : *object) {
    SG_TRY(const ConfigValue* entry, each.object(member.name));
    if (entry != nullptr) SG_TRY_VOID(read_group(member.name, *entry, s, q));
  }
  const auto order = [](const GroupTarget& t) { return std::pair(t.text.find("re:") != std::string::npos, t.text); };
  std::ranges::sort(q.targets, {}, order);
  SG_TRY_VOID(check_format(s));
  SG_TRY_VOID(s.words("ignore"));
  SG_TRY_VOID(s.word("quantization_status"));
  SG_TRY_VOID(s.object("kv_cache_scheme"));
  for (const char* key : {"transform_config", "moe_sparsity_config"}) {
    SG_TRY_VOID(s.object(key));
    SG_TRY_VOID(s.refuse(key, "what it asks for changes the numbers and is not read"));
  }
  SG_TRY(const ConfigValue* sparsity, s.object("sparsity_config"));
  if (sparsity == nullptr) return q;
  SG_TRY(const std::string kind, Settings(*sparsity, s.where(), "sparsity_config").word("format"));
  if (kind.empty() || kind == "dense") return q;
  return s.wrong("sparsity_config", "format dense: sparse weights are not read");
}

/// A name or a pattern comes before a class; a name may lack what stands before it, which files prefix differently.
Result<const CompressedGroup*> compressed_group_of(const Quantization& q, std::string_view module) {
  if (q.groups.empty()) return static_cast<const CompressedGroup*>(nullptr);
  for (const GroupTarget& target : q.targets) {
    if (target.text == module) return &q.groups[target.group];
    if (!target.pattern) continue;
    SG_TRY(const bool found, target.pattern(module));
    if (found) return &q.groups[target.group];
  }
  const auto first = [&](auto&& fits) -> const CompressedGroup* {
    const auto at = std::ranges::find_if(q.targets, fits);
    return at == q.targets.end() ? nullptr : &q.groups[at->group];
  };
  if (const auto* group = first([](const GroupTarget& t) { return t.text == "Linear" || t.text == "Module"; })) {
    return group;
  }
  const auto ends = [&](const GroupTarget& t) { return !t.text.empty() && module.ends_with("." + t.text); };
  if (const auto* group = first(ends)) return group;
  if (q.groups.size() == 1) return &q.groups.front();
  return Error{.what = fmt::format("no group of config_groups has {} among its targets", module),
               .where = q.where,
               .expected = "one target that names every layer that is stored in groups",
               .hint = "config and weights do not fit one another"};
}

}  // namespace sg
