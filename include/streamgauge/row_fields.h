// The fields of the rows in rows.h (field.h says what for). Each stands here once.
#pragma once

#include "streamgauge/field.h"
#include "streamgauge/rows.h"

namespace streamgauge {

template <RowOf<Sequence> Row, class Visit>
void each_field(Row& s, Visit&& visit) {
  constexpr WhenAbsent kOut = WhenAbsent::kIsLeftOut;
  visit(RowField{"text", "", "the prompt, or what a chat template made of it", "ids were given"}, s.text);
  visit(RowField{"prompt", "", "as it was given, when a template made the text", "no template made the text", kOut},
        s.prompt);
  visit(RowField{"prompt_id", "", "its name in its file", "it has none", kOut}, s.prompt_id);
  visit(RowField{"category", "", "of the prompt in its suite", "it has none"}, s.category);
  visit(RowField{"columns", "", "what its file says beside the text", "it says nothing", kOut}, s.columns);
  visit(RowField{"special", "", "auto, none or bos: the special tokens around the text", "ids were given", kOut},
        s.special);
  visit(RowField{"ids", "", "token ids"}, s.ids);
  visit(RowField{"tokens", "", "what a person reads for each id"}, s.tokens);
}

template <RowOf<SiteNorms> Row, class Visit>
void each_field(Row& n, Visit&& visit) {
  constexpr WhenAbsent kOut = WhenAbsent::kIsLeftOut;
  visit(RowField{"embed", "", "the stream before the first block", "", kOut}, n.embed);
  visit(RowField{"resid_pre", "", "the stream before a block", "", kOut}, n.resid_pre);
  visit(RowField{"attn_out", "", "what attention adds", "", kOut}, n.attn_out);
  visit(RowField{"resid_mid", "", "the stream between attention and MLP", "", kOut}, n.resid_mid);
  visit(RowField{"mlp_out", "", "what the MLP adds", "", kOut}, n.mlp_out);
  visit(RowField{"resid_post", "", "the stream after a block", "", kOut}, n.resid_post);
  visit(RowField{"ln_final", "", "after the final norm", "", kOut}, n.ln_final);
}

template <RowOf<SiteDots> Row, class Visit>
void each_field(Row& d, Visit&& visit) {
  constexpr WhenAbsent kOut = WhenAbsent::kIsLeftOut;
  visit(RowField{"pre_attn", "", "resid_pre . attn_out", "", kOut}, d.pre_attn);
  visit(RowField{"mid_mlp", "", "resid_mid . mlp_out", "", kOut}, d.mid_mlp);
  visit(RowField{"pre_mlp", "", "resid_pre . mlp_out", "", kOut}, d.pre_mlp);
  visit(RowField{"attn_mlp", "", "attn_out . mlp_out", "", kOut}, d.attn_mlp);
}

template <RowOf<TopToken> Row, class Visit>
void each_field(Row& t, Visit&& visit) {
  visit(RowField{"id", "", "of the token"}, t.id);
  visit(RowField{"token", "", "what a person reads for it"}, t.token);
  visit(RowField{"prob", "", "its probability"}, t.prob);
}

template <RowOf<LogitStats> Row, class Visit>
void each_field(Row& s, Visit&& visit) {
  visit(RowField{"position", "", "of the token whose next one is predicted, from 0"}, s.position);
  visit(RowField{"mean", "logit", "of all logits"}, s.mean);
  visit(RowField{"std", "logit", "their standard deviation, divisor n - 1"}, s.std);
  visit(RowField{"max", "logit", "the largest"}, s.max);
  visit(RowField{"min", "logit", "the smallest"}, s.min);
  visit(RowField{"range", "logit", "the largest less the smallest"}, Derived{s.range()});
  visit(RowField{"entropy", "nats", "of the softmax"}, s.entropy);
  visit(RowField{"effective_vocab", "tokens", "exp of the entropy"}, s.effective_vocab);
  visit(RowField{"top10_prob_mass", "", "probability of the ten most probable tokens together"}, s.top10_prob_mass);
  visit(RowField{"top1_margin", "logit", "the largest less the second largest", "there is no second logit"},
        s.top1_margin);
  visit(RowField{"top", "", "the ten most probable tokens, most probable first"}, s.top);
}

template <RowOf<LensRow> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"layer", "", "whose resid_post is read, from 0"}, r.layer);
  visit(RowField{""}, r.stats);
  visit(RowField{"kl", "nats", "from the model's distribution to the lens's", "no target was asked for",
                 WhenAbsent::kIsLeftOut},
        r.kl);
}

template <RowOf<TargetRow> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"layer", "", "whose resid_post is read, from 0"}, r.layer);
  visit(RowField{"position", "", "of the token whose next one is predicted, from 0"}, r.position);
  visit(RowField{"id", "", "of the token"}, r.id);
  visit(RowField{"token", "", "what a person reads for it"}, r.token);
  visit(RowField{"logit", "", "its logit"}, r.logit);
  visit(RowField{"prob", "", "its probability"}, r.prob);
  visit(RowField{"rank", "", "1 for the most probable token"}, r.rank);
}

template <RowOf<Massive> Row, class Visit>
void each_field(Row& m, Visit&& visit) {
  visit(RowField{"layer", "", "from 0"}, m.layer);
  visit(RowField{"token", "", "its position, from 0"}, m.token);
  visit(RowField{"channel", "", "of the stream, from 0"}, m.channel);
  visit(RowField{"value", "", "signed"}, m.value);
  visit(RowField{"median", "", "of the magnitudes of all of the prompt's tokens and channels"}, m.median);
  visit(RowField{"ratio", "", "of the value's magnitude to the median, 0 where that is 0"}, Derived{m.ratio()});
}

template <RowOf<FirstTokenShare> Row, class Visit>
void each_field(Row& s, Visit&& visit) {
  visit(RowField{"of_mean", "", "n[0] / sum of n"}, s.of_mean);
  visit(RowField{"of_frobenius", "", "n[0] / sqrt(sum of n^2)"}, s.of_frobenius);
}

template <RowOf<RoutingRow> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  constexpr WhenAbsent kOut = WhenAbsent::kIsLeftOut;
  visit(RowField{"layer", "", "from 0; layers without experts have no row"}, r.layer);
  visit(RowField{"experts", "", "[token][rank]: the chosen ones, the best first"}, r.experts);
  visit(RowField{"weights", "", "[token][rank]: the router's, by which an output is multiplied"}, r.weights);
  visit(RowField{"margin", "", "[token]: score of the last chosen less that of the best left out", "", kOut}, r.margin);
  visit(RowField{"entropy", "nats", "[token]: of the router's scores divided by their sum"}, r.entropy);
  visit(RowField{"contribution", "", "[token][rank]: norm of what the expert adds"}, r.contribution);
  visit(RowField{"shared", "", "[token]: norm of what the shared expert adds", "", kOut}, r.shared);
  visit(RowField{"peak", "", "[token][rank]: the largest value of what the expert adds, signed"}, r.peak);
  visit(RowField{"peak_channel", "", "[token][rank]: its channel, from 0"}, r.peak_channel);
  visit(RowField{"load", "tokens", "[expert]: tokens of the prompt that chose it"}, r.load);
}

template <RowOf<ExpertLoad> Row, class Visit>
void each_field(Row& l, Visit&& visit) {
  visit(RowField{"layer", "", "from 0"}, l.layer);
  visit(RowField{"tokens", "tokens", "[expert]: those of all prompts that chose it"}, l.tokens);
}

template <RowOf<SuperExpert> Row, class Visit>
void each_field(Row& e, Visit&& visit) {
  visit(RowField{"layer", "", "from 0"}, e.layer);
  visit(RowField{"expert", "", "from 0"}, e.expert);
  visit(RowField{"output", "", "its largest magnitude before the router's weight"}, e.output);
  visit(RowField{"sequence", "", "the prompt where that is, from 0"}, e.sequence);
  visit(RowField{"token", "", "its position, from 0"}, e.token);
  visit(RowField{"channel", "", "of the stream, from 0"}, e.channel);
  visit(RowField{"share", "", "of the massive activation it adds to, the largest over the prompts"}, e.share);
  visit(RowField{"carries", "prompts", "whose massive activation it adds to"}, e.carries);
}

template <RowOf<SequenceMeasurement> Row, class Visit>
void each_field(Row& m, Visit&& visit) {
  visit(RowField{""}, m.sequence);
  visit(RowField{"norms"}, m.norms);
  visit(RowField{"dots"}, m.dots);
  visit(RowField{"logits"}, m.logits);
  visit(RowField{"massive"}, m.massive);
  visit(RowField{"massive_values"}, m.massive_values);
  visit(RowField{"massive_multiple"}, m.massive_multiple);
  visit(RowField{"first_token_share"}, m.first_token_share);
  visit(RowField{"lens"}, m.lens);
  visit(RowField{"routing"}, m.routing);
  visit(RowField{"targets"}, m.targets);
  visit(RowField{"identity_error"}, m.identity_error);
}

template <RowOf<RopeFacts> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  constexpr const char* kNone = "the model has no rotary positions";
  constexpr WhenAbsent kOut = WhenAbsent::kIsLeftOut;
  visit(RowField{"theta", "", "base of the rotary angles", kNone}, r.theta);
  visit(RowField{"scaling", "", "kind of scaling of the angles", kNone}, r.scaling);
  visit(RowField{"max_position", "tokens", "longest context", "the checkpoint states no longest context"},
        r.max_position);
  visit(RowField{"rotary_pct", "", "share of a head's channels that is rotated", kNone}, r.rotary_pct);
  visit(RowField{"factor", "", "of the scaling", kNone, kOut}, r.factor);
  visit(RowField{"original_max_position", "tokens", "longest context before scaling",
                 r.theta ? "the checkpoint states no original context" : kNone, kOut},
        r.original_max_position);
}

template <RowOf<ModelFacts> Row, class Visit>
void each_field(Row& m, Visit&& visit) {
  visit(RowField{"id", "", "name of the folder or file"}, m.id);
  visit(RowField{"path", "", "where it was opened"}, m.path);
  visit(RowField{"fingerprint", "", "SHA-256 of what it holds"}, m.fingerprint);
  visit(RowField{"family", "", "as in docs/families.md"}, m.family);
  visit(RowField{"n_layers", "", "blocks"}, m.n_layers);
  visit(RowField{"d_model", "", "channels of the stream"}, m.d_model);
  visit(RowField{"n_heads", "", "heads of queries"}, m.n_heads);
  visit(RowField{"n_kv_heads", "", "heads of keys and values"}, m.n_kv_heads);
  visit(RowField{"d_head", "", "channels of a head"}, m.d_head);
  visit(RowField{"vocab_size", "", "rows of the unembedding"}, m.vocab_size);
  visit(RowField{"norm", "", "RMSNorm or LayerNorm"}, m.norm);
  visit(RowField{"mlp", "", "kind of MLP"}, m.mlp);
  visit(RowField{"parallel_residual", "", "attention and MLP read the same stream"}, m.parallel_residual);
  visit(RowField{"tied_embeddings", "", "W_U and W_E are one tensor"}, m.tied_embeddings);
  visit(RowField{"rope"}, m.rope);
  visit(RowField{"parameters", "", "numbers in the tensors that are read"}, m.parameters);
  visit(RowField{"dtype", "", "stored type of most numbers"}, m.dtype);
}

template <RowOf<EngineFacts> Row, class Visit>
void each_field(Row& e, Visit&& visit) {
  visit(RowField{"version", "", "of the program"}, e.version);
  visit(RowField{"isa", "", "instruction set"}, e.isa);
  visit(RowField{"threads", "", "used; no result depends on them"}, e.threads);
  visit(RowField{"numerics", "", "changes whenever any result may change in any bit"}, e.numerics);
  visit(RowField{"precision", "", "bfloat16 or float16: the run in that type that was emulated",
                 "the engine computed in its own float32", WhenAbsent::kIsLeftOut},
        e.precision);
}

}  // namespace streamgauge
