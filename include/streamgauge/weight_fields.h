// The fields of the rows in weights.h (field.h says what for). Each stands here once.
#pragma once

#include "streamgauge/row_fields.h"
#include "streamgauge/weights.h"

namespace streamgauge {

/// A statistic that is NaN where it is not defined.
constexpr RowField statistic(const char* key, const char* about, const char* unit = "") {
  return {key, unit, about, "it is not defined for this matrix", WhenAbsent::kNanIsNull};
}

template <RowOf<NonFinite> Row, class Visit>
void each_field(Row& n, Visit&& visit) {
  visit(RowField{"row", "", "of the first number that is not finite"}, n.row);
  visit(RowField{"col", "", "of the same"}, n.col);
  visit(RowField{"value", "", "of the same"}, n.value);
  visit(RowField{"count", "", "how many there are"}, n.count);
}

template <RowOf<PowerLaw> Row, class Visit>
void each_field(Row& p, Visit&& visit) {
  visit(RowField{"alpha", "", "exponent of the eigenvalues' density"}, p.alpha);
  visit(RowField{"D", "", "Kolmogorov and Smirnov's distance of the tail"}, p.distance);
  visit(RowField{"xmin", "", "where the tail begins"}, p.x_min);
  visit(RowField{"tail", "", "eigenvalues at or above xmin"}, p.tail);
}

template <RowOf<Spectrum> Row, class Visit>
void each_field(Row& s, Visit&& visit) {
  visit(RowField{"rank", "", "singular values above max(rows, cols) eps sigma_max, as numpy.linalg.matrix_rank"},
        s.rank);
  visit(statistic("participation_ratio", "(sum sigma^2)^2 / sum sigma^4"), s.participation_ratio);
  visit(statistic("spectral_entropy", "of p = sigma^2 / sum sigma^2", "nats"), s.entropy);
  visit(statistic("effective_rank", "exp of the entropy of sigma / sum sigma (Roy and Vetterli 2007)"),
        s.effective_rank);
  visit(statistic("nuclear_norm", "sum of the singular values"), s.nuclear_norm);
  visit(RowField{"power_law", "", "", "there is no tail to fit"}, s.power_law);
  visit(RowField{"singular_values", "", "all, descending"}, s.singular_values);
}

template <RowOf<MatrixStatistics> Row, class Visit>
void each_field(Row& s, Visit&& visit) {
  visit(statistic("frobenius_norm", "root of the sum of squares"), s.frobenius_norm);
  visit(statistic("spectral_norm", "the largest singular value"), s.spectral_norm);
  visit(statistic("spectral_norm_error", "a singular value lies within this of spectral_norm"), s.spectral_norm_error);
  visit(statistic("spectral_norm_residual", "what the residual alone proves, often far less"), s.spectral_residual);
  visit(statistic("spectral_norm_at_most", "the largest is above this with a probability of at most 1e-6"),
        s.spectral_at_most);
  visit(statistic("stable_rank", "(frobenius_norm / spectral_norm)^2"), Derived{s.stable_rank()});
  visit(statistic("mean_row_norm", "of the L2 norms of the rows"), s.mean_row_norm);
  visit(statistic("std_row_norm", "of the same, divisor n - 1"), s.std_row_norm);
  visit(statistic("max_row_norm", "of the same"), s.max_row_norm);
  visit(statistic("min_row_norm", "of the same"), s.min_row_norm);
  visit(statistic("mean_abs", "of the numbers' magnitudes"), s.mean_abs);
  visit(statistic("std_abs", "of the same, divisor n - 1"), s.std_abs);
  visit(statistic("frobenius_normalized", "frobenius_norm / sqrt(rows cols)"), Derived{s.frobenius_normalized()});
  visit(statistic("spectral_normalized", "spectral_norm / sqrt(cols)"), Derived{s.spectral_normalized()});
  visit(statistic("spectral_per_sqrt_vocab", "spectral_norm / sqrt(rows)"), Derived{s.spectral_per_sqrt_vocab()});
  visit(RowField{"spectral_norm_converged", "", "the error is within 1e-6 of the value"}, s.spectral_converged);
  visit(RowField{"spectral_norm_passes", "", "over the matrix"}, s.spectral_passes);
  visit(RowField{"spectrum", "", "", "the full spectrum was not measured", WhenAbsent::kIsLeftOut}, s.spectrum);
}

template <RowOf<WeightRow> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"role", "", "W_U, W_Q, ..."}, r.role);
  visit(RowField{"tensor", "", "the stored name"}, r.tensor);
  visit(RowField{"layer", "", "from 0", "it belongs to none"}, r.layer);
  visit(RowField{"part", "", "all rows, those of real tokens, or padded ones"}, r.part);
  visit(RowField{"dtype", "", "as stored"}, r.dtype);
  visit(RowField{"rows", "", "outputs"}, r.rows);
  visit(RowField{"cols", "", "inputs"}, r.cols);
  visit(RowField{"", "", "", "it holds numbers that are not finite"}, r.statistics);
  visit(RowField{"non_finite"}, r.non_finite);
}

template <RowOf<Amplification> Row, class Visit>
void each_field(Row& a, Visit&& visit) {
  visit(RowField{"definition", "", "of the gain"}, a.definition);
  visit(RowField{"gain", "", "under it"}, a.gain);
  visit(RowField{"value", "", "spectral norm of W_U times the gain"}, a.value);
}

template <RowOf<WeightsReport> Row, class Visit>
void each_field(Row& r, Visit&& visit) {
  visit(RowField{"engine"}, r.engine);
  visit(RowField{"model"}, r.model);
  visit(RowField{"matrices"}, r.matrices);
  visit(RowField{"wu_we_ratio"}, r.wu_we_ratio);
  visit(RowField{"tied_embeddings"}, r.tied_embeddings);
  visit(RowField{"tied_allclose"}, r.tied_allclose);
  visit(RowField{"effective_amplification"}, r.amplification);
  visit(RowField{"warnings"}, r.warnings);
  visit(RowField{"seconds"}, r.seconds);
  visit(RowField{"spectral_seconds"}, r.spectral_seconds);
  visit(RowField{"peak_bytes"}, r.peak_bytes);
}

}  // namespace streamgauge
