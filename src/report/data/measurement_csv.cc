#include "report/data/measurement_csv.h"

#include <algorithm>
#include <span>

#include "base/each_once.h"
#include "base/number_text.h"

namespace sg {
namespace {

std::string sequence_cells(const Measurement& measurement, std::size_t sequence) {
  return csv_field(measurement.model.id) + "," + std::to_string(sequence) + "," +
         csv_field(measurement.sequences[sequence].sequence.category.value_or("")) + ",";
}

std::string token_cells(const Sequence& sequence, std::size_t t) {
  return std::to_string(t) + "," + std::to_string(sequence.ids[t]) + "," + csv_field(sequence.tokens[t]) + ",";
}

/// Rows of one prompt; `head` is what all of them start with.
class PromptRows {
 public:
  PromptRows(std::string head, std::string tail, const Sequence& sequence, std::string& out)
      : head_(std::move(head)), tail_(std::move(tail)), sequence_(sequence), out_(out) {}

  void site(std::string_view name, const std::vector<double>& norms) { row(name, "", norms); }
  void site(std::string_view name, const LayerTable& table) {
    for (std::size_t l = 0; l < table.layers; ++l) row(name, std::to_string(l), {table.row(l), table.tokens});
  }

 private:
  void row(std::string_view site, std::string_view layer, std::span<const double> norms) {
    for (std::size_t t = 0; t < norms.size(); ++t) {
      out_.append(head_).append(token_cells(sequence_, t));
      out_.append(layer).append(",").append(site).append(",").append(exact(norms[t])).append(tail_).append("\n");
    }
  }

  std::string head_, tail_;
  const Sequence& sequence_;
  std::string& out_;
};

std::string cell_at(const std::vector<double>& per_token, std::size_t t) {
  return per_token.empty() ? "" : exact(per_token[t]);
}

void routing_rows(const std::string& head, const RoutingRow& row, std::size_t t, std::string& out) {
  for (std::size_t i = 0; i < row.experts[t].size(); ++i) {
    out.append(head).append(std::to_string(i)).append(",").append(std::to_string(row.experts[t][i]));
    for (const double number : {row.weights[t][i], row.contribution[t][i], row.peak[t][i]}) {
      out.append(",").append(exact(number));
    }
    out.append(",").append(std::to_string(row.peak_channel[t][i]));
    for (const auto* per_token : {&row.margin, &row.entropy, &row.shared})
      out.append(",").append(cell_at(*per_token, t));
    out += '\n';
  }
}

/// The names of prompts and what their file says beside their texts, as further columns. A name that the table has
/// already stands behind "prompt_".
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
  std::string head() const {
    constexpr std::string_view kOwn[] = {"model", "sequence", "category", "position", "id",
                                         "token", "layer",    "site",     "norm",     "prompt_id"};
    std::string head = has_id_ ? ",prompt_id" : "";
    for (const std::string& name : names_) {
      const bool taken = std::ranges::find(kOwn, name) != std::end(kOwn);
      head += "," + csv_field((taken ? "prompt_" : "") + name);
    }
    return head;
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

}  // namespace

std::string csv_field(std::string_view text) {
  // A program of tables takes these for a formula, and a file of others' texts could then act in it.
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    return csv_field("'" + std::string(text));
  }
  const bool blank_ends = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  if (!blank_ends && text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string measurement_csv(const Measurement& measurement) {
  const FileColumns columns(measurement);
  std::string out = "model,sequence,category,position,id,token,layer,site,norm" + columns.head() + "\n";
  for (std::size_t s = 0; s < measurement.sequences.size(); ++s) {
    const SequenceMeasurement& m = measurement.sequences[s];
    PromptRows rows(sequence_cells(measurement, s), columns.row(m.sequence), m.sequence, out);
    each_field(m.norms, [&](const RowField& site, const auto& norms) { rows.site(site.key, norms); });
  }
  return out;
}

std::string routing_csv(const Measurement& measurement) {
  std::string out;
  for (std::size_t s = 0; s < measurement.sequences.size(); ++s) {
    const SequenceMeasurement& m = measurement.sequences[s];
    for (std::size_t t = 0; t < m.sequence.ids.size(); ++t) {
      const std::string head = sequence_cells(measurement, s) + token_cells(m.sequence, t);
      for (const RoutingRow& row : m.routing) routing_rows(head + std::to_string(row.layer) + ",", row, t, out);
    }
  }
  if (out.empty()) return out;
  return "model,sequence,category,position,id,token,layer,rank,expert,weight,contribution,peak,peak_channel,margin,"
         "entropy,shared\n" +
         out;
}

}  // namespace sg
