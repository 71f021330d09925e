#include "report/data/measurement_csv.h"

#include <algorithm>
#include <span>

#include "base/each_once.h"
#include "base/number_text.h"
#include "measure/decomposition.h"
#include "report/data/row_csv.h"

namespace sg {
namespace {

const std::vector<CsvColumn> kPromptKey = {{"model", "", "name of its folder or file"},
                                           {"sequence", "", "number of the prompt, from 0"}};
const std::vector<CsvColumn> kTokenKey = {
    {"position", "", "of the token, from 0"}, {"id", "", "of the token"}, {"token", "", "what a person reads for it"}};

std::vector<CsvColumn> joined(std::vector<CsvColumn> columns, const std::vector<CsvColumn>& more) {
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

std::string sequence_cells(const Measurement& m, std::size_t sequence) {
  return csv_field(m.model.id) + "," + std::to_string(sequence) + "," +
         csv_field(m.sequences[sequence].sequence.category.value_or("")) + ",";
}

std::string token_cells(const Sequence& sequence, std::size_t t) {
  return std::to_string(t) + "," + std::to_string(sequence.ids[t]) + "," + csv_field(sequence.tokens[t]) + ",";
}

/// Rows of one prompt; `head` is what all of them start with.
class PromptRows {
 public:
  PromptRows(std::string head, std::string tail, const Sequence& sequence, const std::vector<SiteRef>& places,
             std::string& out)

      : head_(std::move(head)), tail_(std::move(tail)), sequence_(sequence), places_(places), out_(out) {}

  void site(std::string_view name, const std::vector<double>& norms) {
    if (chosen(name, 0)) row(name, "", norms);
  }
  void site(std::string_view name, const LayerTable& table) {
    for (std::size_t l = 0; l < table.layers; ++l) {
      if (chosen(name, l)) row(name, std::to_string(l), {table.row(l), table.tokens});
    }
  }

 private:
  bool chosen(std::string_view site, std::size_t layer) const {
    const auto same = [&](SiteRef place) { return place.layer == layer && name(place.site) == site; };
    return places_.empty() || std::ranges::any_of(places_, same);
  }
  void row(std::string_view site, std::string_view layer, std::span<const double> norms) {
    for (std::size_t t = 0; t < norms.size(); ++t) {
      out_.append(head_).append(token_cells(sequence_, t));
      out_.append(layer).append(",").append(site).append(",").append(exact(norms[t])).append(tail_).append("\n");
    }
  }

  std::string head_, tail_;
  const Sequence& sequence_;
  const std::vector<SiteRef>& places_;
  std::string& out_;
};

/// A table with rows of one type per prompt, made by `rows(sequence, add)`, which calls add(row) for each.
template <FieldRow Row, class Rows>
CsvTable rows_csv(const Measurement& m, CsvTable table, const Rows& rows) {
  table.columns = joined(kPromptKey, table.columns);
  add_columns<Row>(table.columns);
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    rows(m.sequences[s], [&](const Row& row, const auto&... before) {
      CsvLine line;
      line << m.model.id << s;
      (void)(line << ... << before);
      add_cells(line, row);
      table.rows += line.text();
    });
  }
  return table;
}

CsvTable logits_csv(const Measurement& m) {
  return rows_csv<LogitStats>(
      m, {.file = "logits.csv", .about = "one row per prompt and position of --logits", .columns = {}},
      [](const SequenceMeasurement& s, const auto& add) {
        for (const LogitStats& row : s.logits) add(row);
      });
}

CsvTable lens_csv(const Measurement& m) {
  return rows_csv<LensRow>(
      m, {.file = "lens.csv", .about = "one row per prompt, layer and position of --lens", .columns = {}},
      [](const SequenceMeasurement& s, const auto& add) {
        for (const LensRow& row : s.lens) add(row);
      });
}

CsvTable massive_csv(const Measurement& m) {
  return rows_csv<Massive>(
      m,
      {.file = "massive.csv",
       .about = "the largest value of every prompt and layer, and every value over the threshold of --massive",
       .columns = {{"list", "", "largest, or over_threshold"}}},
      [](const SequenceMeasurement& s, const auto& add) {
        for (const Massive& row : s.massive) add(row, "largest");
        for (const Massive& row : s.massive_values) add(row, "over_threshold");
      });
}

CsvTable decomposition_csv(const Measurement& m) {
  CsvTable table = {
      .file = "decomposition.csv",
      .about = "what attention and MLP add to the square of the norm: one row per prompt, token and layer",
      .columns = token_columns({{"layer", "", "from 0"},
                                {"attention", "", "its share of |resid_pre|^2"},
                                {"mlp", "", "likewise"},
                                {"cross", "", "2 attn_out . mlp_out, of parallel blocks, likewise"},
                                {"cos_attention", "", "cosine of attn_out and resid_pre"},
                                {"cos_mlp", "", "cosine of mlp_out and what it is added to"}})};
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    const SequenceMeasurement& sequence = m.sequences[s];
    for (std::size_t t = 0; t < sequence.sequence.ids.size(); ++t) {
      for (std::size_t l = 0; l < sequence.norms.resid_pre.layers; ++l) {
        const BlockGrowth g = block_growth(sequence, l, t);
        CsvLine line;
        line << m.model.id << s << t << sequence.sequence.ids[t] << sequence.sequence.tokens[t] << l << g.attention
             << g.mlp << g.cross << g.cos_attention << g.cos_mlp;
        table.rows += line.text();
      }
    }
  }
  return table;
}

void routing_rows(const std::string& head, const RoutingRow& row, std::size_t t, std::string& out) {
  const auto cell_at = [t](const std::vector<double>& per_token) {
    return per_token.empty() ? std::string() : exact(per_token[t]);
  };
  for (std::size_t i = 0; i < row.experts[t].size(); ++i) {
    out.append(head).append(std::to_string(i)).append(",").append(std::to_string(row.experts[t][i]));
    for (const double number : {row.weights[t][i], row.contribution[t][i], row.peak[t][i]}) {
      out.append(",").append(exact(number));
    }
    out.append(",").append(std::to_string(row.peak_channel[t][i]));
    for (const auto* per_token : {&row.margin, &row.entropy, &row.shared}) out.append(",").append(cell_at(*per_token));
    out += '\n';
  }
}

/// The names of prompts and what their file says beside their texts, as further columns.
class FileColumns {
 public:
  explicit FileColumns(const Measurement& measurement) {
    for (const SequenceMeasurement& s : measurement.sequences) {
      has_id_ = has_id_ || s.sequence.prompt_id;
      for (const auto& [name, text] : s.sequence.columns.value_or(Columns())) {
        if (name != "category") place_in(names_, name);
      }
    }
  }
  /// Behind those of the table.
  void add_to(std::vector<CsvColumn>& columns) const {
    if (has_id_) columns.push_back({"prompt_id", "", "its name in its file"});
    for (const std::string& key : file_column_keys(columns, names_)) columns.push_back({key, "", "of its file"});
  }
  std::string row(const Sequence& sequence) const {
    std::string row = has_id_ ? "," + csv_field(sequence.prompt_id.value_or("")) : "";
    const Columns columns = sequence.columns.value_or(Columns());
    for (const std::string& name : names_) {
      const auto found = std::ranges::find(columns, name, &std::pair<std::string, std::string>::first);
      row += "," + (found != columns.end() ? csv_field(found->second) : "");
    }
    return row;
  }

 private:
  bool has_id_ = false;
  std::vector<std::string> names_;
};

CsvTable prompts_csv(const Measurement& m) {
  CsvTable table = {.file = "prompts.csv",
                    .about = "one row per prompt",
                    .columns = joined(kPromptKey, {{"text", "", "the prompt; empty when ids were given"},
                                                   {"tokens", "tokens", "its length"},
                                                   {"category", "", "of the prompt in its suite or file"}})};
  const FileColumns of_file(m);
  of_file.add_to(table.columns);
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    const Sequence& sequence = m.sequences[s].sequence;
    CsvLine line;
    line << m.model.id << s << sequence.text << sequence.ids.size() << sequence.category;
    std::string text = line.text();
    text.insert(text.size() - 1, of_file.row(sequence));
    table.rows += text;
  }
  return table;
}

CsvTable routing_csv(const Measurement& m) {
  CsvTable table = {
      .file = "routing.csv",
      .about = "of a model with experts: one row per prompt, token, layer and chosen expert, the best first",
      .columns = joined(joined(kPromptKey, {{"category", "", "of the prompt"}}), kTokenKey)};
  table.columns = joined(table.columns, {{"layer", "", "from 0"},
                                         {"rank", "", "0 for the best"},
                                         {"expert", "", "its number"},
                                         {"weight", "", "of its output in the sum"},
                                         {"contribution", "", "norm of what it adds"},
                                         {"peak", "", "largest value that it adds"},
                                         {"peak_channel", "", "where"},
                                         {"margin", "", "to the first that is left out; empty where none is"},
                                         {"entropy", "nats", "of the router"},
                                         {"shared", "", "norm of what the shared experts add; empty without them"}});
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    const SequenceMeasurement& sequence = m.sequences[s];
    for (std::size_t t = 0; t < sequence.sequence.ids.size(); ++t) {
      const std::string head = sequence_cells(m, s) + token_cells(sequence.sequence, t);
      for (const RoutingRow& row : sequence.routing)
        routing_rows(head + std::to_string(row.layer) + ",", row, t, table.rows);
    }
  }
  return table;
}

}  // namespace

std::vector<CsvColumn> token_columns(const std::vector<CsvColumn>& columns) {
  return joined(joined(kPromptKey, kTokenKey), columns);
}

std::vector<std::string> file_column_keys(const std::vector<CsvColumn>& columns,
                                          const std::vector<std::string>& names) {
  std::vector<std::string> keys;
  const auto taken = [&](const std::string& key, const std::string& name) {
    return std::ranges::find(columns, key, &CsvColumn::key) != columns.end() ||
           (key != name && std::ranges::find(names, key) != names.end());
  };
  for (const std::string& name : names) {
    std::string key = name;
    while (taken(key, name)) key.insert(0, "prompt_");
    keys.push_back(std::move(key));
  }
  return keys;
}

CsvTable norms_csv(const Measurement& m, const std::vector<SiteRef>& places) {
  CsvTable table = {.file = "measurement.csv",
                    .about = "one row per prompt, token, layer and site",
                    .columns = joined(joined(kPromptKey, {{"category", "", "of the prompt"}}), kTokenKey)};
  table.columns = joined(table.columns, {{"layer", "", "from 0; empty at embed and ln_final"},
                                         {"site", "", "as in sites.md"},
                                         {"norm", "", "L2 norm of the token's row there"}});
  const FileColumns of_file(m);
  of_file.add_to(table.columns);
  for (std::size_t s = 0; s < m.sequences.size(); ++s) {
    const SequenceMeasurement& sequence = m.sequences[s];
    PromptRows rows(sequence_cells(m, s), of_file.row(sequence.sequence), sequence.sequence, places, table.rows);
    each_field(sequence.norms, [&](const RowField& site, const auto& norms) { rows.site(site.key, norms); });
  }
  return table;
}

std::vector<CsvTable> measurement_tables(const Measurement& m, const std::vector<SiteRef>& places) {
  return {norms_csv(m, places), prompts_csv(m),       logits_csv(m), lens_csv(m),
          massive_csv(m),       decomposition_csv(m), routing_csv(m)};
}

}  // namespace sg
