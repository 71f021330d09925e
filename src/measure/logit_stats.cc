#include "measure/logit_stats.h"

#include <cmath>
#include <limits>

#include "kernel/elementary.h"
#include "model/model.h"

namespace sg {

void LogitAccumulator::fold(const Kernels& kernels, std::size_t first_id, std::span<const float> z) {
  kernels.fold_logits(z.data(), z.size(), fold_);
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (count_ == kTop && !(z[i] > top_.back().z)) continue;
    std::size_t place = count_ < kTop ? count_++ : kTop - 1;
    for (; place > 0 && z[i] > top_[place - 1].z; --place) top_[place] = top_[place - 1];
    top_[place] = {z[i], static_cast<std::int32_t>(first_id + i)};
  }
}

LogitStats LogitAccumulator::finish(std::size_t position) const {
  LogitStats s;
  s.position = position;
  const double n = static_cast<double>(fold_.count);
  if (fold_.non_finite > 0 || fold_.count == 0) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    s.mean = s.std = s.max = s.min = s.entropy = s.effective_vocab = s.top10_prob_mass = nan;
    s.top1_margin = nan;
    return s;
  }
  s.mean = fold_.sum / n;
  const double variance = fold_.count > 1 ? (fold_.sum_squares - fold_.sum_shift * fold_.sum_shift / n) / (n - 1) : 0.0;
  s.std = std::sqrt(variance > 0 ? variance : 0.0);
  s.max = fold_.max;
  if (count_ > 1) s.top1_margin = static_cast<double>(top_[0].z) - static_cast<double>(top_[1].z);
  s.min = fold_.min;
  s.entropy = log_fixed(fold_.sum_exp) - fold_.sum_exp_shift / fold_.sum_exp;
  s.effective_vocab = exp_fixed(s.entropy);
  for (std::size_t i = 0; i < count_; ++i) {
    const double prob = exp_fixed(static_cast<double>(top_[i].z) - fold_.max) / fold_.sum_exp;
    s.top.push_back({.id = top_[i].id, .token = {}, .prob = prob});
    s.top10_prob_mass += prob;
  }
  return s;
}

void name_top_tokens(const Tokenizer* tokenizer, LogitStats& stats) {
  if (tokenizer == nullptr) return;
  for (TopToken& top : stats.top) top.token = tokenizer->token_text(top.id);
}

}  // namespace sg
