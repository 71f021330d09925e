#include "measure/inspection.h"

namespace sg {
namespace {

TokenizerFacts tokenizer_facts(const Checkpoint& c) {
  TokenizerFacts facts;
  if (c.format == Format::kSafetensors) {
    facts.where = c.tokenizer_json.empty() ? "none" : c.tokenizer_json.filename().string();
    return facts;
  }
  const auto* model = c.meta<std::string_view>("tokenizer.ggml.model");
  const auto* pre = c.meta<std::string_view>("tokenizer.ggml.pre");
  const auto* tokens = c.meta<std::vector<std::string_view>>("tokenizer.ggml.tokens");
  facts.where = model == nullptr ? "none" : "in the file";
  if (model != nullptr) facts.model = *model;
  if (pre != nullptr) facts.pre = *pre;
  if (tokens != nullptr) facts.tokens = tokens->size();
  return facts;
}

InspectedRope inspect_rope(const Spec& s, const RopeSpec& rope) {
  const std::size_t context =
      s.max_position > 0 ? s.max_position : static_cast<std::size_t>(rope.original_max_position);
  return {.spec = rope,
          .context = context,
          .wavelengths = rope_wavelengths(rope, context),
          .scaling = resolve(rope, 0).attention_scaling};
}

}  // namespace

Inspection inspect(const Model& model) {
  Inspection i = {.facts = describe(model),
                  .spec = model.spec,
                  .format = model.checkpoint.format,
                  .tokenizer = tokenizer_facts(model.checkpoint),
                  .files = model.checkpoint.files.size(),
                  .tensors = model.checkpoint.tensors.size(),
                  .stored_bytes = model.stored_bytes(),
                  .plan = plan(model, {Sequence{.ids = std::vector<std::int32_t>(kPlanTokens, 0)}}, {}),
                  .notices = model.notices};
  for (const RopeSpec& rope : model.spec.ropes) i.ropes.push_back(inspect_rope(model.spec, rope));
  return i;
}

}  // namespace sg
