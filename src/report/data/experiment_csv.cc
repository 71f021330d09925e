#include "report/data/experiment_csv.h"

#include <algorithm>

#include "base/each_once.h"
#include "report/data/experiment_json.h"
#include "report/data/heads_data.h"
#include "report/data/measurement_csv.h"
#include "report/text/text_table.h"
#include "report/text/value_text.h"

namespace sg {
namespace {

const std::vector<CsvColumn> kModelKey = {{"model", "", "its key in the experiment"},
                                          {"label", "", "its name for people"}};
const std::vector<CsvColumn> kPromptColumns = {{"prompt", "", "number of the prompt, from 0"},
                                               {"text", "", "as it was given"},
                                               {"tokens", "tokens", "its length as the model's tokenizer reads it"},
                                               {"category", "", "of the prompt"}};

void add_value(CsvLine& line, const Value& value) {
  if (is_list(value)) {
    line << value_json(value).dump();
    return;
  }
  std::visit(
      [&]<class T>(const T& x) {
        if constexpr (std::is_same_v<T, Absent>) {
          line << std::optional<double>();
        } else if constexpr (requires { line << x; }) {
          line << x;
        }
      },
      value);
}

CsvColumn column_of(const ColumnHead& head) { return {head.name, "", head.title}; }

/// What the prompts' file says beside their texts, as columns behind those of the table; their names in the file.
std::vector<std::string> file_columns(const ExperimentResult& r, std::vector<CsvColumn>& columns) {
  std::vector<std::string> names;
  for (const PromptText& prompt : r.prompt_texts) {
    for (const auto& [name, text] : prompt.columns) {
      if (name != "category") place_in(names, name);
    }
  }
  const std::vector<CsvColumn> own = columns;
  for (const std::string& name : names) {
    const bool taken = std::ranges::find(own, name, &CsvColumn::key) != own.end();
    columns.push_back({(taken ? "prompt_" : "") + name, "", "of the prompts' file"});
  }
  return names;
}

std::string cell_of(const PromptText& prompt, const std::string& name) {
  const auto found = std::ranges::find(prompt.columns, name, [](const auto& column) { return column.first; });
  return found != prompt.columns.end() ? found->second : std::string();
}

bool is_taken(const std::vector<CsvColumn>& columns, const std::string& key) {
  return std::ranges::find(columns, key, &CsvColumn::key) != columns.end();
}

CsvTable models_csv(const ExperimentResult& r) {
  CsvTable table = {.file = "models.csv",
                    .about = "one row per model: every column of the experiment, lists as JSON",
                    .columns = kModelKey};
  for (const char* key : {"error", "measured", "stands_for", "fingerprint"}) table.columns.push_back({key, "", ""});
  for (const ColumnHead& head : r.models.columns) table.columns.push_back(column_of(head));
  for (const ResultRow& row : r.models.rows) {
    const MeasuredModel measured = row.measured.value_or(MeasuredModel());
    CsvLine line;
    line << row.key << row.label << row.error << measured.id << measured.stands_for << measured.fingerprint;
    for (std::size_t c = 0; c < r.models.columns.size(); ++c) {
      add_value(line, !row.error && c < row.cells.size() ? row.cells[c] : Value(Absent{}));
    }
    table.rows += line.text();
  }
  return table;
}

CsvTable multiverse_csv(const ExperimentResult& r) {
  CsvTable table = {.file = "multiverse.csv",
                    .about = "one row per verdict and combination of a definition and prompts",
                    .columns = {{"verdict", "", "its name"}}};
  for (const UniverseChoice& choice : kUniverseChoices) table.columns.push_back({choice.name, "", "what is chosen"});
  table.columns.push_back({"label", "", "what is concluded; empty where it could not be evaluated"});
  table.columns.push_back({"why_absent", "", "then"});
  table.columns.push_back({"quantity", "", "the verdict's leading number"});
  for (const Verdict& v : r.verdicts) {
    for (const Universe& u : v.multiverse.universes) {
      CsvLine line;
      line << v.name;
      for (const UniverseChoice& choice : kUniverseChoices) line << u.*choice.word;
      line << u.label << u.why_absent << u.quantity;
      table.rows += line.text();
    }
  }
  return table;
}

void add_table(TextTable& text, const std::string& folder, const CsvTable& table) {
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const CsvColumn& column = table.columns[c];
    // The ranks of the most probable tokens differ in their number alone.
    const bool later_rank = column.key.starts_with("top") && column.key.find('_') != std::string::npos &&
                            !column.key.starts_with("top1_") && !column.key.starts_with("top10_prob_mass");
    if (later_rank) continue;
    text.row({c == 0 ? folder + table.file : "", column.key, column.unit, column.about});
  }
  text.gap();
}

}  // namespace

CsvTable prompts_csv(const ExperimentResult& r) {
  CsvTable table = {.file = "prompts.csv",
                    .about = "one row per model and prompt: its text, its tokens, every column of the experiment",
                    .columns = kModelKey};
  table.columns.insert(table.columns.end(), kPromptColumns.begin(), kPromptColumns.end());
  const std::vector<std::string> of_file = file_columns(r, table.columns);
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < r.prompts.columns.size(); ++c) {
    if (is_taken(table.columns, r.prompts.columns[c].name)) continue;
    shown.push_back(c);
    table.columns.push_back(column_of(r.prompts.columns[c]));
  }
  auto cells = r.prompts.rows.begin();
  for (std::size_t m = 0; m < r.models.rows.size(); ++m) {
    const ResultRow& model = r.models.rows[m];
    if (model.error) continue;
    for (std::size_t p = 0; p < r.prompt_texts.size(); ++p) {
      const PromptText& prompt = r.prompt_texts[p];
      const bool counted = m < r.prompt_tokens.size() && p < r.prompt_tokens[m].size();
      const bool has_cells = cells != r.prompts.rows.end() && cells->key == model.key;
      CsvLine line;
      line << model.key << model.label << p << prompt.text
           << (counted ? std::to_string(r.prompt_tokens[m][p]) : std::string()) << prompt.category;
      for (const std::string& name : of_file) line << cell_of(prompt, name);
      for (const std::size_t c : shown) add_value(line, has_cells ? cells->cells[c] : Value(Absent{}));
      if (has_cells) ++cells;
      table.rows += line.text();
    }
  }
  return table;
}

std::vector<CsvTable> experiment_tables(const ExperimentResult& result) {
  return {models_csv(result), multiverse_csv(result)};
}

std::string tables_text() {
  TextTable text({{"table", Align::kLeft}, {"column", Align::kLeft}, {"unit", Align::kLeft}, {"what", Align::kLeft}});
  for (const CsvTable& table : measurement_tables({})) add_table(text, "measure: ", table);
  add_table(text, "measure: ", heads_csv({}, {}));
  add_table(text, "run: ", prompts_csv(ExperimentResult()));
  for (const CsvTable& table : experiment_tables({})) add_table(text, "run: tables/", table);
  return text.text();
}

}  // namespace sg
