#include "measure/logit_stats.h"

#include <cmath>
#include <limits>

#include "kernel/elementary.h"
#include "model/model.h"

namespace sg {

LogitStats logit_stats(const LogitSummary& summary, std::size_t position) {
  const auto& [fold, top, count] = summary;
  LogitStats s;
  s.position = position;
  const double n = static_cast<double>(fold.count);
  if (fold.non_finite > 0 || fold.count == 0) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    s.mean = s.std = s.max = s.min = s.entropy = s.effective_vocab = s.top10_prob_mass = nan;
    s.top1_margin = nan;
    return s;
  }
  s.mean = fold.sum / n;
  const double variance = fold.count > 1 ? (fold.sum_squares - fold.sum_shift * fold.sum_shift / n) / (n - 1) : 0.0;
  s.std = std::sqrt(variance > 0 ? variance : 0.0);
  s.max = fold.max;
  if (count > 1) s.top1_margin = static_cast<double>(top[0].z) - static_cast<double>(top[1].z);
  s.min = fold.min;
  s.entropy = log_fixed(fold.sum_exp) - fold.sum_exp_shift / fold.sum_exp;
  s.effective_vocab = exp_fixed(s.entropy);
  for (std::size_t i = 0; i < count; ++i) {
    const double prob = exp_fixed(static_cast<double>(top[i].z) - fold.max) / fold.sum_exp;
    s.top.push_back({.id = top[i].id, .token = {}, .prob = prob});
    s.top10_prob_mass += prob;
  }
  return s;
}

void name_top_tokens(const Tokenizer* tokenizer, LogitStats& stats) {
  if (tokenizer == nullptr) return;
  for (TopToken& top : stats.top) top.token = tokenizer->token_text(top.id);
}

}  // namespace sg
