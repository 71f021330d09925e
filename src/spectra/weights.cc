#include "spectra/weights.h"

#include <fnmatch.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "base/system.h"
#include "measure/measure.h"
#include "model/forms/forms.h"
#include "model/weight_pages.h"
#include "spectra/lapack.h"
#include "spectra/spectrum.h"

namespace sg {
namespace {

bool matches(const WeightMatrix& m, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return ::fnmatch(glob.c_str(), m.tensor->name.c_str(), 0) == 0 ||
           (!m.role.empty() && ::fnmatch(glob.c_str(), m.role.c_str(), 0) == 0);
  });
}

/// Matrices of the file that play no role, for globs.
void add_others(const Model& model, std::vector<WeightMatrix>& matrices) {
  for (const TensorInfo& t : model.checkpoint.tensors) {
    const bool is_matrix = t.shape.size() == 2 && t.shape[0] > 0 && t.shape[1] > 0 && traits(t.dtype).is_weight;
    const bool known = std::any_of(matrices.begin(), matrices.end(), [&](const auto& m) { return m.tensor == &t; });
    if (!is_matrix || known || model.checkpoint.made.parts.contains(&t)) continue;
    const StoredRows rows = {
        .data = t.data, .dtype = t.dtype, .rows = t.shape[0], .cols = t.shape[1], .row_bytes = t.bytes / t.shape[0]};
    matrices.push_back({.tensor = &t, .source = {rows, false}});
  }
}

bool is_vocabulary(const WeightMatrix& m) { return m.role == "W_U" || m.role == "W_E"; }

// A matrix of up to this many numbers is measured by one thread, several of them side by side: its passes are so short
// that threads would mostly wait for one another.
constexpr std::size_t kSmallItems = 1u << 20;
constexpr std::size_t kSideBySide = 16;  // at about 7 MB each

bool is_small(const WeightMatrix& m) { return !is_vocabulary(m) && m.source.rows() * m.source.cols() <= kSmallItems; }

/// One run over the chosen matrices; the same rows twice (a tied head) are measured once.
class Run {
 public:
  Run(const Model& model, const WeightsOptions& options, const Kernels& kernels, WeightsReport& report)
      : model_(model),
        options_(options),
        kernels_(kernels),
        pool_(options.threads > 0 ? options.threads : available_threads()),
        report_(report) {
    report_.engine = engine_facts(kernels, pool_.threads());
  }

  using Matrices = std::span<const WeightMatrix>;

  Result<void> all_of(Matrices matrices) {
    for (const WeightMatrix& m : matrices) total_ += static_cast<double>(m.source.rows() * m.source.cols());
    for (Matrices group = first_group(matrices); !group.empty();) {
      if (options_.stop != nullptr && options_.stop->load()) {
        return Error{.kind = ErrorKind::kInterrupted, .what = "stopped between two matrices"};
      }
      SG_TRY_VOID(model_.checkpoint.check());
      matrices = matrices.subspan(group.size());
      const Matrices next = first_group(matrices);
      for (const WeightMatrix& m : group) {
        bring(*m.tensor);
        if (m.expert.value_or(0) == 0 || m.tensor->shape.size() == 2) {  // of stacked ones, all with the first
          SG_TRY_VOID(check_scales(*m.tensor, model_.checkpoint));
        }
      }
      SG_TRY_VOID(model_.checkpoint.check());
      for (const WeightMatrix& m : next) read_ahead(*m.tensor);
      group.size() == 1 ? measure_one(group[0]) : measure_side_by_side(group);
      finish(group, next);
      group = next;
    }
    return {};
  }

  /// What compares W_U with W_E.
  void compare(const WeightMatrix* unembed, const WeightMatrix* embed) {
    report_.tied_embeddings = model_.bindings.tied;
    if (unembed == nullptr || embed == nullptr) return;
    bring(*unembed->tensor);
    bring(*embed->tensor);
    const auto u = statistics_of(*unembed), e = statistics_of(*embed);
    if (u && e && e->frobenius_norm > 0) report_.wu_we_ratio = u->frobenius_norm / e->frobenius_norm;
    report_.tied_allclose =
        unembed->tensor == embed->tensor ? u.has_value() : all_close(unembed->source, embed->source, kernels_, pool_);
  }

 private:
  std::optional<MatrixStatistics> statistics_of(const WeightMatrix& m) const {
    for (const WeightRow& row : report_.matrices) {
      if (row.role == m.role && row.part == "all") return row.statistics;
    }
    return std::nullopt;
  }

  /// The next matrix, or the small ones that follow one another.
  static Matrices first_group(Matrices matrices) {
    std::size_t n = 0;
    while (n < std::min(kSideBySide, matrices.size()) && is_small(matrices[n])) ++n;
    return matrices.first(std::min(std::max<std::size_t>(n, 1), matrices.size()));
  }

  void finish(Matrices group, Matrices next) {
    for (const WeightMatrix& m : group) {
      done_ += static_cast<double>(m.source.rows() * m.source.cols());
      // compare() reads both tables of the vocabulary again: what is on disk is mapped again, what is elsewhere stays.
      const bool stays = is_vocabulary(m) && model_.checkpoint.is_remote();
      if (!stays && (next.empty() || next[0].tensor != m.tensor)) give_back(model_, *m.tensor);
    }
    if (options_.progress) options_.progress(done_ / total_);
  }

  void measure_side_by_side(Matrices group) {
    std::vector<WeightRow> rows(group.size());
    std::vector<double> seconds(group.size());
    pool_.parallel_chunks(group.size(), 1, [&](std::size_t begin, std::size_t end, int) {
      for (std::size_t i = begin; i < end; ++i) {
        rows[i] = row_of(group[i], group[i].source, "all");
        seconds[i] = measure_into(rows[i], group[i].source, ThreadPool::serial());
      }
    });
    for (std::size_t i = 0; i < group.size(); ++i) {
      report_.spectral_seconds += seconds[i];
      report_.matrices.push_back(std::move(rows[i]));
    }
  }

  void measure_one(const WeightMatrix& m) {
    add(m, m.source, "all");
    const std::size_t rows = m.source.rows();
    if (!is_vocabulary(m) || options_.tokens == 0 || options_.tokens >= rows) return;
    StoredRows real = m.source.stored, padded = m.source.stored;
    real.rows = options_.tokens;
    padded.data = padded.row(options_.tokens);
    padded.packed_row += options_.tokens;
    padded.rows = rows - options_.tokens;
    add(m, {real, false}, "real");
    add(m, {padded, false}, "padded");
  }

  void add(const WeightMatrix& m, const MatrixSource& source, const char* part) {
    WeightRow row = row_of(m, source, part);
    const auto earlier = std::find_if(report_.matrices.begin(), report_.matrices.end(), [&](const WeightRow& other) {
      return is_vocabulary(m) && other.layer == m.layer && other.tensor == row.tensor && other.part == row.part;
    });
    if (earlier == report_.matrices.end()) {
      report_.spectral_seconds += measure_into(row, source, pool_);
    } else {
      row.statistics = earlier->statistics;
      row.non_finite = earlier->non_finite;
    }
    report_.matrices.push_back(std::move(row));
  }

  static WeightRow row_of(const WeightMatrix& m, const MatrixSource& source, const char* part) {
    return {.role = m.role,
            .tensor = m.stored_name(),
            .layer = m.layer,
            .part = part,
            .dtype = std::string(m.tensor->form()),
            .rows = source.rows(),
            .cols = source.cols()};
  }

  /// Seconds of the spectral norm.
  double measure_into(WeightRow& row, const MatrixSource& source, ThreadPool& pool) const {
    MeasuredMatrix measured = measure_matrix(source, kernels_, pool, SpectralOptions{});
    row.statistics = std::move(measured.statistics);
    if (options_.full_spectrum && row.statistics) row.statistics->spectrum = full_spectrum(source, kernels_, pool);
    row.non_finite = measured.non_finite;
    return measured.spectral_seconds;
  }

  const Model& model_;
  const WeightsOptions& options_;
  const Kernels& kernels_;
  ThreadPool pool_;
  WeightsReport& report_;
  double done_ = 0, total_ = 0;
};

const WeightMatrix* with_role(const std::vector<WeightMatrix>& matrices, std::string_view role) {
  const auto found = std::find_if(matrices.begin(), matrices.end(), [&](const auto& m) { return m.role == role; });
  return found == matrices.end() ? nullptr : &*found;
}

}  // namespace

Result<std::vector<WeightMatrix>> chosen_matrices(const Model& model, const WeightsOptions& options) {
  std::vector<WeightMatrix> all = weight_matrices(model, options.all || !options.globs.empty());
  if (options.globs.empty()) return all;
  add_others(model, all);
  for (const std::string& glob : options.globs) {
    if (std::any_of(all.begin(), all.end(), [&](const auto& m) { return matches(m, {glob}); })) continue;
    return Error{.kind = ErrorKind::kUsage,
                 .what = "no matrix of this model matches",
                 .where = "--tensor",
                 .expected = "a stored name or a role, as '" + all.front().tensor->name + "' or 'W_Q'; * and ? match",
                 .got = "'" + glob + "'"};
  }
  if (!options.all) std::erase_if(all, [&](const auto& m) { return !matches(m, options.globs); });
  return all;
}

Result<WeightsReport> measure_weights(const Model& model, const WeightsOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  SG_TRY(const Kernels* kernels, kernels_for(options.isa));
  SG_TRY(const std::vector<WeightMatrix> matrices, chosen_matrices(model, options));
  if (options.full_spectrum) {
    SG_TRY([[maybe_unused]] const Lapack* const needed, lapack());
  }
  WeightsReport report;
  report.model = options.facts ? *options.facts : describe(model);
  report.warnings = model.notices;
  Run run(model, options, *kernels, report);
  SG_TRY_VOID(run.all_of(matrices));
  run.compare(with_role(matrices, "W_U"), with_role(matrices, "W_E"));
  SG_TRY_VOID(model.checkpoint.check_unchanged());
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  report.peak_bytes = peak_resident_bytes();
  return report;
}

}  // namespace sg
