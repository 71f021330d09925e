#include "report/document/document_csv.h"

#include <algorithm>
#include <cctype>

#include "report/text/value_text.h"

namespace sg {
namespace {

/// "Titanium projector (W_U)" as "titanium-projector-w-u".
std::string slug(const std::string& title) {
  std::string out;
  for (const char c : title) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (!out.empty() && out.back() == '-') out.pop_back();
  constexpr std::size_t kLongest = 60;
  return out.empty() ? "table" : out.substr(0, kLongest);
}

CsvTable csv_of(const DocumentTable& table) {
  CsvTable csv = {.file = table.name + ".csv", .about = table.title, .columns = {}};
  if (!table.keys.empty()) csv.columns.push_back({"key", "", ""});
  for (const auto& column : table.columns)
    csv.columns.push_back({column.name.empty() ? column.head : column.name, "", ""});
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    CsvLine line;
    if (!table.keys.empty()) line << table.keys[r];
    for (const auto& cell : table.rows[r]) {
      if (!cell.sort_key.empty()) {
        line.number(cell.sort_key);
      } else {
        line << (cell.text == kNoValue ? std::string() : cell.text);
      }
    }
    csv.rows += line.text();
  }
  return csv;
}

}  // namespace

void name_tables(Document& document, std::vector<std::string> taken) {
  for (Block& block : document) {
    auto* table = std::get_if<DocumentTable>(&block);
    if (table == nullptr) continue;
    const std::string name = slug(table->name.empty() ? table->title : table->name);
    table->name = name;
    for (int n = 2; std::ranges::find(taken, table->name) != taken.end(); ++n)
      table->name = name + "-" + std::to_string(n);
    taken.push_back(table->name);
  }
}

std::vector<CsvTable> document_tables(const Document& document) {
  std::vector<CsvTable> tables;
  for (const Block& block : document) {
    if (const auto* table = std::get_if<DocumentTable>(&block)) tables.push_back(csv_of(*table));
  }
  return tables;
}

}  // namespace sg
