#include "prompts/prompt_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>

#include "base/csv_records.h"
#include "base/json_reader.h"
#include "base/system.h"
#include "base/text_file.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

constexpr const char* kTextKeys[] = {"text", "prompt"};
constexpr const char* kIdKey = "id";

std::string counted(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

/// The file's extension, lower case, without the dot.
std::string extension_of(const std::string& file) {
  const std::size_t dot = file.find_last_of("./");
  std::string extension = dot == std::string::npos || file[dot] == '/' ? "" : file.substr(dot + 1);
  std::ranges::transform(extension, extension.begin(), [](unsigned char c) { return std::tolower(c); });
  return extension;
}

/// Forms that are not text, by how such a file begins.
Result<void> refuse_binary(const std::string& content, const std::string& file, const std::string& extension) {
  struct Form {
    std::string_view magic, name;
  };
  constexpr Form kForms[] = {{"PAR1", "Parquet"},
                             {"ARROW1", "Arrow"},
                             {"\x1f\x8b", "gzip"},
                             {"\x28\xb5\x2f\xfd", "Zstandard"},
                             {"PK\x03\x04", "zip"}};
  std::string_view found = extension == "parquet" ? "Parquet" : "";
  for (const Form& form : kForms) {
    if (content.starts_with(form.magic)) found = form.name;
  }
  if (found.empty()) return {};
  const std::string_view how =
      found == "Parquet" || found == "Arrow"
          ? "Write it as JSON lines first: in DuckDB COPY (FROM 'FILE') TO 'prompts.jsonl', in "
            "pandas read_parquet(FILE).to_json('prompts.jsonl', orient='records', lines=True)"
          : "Unpack it first";
  return Error{.what = fmt::format("{} is not read", found),
               .where = file,
               .expected = "prompts as .txt, .csv, .tsv, .json or .jsonl",
               .hint = std::string(how)};
}

/// Which of `there` is the text: the key that was asked for, or the first of those that are usual.
std::optional<std::string> text_key_of(const PromptFileOptions& options, const auto& is_there) {
  if (!options.text_key.empty()) return is_there(options.text_key) ? std::optional(options.text_key) : std::nullopt;
  for (const char* key : kTextKeys) {
    if (is_there(key)) return key;
  }
  return std::nullopt;
}

std::string id_key_of(const PromptFileOptions& options) { return options.id_key.empty() ? kIdKey : options.id_key; }

std::string wanted_key(const PromptFileOptions& options) {
  return options.text_key.empty() ? "text or prompt" : "'" + options.text_key + "'";
}

/// Everything of an object but `used` as columns.
Result<void> add_columns(const JsonReader& item, const std::vector<std::string>& used, Prompt& prompt) {
  return item.each_member([&](std::string_view key, const JsonReader& member) -> Result<void> {
    if (member.is_null() || std::ranges::find(used, key) != used.end()) return {};
    const auto known = std::ranges::find(prompt.columns, key, &std::pair<std::string, std::string>::first);
    if (known != prompt.columns.end()) return member.wrong("each name once");
    prompt.columns.emplace_back(key, member.plain_text());
    return {};
  });
}

Result<std::vector<std::int32_t>> read_ids(const JsonReader& list) {
  std::vector<std::int32_t> ids;
  SG_TRY_VOID(list.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(const std::int64_t id, item.integer());
    if (id < 0 || id > std::numeric_limits<std::int32_t>::max()) return item.wrong("a token id");
    ids.push_back(static_cast<std::int32_t>(id));
    return {};
  }));
  if (ids.empty()) return list.wrong("at least one id");
  return ids;
}

/// What has been seen of the file's keys, to be said at the end.
struct Seen {
  std::vector<std::string> keys;
  void add(const std::string& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
  }
};

Result<Prompt> read_object(const JsonReader& item, const PromptFileOptions& options, Seen& seen) {
  Prompt prompt;
  std::vector<std::string> used = {id_key_of(options)};
  if (const auto id = item.find(used.front())) prompt.id = id->plain_text();
  const auto is_there = [&](const std::string& key) { return item.find(key).has_value(); };
  const std::optional<std::string> text_key = text_key_of(options, is_there);
  std::string key;
  if (const auto ids = item.find("ids"); ids && ids->is_array()) {
    key = "ids";
    SG_TRY(prompt.ids, read_ids(*ids));
  } else if (is_there("messages") && (options.text_key.empty() || !text_key)) {
    key = "messages";
    SG_TRY(const JsonReader messages, item.at(key));
    if (!messages.is_array()) return messages.wrong("a list of messages, {\"role\", \"content\"} each");
    prompt.messages = messages.plain_text();
  } else if (text_key) {
    key = *text_key;
    SG_TRY(const JsonReader text, item.at(key));
    if (text.is_array()) {
      prompt.messages = text.plain_text();
    } else {
      SG_TRY(prompt.text, text.string());
    }
  } else {
    Error error = item.missing(options.text_key.empty() ? kTextKeys[0] : options.text_key);
    error.expected = "an object with " + wanted_key(options) + ", ids or messages";
    error.hint = "Name the key of the text with --text-key";
    return error;
  }
  seen.add(key);
  used.push_back(key);
  SG_TRY_VOID(add_columns(item, used, prompt));
  return prompt;
}

Result<Prompt> read_value(const JsonReader& item, const PromptFileOptions& options, Seen& seen) {
  if (item.is_string()) {
    SG_TRY(std::string text, item.string());
    return text_prompt(std::move(text));
  }
  if (!item.is_object()) return item.wrong("a text, or an object with " + wanted_key(options) + ", ids or messages");
  return read_object(item, options, seen);
}

Result<void> from_json(std::string_view content, const std::string& file, const PromptFileOptions& options, Seen& seen,
                       PromptFile& read) {
  JsonDocument document;
  SG_TRY(const JsonReader root, document.parse(content, file));
  return root.each_item([&](const JsonReader& item) -> Result<void> {
    SG_TRY(Prompt prompt, read_value(item, options, seen));
    read.prompts.push_back(std::move(prompt));
    return {};
  });
}

/// Calls take(line, where) for every line that is not blank. A line ends with \n or \r\n.
Result<void> each_line(std::string_view content, const std::string& file, PromptFile& read, const auto& take) {
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::string where = file + ":" + std::to_string(number);
    const std::size_t end = content.find('\n');
    std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (blank(line)) {
      read.warnings.push_back(where + ": an empty line is left out");
      continue;
    }
    SG_TRY(Prompt prompt, take(line, where));
    read.prompts.push_back(std::move(prompt));
  }
  return {};
}

Result<void> from_json_lines(std::string_view content, const std::string& file, const PromptFileOptions& options,
                             Seen& seen, PromptFile& read) {
  return each_line(content, file, read, [&](std::string_view line, const std::string& where) -> Result<Prompt> {
    JsonDocument document;
    SG_TRY(const JsonReader item, document.parse(line, where));
    return read_value(item, options, seen);
  });
}

/// Where the text, the name and the columns of a table's rows stand.
struct TableHead {
  std::vector<std::string> names;
  std::size_t text = 0;
  std::optional<std::size_t> id;
};

Result<TableHead> head_of(const CsvRecord& header, const std::string& file, const PromptFileOptions& options) {
  TableHead head = {.names = header.fields, .text = 0, .id = {}};
  const auto place = [&](const std::string& name) { return std::ranges::find(head.names, name); };
  for (std::size_t i = 0; i < head.names.size(); ++i) {
    if (static_cast<std::size_t>(place(head.names[i]) - head.names.begin()) == i && !head.names[i].empty()) continue;
    return Error{.what = head.names[i].empty() ? "a column has no name" : "two columns have one name",
                 .where = file + ":1",
                 .expected = "a header with a name for each column",
                 .got = fmt::format("{}", fmt::join(head.names, ", "))};
  }
  const auto is_there = [&](const std::string& name) { return place(name) != head.names.end(); };
  const std::optional<std::string> key = text_key_of(options, is_there);
  if (!key) {
    return Error{.what = "no column is the text",
                 .where = file + ":1",
                 .expected = "a header with " + wanted_key(options),
                 .got = fmt::format("{}", fmt::join(head.names, ", ")),
                 .hint = "Name the column of the text with --text-key"};
  }
  head.text = static_cast<std::size_t>(place(*key) - head.names.begin());
  const std::string id = id_key_of(options);
  if (is_there(id)) head.id = static_cast<std::size_t>(place(id) - head.names.begin());
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

Result<void> from_table(std::string_view content, const std::string& file, char separator,
                        const PromptFileOptions& options, Seen& seen, PromptFile& read) {
  if (const auto at = first_invalid_utf8(content)) {
    const auto line = 1 + std::ranges::count(content.substr(0, *at), '\n');
    return Error{.what = "the file is not UTF-8",
                 .where = fmt::format("{}:{}", file, line),
                 .got = fmt::format("an ill-formed sequence at byte {}", *at)};
  }
  SG_TRY(std::vector<CsvRecord> records, read_csv(content, separator, file));
  if (records.empty()) return {};
  SG_TRY(const TableHead head, head_of(records.front(), file, options));
  seen.add(head.names[head.text]);
  for (std::size_t i = 1; i < records.size(); ++i) {
    CsvRecord& record = records[i];
    const std::string where = fmt::format("{}:{}", file, record.line);
    if (record.fields.size() == 1 && record.fields.front().empty()) {
      read.warnings.push_back(where + ": an empty line is left out");
      continue;
    }
    if (record.fields.size() != head.names.size()) {
      return Error{.what = "a row is not as long as the header",
                   .where = where,
                   .expected = counted(head.names.size(), "field"),
                   .got = std::to_string(record.fields.size()),
                   .hint = "A field with a separator or a line break in it stands in quotes"};
    }
    if (record.fields[head.text].empty()) {
      read.warnings.push_back(where + ": a row without a text is left out");
      continue;
    }
    read.prompts.push_back(row_prompt(head, std::move(record)));
  }
  return {};
}

}  // namespace

Result<PromptFile> read_prompt_file(const std::string& file, const PromptFileOptions& options) {
  SG_TRY(const std::string content, read_text_file(file, options.most));
  const std::string extension = extension_of(file);
  SG_TRY_VOID(refuse_binary(content, file, extension));
  PromptFile read;
  Seen seen;
  const bool table = extension == "csv" || extension == "tsv",
             json_lines = extension == "jsonl" || extension == "ndjson";
  if (table) {
    SG_TRY_VOID(from_table(content, file, extension == "csv" ? ',' : '\t', options, seen, read));
  } else if (json_lines) {
    SG_TRY_VOID(from_json_lines(content, file, options, seen, read));
  } else if (extension == "json") {
    SG_TRY_VOID(from_json(content, file, options, seen, read));
  } else {
    const auto plain = [](std::string_view line, const std::string&) -> Result<Prompt> {
      return text_prompt(std::string(line));
    };
    SG_TRY_VOID(each_line(content, file, read, plain));
  }
  if (read.prompts.empty()) return Error{.what = "holds no prompt", .where = file};
  std::string how = table ? "column " : "key ";
  how += fmt::format("{}", fmt::join(seen.keys, ", "));
  if (seen.keys.empty()) how = table || json_lines || extension == "json" ? "texts" : "one a line";
  read.said =
      fmt::format("{} from {}, {}", counted(read.prompts.size(), "prompt"), file == "-" ? "standard input" : file, how);
  return read;
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
