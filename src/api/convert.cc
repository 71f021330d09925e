#include "api/convert.h"

namespace sg::api {
namespace {

streamgauge::ErrorKind to_public(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage: return streamgauge::ErrorKind::kUsage;
    case ErrorKind::kBadInput: return streamgauge::ErrorKind::kBadInput;
    case ErrorKind::kResource: return streamgauge::ErrorKind::kResource;
    case ErrorKind::kInterrupted: return streamgauge::ErrorKind::kInterrupted;
  }
  return streamgauge::ErrorKind::kBadInput;
}

streamgauge::Table to_public(const LayerTable& table) {
  return {.layers = table.layers, .tokens = table.tokens, .values = table.values};
}

streamgauge::Logits to_public(const LogitStats& s) {
  streamgauge::Logits out = {.position = s.position,
                             .mean = s.mean,
                             .std = s.std,
                             .max = s.max,
                             .min = s.min,
                             .entropy = s.entropy,
                             .effective_vocab = s.effective_vocab,
                             .top10_prob_mass = s.top10_prob_mass,
                             .top = {}};
  for (const TopToken& t : s.top) out.top.push_back({.id = t.id, .token = t.token, .prob = t.prob});
  return out;
}

streamgauge::MatrixStatistics to_public(const MatrixStatistics& s) {
  return {.frobenius_norm = s.frobenius_norm,
          .spectral_norm = s.spectral_norm,
          .spectral_norm_error = s.spectral_norm_error,
          .stable_rank = s.stable_rank(),
          .mean_row_norm = s.mean_row_norm,
          .std_row_norm = s.std_row_norm,
          .max_row_norm = s.max_row_norm,
          .min_row_norm = s.min_row_norm,
          .mean_abs = s.mean_abs,
          .std_abs = s.std_abs,
          .singular_values = s.spectrum ? s.spectrum->singular_values : std::vector<double>{}};
}

}  // namespace

streamgauge::Error to_public(const Error& error) {
  return {.kind = to_public(error.kind),
          .what = error.what,
          .where = error.where,
          .expected = error.expected,
          .got = error.got,
          .hint = error.hint,
          .message = error.message()};
}

streamgauge::ModelFacts to_public(const ModelFacts& f) {
  return {.id = f.id,
          .path = f.path,
          .fingerprint = f.fingerprint,
          .family = f.family,
          .norm = f.norm,
          .mlp = f.mlp,
          .dtype = f.dtype,
          .n_layers = f.n_layers,
          .d_model = f.d_model,
          .n_heads = f.n_heads,
          .n_kv_heads = f.n_kv_heads,
          .d_head = f.d_head,
          .vocab_size = f.vocab_size,
          .parameters = f.parameters,
          .parallel_residual = f.parallel_residual,
          .tied_embeddings = f.tied_embeddings};
}

streamgauge::Sequence to_public(const SequenceMeasurement& m) {
  streamgauge::Sequence out = {.text = m.sequence.text,
                               .ids = m.sequence.ids,
                               .tokens = m.sequence.tokens,
                               .embed = m.norms.embed,
                               .ln_final = m.norms.ln_final,
                               .resid_pre = to_public(m.norms.resid_pre),
                               .attn_out = to_public(m.norms.attn_out),
                               .resid_mid = to_public(m.norms.resid_mid),
                               .mlp_out = to_public(m.norms.mlp_out),
                               .resid_post = to_public(m.norms.resid_post),
                               .pre_attn = to_public(m.dots.pre_attn),
                               .mid_mlp = to_public(m.dots.mid_mlp),
                               .pre_mlp = to_public(m.dots.pre_mlp),
                               .attn_mlp = to_public(m.dots.attn_mlp),
                               .logits = {},
                               .massive = {}};
  for (const LogitStats& s : m.logits) out.logits.push_back(to_public(s));
  for (const Massive& x : m.massive) {
    out.massive.push_back(
        {.layer = x.layer, .token = x.token, .channel = x.channel, .value = x.value, .median = x.median});
  }
  return out;
}

streamgauge::Weights to_public(const WeightsReport& report) {
  streamgauge::Weights out = {.matrices = {},
                              .wu_we_ratio = report.wu_we_ratio,
                              .tied_embeddings = report.tied_embeddings,
                              .tied_allclose = report.tied_allclose,
                              .warnings = report.warnings};
  for (const WeightRow& row : report.matrices) {
    out.matrices.push_back({.role = row.role,
                            .tensor = row.tensor,
                            .layer = row.layer,
                            .part = row.part,
                            .dtype = row.dtype,
                            .rows = row.rows,
                            .cols = row.cols,
                            .statistics = {}});
    if (row.statistics) out.matrices.back().statistics = to_public(*row.statistics);
  }
  return out;
}

}  // namespace sg::api
