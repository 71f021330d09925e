#include "report/data/measurement_csv.h"

#include <span>

#include "base/number_text.h"

namespace sg {
namespace {

/// Rows of one prompt; `head` is what all of them start with.
class PromptRows {
 public:
  PromptRows(std::string head, const Sequence& sequence, std::string& out)
      : head_(std::move(head)), sequence_(sequence), out_(out) {}

  void site(std::string_view name, const std::vector<double>& norms) { row(name, "", norms); }
  void site(std::string_view name, const LayerTable& table) {
    for (std::size_t l = 0; l < table.layers; ++l) row(name, std::to_string(l), {table.row(l), table.tokens});
  }

 private:
  void row(std::string_view site, std::string_view layer, std::span<const double> norms) {
    for (std::size_t t = 0; t < norms.size(); ++t) {
      out_ += head_;
      out_ += std::to_string(t) + "," + std::to_string(sequence_.ids[t]) + "," + csv_field(sequence_.tokens[t]) + ",";
      out_.append(layer).append(",").append(site).append(",").append(exact(norms[t])).append("\n");
    }
  }

  std::string head_;
  const Sequence& sequence_;
  std::string& out_;
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
  std::string out = "model,sequence,category,position,id,token,layer,site,norm\n";
  for (std::size_t s = 0; s < measurement.sequences.size(); ++s) {
    const SequenceMeasurement& m = measurement.sequences[s];
    const std::string head = csv_field(measurement.model.id) + "," + std::to_string(s) + "," +
                             csv_field(m.sequence.category.value_or("")) + ",";
    PromptRows rows(head, m.sequence, out);
    each_field(m.norms, [&](const RowField& site, const auto& norms) { rows.site(site.key, norms); });
  }
  return out;
}

}  // namespace sg
