#include "report/text/inspect_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/number_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string tokenizer_line(const TokenizerFacts& t) {
  std::string text = t.where;
  if (!t.model.empty()) text += ", " + t.model;
  if (!t.pre.empty()) text += ", pre-tokenizer " + t.pre;
  if (t.tokens > 0) text += ", " + grouped(t.tokens) + " tokens";
  return text;
}

std::string range_text(const std::vector<double>& x) {
  const auto [least, most] = std::ranges::minmax_element(x);
  return x.empty() ? "none" : fmt::format("{} to {}", short_number(*least), short_number(*most));
}

std::string rope_line(const InspectedRope& inspected, std::size_t head_dim) {
  const RopeSpec& r = inspected.spec;
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
  if (inspected.scaling != 1) text += fmt::format(", cosines and sines times {}", short_number(inspected.scaling));
  return text;
}

std::string wavelength_line(const InspectedRope& r) {
  const RopeWavelengths& w = r.wavelengths;
  std::string text = fmt::format("{} to {} tokens", short_number(w.shortest), short_number(w.longest));
  if (r.context > 0) text += fmt::format("; {} of {} exceed the context of {}", w.beyond, w.pairs, grouped(r.context));
  return text;
}

std::string attention_line(const Spec& s) {
  std::size_t windowed = 0, window = 0;
  for (const LayerAttention& a : s.attention) {
    if (a.window == 0) continue;
    ++windowed;
    window = a.window;
  }
  if (!s.has_attention()) return "none";
  std::string text = fmt::format("{}, {} for keys and values, {} each", counted(s.heads, "head"), s.kv_heads,
                                 counted(s.head_dim, "channel"));
  if (windowed > 0) text += fmt::format("; {} of {} layers see {} tokens", windowed, s.layers, grouped(window));
  if (s.qk_norm != QkNorm::kNone) text += "; norm on queries and keys";
  if (s.score_cap > 0) text += fmt::format("; scores capped at {}", short_number(s.score_cap));
  return text;
}

std::string block_line(const Spec& s) {
  std::string text = s.order == Order::kParallel ? "attention and MLP in parallel"
                     : s.order == Order::kSingle ? "one branch, which mixes tokens or is an MLP"
                                                 : "attention, then MLP";
  std::vector<std::string> places;
  if (has(s.norm_at, NormAt::kInput)) places.emplace_back("each branch's input");
  if (has(s.norm_at, NormAt::kOutput)) places.emplace_back("each branch's output");
  if (has(s.norm_at, NormAt::kSum)) places.emplace_back("each sum");
  return text + fmt::format("; {} at {}, epsilon {:.6g}", s.norm_name(), listed(places), s.norm_eps);
}

}  // namespace

std::string inspect_text(const Inspection& i) {
  const Spec& s = i.spec;
  const ModelFacts& f = i.facts;
  const Plan& p = i.plan;
  TextTable table(
      {{i.format == Format::kGguf ? "GGUF" : "safetensors", Align::kLeft}, {printable(f.path), Align::kLeft}});
  table.row({"family", f.family});
  const std::string mlp = s.has_mlp() ? fmt::format("MLP {} wide ({})", grouped(s.ffn_width), f.mlp) : "no MLP";
  table.row({"shape", fmt::format("{}, d_model {}, {}", counted(s.layers, "layer"), grouped(s.width), mlp)});
  table.row({"attention", attention_line(s)});
  table.row({"block", block_line(s)});
  for (const InspectedRope& r : i.ropes) {
    table.row({"rope", rope_line(r, s.head_dim)});
    table.row({"wavelengths", wavelength_line(r)});
  }
  table.row({"positions", s.max_position > 0 ? grouped(s.max_position) : "not stated"});
  table.row({"vocabulary", fmt::format("{}, unembedding {}", grouped(s.vocab),
                                       f.tied_embeddings ? "tied to the embedding" : "of its own")});
  if (s.logit_cap > 0) table.row({"logits", fmt::format("capped at {}", short_number(s.logit_cap))});
  table.row({"tokenizer", tokenizer_line(i.tokenizer)});
  table.row({"parameters", fmt::format("{} ({})", grouped(f.parameters), short_count(f.parameters))});
  table.row({"stored", fmt::format("{} as {}, in {}", bytes_text(i.stored_bytes), f.dtype, counted(i.files, "file"))});
  table.row({"fingerprint", f.fingerprint.empty() ? "not taken: it samples every tensor" : f.fingerprint});
  table.row(
      {"plan", fmt::format("{} tokens: {} for activations and two layers, {} read, {:.3g} floating-point operations",
                           grouped(kPlanTokens), bytes_text(p.peak_bytes), bytes_text(p.bytes_read), p.flops)});
  std::string text = printable(f.id) + "\n" + table.text();
  for (const std::string& notice : i.notices) text += "note: " + printable(notice) + "\n";
  return text;
}

}  // namespace sg
