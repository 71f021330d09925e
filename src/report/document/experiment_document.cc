#include "report/document/experiment_document.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/each_once.h"
#include "report/document/document_csv.h"
#include "report/document/experiment_tables.h"
#include "report/document/experiment_words.h"

namespace sg {
namespace {

std::size_t measured_models(const ExperimentResult& r) {
  return static_cast<std::size_t>(
      std::ranges::count_if(r.models.rows, [](const ResultRow& row) { return !row.error; }));
}

std::string prompts_phrase(const ExperimentResult& r) {
  std::vector<std::string> categories;
  for (const PromptText& p : r.prompt_texts) {
    if (!p.category.empty()) place_in(categories, p.category);
  }
  std::string text = count_of(r.prompt_texts.size(), "prompt", "prompts");
  if (!categories.empty()) text += " in " + count_of(categories.size(), "category", "categories");
  return text;
}

/// Who measured what, when: the line under the title.
Paragraph by_line(const ExperimentResult& r) {
  std::string line = r.seed.empty() ? "" : "After " + r.seed + ". ";
  line += count_of(measured_models(r), "model", "models");
  if (!r.prompt_texts.empty()) line += ", " + prompts_phrase(r);
  line += ", measured with streamgauge " + r.engine.version;
  if (!r.started.empty()) line += ", " + r.started;
  const std::string opened = opened_sentence(r.models);
  return {{{line + "." + (opened.empty() ? "" : " " + opened), Style::kQuiet}}};
}

Callout pocket_warning(const ExperimentResult& r) {
  std::string text = r.pocket_note;
  if (text.empty()) {
    text =
        "These are small models trained for this program, not the ones that the study is about. The numbers show that "
        "the experiment runs; nothing in them says anything about the models of the study.";
  }
  return {.kind = Callout::Kind::kWarning, .head = {{"Pocket models", Style::kStrong}}, .words = {{text}}};
}

void add_figures(Document& doc, const std::vector<Picture>& pictures, std::optional<std::size_t> verdict) {
  for (const Picture& picture : pictures) {
    if (picture.verdict == verdict) doc.emplace_back(FigureBlock{picture.stem, picture.title, picture.caption});
  }
}

void add_verdicts(Document& doc, const ExperimentResult& r) {
  for (const Verdict& v : r.verdicts) doc.emplace_back(verdict_callout(r, v));
}

/// Without any, tables and figures are nothing but dashes.
bool any_measured(const ExperimentResult& r) {
  return std::ranges::any_of(r.models.rows, [](const ResultRow& row) { return !row.error; });
}

void add_results(Document& doc, const ExperimentResult& r, const std::vector<Picture>& pictures) {
  if (!any_measured(r)) return;
  doc.emplace_back(Heading{2, "Results"});
  for (const ResultTable& table : r.tables) {
    if (!table.rows.empty()) doc.emplace_back(rows_table(table));
  }
  add_figures(doc, pictures, std::nullopt);
  if (!r.values.empty()) {
    doc.emplace_back(Heading{3, "Values"});
    doc.emplace_back(values_table(r.values));
  }
}

void add_multiverse(Document& doc, const ExperimentResult& r, const std::vector<Picture>& pictures) {
  const auto varied = [](const Verdict& v) { return !v.multiverse.universes.empty() && !v.label.empty(); };
  if (std::ranges::none_of(r.verdicts, varied)) return;
  doc.emplace_back(Heading{2, "How far the conclusion depends on the definition"});
  doc.emplace_back(Paragraph{
      {{"Every verdict was reached again under every admissible definition of gain, that is every reduction and "
        "pooling of the spans to which the claim can be put, over all prompts and over each category alone, by the "
        "same rules. A conclusion that only some definitions share is a statement about those definitions as much as "
        "about the models."}}});
  for (std::size_t place = 0; place < r.verdicts.size(); ++place) {
    const Verdict& v = r.verdicts[place];
    if (!varied(v)) continue;
    doc.emplace_back(Heading{3, v.title.empty() ? v.name : v.name + ": " + v.title});
    if (v.multiverse.evaluated == 0) {
      doc.emplace_back(Paragraph{{{agreement_sentence(v.multiverse)}}});
      continue;
    }
    doc.emplace_back(Paragraph{{{agreement_sentence(v.multiverse) + " "}, {flips_sentence(v.multiverse)}}});
    if (!v.multiverse.flips.empty() && !v.multiverse.pairs.empty()) {
      doc.emplace_back(Paragraph{{{pairs_sentence(v.multiverse)}}});
    }
    doc.emplace_back(labels_table(v));
    add_figures(doc, pictures, place);
    doc.emplace_back(choices_table(v));
  }
}

void add_references(Document& doc, const ExperimentResult& r) {
  if (r.references.empty()) return;
  doc.emplace_back(Heading{2, "Beside the numbers that others reported"});
  DocumentTable table = references_table(r.references);
  table.note = opened_sentence(r.models);  // whose numbers stand under "here"
  doc.emplace_back(std::move(table));
}

void add_notices(Document& doc, const ExperimentResult& r, const std::vector<std::string>& more) {
  Bullets bullets;
  for (const ResultRow& row : r.models.rows) {
    if (row.error && !row.error->starts_with(kNotHere)) {
      bullets.items.push_back({{row.label.empty() ? row.key : row.label, Style::kStrong}, {" failed: " + *row.error}});
    }
  }
  if (std::string missing = missing_models_sentence(r.models); !missing.empty()) bullets.items.push_back({{missing}});
  for (const std::string& notice : r.notices) bullets.items.push_back({{notice}});
  for (const std::string& notice : more) bullets.items.push_back({{notice}});
  if (bullets.items.empty()) return;
  doc.emplace_back(Heading{2, "What to keep in mind"});
  doc.emplace_back(std::move(bullets));
}

/// The prompts by category, each on a line of its own.
Verbatim prompt_list(const ExperimentResult& r) {
  std::string text, category;
  for (const PromptText& p : r.prompt_texts) {
    if (p.category != category)
      text += (text.empty() ? "" : "\n") + (p.category.empty() ? "other" : p.category) + ":\n";
    category = p.category;
    text += (category.empty() ? "" : "  ") + p.text + "\n";
  }
  return {r.suite.empty() ? "The prompts" : "The prompts, suite " + r.suite, text};
}

void add_methods(Document& doc, const ExperimentResult& r) {
  doc.emplace_back(Heading{2, "How it was measured"});
  Paragraph how = {{{definition_sentence(r) + " "}}};
  if (!r.reduction.empty()) {
    how.words.push_back({"In the names of the program: "});
    how.words.push_back({definition_parts(r), Style::kCode});
    if (!r.definition.empty() && r.definition.find('/') == std::string::npos) {
      how.words.push_back({", the preset "});
      how.words.push_back({r.definition, Style::kCode});
    }
    how.words.push_back({". "});
  }
  if (!r.prompt_texts.empty()) how.words.push_back({"It was taken over " + prompts_phrase(r) + ". "});
  how.words.push_back(
      {fmt::format("Activations are float32, every reported sum is accumulated in double; streamgauge {}, "
                   "numerics {}, instruction set {}, {}.",
                   r.engine.version, r.engine.numerics, r.engine.isa,
                   count_of(static_cast<std::size_t>(std::max(r.engine.threads, 0)), "thread", "threads"))});
  doc.emplace_back(std::move(how));
  Bullets rules;
  for (const Verdict& v : r.verdicts) {
    if (v.label.empty() || v.rule.empty()) continue;
    rules.items.push_back({{v.name + " is "}, {v.label, Style::kStrong}, {" by the rule "}, {v.rule, Style::kCode}});
  }
  if (!rules.items.empty()) doc.emplace_back(std::move(rules));
  if (!r.prompt_texts.empty()) doc.emplace_back(prompt_list(r));
  DocumentTable checkpoints = checkpoints_table(r.models);
  if (!checkpoints.rows.empty()) doc.emplace_back(std::move(checkpoints));
  DocumentTable columns = columns_table(r.models);
  if (!columns.rows.empty()) doc.emplace_back(std::move(columns));
  if (!r.text.empty()) doc.emplace_back(Verbatim{"The experiment, as it was run", r.text});
}

/// Whether these models are many and differ in their names alone, as the checkpoints of a training run do.
bool one_shape(const std::vector<ResultRow>& rows) {
  constexpr std::size_t kMany = 8;
  if (rows.size() <= kMany) return false;
  return std::ranges::all_of(rows, [&](const ResultRow& row) {
    return row.measured && row.measured->stands_for.empty() &&
           checkpoint_phrase(*row.measured, row.measured->id) ==
               checkpoint_phrase(*rows.front().measured, rows.front().measured->id);
  });
}

/// What stands behind each key, before any number is read.
void add_checkpoints(Document& doc, const ExperimentResult& r) {
  Bullets bullets;
  const std::vector<ResultRow>& rows = r.models.rows;
  if (one_shape(rows)) {
    bullets.items.push_back({{rows.front().label + " to " + rows.back().label, Style::kStrong},
                             {", " + count_of(rows.size(), "model", "models") + ": " +
                              checkpoint_phrase(*rows.front().measured, rows.front().measured->id)}});
    doc.emplace_back(std::move(bullets));
    return;
  }
  for (const ResultRow& row : rows) {
    if (!row.measured) continue;
    const std::string &role = row.measured->stands_for, &label = row.label.empty() ? row.key : row.label;
    bullets.items.push_back(
        {{label, Style::kStrong},
         {(role.empty() ? "" : ", in the place of " + role) + ": " + checkpoint_phrase(*row.measured, label)}});
  }
  if (!bullets.items.empty()) doc.emplace_back(std::move(bullets));
}

}  // namespace

Document experiment_document(const ExperimentResult& r, const std::vector<Picture>& pictures,
                             const std::vector<std::string>& notices, const Links& pages) {
  Document doc;
  doc.emplace_back(Heading{1, r.title.empty() ? r.id : r.title});
  if (r.pocket) doc.emplace_back(pocket_warning(r));
  doc.emplace_back(by_line(r));
  if (!pages.links.empty()) doc.emplace_back(pages);
  add_verdicts(doc, r);
  if (!r.hypothesis.empty()) {
    doc.emplace_back(Heading{2, "The question"});
    doc.emplace_back(Paragraph{{{r.hypothesis}}});
  }
  add_results(doc, r, pictures);
  add_multiverse(doc, r, pictures);
  add_references(doc, r);
  add_notices(doc, r, notices);
  add_methods(doc, r);
  name_tables(doc, {"models", "multiverse"});  // which the run writes besides
  return doc;
}

Document experiment_summary(const ExperimentResult& r) {
  Document doc;
  doc.emplace_back(Heading{1, r.title.empty() ? r.id : r.title});
  if (r.pocket) doc.emplace_back(pocket_warning(r));
  add_checkpoints(doc, r);
  if (any_measured(r)) {
    for (const ResultTable& table : r.tables) {
      if (!table.rows.empty()) doc.emplace_back(rows_table(table));
    }
    if (!r.values.empty()) doc.emplace_back(values_table(r.values));
  }
  add_verdicts(doc, r);
  add_notices(doc, r, {});
  return doc;
}

}  // namespace sg
