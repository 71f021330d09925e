#include "model/spec_experts.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/spec_recurrent.h"

namespace sg {
namespace {

Result<std::vector<bool>> stepped(const Config& config, const Fields& fields, std::size_t layers) {
  SG_TRY(const std::optional<std::vector<double>> dense, config.reals("mlp_only_layers"));
  std::vector<bool> out;
  for (std::size_t l = 0; l < layers; ++l) {
    const bool named = dense && std::ranges::find(*dense, static_cast<double>(l)) != dense->end();
    out.push_back(!named && (l + 1) % fields.count(Field::kSparseStep, 1) == 0);
  }
  return out;
}

Result<std::vector<bool>> listed(const Config& config, const Fields& fields, std::size_t layers) {
  constexpr std::string_view kKey = "mlp_layer_types";
  SG_TRY(const std::optional<std::vector<std::string>> kinds, config.words(kKey));
  std::vector<bool> out(layers);
  if (!kinds) {
    for (std::size_t l = fields.count(Field::kDenseLayers, 0); l < layers; ++l) out[l] = true;
    return out;
  }
  const bool known = std::ranges::all_of(*kinds, [](const auto& kind) { return kind == "dense" || kind == "sparse"; });
  if (kinds->size() != layers || !known) {
    return config.wrong(kKey, fmt::format("a list of {} times dense or sparse", layers));
  }
  for (std::size_t l = 0; l < layers; ++l) out[l] = (*kinds)[l] == "sparse";
  return out;
}

Result<std::vector<bool>> named(const Config& config, const Fields& fields, std::size_t layers) {
  constexpr std::string_view kKey = "moe_layers";
  SG_TRY(const std::optional<std::vector<double>> numbers, config.reals(kKey));
  if (!numbers) return stepped(config, fields, layers);
  std::vector<bool> out(layers);
  for (const double number : *numbers) {
    const std::optional<std::size_t> l = whole(number);
    if (!l || *l >= layers) return config.wrong(kKey, fmt::format("numbers of layers below {}", layers));
    out[*l] = true;
  }
  return out;
}

Result<std::vector<bool>> expert_layers(const Family& family, const Config& config, const Fields& fields,
                                        const Checkpoint& checkpoint, std::size_t layers) {
  std::vector<bool> out(layers);
  if (config.format() == Format::kGguf) {
    for (std::size_t l = 0; l < layers; ++l) {
      out[l] = checkpoint.find(fmt::format("blk.{}.ffn_gate_inp.weight", l)) != nullptr;
    }
    return out;
  }
  switch (family.experts.layers) {
    case ExpertLayers::kNone: break;
    case ExpertLayers::kAll: out.assign(layers, true); break;
    case ExpertLayers::kAfterFirst:
      for (std::size_t l = fields.count(Field::kDenseLayers); l < layers; ++l) out[l] = true;
      break;
    case ExpertLayers::kListed: return listed(config, fields, layers);
    case ExpertLayers::kNamed: return named(config, fields, layers);
    case ExpertLayers::kStepped: return stepped(config, fields, layers);
    case ExpertLayers::kPeriod:
      for (std::size_t l = 0; l < layers; ++l) {
        out[l] = l % fields.count(Field::kExpertPeriod) == fields.count(Field::kExpertOffset);
      }
      break;
    case ExpertLayers::kBranches: {
      SG_TRY(const std::vector<Branch> branches, branches_of(config));
      for (std::size_t l = 0; l < layers; ++l) out[l] = branches[l] == Branch::kExperts;
      break;
    }
    case ExpertLayers::kBetween: {
      const double end = fields.real(Field::kExpertEnd, -1);
      for (std::size_t l = fields.count(Field::kExpertStart); l < layers; ++l) {
        const bool before_end = end < 0 || static_cast<double>(l) <= end;
        out[l] = before_end && (l + 1) % fields.count(Field::kSparseStep) == 0;
      }
      break;
    }
  }
  return out;
}

constexpr std::string_view kGating = "expert_gating_func";
constexpr std::size_t kOverChosen = 3;  // a softmax of the chosen experts' logits: that of all, normalised

/// The family's score, or what a GGUF file says of it.
Result<RouterScore> router_score(const Family& family, const Config& config) {
  constexpr std::string_view kKey = kGating;
  if (config.format() != Format::kGguf) return family.experts.score;
  SG_TRY(const std::optional<std::size_t> stated, config.count(kKey));
  switch (stated.value_or(0)) {
    case 0: return family.experts.score;  // not given
    case 1:
    case kOverChosen: return RouterScore::kSoftmax;
    case 2:
      if (family.experts.score != RouterScore::kSoftmax) return RouterScore::kSigmoid;
      return config.wrong(kKey, "1 or 3, since experts of this family are chosen by a softmax");
    default: return config.wrong(kKey, "1, 2 or 3");
  }
}

/// Whether the chosen experts' weights are made to add up to one.
Result<bool> normalised(const Fields& fields, const RouterSpec& router, const Checkpoint& checkpoint,
                        const Config& config) {
  if (config.format() != Format::kGguf) return fields.flag(Field::kNormTopk);
  SG_TRY(const std::optional<std::size_t> gating, config.count(kGating));
  if (gating != kOverChosen) return fields.flag(Field::kNormTopk);
  // They are chosen by their logits: with a correction, or by groups, others than by a softmax of them.
  const bool corrected = std::ranges::any_of(
      checkpoint.tensors, [](const TensorInfo& tensor) { return tensor.name.ends_with(".exp_probs_b.bias"); });
  if (corrected || router.groups > 1) return config.wrong(kGating, "1 or 2, of a router with a correction or groups");
  return true;
}

Result<void> check_router(const ExpertSpec& experts, const Config& config) {
  const RouterSpec& r = experts.router;
  const auto refuse = [&](std::string expected, std::string got) -> Result<void> {
    return Error{.what = "the router cannot choose so",
                 .where = config.where(),
                 .expected = std::move(expected),
                 .got = std::move(got)};
  };
  if (r.chosen > experts.count) {
    return refuse(fmt::format("at most {} experts per token", experts.count), fmt::format("{}", r.chosen));
  }
  if (experts.count % r.groups != 0) {
    return refuse(fmt::format("groups that divide {} experts", experts.count), fmt::format("{}", r.groups));
  }
  const std::size_t per_group = experts.count / r.groups;
  if (r.groups_used > r.groups || r.chosen > r.groups_used * per_group) {
    return refuse(fmt::format("at most {} of {} groups, with enough experts", r.groups, r.groups),
                  fmt::format("{} groups for {} experts", r.groups_used, r.chosen));
  }
  if (r.groups > 1 && r.group == GroupScore::kBestTwo && per_group < 2) {
    return refuse("two experts in a group", fmt::format("{}", per_group));
  }
  if (r.score == RouterScore::kSparsemixer && r.chosen != 2) {
    return refuse("two experts per token", fmt::format("{}", r.chosen));
  }
  return {};
}

}  // namespace

Result<void> resolve_experts(const Family& family, const Config& config, const Fields& fields,
                             const Checkpoint& checkpoint, Spec& spec) {
  ExpertSpec& experts = spec.experts;
  if (family.experts.layers == ExpertLayers::kNone) return {};
  experts.count = fields.count(Field::kExperts);
  if (experts.count == 0) return {};
  experts.width = fields.count(Field::kExpertWidth);
  experts.latent = fields.count(Field::kExpertLatent, 0);
  experts.shared_width = fields.flag(Field::kShared) ? fields.count(Field::kSharedWidth) : 0;
  SG_TRY(experts.layers, expert_layers(family, config, fields, checkpoint, spec.layers));
  if (std::ranges::find(experts.layers, true) == experts.layers.end() &&
      family.experts.layers == ExpertLayers::kBranches) {
    experts = {};
    return {};
  }
  experts.gating = family.experts.gating;
  experts.clamp_limit = static_cast<float>(fields.real(Field::kClampLimit, 0));
  experts.clamp_slope = static_cast<float>(fields.real(Field::kClampSlope, 1));
  experts.interleaved = family.experts.interleaved && config.format() == Format::kSafetensors;
  RouterSpec& router = experts.router;
  SG_TRY(router.score, router_score(family, config));
  router.chosen = fields.count(Field::kExpertsUsed);
  router.groups = fields.count(Field::kGroups, 1);
  router.groups_used = fields.count(Field::kGroupsUsed, router.groups);
  router.group = family.experts.group;
  if (family.experts.group_by_method && config.format() == Format::kSafetensors) {
    SG_TRY(const std::optional<std::string> method, config.word("topk_method"));
    const std::string way = method.value_or("greedy");
    if (way != "greedy" && way != "group_limited_greedy") {
      return config.wrong("topk_method", "greedy or group_limited_greedy");
    }
    if (way == "greedy") router.groups = router.groups_used = 1;
  }
  SG_TRY(router.normalise, normalised(fields, router, checkpoint, config));
  router.sum_eps = family.experts.sum_eps;
  router.sum_floor = fields.real(Field::kSumFloor, 0);
  router.scale = fields.real(Field::kRouterScale, 1);
  router.jitter = fields.real(Field::kRouterJitter, 0);
  router.weigh_input = family.experts.weigh_input;
  router.beside_dense = family.experts.beside_dense;
  return check_router(experts, config);
}

}  // namespace sg
