#include "made_up.h"

namespace sg {
namespace {

constexpr const char* kReductions[] = {"last", "mean", "mean_skip_first", "frobenius", "median", "max"};
constexpr const char* kSpans[] = {"last_block",  "penultimate_block", "last_block_and_norm", "final_norm",
                                  "first_block", "end_to_end",        "end_to_end_and_norm"};
constexpr const char* kPoolings[] = {"mean_of_gains", "median_of_gains", "geometric_mean", "gain_of_means"};
constexpr const char* kPrompts[] = {"all", "factual", "syntactic", "cliche", "novel", "nonsense"};

/// Numbers that look like measurements: uniform in [0, 1), the same everywhere.
class Noise {
 public:
  double operator()() {
    return static_cast<double>((state_ = state_ * 6364136223846793005u + 1442695040888963407u) >> 33) / 2147483648.0;
  }

 private:
  std::uint64_t state_ = 25;
};

struct Size {
  const char* key;
  const char* label;
  int layers, heads, d_head;
  double gain;
};
constexpr Size kSizes[] = {
    {"pythia-70m", "Pythia-70M", 6, 8, 64, 1.083},      {"pythia-160m", "Pythia-160M", 12, 12, 64, 0.912},
    {"pythia-410m", "Pythia-410M", 24, 16, 64, 0.883},  {"pythia-1b", "Pythia-1B", 16, 8, 256, 1.214},
    {"pythia-1.4b", "Pythia-1.4B", 24, 16, 128, 1.041}, {"pythia-2.8b", "Pythia-2.8B", 32, 32, 80, 0.842},
    {"pythia-6.9b", "Pythia-6.9B", 32, 32, 128, 0.962}, {"pythia-12b", "Pythia-12B", 36, 40, 128, 0.951}};

double rho(const Size& s) { return static_cast<double>(s.heads) / s.d_head; }

Multiverse large_multiverse() {
  Multiverse m;
  Noise noise;
  for (const char* reduction : kReductions) {
    for (const char* span : kSpans) {
      for (const char* pooling : kPoolings) {
        for (const char* prompts : kPrompts) {
          Universe u = universe(reduction, span, pooling, prompts, "", "", std::nullopt);
          const bool stable = std::string(reduction) != "frobenius" && std::string(reduction) != "max";
          const bool middle = std::string(span) == "penultimate_block" || std::string(span) == "last_block";
          const double r = (stable ? -0.45 : 0.1) + (middle ? -0.25 : 0.2) + 0.35 * (noise() - 0.5);
          if (std::string(span) == "first_block" && std::string(prompts) == "nonsense") {
            u.why_absent = "a norm is not finite";
          } else {
            u.quantity = r;
            u.label = r < -0.3 ? "VALIDATED" : "NOT_VALIDATED";
            ++m.evaluated;
            m.agreeing += r < -0.3 ? 1 : 0;
          }
          m.universes.push_back(std::move(u));
        }
      }
    }
  }
  m.flips = {{"reduction", "last", "frobenius", "NOT_VALIDATED"},
             {"reduction", "last", "max", "NOT_VALIDATED"},
             {"span", "penultimate_block", "final_norm", "NOT_VALIDATED"},
             {"span", "penultimate_block", "end_to_end", "NOT_VALIDATED"}};
  m.quantity_title = "Pearson r of rho and gain";
  m.reference = 0.0;
  return m;
}

Chart scatter_panel(bool fit) {
  Chart p = {.kind = ChartKind::kScatter,
             .title = fit ? "Correlation: rho and gain" : "rho and gain",
             .x_title = "rho = n_heads / d_head",
             .y_title = "Residual stream gain"};
  Series low = {.label = "dampening", .color = "blue"}, high = {.label = "expansion", .color = "vermillion"};
  for (const Size& s : kSizes) {
    Series& to = s.gain < 1 ? low : high;
    to.x.emplace_back(rho(s));
    to.y.emplace_back(s.gain);
    to.error.emplace_back(0.03 + 0.02 * s.gain);
    to.names.emplace_back(std::string(s.label).substr(7));
  }
  p.series = {low, high};
  p.reference = 1.0;
  p.reference_label = "G = 1";
  if (fit) p.fit = FittedLine{-0.81, 1.1, "r = -0.713, p = 4.7e-02"};
  return p;
}

Chart bars_by_condition() {
  Chart p = {.kind = ChartKind::kBars,
             .title = "Gain by model size",
             .x_title = "Model (sorted by rho)",
             .y_title = "Residual stream gain"};
  Series low = {.label = "dampening", .color = "blue"}, high = {.label = "expansion", .color = "vermillion"};
  for (const Size& s : kSizes) {
    p.categories.emplace_back(s.label);
    low.y.push_back(s.gain < 1 ? std::optional(s.gain) : std::nullopt);
    high.y.push_back(s.gain < 1 ? std::nullopt : std::optional(s.gain));
    low.error.emplace_back(0.05);
    high.error.emplace_back(0.05);
  }
  p.series = {low, high};
  p.reference = 1.0;
  p.value_format = "{:.2f}";
  return p;
}

Chart two_axes() {
  Chart p = {.kind = ChartKind::kBars,
             .title = "Output distribution sharpness",
             .y_title = "Entropy (nats)",
             .right_title = "Effective vocabulary",
             .categories = {"mistral-7b", "apertus-8b", "pythia-6.9b", "gemma-7b"}};
  p.series = {{.label = "Entropy (nats)", .color = "green", .y = {2.31, 3.02, 3.77, std::nullopt}},
              {.label = "Effective vocabulary", .color = "orange", .y = {10.1, 20.5, 43.4, 12.2}, .right_axis = true}};
  p.value_format = "{:.1f}";
  return p;
}

Chart log_bars() {
  Chart p = {.kind = ChartKind::kBars,
             .title = "RoPE theta\n(higher: longer context)",
             .y_title = "theta",
             .categories = {"LLaMA 2", "LLaMA 3.1", "Mistral"}};
  p.series = {{.label = "theta", .y = {10000.0, 500000.0, 10000.0}}};
  p.log_y = true;
  p.value_format = "{:,.0f}";
  return p;
}

Chart ladder() {
  Chart p = {
      .kind = ChartKind::kLines, .title = "Residual stream gain per layer", .x_title = "Layer", .y_title = "Gain"};
  Noise noise;
  for (const char* name : {"LLaMA 2", "LLaMA 3.1", "Mistral"}) {
    Series s = {.label = name, .points = true};
    for (int layer = 0; layer < 32; ++layer) {
      s.x.emplace_back(layer);
      s.y.emplace_back(1.02 + 0.06 * (noise() - 0.5) + (layer == 31 ? 0.04 : 0));
    }
    s.y[12] = std::nullopt;
    p.series.push_back(std::move(s));
  }
  p.y_range = {0.9, 1.1};
  p.reference = 1.0;
  p.reference_label = "neither grows nor shrinks";
  return p;
}

HeatMap map_of_numbers() {
  HeatMap m = {.title = "Gain by layer and site"};
  Noise noise;
  for (int c = 0; c < 12; ++c) m.columns.push_back(std::to_string(c));
  for (const char* name : {"attn_out", "resid_mid", "mlp_out"}) {
    m.rows.emplace_back(name);
    auto& row = m.cells.emplace_back();
    for (int c = 0; c < 12; ++c) row.emplace_back(c == 3 ? std::nullopt : std::optional(noise() * 3));
  }
  return m;
}

HeatMap map_of_labels() {
  HeatMap m = {.title = "Conclusions", .columns = {"mean", "median"}, .rows = {"all", "novel"}};
  m.classes = {"CONFIRMED", "REJECTED - Family Trait", "INVERTED"};
  m.column_groups = {"last", "last"};
  m.row_groups = {"last block", "first block"};
  m.cells = {{0.0, 1.0}, {2.0, std::nullopt}};
  m.marked = {0, 0};
  return m;
}

SpecificationCurve curve() {
  return {.y_title = "r",
          .reference = 0.0,
          .conclusions = {{"VALIDATED", {{0, -0.9}, {1, -0.5}}}, {"NOT_VALIDATED", {{2, 0.4}}}},
          .choices = {{"reduction", "last", {0, 2}}, {"reduction", "mean", {1}}, {}, {"prompts", "all", {0, 1, 2}}}};
}

std::vector<Value> row_of(const Size& s, double noise) {
  const double d_model = static_cast<double>(s.heads) * s.d_head;
  return {std::int64_t{s.layers},
          std::int64_t{s.heads},
          d_model,
          rho(s),
          s.gain,
          s.gain * (0.4 + noise / 5),
          std::string(s.gain < 1 ? "DAMPENING" : "EXPANSION"),
          std::vector<double>(static_cast<std::size_t>(s.layers), 1.01)};
}

}  // namespace

std::vector<Chart> every_chart() {
  return {scatter_panel(false),
          bars_by_condition(),
          scatter_panel(true),
          two_axes(),
          log_bars(),
          ladder(),
          small_result().figures[0].charts[0]};
}

std::vector<Panel> every_panel() {
  std::vector<Panel> panels;
  for (Chart& chart : every_chart()) panels.emplace_back(std::move(chart));
  panels.insert(panels.end(), {map_of_numbers(), map_of_labels(), curve()});
  return panels;
}

ExperimentResult large_result() {
  ExperimentResult r = small_result();
  r.title = "Head density and residual gain over a family of sizes";
  r.seed = "notebook 003, Pythia family sweep";
  r.hypothesis =
      "H25, dimensional crowding: models with rho = n_heads / d_head of 0.2 and more contract, the others expand.";
  r.pocket = true;
  r.suite = "notebook-003";
  r.prompt_texts.clear();
  for (int i = 0; i < 25; ++i) r.prompt_texts.push_back({"Prompt number " + std::to_string(i), kPrompts[1 + i / 5]});
  r.models = {};
  r.models.columns = {{"n_layers", "Layers", ""}, {"n_heads", "Heads", ""},        {"d_model", "d_model", "{:,.0f}"},
                      {"rho", "rho", "{:.4f}"},   {"gain", "G (no LN)", "{:.4f}"}, {"gain_ln", "G (with LN)", "{:.4f}"},
                      {"status", "Status", ""},   {"gains", "Gain per layer", ""}};
  Noise noise;
  for (const Size& s : kSizes) r.models.rows.push_back({s.key, s.label, std::nullopt, row_of(s, noise())});
  r.models.rows.push_back(
      {"gpt-neo", "GPT-Neo", "EleutherAI/gpt-neo-125m: not in the cache. Try `streamgauge pull`", {}});
  r.tables = {r.models};
  r.tables[0].title = "Residual stream gain, without and with the final norm";
  r.tables[0].note = "G (with LN) is for comparison only: it includes the final norm.";
  for (ResultRow& row : r.tables[0].rows) {
    if (!row.cells.empty()) row.cells.pop_back();
  }
  r.tables[0].columns.pop_back();
  r.values = {{"rho_gain.r", "Pearson r of rho and gain", "{:.4f}", -0.7129, "Pearson, 8 models"},
              {"rho_gain.p", "p of it", "{:.4e}", 0.0471, "exact t, two-sided, n = 8"},
              {"rho_gain.low", "95 % interval, lower end", "{:.3f}", -0.94, "BCa bootstrap, 10,000 resamples, seed 1"},
              {"high", "High-rho models that dampen", "{:.0%}", 0.8, "4 of 5"},
              {"spearman", "Spearman's rank correlation", "{:.4f}", Absent{"ties in every pair"}, "Spearman"}};
  r.verdicts[0].multiverse = large_multiverse();
  r.verdicts[0].title = "Dimensional crowding leads to dampening";
  r.verdicts[0].rule = "high > 0.5 || (n_models >= 3 && rho_gain.r < -0.3)";
  r.figures = {{"head-density",
                "Head density (rho) and residual stream gain",
                3,
                {scatter_panel(false), bars_by_condition(), scatter_panel(true)}},
               {"panels", "Panels of other studies", 2, {two_axes(), log_bars(), ladder()}}};
  return r;
}

}  // namespace sg
