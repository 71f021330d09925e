#include "experiment/run/run_job.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <stdexcept>
#include <system_error>

#include "base/system.h"
#include "experiment/run/row_keys.h"
#include "io/hub_cache.h"
#include "prompts/prompt_reader.h"

namespace sg {
namespace {

RunFailure of_model(Error error) {
  // An interrupted measurement is no fault of the model.
  const bool ends = error.kind == ErrorKind::kInterrupted;
  return {.error = std::move(error), .ends_run = ends};
}
RunFailure of_store(Error error) { return {.error = std::move(error), .ends_run = true}; }

/// One model's prompts, in each of the experiment's readings.
class PromptsOfModel {
 public:
  PromptsOfModel(const Experiment& e, const Model& model, const Tokenizer& tokenizer, const RunOptions& options)
      : experiment_(e), model_(model), tokenizer_(tokenizer), options_(options) {}

  Result<std::vector<Sequence>> all() {
    const std::vector<Reading>& readings = experiment_.prompt_use.readings;
    std::vector<Sequence> sequences;
    for (const Reading& reading : readings) {
      SG_TRY(std::vector<Sequence> read, read_or_retreat(reading, readings.front()));
      std::move(read.begin(), read.end(), std::back_inserter(sequences));
    }
    return sequences;
  }
  const std::vector<std::string>& notices() const { return notices_; }

 private:
  /// What the model cannot be read as, it is read without: the choice is not there for it. Of the own reading every
  /// failure is one.
  Result<std::vector<Sequence>> read_or_retreat(const Reading& reading, const Reading& own) {
    Result<std::vector<Sequence>> read = read_as(reading);
    if (read.ok() || reading == own) return read;
    const std::vector<Reading> nearest = retreats(reading, own);
    if (nearest.size() == 2) say_left_out(reading, own, read.error());  // it differs in one word alone
    for (const Reading& other : nearest) {
      read = read_as(other);
      if (read.ok()) break;
    }
    return read;
  }

  void say_left_out(const Reading& reading, const Reading& own, const Error& why) {
    for (const ReadingAxis& axis : reading_axes()) {
      if (reading.*axis.word == own.*axis.word) continue;
      std::string notice = "not read with ";
      notices_.push_back(notice.append(axis.name).append(" ").append(reading.*axis.word).append(": ") + why.what);
    }
  }

  Result<std::vector<Sequence>> read_as(const Reading& reading) {
    PromptReader reader(&tokenizer_, applied(reading, experiment_.prompt_use.reading),
                        [this] { return load_chat_source(model_.checkpoint); });
    std::vector<Sequence> sequences;
    for (std::size_t i = 0; i < experiment_.prompts.size(); ++i) {
      SG_TRY(Sequence sequence, reader.read(experiment_.prompts[i], i + 1));
      name_tokens(sequence, &tokenizer_);
      sequences.push_back(std::move(sequence));
    }
    for (const std::string& warning : reader.warnings()) {
      const bool first = std::ranges::find(told_, warning) == told_.end();
      if (first && options_.warn) options_.warn(warning);
      if (first) told_.push_back(warning);
    }
    return sequences;
  }

  const Experiment& experiment_;
  const Model& model_;
  const Tokenizer& tokenizer_;
  const RunOptions& options_;
  std::vector<std::string> notices_, told_;
};

Error too_large(std::uint64_t needs, std::uint64_t has) {
  const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
  return {.kind = ErrorKind::kResource,
          .what = "skipped: the machine cannot run it",
          .expected = "at most " + mib(has) + " of memory",
          .got = "a plan of " + mib(needs),
          .hint = "A smaller --memory makes more passes with less of it"};
}

/// Sequences whose rows are not there, or are of before routing was measured.
Result<std::vector<MissingRows>> missing_rows(const Experiment& e, const ModelOutcome& outcome, const RunJob& job,
                                              RowStore& store) {
  const std::vector<bool>& layers = job.model.spec.experts.layers;
  const bool routes = std::ranges::find(layers, true) != layers.end();
  const std::vector<Reading>& readings = e.prompt_use.readings;
  const EngineFacts engine = {.numerics = job.key.numerics};
  std::vector<MissingRows> all;
  for (std::size_t i = 0; i < outcome.prompts.size(); ++i) {
    const Sequence& s = outcome.prompts[i];
    const Reading& reading = readings[i / (outcome.prompts.size() / readings.size())];
    const RowKey key = row_key(job.key.fingerprint, engine, precision_of(reading));
    auto group = std::ranges::find(all, key.precision, [](const MissingRows& m) { return m.key.precision; });
    if (group == all.end())
      group = all.insert(all.end(), {.key = key, .precision = precision_of(reading), .prompts = {}});
    if (std::ranges::find(group->prompts, s.ids, &Sequence::ids) != group->prompts.end()) continue;
    SG_TRY(const std::optional<SequenceMeasurement> row, store.find(key, s.ids));
    if (!row || (routes && row->routing.empty())) group->prompts.push_back(s);
  }
  std::erase_if(all, [](const MissingRows& m) { return m.prompts.empty(); });
  return all;
}

/// Opens the model and reads the prompts; everything that can be the model's fault before it is measured.
Result<RunJob> open_job(const Experiment& e, const ModelData& data, const RunOptions& options, Prepared& p) {
  ModelOutcome& outcome = p.outcome;
  if (data.source.empty()) {
    return Error{.what = "no model was named", .hint = "Name one with --model " + data.key + "=MODEL"};
  }
  SG_TRY(const std::filesystem::path path, find_here(data.source));
  SG_TRY(Model model, open_model(path));
  const Reading& own = e.prompt_use.readings.front();
  use_precision(model, precision_of(own));
  RunJob job = {.model = std::move(model)};
  outcome.facts = describe(job.model);
  SG_TRY(outcome.facts->fingerprint, content_hash(job.model,
                                                  options.stop));  // rows of other processes are reused
  job.key = row_key(outcome.facts->fingerprint, {.numerics = kNumericsVersion}, precision_of(own));
  SG_TRY(const Tokenizer tokenizer, load_tokenizer(job.model));
  PromptsOfModel prompts(e, job.model, tokenizer, options);
  SG_TRY(outcome.prompts, prompts.all());
  p.notices = job.model.notices;
  p.notices.insert(p.notices.end(), prompts.notices().begin(), prompts.notices().end());
  SG_TRY_VOID(check_memory(job.model, outcome.prompts, options));
  return job;
}

/// What a step gives, or what it throws as the model's failure: one model that is too large to open, or that needs a
/// thread more than there are, is one row's error. A broken invariant of the program goes on up.
template <class Step>
std::optional<RunFailure> guarded(const Step& step) {
  try {
    return step();
  } catch (const std::bad_alloc&) {
    return of_model({.kind = ErrorKind::kResource,
                     .what = "memory ran out",
                     .hint = "A smaller --memory makes more passes with less of it"});
  } catch (const std::length_error&) {
    return of_model({.kind = ErrorKind::kResource, .what = "more is asked for than any memory holds"});
  } catch (const std::system_error& failure) {
    return of_model({.kind = ErrorKind::kResource, .what = "the system refused", .got = failure.what()});
  }
}

std::size_t tokens_of(const MissingRows& rows) {
  std::size_t tokens = 0;
  for (const Sequence& s : rows.prompts) tokens += s.ids.size();
  return tokens;
}

/// Fills what Prepared has besides its failure.
std::optional<RunFailure> prepare(const Experiment& e, const ModelData& data, const RunOptions& options,
                                  RowStore& store, Prepared& p) {
  Result<RunJob> opened = open_job(e, data, options, p);
  if (!opened.ok()) return of_model(std::move(opened).error());
  RunJob job = std::move(opened).value();
  Result<std::vector<MissingRows>> missing = missing_rows(e, p.outcome, job, store);
  if (!missing.ok()) return of_store(std::move(missing).error());
  job.missing = std::move(missing).value();
  if (!e.weights.empty()) {
    const Result<std::optional<WeightsReport>> weights = store.find_weights(job.key);
    if (!weights.ok()) return of_store(weights.error());
    job.weights_missing = !weights.value().has_value();
  }
  std::size_t tokens = 0;
  for (const MissingRows& rows : job.missing) tokens += tokens_of(rows);
  const auto parameters = static_cast<double>(job.model.parameters());
  // The spectral norm of W_U and W_E costs about what 20 tokens do.
  job.work = parameters * (static_cast<double>(tokens) + (job.weights_missing ? 20.0 : 0.0));
  if (!job.missing.empty() || job.weights_missing) p.job = std::make_unique<RunJob>(std::move(job));
  return std::nullopt;
}

/// The first aloud, the others in the log: a suite of prompts often meets the same one again and again.
void tell_warnings(const std::string& id, const std::vector<std::string>& warnings, const RunOptions& options) {
  for (std::size_t w = 0; w < warnings.size(); ++w) {
    const auto& tell = w == 0 ? options.warn : options.say;
    std::string line = id + ": ";
    line += warnings[w];
    if (w == 0 && warnings.size() > 1) line += " (and " + std::to_string(warnings.size() - 1) + " more)";
    if (tell) tell(line);
  }
}

std::optional<RunFailure> measure_rows(RunJob& job, const Tokenizer& tokenizer, const RunOptions& options,
                                       const std::function<void(double)>& progress, RowStore& store) {
  double all = 0, done = 0;
  for (const MissingRows& rows : job.missing) all += static_cast<double>(tokens_of(rows));
  for (const MissingRows& rows : job.missing) {
    const auto own = static_cast<double>(tokens_of(rows));
    MeasureOptions measuring = measure_options(options);
    measuring.progress = [&](double share) {
      if (progress) progress((done + share * own) / all);
    };
    use_precision(job.model, rows.precision);
    Result<Measurement> measured = measure(job.model, &tokenizer, rows.prompts, measuring);
    if (!measured.ok()) return of_model(std::move(measured).error());
    tell_warnings(job.model.id, measured.value().warnings, options);
    Result<void> put = store.put(rows.key, measured.value().sequences);
    if (!put.ok()) return of_store(std::move(put).error());
    done += own;
  }
  return std::nullopt;
}

std::optional<RunFailure> measure_matrices(RunJob& job, const Tokenizer& tokenizer, const RunOptions& options,
                                           RowStore& store) {
  if (!job.weights_missing) return std::nullopt;
  use_precision(job.model, find_precision(job.key.precision.value_or("")).value_or(Precision::kFloat32));
  Result<WeightsReport> report = measure_weights(job.model, weights_options(tokenizer, options));
  if (!report.ok()) return of_model(std::move(report).error());
  Result<void> put = store.put_weights(job.key, report.value());
  return put.ok() ? std::nullopt : std::optional(of_store(std::move(put).error()));
}

}  // namespace

Result<std::filesystem::path> find_here(const std::string& model) {
  Result<std::filesystem::path> found = find_model(model);
  const std::optional<HubId> id = parse_hub_id(model);
  std::error_code ignored;
  if (found.ok() || !id || id->repo.find('/') == std::string::npos) return found;
  if (std::filesystem::exists(hub_cache_folder() / repo_folder_name(id->repo), ignored)) return found;
  return Error{.what = kNotHere, .hint = "streamgauge pull " + model};
}

MeasureOptions measure_options(const RunOptions& options) {
  return {.threads = options.threads,
          .isa = options.isa,
          .device = options.device,
          .logits = LogitPositions::kLast,
          .memory_budget = options.memory_budget,
          .stop = options.stop,
          .warn = options.warn};
}

WeightsOptions weights_options(const Tokenizer& tokenizer, const RunOptions& options) {
  return {.threads = options.threads,
          .isa = options.isa,
          .tokens = static_cast<std::size_t>(tokenizer.size()),
          .stop = options.stop};
}

Result<void> check_memory(const Model& model, const std::vector<Sequence>& prompts, const RunOptions& options) {
  const std::uint64_t needs = plan(model, prompts, measure_options(options)).peak_bytes;
  const std::uint64_t has = options.memory > 0 ? options.memory : usable_memory_bytes();
  if (has > 0 && needs > has) return too_large(needs, has);
  return {};
}

Prepared prepare_model(const Experiment& e, const ModelData& data, const RunOptions& options, RowStore& store) {
  Prepared p;
  p.outcome = {.key = data.key, .label = data.label, .source = data.source, .facts = {}, .error = {}, .prompts = {}};
  p.failure = guarded([&] { return prepare(e, data, options, store, p); });
  return p;
}

std::optional<RunFailure> run_job(RunJob& job, const RunOptions& options, const std::function<void(double)>& progress,
                                  RowStore& store) {
  return guarded([&]() -> std::optional<RunFailure> {
    const Result<Tokenizer> tokenizer = load_tokenizer(job.model);
    if (!tokenizer.ok()) return of_model(tokenizer.error());
    if (auto failure = measure_rows(job, tokenizer.value(), options, progress, store)) return failure;
    return measure_matrices(job, tokenizer.value(), options, store);
  });
}

}  // namespace sg
