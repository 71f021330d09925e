// What the tests of equal bits share: prompts, and every number of a measurement in one list.
#pragma once

#include <cstring>
#include <vector>

#include "measure/row.h"

namespace sg::test {

/// Three prompts whose lengths are no multiple of any tile; the last crosses a block of queries.
inline std::vector<Sequence> prompts(std::size_t vocab) {
  std::vector<Sequence> sequences;
  for (const std::size_t length : {5u, 23u, 70u}) {
    Sequence s;
    for (std::size_t t = 0; t < length; ++t) s.ids.push_back(static_cast<std::int32_t>((t * 37 + length) % vocab));
    sequences.push_back(std::move(s));
  }
  return sequences;
}

inline void append(std::vector<double>& all, const std::vector<double>& part) {
  all.insert(all.end(), part.begin(), part.end());
}

/// Every number of a sequence's measurement in one list.
inline std::vector<double> numbers(const SequenceMeasurement& m) {
  std::vector<double> all;
  append(all, m.norms.embed);
  append(all, m.norms.ln_final);
  for (const LayerTable* t :
       {&m.norms.resid_pre, &m.norms.attn_out, &m.norms.resid_mid, &m.norms.mlp_out, &m.norms.resid_post,
        &m.dots.pre_attn, &m.dots.mid_mlp, &m.dots.pre_mlp, &m.dots.attn_mlp}) {
    append(all, t->values);
  }
  const auto append_logits = [&all](const LogitStats& l) {
    append(all, {l.mean, l.std, l.max, l.min, l.entropy, l.effective_vocab, l.top10_prob_mass});
    for (const TopToken& top : l.top) append(all, {static_cast<double>(top.id), top.prob});
  };
  for (const LogitStats& l : m.logits) append_logits(l);
  for (const LensRow& row : m.lens) append_logits(row.stats);
  for (const Massive& v : m.massive)
    append(all, {static_cast<double>(v.token), static_cast<double>(v.channel), v.value, v.median});
  return all;
}

inline bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

}  // namespace sg::test
