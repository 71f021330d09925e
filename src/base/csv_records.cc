#include "base/csv_records.h"

#include <algorithm>

namespace sg {
namespace {

class CsvReader {
 public:
  CsvReader(std::string_view content, char separator, const std::string& where)
      : rest_(content), separator_(separator), where_(where) {}

  bool at_end() const { return rest_.empty(); }

  Result<CsvRecord> record() {
    CsvRecord record = {.line = line_, .fields = {}};
    while (true) {
      SG_TRY(std::string field, rest_.starts_with('"') ? quoted() : plain());
      record.fields.push_back(std::move(field));
      if (rest_.starts_with(separator_)) {
        rest_.remove_prefix(1);
        continue;
      }
      end_line();
      return record;
    }
  }

 private:
  Error wrong(std::string what, std::size_t line, std::string hint) const {
    return {.what = std::move(what), .where = where_ + ":" + std::to_string(line), .hint = std::move(hint)};
  }

  bool at_line_end() const { return rest_.empty() || rest_.front() == '\n' || rest_.front() == '\r'; }

  void end_line() {
    const std::size_t size = rest_.starts_with("\r\n") ? 2 : 1;
    rest_.remove_prefix(std::min(size, rest_.size()));
    ++line_;
  }

  Result<std::string> plain() {
    const char ends[] = {separator_, '\n', '\r'};
    const std::size_t size = std::min(rest_.find_first_of(std::string_view(ends, sizeof ends)), rest_.size());
    std::string field(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return field;
  }

  Result<std::string> quoted() {
    const std::size_t begin = line_;
    std::string field;
    for (rest_.remove_prefix(1);;) {
      const std::size_t quote = rest_.find('"');
      if (quote == std::string_view::npos) {
        return wrong("a quote is not closed", begin, "A quote inside quotes is written twice");
      }
      const std::string_view part = rest_.substr(0, quote);
      line_ += static_cast<std::size_t>(std::ranges::count(part, '\n'));
      field += part;
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('"')) break;
      field += '"';
      rest_.remove_prefix(1);
    }
    if (at_line_end() || rest_.starts_with(separator_)) return field;
    return wrong("there is text after a closing quote", line_, "A quote inside quotes is written twice");
  }

  std::string_view rest_;
  char separator_;
  const std::string& where_;
  std::size_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> read_csv(std::string_view content, char separator, const std::string& where) {
  std::vector<CsvRecord> records;
  for (CsvReader reader(content, separator, where); !reader.at_end();) {
    SG_TRY(CsvRecord record, reader.record());
    records.push_back(std::move(record));
  }
  return records;
}

bool header_has(std::string_view content, char separator) {
  bool quoted = false;
  for (const char c : content) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) return false;
    if (!quoted && c == separator) return true;
  }
  return false;
}

}  // namespace sg
