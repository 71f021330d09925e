// measure_experiment: what a store lacks of an experiment, model by model.
#include <algorithm>

#include "experiment/evaluate/same_weights.h"
#include "experiment/evaluate/world.h"
#include "experiment/run/earlier.h"
#include "experiment/run/row_keys.h"
#include "experiment/run/run.h"
#include "experiment/run/run_job.h"
#include "experiment/run/run_pieces.h"
#include "experiment/run/run_record.h"

namespace sg {
namespace {

/// Of a run that is planned and not measured: nothing is there.
class NoStore final : public RowStore {
 public:
  using Ids = std::span<const std::int32_t>;
  Result<std::optional<SequenceMeasurement>> find(const RowKey&, Ids) override {
    return std::optional<SequenceMeasurement>();
  }
  Result<void> put(const RowKey&, std::span<const SequenceMeasurement>) override { return {}; }
  Result<std::optional<WeightsReport>> find_weights(const RowKey&) override { return std::optional<WeightsReport>(); }
  Result<void> put_weights(const RowKey&, const WeightsReport&) override { return {}; }
  Result<std::optional<std::string>> find_run() override { return std::optional<std::string>(); }
  Result<void> put_run(std::string_view) override { return {}; }
};

/// One call: the record as it grows, and what is left to do.
class Course {
 public:
  Course(const Experiment& experiment, const RunOptions& options, RowStore& store)
      : experiment_(experiment), options_(options), store_(store) {}

  Result<void> run() {
    SG_TRY_VOID(begin());
    for (std::size_t m = 0; m < cast_.models.size(); ++m) SG_TRY_VOID(prepare_or_await(m));
    SG_TRY_VOID(keep());
    want_next(0);
    for (std::size_t m = 0; m < cast_.models.size(); ++m) SG_TRY_VOID(finish(m));
    return {};
  }

  /// All that is known before anything is measured.
  Result<RunRecord> plan() {
    SG_TRY_VOID(begin());
    for (std::size_t m = 0; m < cast_.models.size(); ++m) {
      SG_TRY_VOID(prepare_or_await(m));
      jobs_[m].reset();
    }
    want_next(0);
    for (std::size_t m = 0; m < cast_.models.size(); ++m) {
      if (awaited_[m]) SG_TRY_VOID(bring(m));
      jobs_[m].reset();
    }
    SG_TRY_VOID(keep());
    return record_;
  }

 private:
  Result<void> begin() {
    SG_TRY(record_.engine,
           engine_facts(options_.threads, options_.isa, precision_of(experiment_.prompt_use.readings.front())));
    SG_TRY(cast_, cast_models(experiment_, options_.models));
    if (options_.supply != nullptr) {
      SG_TRY(earlier_, find_record(store_));
    }
    record_.experiment = experiment_.text;
    record_.overrides = experiment_.overrides;
    record_.started = options_.started;
    record_.pocket = options_.pocket;
    if (experiment_.models_are_given) record_.suite = experiment_.suite;
    record_.models.resize(cast_.models.size());
    jobs_.resize(cast_.models.size());
    awaited_.resize(cast_.models.size());
    notices_.resize(cast_.models.size());
    return {};
  }

  /// Everything that is known of a model before anything is measured.
  Result<void> prepare_or_await(std::size_t m) {
    SG_TRY_VOID(go_on(options_.stop));
    const ModelData& data = cast_.models[m];
    if (options_.supply == nullptr || options_.supply->is_here(data.source)) return prepare(m);
    SG_TRY(std::optional<ModelOutcome> before, measured_before(earlier_, data, experiment_, store_));
    awaited_[m] = !before;
    if (before) notices_[m] = earlier_notices(data.key);
    record_.models[m] =
        before ? *std::move(before)
               : ModelOutcome{.key = data.key, .label = data.label, .source = data.source, .error = kNotMeasuredYet};
    if (experiment_.models_are_given) record_.models[m].given = given_facts(data.stated_facts);
    return {};
  }

  /// A failure of the store ends the run; one of the model is its row.
  Result<void> prepare(std::size_t m) {
    const ModelData& data = cast_.models[m];
    Prepared p = prepare_model(experiment_, data, options_, store_);
    if (experiment_.models_are_given) p.outcome.given = given_facts(data.stated_facts);
    if (p.failure && p.failure->ends_run) return std::move(p.failure->error);
    if (p.failure) p.outcome.error = p.failure->error.message();
    if (p.job) p.outcome.error = kNotMeasuredYet;
    record_.models[m] = std::move(p.outcome);
    notices_[m].clear();
    for (const std::string& notice : p.notices) notices_[m].push_back(data.key + ": " + notice);
    jobs_[m] = std::move(p.job);
    return {};
  }

  /// What an earlier call knew of a model that is not opened again.
  std::vector<std::string> earlier_notices(const std::string& key) const {
    std::vector<std::string> notices;
    for (const std::string& notice : earlier_->notices) {
      if (notice.starts_with(key + ": ")) notices.push_back(notice);
    }
    return notices;
  }

  void want_next(std::size_t from) {
    const auto next = std::find(awaited_.begin() + static_cast<std::ptrdiff_t>(from), awaited_.end(), true);
    if (next == awaited_.end()) return;
    options_.supply->want(cast_.models[static_cast<std::size_t>(next - awaited_.begin())].source);
  }

  Result<void> finish(std::size_t m) {
    const bool has_work = awaited_[m] || jobs_[m];
    if (awaited_[m]) SG_TRY_VOID(bring(m));
    if (jobs_[m]) SG_TRY_VOID(measure(m));
    if (has_work) SG_TRY_VOID(keep());
    const std::string& source = cast_.models[m].source;
    const bool again = std::any_of(cast_.models.begin() + static_cast<std::ptrdiff_t>(m) + 1, cast_.models.end(),
                                   [&](const ModelData& later) { return later.source == source; });
    if (options_.supply != nullptr && !again) options_.supply->done(source);
    return {};
  }

  Result<void> bring(std::size_t m) {
    Result<void> brought = options_.supply->bring(cast_.models[m].source);
    awaited_[m] = false;
    if (!brought.ok() && brought.error().kind == ErrorKind::kInterrupted) return brought;
    want_next(m + 1);
    if (brought.ok()) return prepare(m);
    const std::string& source = cast_.models[m].source;
    record_.models[m].error =
        std::string(kNotHere) + ", and " + brought.error().message() + ". streamgauge pull " + source;
    return {};
  }

  Result<void> measure(std::size_t m) {
    RunJob& job = *jobs_[m];
    ModelOutcome& outcome = record_.models[m];
    std::size_t prompts = 0;
    for (const MissingRows& rows : job.missing) prompts += rows.prompts.size();
    const std::string of = prompts == 1 ? " prompt to measure" : " prompts to measure";
    if (options_.say) options_.say(outcome.key + ": " + std::to_string(prompts) + of);
    const std::string model =
        "model " + std::to_string(m + 1) + " of " + std::to_string(cast_.models.size()) + ": " + outcome.key;
    const auto progress = [this, &model, work = job.work, layers = job.model.spec.layers](double share) {
      const auto layer = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(layers));
      const std::string place = std::to_string(std::min(layer + 1, layers)) + " of " + std::to_string(layers);
      tell(done_ + share * work, model + ", layer " + place);
    };
    const std::optional<RunFailure> failure =
        run_job(job, options_, options_.progress ? std::function<void(double)>(progress) : nullptr, store_);
    if (failure && failure->ends_run) return failure->error;
    outcome.error = failure ? std::optional(failure->error.message()) : std::nullopt;
    done_ += job.work;
    ++jobs_done_;
    jobs_[m].reset();
    return {};
  }

  /// A model that is still to come counts as the others do on average, so that the share may stand still, not go back.
  void tell(double done, const std::string& what) {
    double known = done_;
    std::size_t jobs = jobs_done_, to_come = 0;
    for (std::size_t m = 0; m < jobs_.size(); ++m) {
      known += jobs_[m] ? jobs_[m]->work : 0;
      jobs += jobs_[m] ? 1 : 0;
      to_come += awaited_[m] ? 1 : 0;
    }
    const double total =
        known * (1 + static_cast<double>(to_come) / static_cast<double>(std::max<std::size_t>(jobs, 1)));
    if (!(total > 0)) return;
    share_ = std::max(share_, done / total);
    options_.progress(share_, what);
  }

  /// Puts the record as it stands, with the notices that follow from it.
  Result<void> keep() {
    record_.notices = options_.notices;
    record_.notices.insert(record_.notices.end(), cast_.notices.begin(), cast_.notices.end());
    for (const auto& of_model : notices_)
      record_.notices.insert(record_.notices.end(), of_model.begin(), of_model.end());
    // The zoo's stand-ins stand for several models.
    const auto same = options_.pocket ? std::vector<std::string>() : same_weights_notices(record_.models);
    for (const std::string& notice : same) {
      const bool told = std::ranges::find(told_, notice) != told_.end();
      if (options_.warn && !told) options_.warn(notice);
      record_.notices.push_back(notice);
    }
    told_ = same;
    return put_record(store_, record_);
  }

  const Experiment& experiment_;
  const RunOptions& options_;
  RowStore& store_;
  Cast cast_;
  RunRecord record_;
  std::optional<RunRecord> earlier_;               // of the store, when this call began
  std::vector<std::unique_ptr<RunJob>> jobs_;      // of models that are here and not measured
  std::vector<std::vector<std::string>> notices_;  // by model
  std::vector<bool> awaited_;                      // models that the supply has to bring
  std::vector<std::string> told_;
  double done_ = 0, share_ = 0;
  std::size_t jobs_done_ = 0;
};

}  // namespace

Result<void> measure_experiment(const Experiment& experiment, const RunOptions& options, RowStore& store) {
  return Course(experiment, options, store).run();
}

Result<RunRecord> prepare_run(const Experiment& experiment, const RunOptions& options) {
  NoStore nothing;
  return Course(experiment, options, nothing).plan();
}

}  // namespace sg
