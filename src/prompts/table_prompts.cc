// Prompts as a table with a header.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/csv_records.h"
#include "prompts/file_reading.h"

namespace sg {
namespace {

/// Where the text, the name and the columns of a table's rows stand.
struct TableHead {
  std::vector<std::string> names;
  std::size_t text = 0;
  std::optional<std::size_t> id;
};

Result<TableHead> head_of(const CsvRecord& header, const FileReading& reading) {
  TableHead head = {.names = header.fields, .text = 0, .id = {}};
  const auto place = [&](const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(head.names, name) - head.names.begin());
  };
  for (std::size_t i = 0; i < head.names.size(); ++i) {  // the index of a data frame has no name
    if (head.names[i].empty()) head.names[i] = "column_" + std::to_string(i + 1);
  }
  for (std::size_t i = 0; i < head.names.size(); ++i) {
    if (place(head.names[i]) == i) continue;
    return Error{.what = "two columns have one name",
                 .where = reading.file() + ":1",
                 .expected = "a header with a name for each column",
                 .got = fmt::format("{}", fmt::join(header.fields, ", "))};
  }
  const std::string key = reading.text_key(head.names);
  if (key.empty()) {
    return reading.without_text({.what = "no column is the text",
                                 .where = reading.file() + ":1",
                                 .expected = "a header with " + reading.wanted_key()},
                                header.fields);
  }
  head.text = place(key);
  if (const std::size_t id = place(reading.id_key()); id < head.names.size()) head.id = id;
  return head;
}

Prompt row_prompt(const TableHead& head, CsvRecord record) {
  Prompt prompt;
  for (std::size_t i = 0; i < record.fields.size(); ++i) {
    std::string& field = record.fields[i];
    if (i == head.text) {
      prompt.text = std::move(field);
    } else if (i == head.id) {
      prompt.id = std::move(field);
    } else if (!field.empty()) {
      prompt.columns.emplace_back(head.names[i], std::move(field));
    }
  }
  return prompt;
}

bool blank(const CsvRecord& record) { return record.fields.size() == 1 && record.fields.front().empty(); }

}  // namespace

Result<void> read_table(std::string_view content, char separator, FileReading& reading) {
  SG_TRY(std::vector<CsvRecord> records, read_csv(content, separator, reading.file()));
  while (!records.empty() && blank(records.back())) records.pop_back();
  if (records.empty()) return {};
  SG_TRY(const TableHead head, head_of(records.front(), reading));
  for (std::size_t i = 1; i < records.size(); ++i) {
    CsvRecord& record = records[i];
    const std::string where = ":" + std::to_string(record.line);
    if (blank(record)) {
      reading.leave_out(where, head.names.size() == 1 ? kNoText : kEmptyLine);
      continue;
    }
    if (record.fields.size() != head.names.size()) {
      return Error{.what = "a row is not as long as the header",
                   .where = reading.file() + where,
                   .expected = counted(head.names.size(), "field"),
                   .got = std::to_string(record.fields.size()),
                   .hint = "A field with a separator or a line break in it stands in quotes"};
    }
    if (record.fields[head.text].empty()) {
      reading.leave_out(where, kNoText);
    } else {
      reading.take(row_prompt(head, std::move(record)), head.names[head.text]);
    }
  }
  return {};
}

}  // namespace sg
