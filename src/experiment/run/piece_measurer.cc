// Pieces of a shared run: measured into parts, parts put into a store, and what all rows together are.
#include "base/sha.h"
#include "experiment/file/parse.h"
#include "experiment/run/run_job.h"
#include "experiment/run/run_pieces.h"
#include "store/row_bytes.h"

namespace sg {
namespace {

RowKey key_of(const RunRecord& record, const ModelOutcome& outcome) {
  return row_key(outcome.facts->fingerprint, record.engine);
}

/// Without what tells one computation of the same numbers from another.
void make_canonical(WeightsReport& report) {
  report.engine = {};
  report.model = {};
  report.seconds = report.spectral_seconds = 0;
  report.peak_bytes = 0;
}

Error no_part(const std::string& where) {
  return {.what = "is no part of this run", .where = where, .hint = "remove it: `streamgauge work` computes it again"};
}

}  // namespace

struct PieceMeasurer::Open {
  std::size_t number = 0;  // of the record's models
  Model model;
  Tokenizer tokenizer;
  std::vector<Sequence> prompts;  // in the type of the model, each ids once
};

PieceMeasurer::PieceMeasurer(const SharedRun& run, RunOptions options) : run_(run), options_(std::move(options)) {}
PieceMeasurer::~PieceMeasurer() = default;

Result<PieceMeasurer::Open*> PieceMeasurer::model_of(std::size_t number) {
  if (open_ && open_->number == number) return open_.get();
  open_.reset();
  const ModelOutcome& outcome = run_.record.models[number];
  SG_TRY(const std::filesystem::path path, find_here(outcome.source));
  SG_TRY(Model model, open_model(path));
  SG_TRY(const std::string hash, content_hash(model, options_.stop));
  if (hash != outcome.facts->fingerprint) {
    return Error{.what = "the model is not the one that the plan was made for",
                 .where = outcome.source,
                 .expected = outcome.facts->fingerprint,
                 .got = hash};
  }
  SG_TRY(Tokenizer tokenizer, load_tokenizer(model));
  open_.reset(new Open{.number = number,
                       .model = std::move(model),
                       .tokenizer = std::move(tokenizer),
                       .prompts = prompts_in(Precision::kFloat32, outcome, run_.readings)});
  return open_.get();
}

Result<std::string> PieceMeasurer::run(std::size_t number) {
  const RunPiece& piece = run_.pieces.at(number);
  SG_TRY(Open * open, model_of(piece.model));
  if (open->model.spec.precision != piece.precision) {
    use_precision(open->model, piece.precision);
    open->prompts = prompts_in(piece.precision, run_.record.models[piece.model], run_.readings);
  }
  RowWriter part;
  if (piece.weights) {
    SG_TRY(WeightsReport report, measure_weights(open->model, weights_options(open->tokenizer, options_)));
    make_canonical(report);
    part.put(report);
    return part.take();
  }
  const auto first = open->prompts.begin();
  const std::vector<Sequence> prompts(first + static_cast<std::ptrdiff_t>(piece.begin),
                                      first + static_cast<std::ptrdiff_t>(piece.end));
  SG_TRY_VOID(check_memory(open->model, prompts, options_));
  SG_TRY(const Measurement measured, measure(open->model, &open->tokenizer, prompts, measure_options(options_)));
  part.put(measured.sequences);
  return part.take();
}

Result<void> put_part(const RunRecord& record, const RunPiece& piece, std::string_view part, const std::string& where,
                      RowStore& store) {
  const ModelOutcome& outcome = record.models[piece.model];
  RowReader reader(part);
  if (piece.weights) {
    WeightsReport report;
    reader.get(report);
    if (!reader.ok() || !reader.at_end()) return no_part(where);
    report.engine = record.engine;
    report.model = *outcome.facts;
    return store.put_weights(key_of(record, outcome), report);
  }
  std::vector<SequenceMeasurement> rows;
  reader.get(rows);
  if (!reader.ok() || !reader.at_end() || rows.size() != piece.end - piece.begin) return no_part(where);
  return store.put(row_key(outcome.facts->fingerprint, record.engine, piece.precision), rows);
}

Result<std::string> digest_of_rows(RowStore& store) {
  SG_TRY(const std::optional<RunRecord> record, find_record(store));
  if (!record) return Error{.what = "the store holds no run"};
  SG_TRY(const Experiment e, parse_experiment(record->experiment, "the stored experiment", record->overrides));
  Sha256 sum;
  const auto add = [&](const auto& value) {
    RowWriter bytes;
    bytes.put(value);
    sum.add(bytes.take());
  };
  for (const ModelOutcome& outcome : record->models) {
    add(outcome.key);
    if (outcome.error || !outcome.facts) continue;
    const RowKey key = key_of(*record, outcome);
    add(key.fingerprint);
    const std::vector<RowKey> keys = row_keys(outcome, record->engine, e.prompt_use.readings);
    for (std::size_t i = 0; i < outcome.prompts.size(); ++i) {
      SG_TRY(std::optional<SequenceMeasurement> row, store.find(keys[i], outcome.prompts[i].ids));
      if (!row) continue;
      row->sequence = outcome.prompts[i];
      add(*row);
    }
    SG_TRY(std::optional<WeightsReport> weights, store.find_weights(key));
    if (!weights) continue;
    make_canonical(*weights);
    add(*weights);
  }
  return sum.hex();
}

}  // namespace sg
