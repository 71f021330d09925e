#include "measure/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <system_error>
#include <thread>

#include "base/system.h"
#include "measure/differences.h"
#include "measure/meeting.h"
#include "measure/passes.h"

namespace sg {
namespace {

Result<void> check_alike(const Model& a, const Model& b) {
  const auto differ = [&](const char* what, auto of_a, auto of_b, const char* hint) -> Error {
    return {.what = fmt::format("the models differ in {}", what),
            .where = b.id,
            .expected = fmt::format("{} as {}", of_a, a.id),
            .got = fmt::format("{}", of_b),
            .hint = hint};
  };
  const Spec &x = a.spec, &y = b.spec;
  if (x.layers != y.layers) return differ("depth", x.layers, y.layers, "only models of one shape have the same sites");
  if (x.width != y.width) return differ("width", x.width, y.width, "only models of one shape have the same sites");
  if (x.vocab != y.vocab)
    return differ("the size of the vocabulary", x.vocab, y.vocab, "conversions may drop or pad rows of the embedding");
  const auto wiring = [](const Spec& s) {
    return s.order == Order::kParallel ? "parallel" : s.order == Order::kSingle ? "of one branch" : "sequential";
  };
  if (x.order != y.order) return differ("wiring", wiring(x), wiring(y), "their sites are not the same");
  const auto final_norm = [](const Spec& s) { return s.final_norm ? "with a final norm" : "without a final norm"; };
  if (x.final_norm != y.final_norm) return differ("their end", final_norm(x), final_norm(y), "");
  return {};
}

/// One model's side of the meeting.
class MeetingTap final : public Tap {
 public:
  MeetingTap(Meeting& meeting, Meeting::Side side, Differences& differences)
      : meeting_(meeting), side_(side), differences_(differences) {}

  void at(SiteRef site, ConstMatrixView rows) override {
    meeting_.meet(side_, rows, [&](ConstMatrixView a, ConstMatrixView b) { differences_.at(site, a, b); });
  }
  void adding(SiteRef site, ConstMatrixView delta, ConstMatrixView) override { at(site, delta); }
  std::span<const std::size_t> logit_rows() const override { return differences_.logit_rows(); }
  void logits(std::span<const std::size_t> rows, std::size_t first_id, ConstMatrixView z) override {
    meeting_.meet(side_, z, [&](ConstMatrixView a, ConstMatrixView b) { differences_.logits(rows, first_id, a, b); });
  }

 private:
  Meeting& meeting_;
  Meeting::Side side_;
  Differences& differences_;
};

/// A model with what its passes need.
struct Runner {
  const Model& model;
  WeightStream weights;
  explicit Runner(const Model& m) : model(m), weights(m) {}
};

struct Means {
  Backend& backend;
  const std::atomic<bool>* stop;
};

/// Both passes over one batch; B's on a thread of its own, but only one of them ever runs.
Result<void> run_both(Runner& a, Runner& b, const Pass& pass, const Means& means, Differences& differences) {
  Meeting meeting;
  MeetingTap tap_a(meeting, Meeting::kA, differences), tap_b(meeting, Meeting::kB, differences);
  const auto run_side = [&](Runner& runner, MeetingTap& tap, Meeting::Side side) {
    const Meeting::Seat seat(meeting, side);
    RunContext run = {.backend = means.backend, .tap = tap, .stop = means.stop, .progress = {}};
    if (side == Meeting::kA) run.progress = pass.progress;
    return run_forward(runner.model, runner.weights, pass.tokens, run);
  };
  Result<void> done_b;
  std::exception_ptr failure_b;
  std::jthread other;
  try {
    other = std::jthread([&] {
      try {
        done_b = run_side(b, tap_b, Meeting::kB);
      } catch (...) {
        failure_b = std::current_exception();
      }
    });
  } catch (const std::system_error&) {
    return Error{.kind = ErrorKind::kResource,
                 .what = "the second model's pass needs a thread, and the system has none",
                 .hint = "a limit on processes or on memory is reached"};
  }
  Result<void> done_a = run_side(a, tap_a, Meeting::kA);
  other.join();
  if (failure_b) std::rethrow_exception(failure_b);
  SG_TRY_VOID(std::move(done_a));
  return done_b;
}

/// max that keeps a NaN.
double larger(double a, double b) { return std::isnan(a) || a > b ? a : b; }

}  // namespace

Result<Comparison> compare(const Model& a, const Model& b, const Tokenizer* tokenizer, std::vector<Sequence> sequences,
                           const MeasureOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  SG_TRY_VOID(check_alike(a, b));
  for (const Model* model : {&a, &b}) {
    if (model->bindings.has_head()) continue;
    return Error{.what = "the model has no unembedding, so its outputs cannot be compared",
                 .where = model->path.string()};
  }
  SG_TRY_VOID(check_sequences(a, sequences));
  SG_TRY_VOID(check_sequences(b, sequences));
  SG_TRY(const std::unique_ptr<Machine> machine, Machine::open(options));
  Comparison result;
  result.engine = engine_facts(machine->kernels(), machine->pool().threads(), a.spec.precision);
  result.a = describe(a);
  result.b = describe(b);
  for (const Model* model : {&a, &b}) {
    for (const std::string& notice : model->notices) result.warnings.push_back(model->id + ": " + notice);
  }
  for (const Sequence& s : sequences) result.sequences.push_back({.sequence = s, .sites = {}, .outputs = {}});
  const auto bytes = [&](std::size_t rows, std::size_t longest) {
    return activation_bytes(a.spec, rows, longest) + activation_bytes(b.spec, rows, longest);
  };
  SG_TRY_VOID(check_memory(sequences, bytes));
  Runner runner_a(a), runner_b(b);
  const auto run_pass = [&](const Pass& pass) -> Result<void> {
    Differences differences(pass, options.logits, machine->kernels(), machine->pool(),
                            {result.sequences.data() + pass.first, pass.tokens.sequences()});
    SG_TRY_VOID(run_both(runner_a, runner_b, pass, {machine->backend(), options.stop}, differences));
    differences.finish();
    return {};
  };
  SG_TRY_VOID(for_each_pass(sequences, pack_passes(sequences, memory_budget(options, *machine), bytes),
                            options.progress, run_pass));
  runner_a.weights.release_all();
  runner_b.weights.release_all();
  for (const Model* model : {&a, &b}) SG_TRY_VOID(model->checkpoint.check_unchanged());
  for (SequenceComparison& sequence : result.sequences) {
    for (OutputDifference& o : sequence.outputs) {
      name_top_tokens(tokenizer, o.a);
      name_top_tokens(tokenizer, o.b);
    }
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.peak_bytes = peak_resident_bytes();
  return result;
}

std::vector<SiteRef> places_of(const Comparison& comparison) {
  std::vector<SiteRef> places;
  if (comparison.sequences.empty()) return places;
  for (const SiteDifference& site : comparison.sequences.front().sites) places.push_back(site.place);
  return places;
}

std::optional<SiteRef> first_apart(const Comparison& comparison, double least) {
  for (const SiteRef place : places_of(comparison)) {
    const std::optional<DifferenceSummary> s = summary_at(comparison, place);
    if (s && !(s->distance_mean <= least)) return place;  // NaN is apart
  }
  return std::nullopt;
}

void keep_places(Comparison& comparison, const std::vector<SiteRef>& places) {
  for (SequenceComparison& sequence : comparison.sequences) {
    std::erase_if(sequence.sites,
                  [&](const SiteDifference& site) { return std::ranges::find(places, site.place) == places.end(); });
  }
}

std::optional<DifferenceSummary> summary_at(const Comparison& comparison, SiteRef place) {
  DifferenceSummary s;
  double count = 0;
  for (const SequenceComparison& sequence : comparison.sequences) {
    for (const SiteDifference& site : sequence.sites) {
      if (site.place != place) continue;
      for (const TokenDifference& t : site.tokens) {
        const double norm = std::abs(t.norm_difference());
        s.norm_max = larger(norm, s.norm_max);
        s.distance_max = larger(t.distance, s.distance_max);
        s.cosine_min = -larger(-t.cosine, -s.cosine_min);
        s.norm_mean += norm;
        s.cosine_mean += t.cosine;
        s.distance_mean += t.distance;
        ++count;
      }
    }
  }
  if (count == 0) return std::nullopt;
  s.norm_mean /= count;
  s.cosine_mean /= count;
  s.distance_mean /= count;
  return s;
}

}  // namespace sg
