#include "base/csv.h"

#include <algorithm>

#include "base/number_text.h"

namespace sg {
namespace {

// pandas.read_csv's own list, 0.23 to 2.3 (the empty text is a missing value here too).
constexpr std::string_view kMissing[] = {"#N/A", "#N/A N/A", "#NA",     "-1.#IND", "-1.#QNAN", "-NaN",
                                         "-nan", "1.#IND",   "1.#QNAN", "<NA>",    "N/A",      "NA",
                                         "NULL", "NaN",      "None",    "n/a",     "nan",      "null"};

bool is_mistaken(std::string_view text) {
  if (text.empty()) return false;
  return std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos ||
         std::ranges::find(kMissing, text) != std::end(kMissing);
}

std::string_view behind_apostrophes(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('\''), text.size()));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out += '"';
}

}  // namespace

std::string csv_field(std::string_view text) {
  std::string shielded;
  if (is_mistaken(behind_apostrophes(text))) text = shielded.append("'").append(text);
  const bool blank_ends = !text.empty() && (text.front() == ' ' || text.back() == ' ');
  const bool plain = !blank_ends && text.find_first_of(",\"\n\r") == std::string_view::npos;
  return plain ? std::string(text) : quoted(text);
}

std::string_view csv_text(std::string_view field) {
  return field.starts_with('\'') && is_mistaken(behind_apostrophes(field)) ? field.substr(1) : field;
}

CsvLine& CsvLine::operator<<(double number) { return add(exact(number)); }

CsvLine& CsvLine::add(std::string_view field) {
  if (!first_) line_ += ',';
  first_ = false;
  line_ += field;
  return *this;
}

std::string CsvTable::text() const {
  CsvLine head;
  for (const CsvColumn& column : columns) head << column.key;
  return head.text() + rows;
}

}  // namespace sg
