#include "report/text/weights_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/number_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

constexpr std::size_t kBarCells = 12;

/// share in [0, 1] as eighths of cells.
std::string bar(double share) {
  static constexpr const char* kEighths[] = {"", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589"};
  const auto eighths = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * 8 * kBarCells));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "\u2588";
  return text + kEighths[eighths % 8];
}

std::string row_name(const WeightRow& row) {
  std::string text = row.role.empty() ? printable(row.tensor) : row.role;
  if (row.layer) text += fmt::format("[{}]", *row.layer);
  if (row.part != "all") text += fmt::format(" ({})", row.part);
  return text;
}

std::string refusal(const WeightRow& row) {
  const NonFinite& bad = *row.non_finite;
  return fmt::format("{} ({}): row {}, column {} is {}; {} of its numbers {} not finite, no statistics\n",
                     row_name(row), printable(row.tensor), bad.row, bad.col, exact(bad.value), grouped(bad.count),
                     bad.count == 1 ? "is" : "are");
}

/// One column per matrix, one line per statistic.
std::string side_by_side(const std::vector<const WeightRow*>& rows) {
  std::vector<TextTable::Column> columns = {left("")};
  for (const WeightRow* row : rows) columns.push_back({row_name(*row)});
  TextTable table(std::move(columns));
  const auto line = [&](const char* label, auto&& cell) {
    std::vector<std::string> cells = {label};
    for (const WeightRow* row : rows) cells.push_back(row->statistics ? cell(*row, *row->statistics) : "-");
    table.row(std::move(cells));
  };
  using Row = WeightRow;
  using Stats = MatrixStatistics;
  line("shape", [](const Row& r, const Stats&) { return fmt::format("{} x {}", r.rows, r.cols); });
  line("dtype", [](const Row& r, const Stats&) { return r.dtype; });
  line("Frobenius norm", [](const Row&, const Stats& s) { return fixed(s.frobenius_norm, 6); });
  line("spectral norm", [](const Row&, const Stats& s) { return fixed(s.spectral_norm, 6); });
  line("  within", [](const Row&, const Stats& s) { return fmt::format("{:.1e}", s.spectral_norm_error); });
  line("  at most (1 - 1e-6)", [](const Row&, const Stats& s) { return fixed(s.spectral_at_most, 6); });
  line("stable rank", [](const Row&, const Stats& s) { return short_number(s.stable_rank()); });
  line("mean row norm", [](const Row&, const Stats& s) { return fixed(s.mean_row_norm, 6); });
  line("  std", [](const Row&, const Stats& s) { return fixed(s.std_row_norm, 6); });
  line("  smallest, largest", [](const Row&, const Stats& s) {
    return fmt::format("{}, {}", short_number(s.min_row_norm), short_number(s.max_row_norm));
  });
  line("mean |w|", [](const Row&, const Stats& s) { return short_number(s.mean_abs); });
  line("  std", [](const Row&, const Stats& s) { return short_number(s.std_abs); });
  line("Frobenius / sqrt(rows cols)",
       [](const Row&, const Stats& s) { return short_number(s.frobenius_normalized()); });
  line("spectral / sqrt(cols)", [](const Row&, const Stats& s) { return short_number(s.spectral_normalized()); });
  line("spectral / sqrt(rows)", [](const Row&, const Stats& s) { return short_number(s.spectral_per_sqrt_vocab()); });
  return table.text();
}

bool layers_have_several(const WeightsReport& r) {
  const auto same = [](const WeightRow& a, const WeightRow& b) { return a.layer && a.layer == b.layer; };
  return std::adjacent_find(r.matrices.begin(), r.matrices.end(), same) != r.matrices.end();
}

/// One line per matrix.
std::string list_table(const WeightsReport& r) {
  double widest = 0;
  bool with_spectrum = false;
  for (const WeightRow& row : r.matrices) {
    if (!row.statistics) continue;
    widest = std::max(widest, row.statistics->spectral_norm);
    with_spectrum = with_spectrum || row.statistics->spectrum.has_value();
  }
  std::vector<TextTable::Column> columns = {left("matrix"), left("shape"), left("dtype"), "Frobenius", "spectral",
                                            left(""),       "stable rank", "row norm",    "spread"};
  if (with_spectrum) columns.insert(columns.end(), {"participation", "effective rank", "alpha", "D"});
  TextTable table(std::move(columns));
  const bool by_layer = layers_have_several(r);
  std::optional<std::size_t> layer;
  for (const WeightRow& row : r.matrices) {
    if (!row.statistics) continue;
    if (by_layer && row.layer != layer) table.gap();
    layer = row.layer;
    const MatrixStatistics& s = *row.statistics;
    std::vector<std::string> cells = {row_name(row),
                                      fmt::format("{} x {}", row.rows, row.cols),
                                      row.dtype,
                                      fixed(s.frobenius_norm, 3),
                                      fixed(s.spectral_norm, 4),
                                      bar(widest > 0 ? s.spectral_norm / widest : 0),
                                      short_number(s.stable_rank()),
                                      fixed(s.mean_row_norm, 4),
                                      fixed(s.std_row_norm, 4)};
    if (s.spectrum) {
      const auto& law = s.spectrum->power_law;
      cells.insert(cells.end(),
                   {short_number(s.spectrum->participation_ratio), short_number(s.spectrum->effective_rank),
                    law ? fixed(law->alpha, 3) : "-", law ? fixed(law->distance, 4) : "-"});
    }
    table.row(std::move(cells));
  }
  return table.text();
}

std::string comparison(const WeightsReport& r) {
  std::string text;
  if (r.wu_we_ratio) text += fmt::format("W_U / W_E         {} (Frobenius norms)\n", short_number(*r.wu_we_ratio));
  if (r.tied_allclose) {
    text += fmt::format("tied              {}; {} within 1e-3\n", r.tied_embeddings ? "one tensor" : "two tensors",
                        *r.tied_allclose ? "equal" : "not equal");
  }
  if (r.amplification) {
    text += fmt::format("amplification     {} = spectral norm of W_U x {} ({})\n", short_number(r.amplification->value),
                        short_number(r.amplification->gain), r.amplification->definition);
  }
  return text;
}

}  // namespace

std::string weights_text(const WeightsReport& r) {
  std::string text = model_line(r.model);
  text += fmt::format("{}, {}, peak {}\n\n",
                      fmt::format("{} {}", r.matrices.size(), r.matrices.size() == 1 ? "matrix" : "matrices"),
                      seconds_text(r.seconds), bytes_text(r.peak_bytes));
  std::vector<const WeightRow*> vocabulary;
  bool others = false;
  for (const WeightRow& row : r.matrices) {
    if (row.role == "W_U" || row.role == "W_E") {
      vocabulary.push_back(&row);
    } else {
      others = true;
    }
  }
  if (!vocabulary.empty()) text += side_by_side(vocabulary) + "\n" + comparison(r);
  if (others || std::ranges::any_of(r.matrices,
                                    [](const WeightRow& row) { return row.statistics && row.statistics->spectrum; })) {
    text += (vocabulary.empty() ? "" : "\n") + list_table(r);
  }
  for (const WeightRow& row : r.matrices) {
    if (row.non_finite) text += refusal(row);
  }
  for (const std::string& warning : r.warnings) text += "note: " + printable(warning) + "\n";
  return text;
}

}  // namespace sg
