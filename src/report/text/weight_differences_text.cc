#include "report/text/weight_differences_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "base/number_text.h"
#include "report/text/text_table.h"

namespace sg {
namespace {

std::string scientific(double x) { return std::isfinite(x) ? fmt::format("{:.1e}", x) : short_number(x); }

/// Roles in the order in which they first occur.
std::vector<std::string> roles_of(const std::vector<WeightDifference>& d) {
  std::vector<std::string> roles;
  for (const WeightDifference& m : d) {
    if (m.layer && std::ranges::find(roles, m.role) == roles.end()) roles.push_back(m.role);
  }
  return roles;
}

struct Row {
  std::map<std::string, double> frobenius;
  double spectral = 0;
  std::string worst;
};

std::map<std::size_t, Row> rows_of(const std::vector<WeightDifference>& d) {
  std::map<std::size_t, Row> rows;
  for (const WeightDifference& m : d) {
    if (!m.layer) continue;
    Row& row = rows[*m.layer];
    const auto [at, first] = row.frobenius.emplace(m.role, m.frobenius);
    if (!first && !(m.frobenius <= at->second)) at->second = m.frobenius;  // of experts, the furthest
    if (row.worst.empty() || !(m.spectral <= row.spectral)) row.spectral = m.spectral, row.worst = m.role;
  }
  return rows;
}

std::string outside(const std::vector<WeightDifference>& d) {
  std::string text;
  for (const WeightDifference& m : d) {
    if (m.layer) continue;
    text += fmt::format("{}{} {}, spectral {}", text.empty() ? "" : "; ", m.role, scientific(m.frobenius),
                        scientific(m.spectral));
  }
  return text.empty() ? "" : text + "\n";
}

}  // namespace

std::string weight_differences_text(const Comparison& comparison) {
  const std::map<std::size_t, Row> rows = rows_of(comparison.matrices);
  if (rows.empty()) return "";
  const std::vector<std::string> roles = roles_of(comparison.matrices);
  std::vector<TextTable::Column> columns = {{"layer"}};
  for (const std::string& role : roles) columns.push_back({role});
  columns.insert(columns.end(), {{"spectral, max"}, {"of", Align::kLeft}, {"stream after"}});
  TextTable table(columns);
  for (const auto& [layer, row] : rows) {
    std::vector<std::string> cells = {std::to_string(layer)};
    for (const std::string& role : roles) {
      const auto found = row.frobenius.find(role);
      cells.push_back(found == row.frobenius.end() ? "-" : scientific(found->second));
    }
    const std::optional<DifferenceSummary> stream = summary_at(comparison, {Site::kResidPost, layer});
    cells.insert(cells.end(), {scientific(row.spectral), row.worst, stream ? scientific(stream->distance_mean) : "-"});
    table.row(cells);
  }
  return "\nThe weights: |B - A| / |A| of every matrix in the Frobenius norm, the largest of them in the spectral "
         "norm, and "
         "the mean distance of the stream that follows.\n" +
         table.text() + outside(comparison.matrices);
}

}  // namespace sg
