#include "prompts/prompt_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/csv_records.h"
#include "base/system.h"
#include "base/text_file.h"
#include "prompts/file_reading.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

/// The file's extension, lower case, without the dot.
std::string extension_of(const std::string& file) {
  const std::size_t dot = file.find_last_of("./");
  std::string extension = dot == std::string::npos || file[dot] == '/' ? "" : file.substr(dot + 1);
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

/// A form that is not read, and what to do instead.
struct Form {
  std::string_view magic, extension, name, hint;
};
constexpr std::string_view kTableHint =
    "Write it as JSON lines first: in DuckDB COPY (FROM 'FILE') TO 'prompts.jsonl', in "
    "pandas read_parquet(FILE).to_json('prompts.jsonl', orient='records', lines=True)";
constexpr std::string_view kSheetHint = "Save the sheet as CSV in UTF-8", kUnpackHint = "Unpack it first",
                           kUnicodeHint = "Save it as UTF-8";
constexpr Form kForms[] = {
    {"", "xlsx", "a spreadsheet", kSheetHint}, {"", "xls", "a spreadsheet", kSheetHint},
    {"", "ods", "a spreadsheet", kSheetHint},  {"", "parquet", "Parquet", kTableHint},
    {"PAR1", "", "Parquet", kTableHint},       {"ARROW1", "", "Arrow", kTableHint},
    {"\x1f\x8b", "", "gzip", kUnpackHint},     {"\x28\xb5\x2f\xfd", "", "Zstandard", kUnpackHint},
    {"PK\x03\x04", "", "zip", kUnpackHint},    {"\xff\xfe", "", "UTF-16", kUnicodeHint},
    {"\xfe\xff", "", "UTF-16", kUnicodeHint}};

/// Forms that are not text, by how such a file begins or is called.
Result<void> refuse_binary(const std::string& content, const std::string& file, const std::string& extension) {
  const auto is = [&](const Form& form) {
    return form.magic.empty() ? extension == form.extension : content.starts_with(form.magic);
  };
  const auto* found = std::ranges::find_if(kForms, is);
  if (found == std::end(kForms)) return {};
  return Error{.what = fmt::format("{} is not read", found->name),
               .where = file,
               .expected = "prompts as .txt, .csv, .tsv, .json or .jsonl",
               .hint = std::string(found->hint)};
}

Result<void> refuse_other_bytes(std::string_view content, const std::string& file) {
  const auto at = first_invalid_utf8(content);
  if (!at) return {};
  const auto line = 1 + std::ranges::count(content.substr(0, *at), '\n');
  return Error{.what = "the file is not UTF-8",
               .where = fmt::format("{}:{}", file, line),
               .got = fmt::format("an ill-formed sequence at byte {}", *at),
               .hint = "Save it as UTF-8"};
}

Result<void> read_lines(std::string_view content, FileReading& reading) {
  return each_line(content, reading, [&](std::string_view line, const std::string&) -> Result<void> {
    reading.take(text_prompt(std::string(line)));
    return {};
  });
}

/// In countries whose decimal point is a comma, programs write semicolons in a .csv.
char separator_of(std::string_view content, const std::string& extension) {
  if (extension == "tsv") return '\t';
  for (const char separator : {',', ';', '\t'}) {
    if (header_has(content, separator)) return separator;
  }
  return ',';
}

}  // namespace

Result<PromptFile> read_prompt_file(const std::string& file, const PromptFileOptions& options) {
  SG_TRY(const std::string content, read_text_file(file, options.most));
  const std::string extension = extension_of(file);
  SG_TRY_VOID(refuse_binary(content, file, extension));
  SG_TRY_VOID(refuse_other_bytes(content, file));
  FileReading reading(file, options);
  if (extension == "csv" || extension == "tsv") {
    const char separator = separator_of(content, extension);
    SG_TRY_VOID(read_table(content, separator, reading));
    const bool usual = separator == (extension == "tsv" ? '\t' : ',');
    const std::string_view between = usual              ? ""
                                     : separator == ';' ? "semicolons between fields, "
                                                        : "tabs between fields, ";
    return std::move(reading).finished(fmt::format("{}column", between), "texts");
  }
  if (extension == "jsonl" || extension == "ndjson") {
    SG_TRY_VOID(read_json_lines(content, reading));
    return std::move(reading).finished("key", "texts");
  }
  if (extension == "json") {
    SG_TRY_VOID(read_json_list(content, reading));
    return std::move(reading).finished("key", "texts");
  }
  if (!options.text_key.empty() || !options.id_key.empty()) {
    return Error{.kind = ErrorKind::kUsage,
                 .what = "lines have no columns",
                 .where = file,
                 .expected = ".csv, .tsv, .json or .jsonl with --text-key or --id-key"};
  }
  SG_TRY_VOID(read_lines(content, reading));
  return std::move(reading).finished("", "one a line");
}

// Each byte takes about ten until it is measured, with its ids and the texts of its tokens.
std::size_t most_text(std::size_t memory) {
  constexpr std::size_t kBytesPerByte = 10, kAlways = std::size_t{1} << 20;
  return std::max(kAlways, (memory > 0 ? memory : usable_memory_bytes() / 4) / kBytesPerByte);
}

std::vector<std::string> column_names(const std::vector<Prompt>& prompts) {
  std::vector<std::string> names;
  for (const Prompt& prompt : prompts) {
    for (const auto& [name, text] : prompt.columns) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

}  // namespace sg
