// streamgauge inspect: what is in a checkpoint. Opens it and reads no weights but the fingerprint's sample.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/common.h"
#include "cli/model_text.h"
#include "cli/outputs.h"
#include "io/hub_cache.h"
#include "measure/measure.h"
#include "report/data/measurement_json.h"
#include "report/text/number_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kPlanTokens = 1024;  // a batch that people know from other tools

struct TokenizerFacts {
  std::string where;  // "in the file", a path, or "none"
  std::string model;  // "gpt2", "llama", or empty when not told without reading it all
  std::string pre;
  std::size_t tokens = 0;
};

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

std::string tokenizer_line(const TokenizerFacts& t) {
  std::string text = t.where;
  if (!t.model.empty()) text += ", " + t.model;
  if (!t.pre.empty()) text += ", pre-tokenizer " + t.pre;
  if (t.tokens > 0) text += ", " + grouped(t.tokens) + " tokens";
  return text;
}

std::string range_text(const std::vector<double>& x) {
  const auto [least, most] = std::minmax_element(x.begin(), x.end());
  return x.empty() ? "none" : fmt::format("{} to {}", short_number(*least), short_number(*most));
}

std::string rope_line(const RopeSpec& r, std::size_t head_dim) {
  std::string text = fmt::format("theta {}, {} of {} channels of a head, {}", short_number(r.theta), r.rotary_dim,
                                 head_dim, name(r.type));
  if (r.factor != 1) text += fmt::format(", factor {}", exact(r.factor));
  if (r.original_max_position > 0) text += fmt::format(", trained at {}", exact(r.original_max_position));
  if (r.high_freq_factor > 0)
    text += fmt::format(", frequency factors {} and {}", exact(r.low_freq_factor), exact(r.high_freq_factor));
  if (r.type == RopeType::kYarn) {
    text += fmt::format(", beta {} to {}{}", exact(r.beta_slow), exact(r.beta_fast), r.truncate ? "" : " untruncated");
    if (r.mscale > 0) text += fmt::format(", mscale {}", exact(r.mscale));
    if (r.mscale_all_dim > 0) text += fmt::format(", mscale of all channels {}", exact(r.mscale_all_dim));
  }
  if (r.type == RopeType::kLongrope) {
    text += fmt::format(", short factors {}, long factors {}", range_text(r.short_factor), range_text(r.long_factor));
  }
  if (!r.divisors.empty()) {
    text += fmt::format(", frequencies divided by {}", range_text({r.divisors.begin(), r.divisors.end()}));
  }
  const double scaling = resolve(r, 0).attention_scaling;
  if (scaling != 1) text += fmt::format(", cosines and sines times {}", short_number(scaling));
  return text;
}

/// The context that wavelengths are held against: the model's own, or the one before scaling.
std::size_t context_of(const Spec& s, const RopeSpec& r) {
  return s.max_position > 0 ? s.max_position : static_cast<std::size_t>(r.original_max_position);
}

std::string wavelength_line(const Spec& s, const RopeSpec& r) {
  const std::size_t context = context_of(s, r);
  const RopeWavelengths w = rope_wavelengths(r, context);
  std::string text = fmt::format("{} to {} tokens", short_number(w.shortest), short_number(w.longest));
  if (context > 0) text += fmt::format("; {} of {} exceed the context of {}", w.beyond, w.pairs, grouped(context));
  return text;
}

std::string attention_line(const Spec& s) {
  std::size_t windowed = 0, window = 0;
  for (const LayerAttention& a : s.attention) {
    if (a.window == 0) continue;
    ++windowed;
    window = a.window;
  }
  std::string text = fmt::format("{} heads, {} for keys and values, {} channels each", s.heads, s.kv_heads, s.head_dim);
  if (windowed > 0) text += fmt::format("; {} of {} layers see {} tokens", windowed, s.layers, grouped(window));
  if (s.qk_norm != QkNorm::kNone) text += "; norm on queries and keys";
  if (s.score_cap > 0) text += fmt::format("; scores capped at {}", short_number(s.score_cap));
  return text;
}

std::string block_line(const Spec& s) {
  std::string text = s.order == Order::kParallel ? "attention and MLP in parallel" : "attention, then MLP";
  std::vector<std::string> places;
  if (has(s.norm_at, NormAt::kInput)) places.emplace_back("each branch's input");
  if (has(s.norm_at, NormAt::kOutput)) places.emplace_back("each branch's output");
  if (has(s.norm_at, NormAt::kSum)) places.emplace_back("each sum");
  return text + fmt::format("; {} at {}, epsilon {:.6g}", s.norm_name(), listed(places), s.norm_eps);
}

std::vector<Sequence> plan_sequences() { return {Sequence{.ids = std::vector<std::int32_t>(kPlanTokens, 0)}}; }

std::string inspect_text(const Model& model, const ModelFacts& f, const Plan& p) {
  const Spec& s = model.spec;
  TextTable table({{model.checkpoint.format == Format::kGguf ? "GGUF" : "safetensors", Align::kLeft},
                   {printable(f.path), Align::kLeft}});
  table.row({"family", f.family});
  table.row({"shape", fmt::format("{}, d_model {}, MLP {} wide ({})", counted(s.layers, "layer"), grouped(s.width),
                                  grouped(s.ffn_width), f.mlp)});
  table.row({"attention", attention_line(s)});
  table.row({"block", block_line(s)});
  for (const RopeSpec& r : s.ropes) {
    table.row({"rope", rope_line(r, s.head_dim)});
    table.row({"wavelengths", wavelength_line(s, r)});
  }
  table.row({"positions", s.max_position > 0 ? grouped(s.max_position) : "not stated"});
  table.row({"vocabulary", fmt::format("{}, unembedding {}", grouped(s.vocab),
                                       f.tied_embeddings ? "tied to the embedding" : "of its own")});
  if (s.logit_cap > 0) table.row({"logits", fmt::format("capped at {}", short_number(s.logit_cap))});
  table.row({"tokenizer", tokenizer_line(tokenizer_facts(model.checkpoint))});
  table.row({"parameters", fmt::format("{} ({})", grouped(f.parameters), short_count(f.parameters))});
  table.row({"stored", fmt::format("{} as {}, in {}", bytes_text(model.stored_bytes()), f.dtype,
                                   counted(model.checkpoint.files.size(), "file"))});
  table.row({"fingerprint", f.fingerprint});
  table.row(
      {"plan", fmt::format("{} tokens: {} for activations and two layers, {} read, {:.3g} floating-point operations",
                           grouped(kPlanTokens), bytes_text(p.peak_bytes), bytes_text(p.bytes_read), p.flops)});
  std::string text = printable(f.id) + "\n" + table.text();
  for (const std::string& notice : model.notices) text += "note: " + printable(notice) + "\n";
  return text;
}

Json rope_spec_json(const Spec& s, const RopeSpec& r) {
  Json j = {{"type", name(r.type)}, {"theta", r.theta}, {"rotary_dim", r.rotary_dim}, {"factor", r.factor}};
  const RopeWavelengths w = rope_wavelengths(r, context_of(s, r));
  j["wavelengths"] = {{"shortest", w.shortest},
                      {"longest", w.longest},
                      {"pairs", w.pairs},
                      {"context", context_of(s, r)},
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
    j["attention_scaling"] = resolve(r, 0).attention_scaling;  // what the fields come to
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

Json inspect_json(const Model& model, const ModelFacts& f, const Plan& p) {
  const TokenizerFacts t = tokenizer_facts(model.checkpoint);
  Json ropes = Json::array();
  for (const RopeSpec& r : model.spec.ropes) ropes.push_back(rope_spec_json(model.spec, r));
  return {{"schema", "streamgauge.inspect/1"},
          {"model", model_json(f)},
          {"format", model.checkpoint.format == Format::kGguf ? "gguf" : "safetensors"},
          {"ffn_width", model.spec.ffn_width},
          {"norm_eps", model.spec.norm_eps},
          {"ropes", std::move(ropes)},
          {"tokenizer", {{"where", t.where}, {"model", t.model}, {"pre", t.pre}, {"tokens", t.tokens}}},
          {"files", model.checkpoint.files.size()},
          {"tensors", model.checkpoint.tensors.size()},
          {"stored_bytes", model.stored_bytes()},
          {"plan",
           {{"tokens", kPlanTokens}, {"peak_bytes", p.peak_bytes}, {"bytes_read", p.bytes_read}, {"flops", p.flops}}},
          {"notices", model.notices}};
}

Result<int> run(const std::string& name, const std::string& json) {
  SG_TRY(const std::filesystem::path path, find_model(name));
  SG_TRY(const Model model, open_model(path));
  SG_TRY_VOID(spare_inputs({{"--json", json}}, files_of(model)));
  const ModelFacts facts = describe(model);
  const Plan p = plan(model, plan_sequences(), {});
  SG_TRY_VOID(json.empty() ? print(inspect_text(model, facts, p), {facts.id})
                           : write_document(json, json_text(inspect_json(model, facts, p))));
  return 0;
}

}  // namespace

void add_inspect(Program& program) {
  auto model = std::make_shared<std::string>(), json = std::make_shared<std::string>();
  CLI::App* command = program.app.add_subcommand("inspect", "what is in a model; loads no weights");
  command
      ->add_option("MODEL", *model, "a folder with safetensors, a .gguf file, or ORG/NAME[@REV] from the Hub's cache")
      ->required();
  command->add_option("--json", *json, "the same as one JSON document")->type_name("FILE|-");
  finish_command(program, *command, "streamgauge inspect SmolLM2-135M-Instruct.Q4_1.gguf",
                 [model, json] { return run(*model, *json); });
}

}  // namespace sg
