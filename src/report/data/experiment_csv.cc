#include "report/data/experiment_csv.h"

#include <algorithm>
#include <cstdlib>

#include "base/each_once.h"
#include "experiment/value/value.h"
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

std::string cell_of(const PromptText& prompt, const std::string& name) {
  const auto found = std::ranges::find(prompt.columns, name, [](const auto& column) { return column.first; });
  return found != prompt.columns.end() ? found->second : std::string();
}

bool is_same(const Value& value, const std::string& text) {
  if (is_absent(value)) return text.empty();
  if (const auto own = text_of(value)) return *own == text;
  const Measured number = number_of(value, "");
  return number.ok() && !text.empty() && *number.value == std::strtod(text.c_str(), nullptr);
}

/// Whether the experiment has the file's column as one of its own, under the same name.
bool is_shown(const ExperimentResult& r, const std::string& name) {
  const auto head = std::ranges::find(r.prompts.columns, name, &ColumnHead::name);
  if (head == r.prompts.columns.end()) return false;
  const auto c = static_cast<std::size_t>(head - r.prompts.columns.begin());
  std::size_t prompt = 0;
  for (std::size_t i = 0; i < r.prompts.rows.size(); ++i) {
    const ResultRow& row = r.prompts.rows[i];
    prompt = i > 0 && r.prompts.rows[i - 1].key == row.key ? prompt + 1 : 0;
    if (prompt >= r.prompt_texts.size() || !is_same(row.cells[c], cell_of(r.prompt_texts[prompt], name))) return false;
  }
  return true;
}

bool is_taken(const std::vector<CsvColumn>& columns, const std::string& key) {
  return std::ranges::find(columns, key, &CsvColumn::key) != columns.end();
}

/// What the prompts' file says beside their texts, as columns behind those of the table; their names in the file.
std::vector<std::string> file_columns(const ExperimentResult& r, std::vector<CsvColumn>& columns) {
  std::vector<std::string> names;
  for (const PromptText& prompt : r.prompt_texts) {
    for (const auto& [name, text] : prompt.columns) {
      if (name != "category" && (is_taken(columns, name) || !is_shown(r, name))) place_in(names, name);
    }
  }
  std::vector<CsvColumn> taken = columns;
  for (const ColumnHead& head : r.prompts.columns) taken.push_back(column_of(head));
  for (const std::string& key : file_column_keys(taken, names)) columns.push_back({key, "", "of the prompts' file"});
  return names;
}

CsvTable models_csv(const ExperimentResult& r) {
  CsvTable table = {.file = "models.csv",
                    .about = "one row per model: every column of the experiment, lists as JSON",
                    .columns = kModelKey};
  const CsvColumn opened[] = {{"error", "", "why it was not measured; empty otherwise"},
                              {"measured", "", "name of the file or folder that was opened"},
                              {"stands_for", "", "the study's model whose place it takes; empty: none"},
                              {"fingerprint", "", "SHA-256 of what was opened"}};
  table.columns.insert(table.columns.end(), std::begin(opened), std::end(opened));
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
  const bool named = std::ranges::any_of(r.prompt_texts, [](const PromptText& p) { return !p.id.empty(); });
  if (named) table.columns.push_back({"prompt_id", "", "its name in its file"});
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
      if (named) line << prompt.id;
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
  TextTable text({left("table"), left("column"), left("unit"), left("what")});
  for (const CsvTable& table : measurement_tables({})) add_table(text, "measure: ", table);
  add_table(text, "measure: ", heads_csv({}, {}));
  add_table(text, "run: ", prompts_csv(ExperimentResult()));
  for (const CsvTable& table : experiment_tables({})) add_table(text, "run: tables/", table);
  return text.text();
}

}  // namespace sg
