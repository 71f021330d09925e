#include <algorithm>

#include "store/store_tables.h"

namespace sg {
namespace {

constexpr double MatrixStatistics::*kBeforePasses[] = {
    &MatrixStatistics::frobenius_norm, &MatrixStatistics::spectral_norm, &MatrixStatistics::spectral_norm_error,
    &MatrixStatistics::spectral_residual, &MatrixStatistics::spectral_at_most};
constexpr double MatrixStatistics::*kAfterPasses[] = {&MatrixStatistics::mean_row_norm, &MatrixStatistics::std_row_norm,
                                                      &MatrixStatistics::max_row_norm,  &MatrixStatistics::min_row_norm,
                                                      &MatrixStatistics::mean_abs,      &MatrixStatistics::std_abs};

/// In the order of the columns of matrix_statistics.
template <class Statistics, class Visit>
void each_number(Statistics& s, Visit&& visit) {
  visit(s.rows);
  visit(s.cols);
  for (const auto member : kBeforePasses) visit(s.*member);
  visit(s.spectral_passes);
  visit(s.spectral_converged);
  for (const auto member : kAfterPasses) visit(s.*member);
}

Result<void> insert_spectrum(Database& db, std::int64_t matrix, const Spectrum& s) {
  Statement insert(db, "INSERT OR IGNORE INTO spectra VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert << matrix << s.singular_values << s.rank << s.participation_ratio << s.entropy << s.effective_rank;
  if (const auto& law = s.power_law) {
    insert << law->alpha << law->distance << law->x_min << law->tail;
  } else {
    for (int i = 0; i < 4; ++i) insert << std::nullopt;
  }
  return insert.run();
}

Result<std::optional<Spectrum>> select_spectrum(Database& db, std::int64_t matrix) {
  Statement select(db,
                   "SELECT singular_values, rank, participation_ratio, entropy, effective_rank, power_law_alpha, "
                   "power_law_distance, power_law_x_min, power_law_tail FROM spectra WHERE matrix = ?");
  select << matrix;
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<Spectrum>();
  Spectrum s;
  select >> s.singular_values >> s.rank >> s.participation_ratio >> s.entropy >> s.effective_rank;
  if (!select.skip_null()) {
    PowerLaw& law = s.power_law.emplace();
    select >> law.alpha >> law.distance >> law.x_min >> law.tail;
  }
  SG_TRY_VOID(select.check("a row of spectra"));
  return std::optional<Spectrum>(std::move(s));
}

Result<void> insert_statistics(Database& db, std::int64_t matrix, const MatrixStatistics& s) {
  Statement insert(db, "INSERT OR IGNORE INTO matrix_statistics VALUES (" + placeholders(16) + ")");
  insert << matrix;
  each_number(s, [&](const auto& number) { insert << number; });
  SG_TRY_VOID(insert.run());
  return s.spectrum ? insert_spectrum(db, matrix, *s.spectrum) : Result<void>();
}

Result<std::optional<MatrixStatistics>> select_statistics(Database& db, std::int64_t matrix) {
  Statement select(db,
                   "SELECT rows, cols, frobenius_norm, spectral_norm, spectral_norm_error, spectral_residual, "
                   "spectral_at_most, spectral_passes, spectral_converged, mean_row_norm, std_row_norm, max_row_norm, "
                   "min_row_norm, mean_abs, std_abs FROM matrix_statistics WHERE matrix = ?");
  select << matrix;
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<MatrixStatistics>();
  MatrixStatistics s;
  each_number(s, [&](auto& number) { select >> number; });
  SG_TRY_VOID(select.check("a row of matrix_statistics"));
  SG_TRY(s.spectrum, select_spectrum(db, matrix));
  return std::optional<MatrixStatistics>(std::move(s));
}

/// The matrix's id, old or new.
Result<std::int64_t> find_or_insert_matrix(Database& db, std::int64_t weights, const WeightRow& row) {
  Statement find(db,
                 "SELECT id FROM matrices WHERE weights = ? AND role = ? AND tensor = ? AND layer IS ? AND part = ?");
  find << weights << row.role << row.tensor << row.layer << row.part;
  SG_TRY(const bool there, find.step());
  if (there) {
    std::size_t id = 0;
    find >> id;
    SG_TRY_VOID(find.check("a row of matrices"));
    return static_cast<std::int64_t>(id);
  }
  Statement insert(db, "INSERT INTO matrices VALUES (NULL, " + placeholders(12) + ")");
  insert << weights << row.role << row.tensor << row.layer << row.part << row.dtype << row.rows << row.cols;
  if (const auto& at = row.non_finite) {
    insert << at->row << at->col << at->value << at->count;
  } else {
    for (int i = 0; i < 4; ++i) insert << std::nullopt;
  }
  SG_TRY_VOID(insert.run());
  return db.last_row();
}

Result<void> select_matrices(Database& db, std::int64_t weights, std::vector<WeightRow>& rows) {
  Statement select(db,
                   "SELECT id, role, tensor, layer, part, dtype, rows, cols, non_finite_row, non_finite_col, "
                   "non_finite_value, non_finite_count FROM matrices WHERE weights = ? ORDER BY id");
  select << weights;
  for (;;) {
    SG_TRY(const bool more, select.step());
    if (!more) return {};
    std::size_t id = 0;
    WeightRow& row = rows.emplace_back();
    select >> id >> row.role >> row.tensor >> row.layer >> row.part >> row.dtype >> row.rows >> row.cols;
    if (!select.skip_null()) {
      NonFinite& at = row.non_finite.emplace();
      select >> at.row >> at.col >> at.value >> at.count;
    }
    SG_TRY_VOID(select.check("a row of matrices"));
    SG_TRY(row.statistics, select_statistics(db, static_cast<std::int64_t>(id)));
  }
}

Result<void> select_warnings(Database& db, std::int64_t weights, std::vector<std::string>& warnings) {
  Statement select(db, "SELECT text FROM weight_warnings WHERE weights = ? ORDER BY n");
  select << weights;
  for (;;) {
    SG_TRY(const bool more, select.step());
    if (!more) return select.check("a row of weight_warnings");
    select >> warnings.emplace_back();
  }
}

/// Those that are new, after the ones that are there.
Result<void> insert_warnings(Database& db, std::int64_t weights, const std::vector<std::string>& warnings) {
  std::vector<std::string> known;
  SG_TRY_VOID(select_warnings(db, weights, known));
  Statement insert(db, "INSERT INTO weight_warnings VALUES (?, ?, ?)");
  std::size_t n = known.size();
  for (const std::string& text : warnings) {
    if (std::find(known.begin(), known.end(), text) != known.end()) continue;
    SG_TRY_VOID((insert << weights << n++ << text).run());
  }
  return {};
}

/// A new report's own row; the caller adds what it lists.
Result<std::int64_t> insert_report(Database& db, const RowKey& key, const WeightsReport& r) {
  SG_TRY(const std::int64_t facts, insert_facts(db, r.model));
  Statement insert(db, "INSERT INTO weights VALUES (NULL, " + placeholders(16) + ")");
  insert << key.fingerprint << key.numerics << facts << r.engine.version << r.engine.isa << r.engine.threads
         << r.engine.numerics << r.wu_we_ratio << r.tied_embeddings << r.tied_allclose;
  if (const auto& a = r.amplification) {
    insert << a->definition << a->gain << a->value;
  } else {
    for (int i = 0; i < 3; ++i) insert << std::nullopt;
  }
  insert << r.seconds << r.spectral_seconds << static_cast<std::size_t>(r.peak_bytes);
  SG_TRY_VOID(insert.run());
  return db.last_row();
}

/// What an earlier report of fewer matrices could not know.
Result<void> complete_report(Database& db, std::int64_t id, const WeightsReport& r) {
  Statement ratios(db,
                   "UPDATE weights SET wu_we_ratio = ifnull(wu_we_ratio, ?), tied_allclose = ifnull(tied_allclose, ?) "
                   "WHERE id = ?");
  SG_TRY_VOID((ratios << r.wu_we_ratio << r.tied_allclose << id).run());
  if (!r.amplification) return {};
  Statement amplification(db,
                          "UPDATE weights SET amplification_definition = ?, amplification_gain = ?, amplification = ? "
                          "WHERE id = ? AND amplification_definition IS NULL");
  return (amplification << r.amplification->definition << r.amplification->gain << r.amplification->value << id).run();
}

Result<std::optional<std::int64_t>> select_report(Database& db, const RowKey& key, WeightsReport& r) {
  Statement select(db,
                   "SELECT id, facts, engine_version, engine_isa, engine_threads, engine_numerics, wu_we_ratio, "
                   "tied_embeddings, tied_allclose, seconds, spectral_seconds, peak_bytes, amplification_definition, "
                   "amplification_gain, amplification FROM weights WHERE fingerprint = ? AND numerics = ?");
  select << key.fingerprint << key.numerics;
  SG_TRY(const bool row, select.step());
  if (!row) return std::optional<std::int64_t>();
  std::size_t id = 0, facts = 0;
  select >> id >> facts >> r.engine.version >> r.engine.isa >> r.engine.threads >> r.engine.numerics >> r.wu_we_ratio >>
      r.tied_embeddings >> r.tied_allclose >> r.seconds >> r.spectral_seconds >> r.peak_bytes;
  if (!select.skip_null()) {
    Amplification& a = r.amplification.emplace();
    select >> a.definition >> a.gain >> a.value;
  }
  SG_TRY_VOID(select.check("a row of weights"));
  SG_TRY(r.model, select_facts(db, static_cast<std::int64_t>(facts)));
  return std::optional<std::int64_t>(static_cast<std::int64_t>(id));
}

}  // namespace

Result<std::optional<WeightsReport>> select_weights(Database& db, const RowKey& key) {
  WeightsReport report;
  SG_TRY(const auto id, select_report(db, key, report));
  if (!id) return std::optional<WeightsReport>();
  SG_TRY_VOID(select_matrices(db, *id, report.matrices));
  SG_TRY_VOID(select_warnings(db, *id, report.warnings));
  return std::optional<WeightsReport>(std::move(report));
}

Result<void> insert_weights(Database& db, const RowKey& key, const WeightsReport& report) {
  WeightsReport ignored;
  SG_TRY(std::optional<std::int64_t> id, select_report(db, key, ignored));
  if (id) {
    SG_TRY_VOID(complete_report(db, *id, report));
  } else {
    SG_TRY(id, insert_report(db, key, report));
  }
  for (const WeightRow& row : report.matrices) {
    SG_TRY(const std::int64_t matrix, find_or_insert_matrix(db, *id, row));
    if (row.statistics) SG_TRY_VOID(insert_statistics(db, matrix, *row.statistics));
  }
  return insert_warnings(db, *id, report.warnings);
}

}  // namespace sg
