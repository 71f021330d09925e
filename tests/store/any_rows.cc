#include "any_rows.h"

#include <rapidcheck.h>

#include <limits>

namespace sg::tests {
namespace {

double any_double() {
  switch (*rc::gen::inRange(0, 8)) {
    case 0: return -0.0;
    case 1: return std::numeric_limits<double>::quiet_NaN();
    case 2: return -std::numeric_limits<double>::infinity();
    case 3: return *rc::gen::inRange(-3, 4);
    default: return std::bit_cast<double>(*rc::gen::arbitrary<std::uint64_t>());
  }
}

std::size_t any_size(int end) { return static_cast<std::size_t>(*rc::gen::inRange(0, end)); }
std::size_t any_count() { return *rc::gen::inRange<std::size_t>(0, std::size_t{1} << 50); }
bool any_bool() { return *rc::gen::arbitrary<bool>(); }
/// Any bytes, zero and invalid UTF-8 among them.
std::string any_text() { return *rc::gen::string<std::string>(); }
std::vector<double> any_doubles(std::size_t n) {
  std::vector<double> values(n);
  for (double& value : values) value = any_double();
  return values;
}

LayerTable any_table(std::size_t layers, std::size_t tokens) {
  if (layers == 0 || *rc::gen::inRange(0, 4) == 0) return {};
  LayerTable table(layers, tokens);
  table.values = any_doubles(layers * tokens);
  return table;
}

LogitStats any_stats(std::size_t position) {
  LogitStats s = {.position = position,
                  .mean = any_double(),
                  .std = any_double(),
                  .max = any_double(),
                  .min = any_double(),
                  .entropy = any_double(),
                  .effective_vocab = any_double(),
                  .top10_prob_mass = any_double()};
  for (std::size_t i = any_size(4); i > 0; --i) {
    s.top.push_back({*rc::gen::arbitrary<std::int32_t>(), any_text(), any_double()});
  }
  return s;
}

std::vector<Massive> any_massive() {
  std::vector<Massive> rows(any_size(4));
  for (Massive& row : rows) row = {any_count(), any_count(), any_count(), any_double(), any_double()};
  return rows;
}

MatrixStatistics any_statistics() {
  MatrixStatistics s;
  for (double* number :
       {&s.frobenius_norm, &s.spectral_norm, &s.spectral_norm_error, &s.spectral_residual, &s.spectral_at_most,
        &s.mean_row_norm, &s.std_row_norm, &s.max_row_norm, &s.min_row_norm, &s.mean_abs, &s.std_abs}) {
    *number = any_double();
  }
  s.spectral_passes = any_count();
  s.spectral_converged = any_bool();
  s.rows = any_count();
  s.cols = any_count();
  if (any_bool()) {
    s.spectrum = Spectrum{any_doubles(any_size(4)), any_count(), any_double(), any_double(), any_double(), {}};
    if (any_bool()) s.spectrum->power_law = PowerLaw{any_double(), any_double(), any_double(), any_count()};
  }
  return s;
}

EngineFacts any_engine() {
  return {any_text(), any_text(), static_cast<int>(any_size(99)), static_cast<int>(any_size(9))};
}

ModelFacts any_facts() {
  ModelFacts f;
  for (auto* text : {&f.id, &f.path, &f.fingerprint, &f.family, &f.norm, &f.mlp, &f.dtype, &f.rope.scaling}) {
    *text = any_text();
  }
  for (auto* count : {&f.n_layers, &f.d_model, &f.n_heads, &f.n_kv_heads, &f.d_head, &f.vocab_size}) {
    *count = any_count();
  }
  f.parallel_residual = any_bool();
  f.tied_embeddings = any_bool();
  f.rope.present = any_bool();
  for (auto* number : {&f.rope.theta, &f.rope.factor, &f.rope.original_max_position, &f.rope.rotary_pct}) {
    *number = any_double();
  }
  f.rope.max_position = any_count();
  f.parameters = any_count();
  return f;
}

Sequence any_prompt() {
  Sequence s;
  if (any_bool()) s.text = any_text();
  if (any_bool()) s.category = any_text();
  for (std::size_t t = any_size(4); t > 0; --t) {
    s.ids.push_back(*rc::gen::arbitrary<std::int32_t>());
    s.tokens.push_back(any_text());
  }
  return s;
}

/// Every value in one text, each behind its length: different rows give different texts.
class Bits {
 public:
  Bits& operator<<(const std::string& value) {
    text_ += std::to_string(value.size()) + ":" + value + ";";
    return *this;
  }
  Bits& operator<<(double value) { return *this << std::bit_cast<std::uint64_t>(value); }
  Bits& operator<<(bool value) { return *this << std::uint64_t{value}; }
  Bits& operator<<(std::uint64_t value) { return *this << std::to_string(value); }
  Bits& operator<<(int value) { return *this << std::to_string(value); }
  template <class T>
  Bits& operator<<(const std::optional<T>& value) {
    *this << value.has_value();
    return value ? *this << *value : *this;
  }
  template <class T>
  Bits& operator<<(const std::vector<T>& values) {
    *this << values.size();
    for (const T& value : values) *this << value;
    return *this;
  }
  Bits& operator<<(const LayerTable& t) { return *this << t.layers << t.tokens << t.values; }
  Bits& operator<<(const TopToken& t) { return *this << t.id << t.token << t.prob; }
  Bits& operator<<(const LogitStats& s) {
    return *this << s.position << s.mean << s.std << s.max << s.min << s.entropy << s.effective_vocab
                 << s.top10_prob_mass << s.top;
  }
  Bits& operator<<(const LensRow& r) { return *this << r.layer << r.stats; }
  Bits& operator<<(const Massive& m) { return *this << m.layer << m.token << m.channel << m.value << m.median; }
  Bits& operator<<(const EngineFacts& e) { return *this << e.version << e.isa << e.threads << e.numerics; }
  Bits& operator<<(const ModelFacts& f) {
    return *this << f.id << f.path << f.fingerprint << f.family << f.norm << f.mlp << f.dtype << f.n_layers << f.d_model
                 << f.n_heads << f.n_kv_heads << f.d_head << f.vocab_size << f.parallel_residual << f.tied_embeddings
                 << f.rope.present << f.rope.theta << f.rope.scaling << f.rope.factor << f.rope.original_max_position
                 << f.rope.max_position << f.rope.rotary_pct << f.parameters;
  }
  Bits& operator<<(const PowerLaw& p) { return *this << p.alpha << p.distance << p.x_min << p.tail; }
  Bits& operator<<(const Spectrum& s) {
    return *this << s.singular_values << s.rank << s.participation_ratio << s.entropy << s.effective_rank
                 << s.power_law;
  }
  Bits& operator<<(const MatrixStatistics& s) {
    return *this << s.frobenius_norm << s.spectral_norm << s.spectral_norm_error << s.spectral_residual
                 << s.spectral_at_most << s.spectral_passes << s.spectral_converged << s.mean_row_norm << s.std_row_norm
                 << s.max_row_norm << s.min_row_norm << s.mean_abs << s.std_abs << s.rows << s.cols << s.spectrum;
  }
  Bits& operator<<(const NonFinite& n) { return *this << n.row << n.col << n.value << n.count; }
  Bits& operator<<(const WeightRow& w) {
    return *this << w.role << w.tensor << w.layer << w.part << w.dtype << w.rows << w.cols << w.statistics
                 << w.non_finite;
  }
  Bits& operator<<(const Amplification& a) { return *this << a.definition << a.gain << a.value; }
  Bits& operator<<(const Sequence& s) { return *this << s.text << s.category << s.ids << s.tokens; }
  Bits& operator<<(const ModelOutcome& m) {
    return *this << m.key << m.label << m.source << m.facts << m.error << m.prompts;
  }
  std::string text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

SequenceMeasurement any_sequence() {
  SequenceMeasurement m;
  m.sequence = any_prompt();
  const std::size_t tokens = m.sequence.ids.size(), layers = any_size(4);
  m.norms.embed = any_doubles(tokens);
  m.norms.ln_final = any_doubles(tokens);
  for (LayerTable* table :
       {&m.norms.resid_pre, &m.norms.attn_out, &m.norms.resid_mid, &m.norms.mlp_out, &m.norms.resid_post,
        &m.dots.pre_attn, &m.dots.mid_mlp, &m.dots.pre_mlp, &m.dots.attn_mlp}) {
    *table = any_table(layers, tokens);
  }
  for (std::size_t t = 0; t < tokens; ++t) {
    if (any_bool()) m.logits.push_back(any_stats(t));
  }
  m.massive = any_massive();
  m.massive_values = any_massive();
  m.massive_multiple = any_double();
  m.first_token_share = {any_doubles(layers), any_doubles(layers)};
  for (std::size_t l = 0; l < layers; ++l) {
    for (std::size_t t = 0; t < tokens; ++t) {
      if (any_bool()) m.lens.push_back({l, any_stats(t)});
    }
  }
  if (any_bool()) m.identity_error = any_double();
  return m;
}

WeightsReport any_weights() {
  WeightsReport r;
  r.engine = any_engine();
  r.model = any_facts();
  for (std::size_t i = any_size(4); i > 0; --i) {
    WeightRow& row = r.matrices.emplace_back();
    row = {.role = any_text(), .tensor = std::to_string(i), .layer = {}, .part = any_text(), .dtype = any_text()};
    if (any_bool()) row.layer = any_count();
    row.rows = any_count();
    row.cols = any_count();
    if (any_bool()) {
      row.statistics = any_statistics();
    } else {
      row.non_finite = NonFinite{any_count(), any_count(), any_double(), any_count()};
    }
  }
  if (any_bool()) r.wu_we_ratio = any_double();
  r.tied_embeddings = any_bool();
  if (any_bool()) r.tied_allclose = any_bool();
  if (any_bool()) r.amplification = Amplification{any_text(), any_double(), any_double()};
  for (std::size_t i = any_size(3); i > 0; --i) r.warnings.push_back(std::to_string(i) + any_text());
  r.seconds = any_double();
  r.spectral_seconds = any_double();
  r.peak_bytes = any_count();
  return r;
}

RunRecord any_run() {
  RunRecord r;
  r.experiment = any_text();
  r.started = any_text();
  for (std::size_t i = any_size(3); i > 0; --i) r.overrides.push_back(any_text());
  r.pocket = any_bool();
  r.engine = any_engine();
  for (std::size_t i = any_size(4); i > 0; --i) {
    ModelOutcome& m = r.models.emplace_back();
    m = {any_text(), any_text(), any_text(), {}, {}, {}};
    if (any_bool()) m.facts = any_facts();
    if (any_bool()) m.error = any_text();
    for (std::size_t p = any_size(3); p > 0; --p) m.prompts.push_back(any_prompt());
  }
  for (std::size_t i = any_size(3); i > 0; --i) r.notices.push_back(any_text());
  return r;
}

std::string bits_of(const SequenceMeasurement& m) {
  Bits b;
  b << m.sequence << m.norms.embed << m.norms.ln_final << m.norms.resid_pre << m.norms.attn_out << m.norms.resid_mid
    << m.norms.mlp_out << m.norms.resid_post << m.dots.pre_attn << m.dots.mid_mlp << m.dots.pre_mlp << m.dots.attn_mlp
    << m.logits << m.massive << m.massive_values << m.massive_multiple << m.first_token_share.of_mean
    << m.first_token_share.of_frobenius << m.lens << m.identity_error;
  return b.text();
}

std::string bits_of(const WeightsReport& r) {
  Bits b;
  b << r.engine << r.model << r.matrices << r.wu_we_ratio << r.tied_embeddings << r.tied_allclose << r.amplification
    << r.warnings << r.seconds << r.spectral_seconds << r.peak_bytes;
  return b.text();
}

std::string bits_of(const RunRecord& r) {
  Bits b;
  b << r.experiment << r.overrides << r.started << r.pocket << r.engine << r.models << r.notices;
  return b.text();
}

}  // namespace sg::tests
