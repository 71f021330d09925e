#include "made_up.h"

#include <cmath>

namespace sg {

Universe universe(std::string reduction, std::string span, std::string pooling, std::string prompts, std::string label,
                  std::string why_absent, std::optional<double> quantity) {
  Universe u;
  u.reduction = std::move(reduction);
  u.span = std::move(span);
  u.pooling = std::move(pooling);
  u.prompts = std::move(prompts);
  u.label = std::move(label);
  u.why_absent = std::move(why_absent);
  u.quantity = quantity;
  return u;
}

namespace {

EngineFacts engine() { return {.version = "0.1.0", .isa = "AVX3", .threads = 2, .numerics = 1}; }

Tree leaf(std::string key, Value value) { return {.key = std::move(key), .leaf = std::move(value)}; }
Tree object(std::string key, std::vector<Tree> children) {
  return {.key = std::move(key), .object = true, .children = std::move(children)};
}
Tree list(std::string key, std::vector<Tree> children) {
  return {.key = std::move(key), .list = true, .children = std::move(children)};
}

ResultTable small_models() {
  ResultTable t;
  t.columns = {{"rho", "rho", "{:.4f}"},
               {"gain", "G (no LN)", "{:.4f}"},
               {"gains", "", ""},
               {"theta", "RoPE theta", "{:,.0f}"},
               {"status", "Status", ""}};
  t.rows = {
      {"a-1", "A-1", std::nullopt, {0.125, 1.25, std::vector<double>{1.5, 1.25}, 500000.0, std::string("EXPANSION")}},
      {"a-2",
       "A-2",
       std::nullopt,
       {0.5, 0.75, std::vector<double>{2.0, INFINITY}, Absent{"it has learned positions"}, std::string("DAMPENING")}},
      {"a-3", "A-3", "config.json: no such file", {}}};
  t.rows[0].measured = {.id = "tiny-a",
                        .family = "llama",
                        .dtype = "Q4_1",
                        .fingerprint = "0123456789abcdef0123456789abcdef",
                        .layers = 2,
                        .width = 64,
                        .parameters = 134515008};
  t.rows[1].measured = t.rows[0].measured;
  t.rows[1].measured->id = "tiny-b";
  t.rows[1].measured->stands_for = "B-7";
  return t;
}

Multiverse small_multiverse() {
  Multiverse m;
  m.universes = {universe("last", "penultimate_block", "mean_of_gains", "all", "VALIDATED", "", -0.9),
                 universe("mean", "penultimate_block", "mean_of_gains", "all", "NOT_VALIDATED", "", 0.4),
                 universe("last", "last_block", "mean_of_gains", "all", "", "two models are too few", std::nullopt),
                 universe("mean", "last_block", "mean_of_gains", "all", "VALIDATED", "", -0.5),
                 universe("last", "penultimate_block", "mean_of_gains", "novel", "VALIDATED", "", -0.7),
                 universe("mean", "penultimate_block", "mean_of_gains", "novel", "NOT_VALIDATED", "", INFINITY)};
  m.evaluated = 5;
  m.agreeing = 3;
  m.flips = {{"reduction", "last", "mean", "NOT_VALIDATED"}};
  m.quantity_title = "Pearson r";
  m.reference = 0.0;
  return m;
}

Chart small_panel() {
  Chart p = {.kind = ChartKind::kBars, .title = "Gain by model", .y_title = "Gain", .categories = {"A-1", "A-2"}};
  p.series = {{.label = "gain", .y = {1.25, 0.75}, .error = {0.1, std::nullopt}}};
  p.reference = 1.0;
  p.reference_label = "G = 1";
  p.value_format = "{:.2f}x";
  return p;
}

Tree small_tree() {
  return object(
      "",
      {leaf("experiment", std::string("Head density")), leaf("n_models", std::int64_t{2}),
       list("models", {object("", {leaf("model", std::string("a-1")), leaf("rho", 0.125), leaf("is_dampening", false),
                                   leaf("expansion_layers", Pairs{{0, 1.5}, {1, 1.25}})}),
                       object("", {leaf("model", std::string("a-3")), leaf("error", std::string("no such file"))})}),
       object("analysis", {leaf("rho_gain_correlation", Absent{"2 models, 3 are needed"})}),
       leaf("verdict", std::string("VALIDATED"))});
}

}  // namespace

ExperimentResult small_result() {
  ExperimentResult r;
  r.id = "head-density";
  r.title = "Head density and gain";
  r.hypothesis = "Models with rho of 0.2 and more contract, the others expand.";
  r.seed = "notebook 003";
  r.definition = "notebook-003";
  r.reduction = "last";
  r.span = "penultimate_block";
  r.pooling = "mean_of_gains";
  r.suite = "two";
  r.prompt_texts = {{"The capital of France is", "factual"}, {"Table sky run blue jump", "nonsense"}};
  r.text = "id = \"head-density\"\n";
  r.started = "2026-01-05T10:00:00Z";
  r.engine = engine();
  r.models = small_models();
  ResultTable table = {.title = "Gain by model", .note = "G with the final norm is for comparison only."};
  table.columns = {r.models.columns[0], r.models.columns[1], r.models.columns[3], r.models.columns[4]};
  for (ResultRow row : r.models.rows) {
    if (!row.cells.empty()) row.cells.erase(row.cells.begin() + 2);
    table.rows.push_back(std::move(row));
  }
  r.tables = {table};
  r.values = {{"r.p", "p of the correlation", "", Absent{"2 models, 3 are needed"}, "Pearson"},
              {"rate", "High-rho models that dampen", "{:.0%}", 1.0, "1 of 1"}};
  r.verdicts = {{"H25", "Dimensional crowding", "VALIDATED", "100% of the models with rho >= 0.2 dampen.", "rate > 0.5",
                 small_multiverse()},
                {"H26", "Rank", "", "needs r.p: 2 models, 3 are needed", "", {}}};
  r.references = {{"W_U, spectral norm", "notebook 000", 94.61, Absent{"no such model"}},
                  {"gain", "report 002", 0.48, 0.75}};
  r.figures = {{"gain", "Gain of two models", 1, {small_panel()}}};
  r.seed_results = small_tree();
  r.notices = {"a-3 was left out"};
  r.failed = 1;
  return r;
}

ExperimentResult hostile_result() {
  const std::string evil =
      "</title></svg><script>alert(1)</script>'\"`touch pwned`${x}@y %d ]]> \\ | **b** [a](b)\n\x01\xff<!--";
  ExperimentResult r = small_result();
  for (std::string* text : {&r.id, &r.title, &r.hypothesis, &r.seed, &r.definition, &r.reduction, &r.span, &r.pooling,
                            &r.suite, &r.text, &r.pocket_note, &r.engine.isa}) {
    *text = evil;
  }
  r.pocket = true;
  r.prompt_texts = {{evil, evil}};
  r.notices = {evil};
  for (ResultTable* table : {&r.models, r.tables.data()}) {
    table->title = table->note = evil;
    for (ColumnHead& head : table->columns) head = {evil, evil, evil};
    for (ResultRow& row : table->rows) {
      row.key = row.label = evil;
      if (row.error) row.error = evil;
      if (row.measured)
        row.measured->id = row.measured->family = row.measured->dtype = row.measured->fingerprint =
            row.measured->stands_for = evil;
      if (!row.cells.empty()) row.cells.back() = evil;
    }
  }
  for (NamedValue& v : r.values) v = {evil, evil, evil, v.value, evil};
  for (Verdict& v : r.verdicts) {
    v.name = v.title = v.sentence = v.rule = evil;
    if (!v.label.empty()) v.label = evil;
    for (Universe& u : v.multiverse.universes) {
      u.reduction += evil;
      if (!u.label.empty()) u.label += evil;
    }
    for (Flip& f : v.multiverse.flips) f = {evil, evil, evil, evil};
    v.multiverse.quantity_title = evil;
  }
  for (ReferenceValue& v : r.references) v.what = v.source = evil;
  r.figures = {{evil, evil, 2, every_chart()}};
  for (Chart& p : r.figures[0].charts) {
    p.title = p.x_title = p.y_title = p.right_title = p.reference_label = evil;
    for (std::string& text : p.categories) text += evil;
    p.uprights = {{3, evil}};
    for (Series& s : p.series) {
      s.label = s.color = evil;
      for (std::string& name : s.names) name = evil;
    }
    if (!p.value_format.empty()) p.value_format = "{:.1f}" + evil;
    if (p.fit) p.fit->label = evil;
  }
  return r;
}

}  // namespace sg
