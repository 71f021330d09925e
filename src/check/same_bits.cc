#include "check/same_bits.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace sg {
namespace {

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

std::vector<double> all_numbers(const SequenceMeasurement& s) {
  std::vector<double> all = s.norms.embed;
  const auto append = [&all](const std::vector<double>& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const LayerTable* t :
       {&s.norms.resid_pre, &s.norms.attn_out, &s.norms.resid_mid, &s.norms.mlp_out, &s.norms.resid_post,
        &s.dots.pre_attn, &s.dots.mid_mlp, &s.dots.pre_mlp, &s.dots.attn_mlp}) {
    append(t->values);
  }
  append(s.norms.ln_final);
  const auto append_logits = [&append](const LogitStats& l) {
    append({l.mean, l.std, l.max, l.min, l.entropy, l.effective_vocab, l.top10_prob_mass});
    for (const TopToken& t : l.top) append({static_cast<double>(t.id), t.prob});
  };
  for (const LogitStats& l : s.logits) append_logits(l);
  for (const LensRow& row : s.lens) append_logits(row.stats);
  for (const Massive& m : s.massive)
    append({static_cast<double>(m.token), static_cast<double>(m.channel), m.value, m.median});
  return all;
}

}  // namespace

bool same_bits(const SequenceMeasurement& a, const SequenceMeasurement& b) {
  return same(all_numbers(a), all_numbers(b));
}

bool same_bits(const Measurement& a, const Measurement& b) {
  return std::equal(a.sequences.begin(), a.sequences.end(), b.sequences.begin(), b.sequences.end(),
                    [](const auto& x, const auto& y) { return same_bits(x, y); });
}

}  // namespace sg
