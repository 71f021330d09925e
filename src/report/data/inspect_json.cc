#include "report/data/inspect_json.h"

#include "report/data/row_json.h"

namespace sg {
namespace {

Json rope_spec_json(const InspectedRope& inspected) {
  const RopeSpec& r = inspected.spec;
  Json j = {{"type", name(r.type)}, {"theta", r.theta}, {"rotary_dim", r.rotary_dim}, {"factor", r.factor}};
  const RopeWavelengths& w = inspected.wavelengths;
  j["wavelengths"] = {{"shortest", w.shortest},
                      {"longest", w.longest},
                      {"pairs", w.pairs},
                      {"context", inspected.context},
                      {"beyond_context", w.beyond}};
  if (r.max_position > 0) j["max_position"] = r.max_position;
  if (r.type == RopeType::kYarn) {
    j["beta_fast"] = r.beta_fast;
    j["beta_slow"] = r.beta_slow;
    if (r.mscale != 0) j["mscale"] = r.mscale;
    if (r.mscale_all_dim != 0) j["mscale_all_dim"] = r.mscale_all_dim;
    j["truncate"] = r.truncate;
  }
  if (r.attention_factor != 0) j["attention_factor"] = r.attention_factor;
  if (r.type == RopeType::kYarn || r.type == RopeType::kLongrope) {
    j["attention_scaling"] = inspected.scaling;  // what the fields come to
  }
  if (r.type == RopeType::kLongrope) {
    j["short_factor"] = r.short_factor;
    j["long_factor"] = r.long_factor;
  }
  if (!r.divisors.empty()) j["divisors"] = r.divisors;
  if (r.original_max_position > 0) j["original_max_position"] = r.original_max_position;
  if (r.high_freq_factor > 0) {
    j["low_freq_factor"] = r.low_freq_factor;
    j["high_freq_factor"] = r.high_freq_factor;
  }
  return j;
}

}  // namespace

Json inspect_json(const Inspection& i) {
  const TokenizerFacts& t = i.tokenizer;
  return {{"schema", "streamgauge.inspect/1"},
          {"model", row_json(i.facts)},
          {"format", i.format == Format::kGguf ? "gguf" : "safetensors"},
          {"ffn_width", i.spec.ffn_width},
          {"norm_eps", i.spec.norm_eps},
          {"ropes", json_list(i.ropes, rope_spec_json)},
          {"tokenizer", {{"where", t.where}, {"model", t.model}, {"pre", t.pre}, {"tokens", t.tokens}}},
          {"files", i.files},
          {"tensors", i.tensors},
          {"stored_bytes", i.stored_bytes},
          {"plan",
           {{"tokens", kPlanTokens},
            {"peak_bytes", i.plan.peak_bytes},
            {"bytes_read", i.plan.bytes_read},
            {"flops", i.plan.flops}}},
          {"notices", i.notices}};
}

}  // namespace sg
