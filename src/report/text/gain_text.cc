#include "report/text/gain_text.h"

#include <fmt/format.h>

#include "base/number_text.h"
#include "measure/decomposition.h"
#include "measure/pooled.h"
#include "report/text/measure_text.h"
#include "report/text/model_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

using Heads = std::vector<TextTable::Column>;

std::string number_cell(const std::optional<double>& x) { return x ? short_number(*x) : "-"; }

std::string interval_cell(const std::optional<Interval>& interval) {
  if (!interval) return "-";
  return short_number(interval->low) + " to " + short_number(interval->high);
}

/// How reductions are called inside a sentence.
std::string spoken(const std::vector<Reduction>& reductions) {
  std::vector<std::string> words;
  words.reserve(reductions.size());
  for (const Reduction r : reductions)
    words.push_back(r == Reduction::kMeanSkipFirst ? "mean without the first token" : std::string(name(r)));
  return listed(words);
}

Heads reduction_columns(const std::string& first) {
  Heads columns = {left(first)};
  for (const Reduction r : kReductions) columns.push_back({std::string(title(r))});
  return columns;
}

Measured mean_gain(const Measurement& m, Reduction reduction, GainSpan span) {
  return evaluate({reduction, span, Pooling::kMeanOfGains}, m).gain;
}

/// Reasons of absent cells, each once, as lines under a table.
class Footnotes {
 public:
  void add(const std::string& what, const Measured& gain) {
    if (gain.ok()) return;
    const std::string line = "- at " + what + ": " + gain.reason + "\n";
    if (text_.find(line) == std::string::npos) text_ += line;
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

/// A definition's gain and, of several prompts, its spread and interval.
Heads pooled_columns(bool several) {
  Heads columns = {left("definition"), "gain"};
  if (several) columns.insert(columns.end(), {"± std", "95 % interval"});
  return columns;
}

std::vector<std::string> pooled_cells(std::string name, const PooledRow& row, bool several) {
  std::vector<std::string> cells = {std::move(name), gain_cell(row.pooled.gain)};
  if (several) cells.insert(cells.end(), {number_cell(row.pooled.spread), interval_cell(row.interval)});
  return cells;
}

std::string category_table(const Measurement& m) {
  const std::vector<std::string> categories = categories_of(m);
  if (categories.empty()) return "";
  Heads columns = {left("category"), "prompts"};
  for (const Preset& p : presets()) columns.push_back({std::string(p.name)});
  TextTable table(std::move(columns));
  for (const std::string& category : categories) {
    std::vector<std::string> cells = {printable(category), ""};
    for (const Preset& p : presets()) {
      const PooledRow row = pooled_row(p.definition, m, category, /*with_interval=*/false);
      cells[1] = std::to_string(row.pooled.prompts);
      cells.push_back(gain_cell(row.pooled.gain) + (row.pooled.spread ? " ± " + short_number(*row.pooled.spread) : ""));
    }
    table.row(std::move(cells));
  }
  return "\n" + table.text();
}

std::string span_table(const Measurement& m) {
  TextTable table(reduction_columns("gain over"));
  Footnotes notes;
  for (const GainSpan span : kGainSpans) {
    std::vector<std::string> cells = {title(span)};
    for (const Reduction r : kReductions) {
      const Measured gain = mean_gain(m, r, span);
      cells.push_back(gain_cell(gain));
      notes.add(title(span) + ", " + std::string(title(r)), gain);
    }
    table.row(std::move(cells));
  }
  const std::string head =
      m.sequences.size() > 1 ? fmt::format("Means of the gains of {} prompts.\n", m.sequences.size()) : "";
  return head + table.text() + notes.text();
}

std::string ladder_table(const Measurement& m) {
  const bool parallel = m.model.parallel_residual;
  Heads columns = reduction_columns("block");
  for (const char* head : {"+attn", "+mlp"}) columns.push_back({head});
  if (parallel) columns.push_back({"+cross"});
  for (const char* head : {"cos attn", "cos mlp"}) columns.push_back({head});
  TextTable table(std::move(columns));
  std::vector<std::vector<std::vector<Gain>>> ladders;
  ladders.reserve(std::size(kReductions));
  for (const Reduction r : kReductions) ladders.push_back(ladder(m, r));
  for (std::size_t layer = 0; layer < m.model.n_layers; ++layer) {
    std::vector<std::string> cells = {std::to_string(layer)};
    for (const auto& rungs : ladders) cells.push_back(gain_cell(pool(Pooling::kMeanOfGains, rungs[layer]).gain));
    const BlockGrowth growth = mean_growth(m, layer);
    cells.push_back(number_cell(growth.attention));
    cells.push_back(number_cell(growth.mlp));
    if (parallel) cells.push_back(number_cell(growth.cross));
    cells.push_back(number_cell(growth.cos_attention));
    cells.push_back(number_cell(growth.cos_mlp));
    table.row(std::move(cells));
  }
  const std::string sum = parallel ? "1 + attn + mlp + cross" : "1 + attn + mlp";
  const std::string head = m.sequences.size() > 1
                               ? "Gain of each block, resid_post[l] / resid_pre[l], and what attention and MLP add to "
                                 "the squared norm at the\n"
                                 "last token, with their cosines with the stream; means over the prompts.\n"
                               : "Gain of each block, resid_post[l] / resid_pre[l]. At the last token: what attention "
                                 "and MLP add to the squared\n"
                                 "norm (gain² = " +
                                     sum + "), and their cosines with the stream.\n";
  return head + table.text();
}

std::string definition_text(const Definition& definition, const std::string& name, const Measurement& m) {
  const bool several = m.sequences.size() > 1;
  TextTable table({left(name), "prompts", "gain", "± std", "95 % interval"});
  Footnotes notes;
  const auto add = [&](const std::optional<std::string>& category) {
    const PooledRow row = pooled_row(definition, m, category, several);
    table.row({printable(row.label), std::to_string(row.pooled.used), gain_cell(row.pooled.gain),
               several ? number_cell(row.pooled.spread) : "-", interval_cell(row.interval)});
    notes.add(row.label, row.pooled.gain);
    return row.pooled;
  };
  const PooledGain all = add(std::nullopt);
  for (const std::string& category : categories_of(m)) add(category);
  std::string text = definition.id() + "\n" + table.text() + notes.text();
  if (all.gain.ok() && all.used < all.prompts) {
    text += fmt::format("{} have no gain under this definition and are left out.\n",
                        counted(all.prompts - all.used, "prompt"));
  }
  return text;
}

std::string all_definitions_table(const Measurement& m) {
  const bool several = m.sequences.size() > 1;
  TextTable table(pooled_columns(several));
  Footnotes notes;
  for (const Definition& definition : all_definitions()) {
    const PooledRow row = pooled_row(definition, m, std::nullopt, several);
    table.row(pooled_cells(definition.id(), row, several));
    notes.add(definition.id(), row.pooled.gain);
  }
  return table.text() + notes.text();
}

}  // namespace

std::string gain_cell(const Measured& gain) { return number_cell(gain.value); }

std::string disagreement_text(const Measurement& m) {
  std::string text;
  for (const Disagreement& d : disagreements(m)) {
    text += fmt::format("The definitions disagree on \"{}\": {} expand{}, {} contract{}.\n", title(d.span),
                        spoken(d.expand), d.expand.size() == 1 ? "s" : "", spoken(d.contract),
                        d.contract.size() == 1 ? "s" : "");
  }
  if (text.empty()) text = "The definitions agree, span by span, on who expands and who contracts.\n";
  return text;
}

std::string preset_table(const Measurement& m) {
  const bool several = m.sequences.size() > 1;
  Heads columns = pooled_columns(several);
  columns.push_back({"is", Align::kLeft});
  TextTable table(std::move(columns));
  for (const Preset& p : presets()) {
    const PooledRow row = pooled_row(p.definition, m, std::nullopt, several);
    std::vector<std::string> cells = pooled_cells(std::string(p.name), row, several);
    cells.push_back(p.definition.id());
    table.row(std::move(cells));
  }
  return table.text() + (several ? category_table(m) : "");
}

Result<std::string> gains_text(const Measurement& m, const std::string& definition) {
  const std::string head = model_line(m.model) + run_line(m) + "\n";
  if (definition == "all") return head + all_definitions_table(m);
  if (definition.empty()) {
    return head + ladder_table(m) + "\n" + span_table(m) + "\n" + preset_table(m) + "\n" + disagreement_text(m) +
           massive_text(m);
  }
  SG_TRY(const Definition found, find_definition(definition));
  return head + definition_text(found, definition, m);
}

}  // namespace sg
