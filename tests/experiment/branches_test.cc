// Every verdict of every built-in experiment: each of its rules is reached by made-up results, and so is "no verdict"
// where it needs a value. A rule that no row of the tables reaches fails the test.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "experiment/file/builtin.h"
#include "experiment/run/analyze.h"
#include "made_up.h"

namespace sg {
namespace {

/// What some models' columns lead to. Without a label there is no verdict, and the sentence says why.
struct Branch {
  std::string verdict, label;
  std::vector<GivenModel> models;
  std::string says;  // part of the sentence
};

GivenModel with(const std::string& key, NamedCells columns) {
  return {.key = key, .error = {}, .cells = {.columns = std::move(columns), .prompts = {}, .source = "made up"}};
}

std::vector<Branch> cross_architecture() {
  const auto rms = [](const char* key, double gain) {
    return with(key, {{"norm", std::string("RMSNorm")}, {"last_gain", gain}, {"cumulative_energy", 100 * gain}});
  };
  const auto layer = [](const char* key, double gain) {
    return with(key, {{"norm", std::string("LayerNorm")}, {"last_gain", gain}});
  };
  return {
      {"norm_decides", "HOLDS", {rms("gemma-7b", 2.85), rms("mistral-7b", 1.37), layer("pythia-6.9b", 0.22)}, "no La"},
      {"norm_decides", "HOLDS", {rms("gemma-7b", 2.85)}, "Every RMSNorm model expands"},
      {"norm_decides", "REVISED", {rms("gemma-7b", 2.85), layer("pythia-6.9b", 1.2)}, "only 0% of the LayerNorm"},
      {"norm_decides", "REVISED", {rms("a", 2.85), rms("b", 1.37), rms("c", 0.48)}, "67% of the RMSNorm models"},
      {"norm_decides", "REJECTED", {rms("a", 2.85), rms("b", 0.48)}, "50% of the RMSNorm models expand, and no more"},
      {"norm_decides", "", {layer("pythia-6.9b", 0.22)}, "rms_expand: no row has rms"},
      {"cumulative", "ALL AMPLIFY", {rms("a", 2.85), rms("b", 0.02)}, "is above 1"},
      {"cumulative", "NOT ALL AMPLIFY", {rms("a", 2.85), rms("b", 0.01)}, "50% of the models"},
      {"cumulative", "", {layer("a", 2.85)}, "amplify_share: no row can be counted"},
  };
}

std::vector<Branch> head_density() {
  const auto model = [](const char* key, double rho, double gain) { return with(key, {{"rho", rho}, {"gain", gain}}); };
  const auto without = [](const char* key, double rho) { return with(key, {{"rho", rho}}); };
  const std::vector<GivenModel> falling = {model("a", 0.1, 2), model("b", 0.2, 1.6), model("c", 0.3, 1.4),
                                           model("d", 0.4, 1.1)};
  const std::vector<GivenModel> rising = {model("a", 0.1, 1.1), model("b", 0.2, 1.4), model("c", 0.3, 1.6)};
  const std::vector<GivenModel> trend = {model("a", 0.1, 1.6), model("b", 0.2, 1.2), model("c", 0.3, 1.5)};
  return {
      {"H25", "VALIDATED", {model("a", 0.4, 0.5)}, "100% of the models with rho >= 0.2 dampen"},
      {"H25", "VALIDATED", falling, "(models: 4; r = -0.992)"},
      {"H25", "INCONCLUSIVE", {model("a", 0.1, 0.5), model("b", 0.4, 1.5)}, "a gain: 2; three"},
      // Models without a gain decide nothing, however many they are.
      {"H25", "INCONCLUSIVE", {without("a", 0.1), without("b", 0.3), without("c", 0.4)}, "a gain: 0; three"},
      {"H25", "INCONCLUSIVE", {model("a", 0.1, 1.5), without("b", 0.3), without("c", 0.4)}, "a gain: 1; three"},
      {"H25",
       "INCONCLUSIVE",
       {model("a", 0.1, 1.5), model("b", 0.12, 1.6), model("c", 0.14, 1.7), without("d", 0.4)},
       "No model with rho >= 0.2 has a gain"},
      {"H25",
       "VALIDATED",
       {model("a", 0.1, 1.7), model("b", 0.12, 1.6), model("c", 0.14, 1.5), without("d", 0.4)},
       "(models: 3; r ="},
      {"H25",
       "NOT_VALIDATED",
       {model("a", 0.1, 1.5), model("b", 0.12, 1.6), model("c", 0.14, 1.7)},
       "0% of the models with rho >= 0.2 dampen"},  // as the notebook has it when there is no such model
      {"H25", "NOT_VALIDATED", rising, "r = 0.9"},
      {"H25", "NOT_VALIDATED", {model("a", 0.4, 0.5), model("b", 0.3, 1), model("c", 0.1, 0.4)}, "50% of the models"},
      {"correlation", "H25 VALIDATED", falling, "Higher rho goes with lower gain"},
      {"correlation", "H25 TREND SUPPORTED", trend, "is over 0.05"},
      {"correlation", "H25 NOT SUPPORTED", rising, "No negative correlation"},
      {"correlation", "", {model("a", 0.1, 0.5), model("b", 0.4, 1.5)}, "rho_gain.r: "},
  };
}

/// Prompts of which each has a gain and an entropy.
GivenModel prompts(const char* key, const std::vector<double>& gains, const std::vector<double>& entropies) {
  GivenModel model = with(key, {{"gain_all", gains}});
  for (std::size_t p = 0; p < gains.size(); ++p) {
    model.cells.prompts.push_back({{"gain", gains[p]}, {"entropy", entropies[p]}});
  }
  return model;
}

std::vector<Branch> input_dependency() {
  const std::vector<double> up = {0.5, 0.7, 0.9, 1.1, 1.4, 1.5}, entropies = {1, 2, 3, 4, 5, 6};
  const std::vector<double> down = {1.5, 1.4, 1.1, 0.9, 0.7, 0.5}, low = {0.5, 0.6, 0.5, 0.6, 0.5, 0.6};
  const GivenModel rises = prompts("llama3.1-8b", up, entropies), falls = prompts("mistral-7b", down, entropies);
  const GivenModel stays = prompts("mistral-7b", low, entropies);
  const auto blocks = [](const char* key, double mean, double last) {
    return with(key, {{"by_mean", mean}, {"by_last", last}});
  };
  return {
      {"H18", "SUPPORTED", {rises}, "in every model (1 of 1"},
      {"H18", "PARTIALLY SUPPORTED", {rises, falls}, "in some models (1 of 2"},
      {"H18", "NOT SUPPORTED", {falls}, "in no model (0 of 1"},
      {"H18", "NOT SUPPORTED", {stays}, "mean r = 0.29"},  // positive, but nothing at p < 0.05
      {"H18", "", {prompts("a", {0.5}, {1})}, "mean_link: "},
      {"prompt_flips", "INPUT-DEPENDENT", {rises, falls}, "Every model"},
      {"prompt_flips", "PARTLY INPUT-DEPENDENT", {rises, stays}, "contract on another (1 of 2)"},
      {"prompt_flips", "NOT INPUT-DEPENDENT", {stays}, "No model"},
      {"prompt_flips", "", {blocks("a", 1, 1)}, "crossing: no row can be counted"},
      {"definitions", "DEFINITIONS DISAGREE", {blocks("a", 0.9, 1.1), blocks("b", 2, 2)}, "(models: 1 of 2)"},
      {"definitions", "DEFINITIONS AGREE", {blocks("a", 0.9, 0.8)}, "agree in every model (1)"},
      {"definitions", "", {stays}, "disagreeing: no row can be counted"},
  };
}

std::vector<Branch> expert_routing() {
  const auto model = [](const char* key, double prompts, double massive, std::int64_t super) {
    return with(key, {{"carried", 0.5}, {"carrier_prompts", prompts}, {"massive", massive}, {"super_experts", super}});
  };
  const auto linked = [](const char* key, bool rising) {
    GivenModel m = with(key, {{"carried", 0.5}, {"carrier_prompts", 0.2}, {"massive", 0.0}});
    const double odd[] = {0.5, 0.6, 0.5, 0.6, 0.5, 0.6};
    for (int i = 0; i < 6; ++i)
      m.cells.prompts.push_back({{"gain", rising ? 0.5 + 0.2 * i : odd[i]}, {"carried", 0.1 * i + 0.01 * (i % 2)}});
    return m;
  };
  return {
      {"carrier", "ONE EXPERT CARRIES IT", {model("a", 0.9, 1, 2), model("b", 0.6, 0.8, 0)}, "criterion: 1."},
      {"carrier",
       "ONE EXPERT IN SOME MODELS",
       {model("a", 0.9, 1, 1), model("b", 0.9, 0.2, 0)},
       "In some models (1 of 2)"},
      {"carrier",
       "A CARRIER, NOTHING MASSIVE",
       {model("a", 0.9, 0, 0), model("b", 0.1, 1, 0)},
       "In some models (1 of 2)"},
      {"carrier", "NO SINGLE CARRIER", {model("a", 0.5, 1, 0)}, "In no model (0 of 1)"},
      {"carrier", "", {with("a", {{"gain", 1.0}})}, "routed: no row can be counted"},
      {"gain", "DEPENDS", {linked("a", true)}, "In every model with experts (1)"},
      {"gain", "DEPENDS IN SOME MODELS", {linked("a", true), linked("b", false)}, "In some models (1 of 2)"},
      {"gain", "NOT SHOWN", {linked("b", false)}, "In no model (0 of 1)"},
      {"gain", "", {model("a", 0.9, 1, 0)}, "mean_link: "},
  };
}

std::vector<Branch> instruct_brake() {
  const auto pair = [](double base, double instruct) {
    return std::vector<GivenModel>{with("llama3.1-8b", {{"last_gain", base}}),
                                   with("llama3.1-8b-instruct", {{"last_gain", instruct}})};
  };
  return {
      {"brake", "REJECTED - ARCHITECTURAL", pair(0.48, 0.6), "by +25%"},
      {"brake", "CONFIRMED", pair(1, 0.9), "The base model expands (1.00x)"},
      {"brake", "INVERTED", pair(0.9, 1), "the tuned one expands (1.00x)"},
      {"brake", "REJECTED - NO CONTRACTION", pair(1.2, 1), "Neither contracts"},
      {"brake", "", {with("llama3.1-8b", {{"last_gain", 0.48}})}, "gain_ratio: instruct did not run"},
  };
}

std::vector<Branch> llama_anomaly() {
  const auto pair = [](double llama, double mistral, const char* column) {
    return std::vector<GivenModel>{with("llama3.1-8b", {{column, llama}}), with("mistral-7b", {{column, mistral}})};
  };
  const auto amplify = [&](double ratio) { return pair(20 * ratio, 20, "effective_amplification"); };
  const auto theta = [&](double llama) { return pair(llama, 10000, "rope_theta"); };
  return {
      {"H1", "SUPPORTED", amplify(1), "makes up for its contraction"},
      {"H1", "SUPPORTED", amplify(1.29), "1.29x"},
      {"H1", "EXCEEDED", amplify(1.31), "more than make up"},
      {"H1", "PARTIALLY SUPPORTED", amplify(0.69), "does not make up"},
      {"H1", "", {with("llama3.1-8b", {{"effective_amplification", 45.4}})}, "eff_ratio: mistral did not run"},
      {"H2", "SUPPORTED", theta(500000), "50.0x"},
      {"H2", "INCONCLUSIVE", theta(100000), "10.0x"},
      {"H2", "", {with("mistral-7b", {{"rope_theta", 10000.0}})}, "theta_ratio: llama did not run"},
      {"H3", "THEORETICAL", {with("mistral-7b", {})}, "checkpoints of one training run"},
  };
}

std::vector<Branch> long_context() {
  const auto pair = [](double llama2, double llama31) {
    return std::vector<GivenModel>{with("llama2-7b", {{"last_gain", llama2}}),
                                   with("llama3.1-8b", {{"last_gain", llama31}})};
  };
  return {
      {"long_context", "CONFIRMED", pair(1.2, 0.48), "expands (1.20x)"},
      {"long_context", "REJECTED - Family Trait", pair(0.92, 0.48), " contract (0.92x and 0.48x)"},
      {"long_context", "UNEXPECTED", pair(1.2, 1.53), " expand (1.20x and 1.53x)"},
      {"long_context", "INVERTED", pair(0.92, 1.53), "the opposite"},
      {"long_context", "", {with("llama2-7b", {{"last_gain", 0.92}})}, "gain_ratio: llama31 did not run"},
  };
}

std::vector<Branch> mistral_paradox() {
  const auto mistral = [](const char* column, Value value) {
    return std::vector<GivenModel>{with("mistral-7b", {{column, std::move(value)}})};
  };
  const auto beside = [](const char* column, double ours, double a, double b) {
    return std::vector<GivenModel>{with("mistral-7b", {{column, ours}}), with("apertus-8b", {{column, a}}),
                                   with("gemma-7b", {{column, b}})};
  };
  const auto gains = [&](std::vector<double> list) { return mistral("gains", std::move(list)); };
  return {
      {"paradox", "CONTRACTS", mistral("last_gain", 0.58), "0.5800"},
      {"paradox", "EXPANDS", mistral("last_gain", 1.0), "no paradox"},
      {"paradox", "", gains({1.0}), "mistral.last_gain: "},
      {"silent_exit", "CONFIRMED", beside("wu_spectral", 40, 15, 25), "2.00x"},
      {"silent_exit", "REJECTED", beside("wu_spectral", 39, 15, 25), "not much larger"},
      {"silent_exit", "", mistral("wu_spectral", 40.0), "spectral_ratio: "},
      {"residual_explosion", "NEAR 1 THROUGHOUT", gains({1.1, 0.9, 1}), "0.900 and 1.100"},
      {"residual_explosion", "EARLIER THAN EXPECTED", gains({1, 3, 1}), "at layer 1"},
      {"residual_explosion", "EARLIER THAN EXPECTED", gains({3}), "at layer 0"},
      {"residual_explosion", "LATE", gains({1, 1, 3, 1}), "in the second half"},
      {"residual_explosion", "NO EXPLOSION", gains({1, 0.5, 1.1}), "smallest is 0.500"},
      {"residual_explosion", "", mistral("last_gain", 0.58), "mistral.max_gain: "},
      {"entropy_efficiency", "CONFIRMED", beside("entropy", 1.5, 2, 4), "0.50x"},
      {"entropy_efficiency", "REJECTED", beside("entropy", 1.6, 2, 4), "not much sharper"},
      {"entropy_efficiency", "", mistral("entropy", 1.5), "entropy_ratio: "},
  };
}

/// Twelve checkpoints: the gain steps from 1 to `after` at the sixth, the test accuracy rises at `rises`.
std::vector<GivenModel> checkpoints(double after, int rises) {
  std::vector<GivenModel> models;
  for (int c = 0; c < 12; ++c) {
    const double noise = 0.01 * std::sin(7.0 * c);
    models.push_back(with("c" + std::to_string(c), {{"step", 100.0 * c},
                                                    {"gain", (c < 6 ? 1 : after) + noise},
                                                    {"test_accuracy", (c < rises ? 0.1 : 0.9) + noise}}));
  }
  return models;
}

std::vector<Branch> training_dynamics() {
  std::vector<GivenModel> blind = checkpoints(0.5, 6);
  for (GivenModel& model : blind) model.cells.columns.erase("test_accuracy");
  std::vector<GivenModel> dull = checkpoints(0.5, 6);
  for (std::size_t m = 0; m < dull.size(); ++m) {
    dull[m].cells.columns.insert_or_assign("test_accuracy", 0.1 + 0.01 * static_cast<double>(m));
  }
  return {
      {"H3", "INCONCLUSIVE", blind, "cannot be told"},
      {"H3", "INCONCLUSIVE", dull, "does not grok"},
      {"H3", "SUPPORTED", checkpoints(0.5, 6), "step 600, and the test accuracy rises at step 600"},
      {"H3", "NOT SUPPORTED", checkpoints(0.5, 10), "the test accuracy rises at step 1,000"},
      {"H3", "NOT SUPPORTED", checkpoints(1.5, 6), "factor of 1.49"},
  };
}

const std::map<std::string, std::vector<Branch>, std::less<>>& branches() {
  static const std::map<std::string, std::vector<Branch>, std::less<>> all = {
      {"cross-architecture", cross_architecture()},
      {"expert-routing", expert_routing()},
      {"head-density", head_density()},
      {"input-dependency", input_dependency()},
      {"instruct-brake", instruct_brake()},
      {"llama-anomaly", llama_anomaly()},
      {"long-context", long_context()},
      {"mistral-paradox", mistral_paradox()},
      {"training-dynamics", training_dynamics()}};
  return all;
}

/// A verdict of one branch, as it comes out.
Verdict verdict_of(const Experiment& e, const Branch& branch) {
  const Result<ExperimentResult> analyzed = analyze(e, branch.models, {});
  EXPECT_TRUE(analyzed.ok()) << analyzed.error().message();
  if (!analyzed.ok()) return {};
  for (const Verdict& verdict : analyzed.value().verdicts) {
    if (verdict.name == branch.verdict) return verdict;
  }
  ADD_FAILURE() << e.id << " has no verdict " << branch.verdict;
  return {};
}

/// Every way in which the verdicts of an experiment can end: "H25: VALIDATED (n_models < 3)".
std::set<std::string> ends_of(const Experiment& e) {
  std::set<std::string> ends;
  for (const VerdictSpec& verdict : e.verdicts) {
    for (const VerdictRule& rule : verdict.rules) {
      ends.insert(verdict.name + ": " + rule.label + " (" + (rule.when ? rule.when->text() : "otherwise") + ")");
    }
    if (!verdict.needs.empty()) ends.insert(verdict.name + ": no verdict");
  }
  return ends;
}

TEST(Branches, EveryRuleOfEveryBuiltInIsReached) {
  for (const BuiltinExperiment& one : builtin_experiments()) {
    SCOPED_TRACE(one.name);
    const auto rows = branches().find(one.name);
    ASSERT_NE(rows, branches().end()) << "no made-up results of this experiment";
    const Result<Experiment> e = parse_experiment(std::string(one.text), std::string(one.name));
    ASSERT_TRUE(e.ok()) << e.error().message();
    std::set<std::string> reached;
    for (const Branch& branch : rows->second) {
      SCOPED_TRACE(branch.verdict + ": " + branch.label);
      const Verdict verdict = verdict_of(e.value(), branch);
      EXPECT_EQ(verdict.label, branch.label) << verdict.sentence;
      EXPECT_NE(verdict.sentence.find(branch.says), std::string::npos) << verdict.sentence;
      const bool none = verdict.label.empty();
      EXPECT_EQ(verdict.sentence.starts_with("No verdict: "), none) << verdict.sentence;
      reached.insert(none ? verdict.name + ": no verdict"
                          : verdict.name + ": " + verdict.label + " (" + verdict.rule + ")");
    }
    EXPECT_EQ(reached, ends_of(e.value()));
  }
}

/// Nothing is concluded about models that did not run.
TEST(Branches, FailedModelsLeadToNoConclusion) {
  for (const BuiltinExperiment& one : builtin_experiments()) {
    SCOPED_TRACE(one.name);
    const Result<Experiment> e = parse_experiment(std::string(one.text), std::string(one.name));
    ASSERT_TRUE(e.ok()) << e.error().message();
    std::vector<GivenModel> failed;
    for (const ModelEntry& entry : e.value().models) {
      failed.push_back(with(entry.key, {}));
      failed.back().error = "gated";
    }
    const Result<ExperimentResult> analyzed = analyze(e.value(), failed, {});
    ASSERT_TRUE(analyzed.ok()) << analyzed.error().message();
    const std::set<std::string> open = {"", "INCONCLUSIVE", "THEORETICAL"};
    for (const Verdict& verdict : analyzed.value().verdicts) {
      EXPECT_TRUE(open.contains(verdict.label)) << verdict.name << ": " << verdict.label << ", " << verdict.sentence;
    }
  }
}

}  // namespace
}  // namespace sg
