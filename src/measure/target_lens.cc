#include "measure/target_lens.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/elementary.h"
#include "measure/divergence.h"

namespace sg {

TargetLens::TargetLens(std::vector<std::int32_t> targets, std::size_t layers, std::size_t rows, std::size_t vocab)
    : targets_(std::move(targets)), layers_(layers), rows_(rows), vocab_(vocab) {
  if (!targets_.empty()) logits_.resize(layers * rows * vocab);
}

std::uint64_t TargetLens::bytes(std::size_t layers, std::size_t rows, std::size_t vocab) {
  return std::uint64_t{layers} * rows * vocab * sizeof(float);
}

void TargetLens::fold(std::size_t layer, std::size_t first_row, std::size_t first_id, ConstMatrixView z) {
  if (empty()) return;
  for (std::size_t r = 0; r < z.rows; ++r) {
    std::copy_n(z.row(r), z.cols,
                logits_.begin() + static_cast<std::ptrdiff_t>(((layer * rows_) + first_row + r) * vocab_ + first_id));
  }
}

std::span<const float> TargetLens::logits(std::size_t layer, std::size_t row) const {
  return std::span(logits_).subspan((layer * rows_ + row) * vocab_, vocab_);
}

double TargetLens::divergence(std::size_t layer, std::size_t row) const {
  KlAccumulator kl;
  kl.fold(logits(layers_ - 1, row), logits(layer, row));
  return kl.finish();
}

std::vector<TargetRow> TargetLens::targets(std::size_t layer, std::size_t row) const {
  const std::span<const float> z = logits(layer, row);
  const bool finite = std::ranges::all_of(z, [](float one) { return std::isfinite(one); });
  const double most = finite ? static_cast<double>(*std::ranges::max_element(z)) : 0;
  double sum = 0;
  if (finite) {
    for (const float one : z) sum += exp_fixed(static_cast<double>(one) - most);
  }
  std::vector<TargetRow> rows;
  for (const std::int32_t id : targets_) {
    const float own = z[static_cast<std::size_t>(id)];
    TargetRow target;
    target.id = id;
    target.logit = static_cast<double>(own);
    target.prob = finite ? exp_fixed(target.logit - most) / sum : std::numeric_limits<double>::quiet_NaN();
    target.rank = 1 + static_cast<std::size_t>(std::ranges::count_if(z, [own](float one) { return one > own; }));
    rows.push_back(std::move(target));
  }
  return rows;
}

}  // namespace sg
