#include "check/self_check.h"

#include <algorithm>
#include <cmath>

#include "base/json_reader.h"
#include "check/built_in.h"
#include "check/same_bits.h"
#include "measure/measure.h"

namespace sg {
namespace {

/// The largest relative error so far; NaN stays.
void worsen(double& worst, double got, double want) {
  const double error = std::abs(got - want) / std::abs(want);
  if (!(error <= worst)) worst = error;
}

Result<void> compare_row(const JsonReader& norms, const char* key, const std::vector<double>& got, double& worst) {
  SG_TRY(const JsonReader golden, norms.at(key));
  SG_TRY(const std::vector<double> want, golden.numbers());
  SG_CHECK(want.size() == got.size(), "a golden of another length");
  for (std::size_t t = 0; t < want.size(); ++t) worsen(worst, got[t], want[t]);
  return {};
}

Result<void> compare_table(const JsonReader& norms, const char* key, const LayerTable& got, double& worst) {
  const auto golden = norms.find(key);
  SG_CHECK(golden.has_value() == !got.empty(), "a golden with other sites");
  if (!golden) return {};
  SG_TRY(const std::vector<JsonReader> rows, golden->items());
  for (std::size_t l = 0; l < rows.size(); ++l) {
    SG_TRY(const std::vector<double> want, rows[l].numbers());
    for (std::size_t t = 0; t < want.size(); ++t) worsen(worst, got.at(l, t), want[t]);
  }
  return {};
}

Result<void> compare_entropy(const JsonReader& golden, const SequenceMeasurement& got, double& worst) {
  SG_TRY(const JsonReader logits, golden.at("logits"));
  SG_TRY(const std::vector<JsonReader> positions, logits.items());
  for (const JsonReader& position : positions) {
    SG_TRY(const std::uint64_t index, position.get<std::uint64_t>("position"));
    SG_TRY(const double want, position.get<double>("entropy"));
    worsen(worst, got.logits.at(index).entropy, want);
  }
  return {};
}

Result<void> compare(const JsonReader& golden, const SequenceMeasurement& got, CheckOutcome& outcome) {
  SG_TRY(const JsonReader norms, golden.at("norms"));
  SG_TRY_VOID(compare_row(norms, "embed", got.norms.embed, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_pre", got.norms.resid_pre, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_mid", got.norms.resid_mid, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "resid_post", got.norms.resid_post, outcome.stream_error));
  SG_TRY_VOID(compare_row(norms, "ln_final", got.norms.ln_final, outcome.stream_error));
  SG_TRY_VOID(compare_table(norms, "attn_out", got.norms.attn_out, outcome.branch_error));
  SG_TRY_VOID(compare_table(norms, "mlp_out", got.norms.mlp_out, outcome.branch_error));
  SG_TRY_VOID(compare_entropy(golden, got, outcome.entropy_error));
  if (got.identity_error) outcome.identity_error = std::max(outcome.identity_error.value_or(0), *got.identity_error);
  return {};
}

using Stop = std::atomic<bool>;

MeasureOptions options_of(const Stop& stop, int threads, std::string isa = {}) {
  MeasureOptions options;
  options.stop = &stop;
  options.threads = threads;
  options.isa = std::move(isa);
  options.logits = LogitPositions::kAll;
  return options;
}

Result<void> check_bits(const Model& model, const std::vector<Sequence>& sequences, const Measurement& base,
                        const Stop& stop, CheckOutcome& outcome) {
  SG_TRY(const Measurement two, measure(model, nullptr, sequences, options_of(stop, 2)));
  outcome.threads_equal = same_bits(base, two);
  outcome.packing_equal = true;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    SG_TRY(const Measurement alone, measure(model, nullptr, {sequences[s]}, options_of(stop, 1)));
    outcome.packing_equal = outcome.packing_equal && same_bits(alone.sequences[0], base.sequences[s]);
  }
  SG_TRY(const Kernels* used, kernels_for({}));
  for (const std::string_view isa : available_isas()) {
    SG_TRY(const Kernels* kernels, kernels_for(isa));
    if (!used->has_fma || !kernels->has_fma || isa == used->isa) continue;
    SG_TRY(const Measurement other, measure(model, nullptr, sequences, options_of(stop, 1, std::string(isa))));
    outcome.isas_equal = outcome.isas_equal.value_or(true) && same_bits(base, other);
  }
  return {};
}

Result<void> check_model(const BuiltIn& built_in, TempFolder folder, const Stop& stop, CheckOutcome& outcome) {
  SG_TRY(const OpenedModel opened, open_built_in(built_in, std::move(folder)));
  const Model& model = opened.model;
  outcome.family = model.spec.family->name;
  outcome.format = model.checkpoint.format == Format::kGguf ? "GGUF" : "safetensors";
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(opened.golden, built_in.name));
  SG_TRY(const JsonReader list, root.at("sequences"));
  SG_TRY(const std::vector<JsonReader> goldens, list.items());
  SG_TRY(const std::vector<Sequence> sequences, sequences_of(goldens));
  SG_TRY(const Measurement base, measure(model, nullptr, sequences, options_of(stop, 1)));
  for (std::size_t s = 0; s < goldens.size(); ++s) {
    SG_TRY_VOID(compare(goldens[s], base.sequences[s], outcome));
  }
  return check_bits(model, sequences, base, stop, outcome);
}

}  // namespace

bool CheckOutcome::ok() const {
  return failure.empty() && stream_error <= kStreamTolerance && branch_error <= kBranchTolerance &&
         entropy_error <= kEntropyTolerance && threads_equal && packing_equal && isas_equal.value_or(true) &&
         identity_error.value_or(0) <= kIdentityTolerance;
}

Result<std::vector<CheckOutcome>> run_self_check(const Stop& stop) {
  std::vector<CheckOutcome> outcomes;
  for (const BuiltIn& model : built_in_models()) {
    CheckOutcome outcome;
    outcome.model = model.name;
    SG_TRY(TempFolder folder, TempFolder::make());
    Result<void> done = check_model(model, std::move(folder), stop, outcome);
    if (!done.ok() && done.error().kind == ErrorKind::kInterrupted) return std::move(done).error();
    if (!done.ok()) outcome.failure = done.error().message();
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

}  // namespace sg
