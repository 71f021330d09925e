#include "corpus/documents.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

#include "base/file_error.h"
#include "base/json_reader.h"

namespace sg {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"blocks", "lines", "jsonl", "ids16", "npy", "csv", "tsv"};

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string word) {
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return word;
}

bool blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

}  // namespace

std::string_view name(DocumentForm form) { return kNames[static_cast<std::size_t>(form)]; }

Result<DocumentForm> form_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) return static_cast<DocumentForm>(found - kNames.begin());
  return Error{.kind = ErrorKind::kUsage,
               .what = "no such form of documents",
               .expected = fmt::format("one of {}", fmt::join(kNames, ", ")),
               .got = std::string(name)};
}

Result<DocumentForm> form_of(const std::string& file, DocumentForm text) {
  const std::string extension = lower(std::filesystem::path(file).extension().string());
  if (extension == ".jsonl" || extension == ".ndjson") return DocumentForm::kJsonLines;
  if (extension == ".bin") return DocumentForm::kIds16;
  if (extension == ".npy") return DocumentForm::kNumpy;
  if (extension == ".csv") return DocumentForm::kCommas;
  if (extension == ".tsv") return DocumentForm::kTabs;
  for (const std::string_view other : {".json", ".parquet", ".gz", ".zst", ".bz2", ".xz", ".zip"}) {
    if (extension != other) continue;
    return Error{.kind = ErrorKind::kUsage,
                 .what = "is of a form that a corpus is not read from",
                 .where = file,
                 .expected = "text, .jsonl, .csv, .tsv, .npy or .bin",
                 .hint = "write one JSON object a line: {\"text\": \"...\"}"};
  }
  return text;
}

Error DocumentReader::wrong(std::string what, std::string got) const {
  return {.what = std::move(what), .where = fmt::format("{}, byte {}", range_.file, at_), .got = std::move(got)};
}

Result<DocumentReader> DocumentReader::open(const DocumentRange& range, const DocumentOptions& options) {
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(range.file, failure);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return Error{.what = "is no file of documents",
                 .where = range.file,
                 .expected = "a regular file, which is read more than once",
                 .got = std::filesystem::is_directory(status) ? "a folder" : "a pipe or a device",
                 .hint = "name its files, or write what the pipe gives into one"};
  }
  const std::uint64_t size = std::filesystem::file_size(range.file, failure);
  if (failure) return file_error("cannot be read", range.file, failure.value());
  std::ifstream stream(range.file, std::ios::binary);
  if (!stream) return file_error("cannot be opened", range.file, errno);
  DocumentReader reader(range, options, std::move(stream));
  reader.range_.end = std::min(range.end, size);
  if (range.form == DocumentForm::kIds16 || range.form == DocumentForm::kNumpy) {
    SG_TRY_VOID(reader.find_array(size));
  }
  const bool is_table = range.form == DocumentForm::kCommas || range.form == DocumentForm::kTabs;
  if (is_table) SG_TRY_VOID(reader.find_column());
  reader.stream_.clear();
  reader.stream_.seekg(static_cast<std::streamoff>(reader.at_));
  return reader;
}

Result<std::optional<CorpusDocument>> DocumentReader::next() {
  switch (range_.form) {
    case DocumentForm::kBlocks: return next_block();
    case DocumentForm::kLines:
    case DocumentForm::kJsonLines: return next_line();
    case DocumentForm::kIds16:
    case DocumentForm::kNumpy: return next_row();
    case DocumentForm::kCommas:
    case DocumentForm::kTabs: return next_record();
  }
  return std::optional<CorpusDocument>();
}

bool DocumentReader::read_line(std::string& line) {
  if (!std::getline(stream_, line)) return false;
  at_ += line.size() + (stream_.eof() ? 0 : 1);
  return true;
}

bool DocumentReader::read_text_line(std::string& line) {
  const bool is_first = at_ == 0;
  if (!read_line(line)) return false;
  if (line.ends_with('\r')) line.pop_back();
  if (is_first && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
  return true;
}

Result<std::optional<CorpusDocument>> DocumentReader::next_block() {
  std::string line;
  std::optional<CorpusDocument> document;
  while (document || at_ < range_.end) {
    const std::uint64_t begin = at_;
    if (!read_text_line(line)) break;
    if (blank(line)) {
      if (document) break;
      continue;
    }
    if (!document) document = CorpusDocument{.begin = begin, .end = begin, .text = {}, .ids = {}};
    if (!document->text.empty()) document->text += '\n';
    document->text += line;
    document->end = at_;
  }
  if (stream_.bad()) return wrong("cannot be read");
  return document;
}

Result<std::optional<CorpusDocument>> DocumentReader::next_line() {
  std::string line;
  while (at_ < range_.end) {
    CorpusDocument document = {.begin = at_, .end = at_, .text = {}, .ids = {}};
    if (!read_text_line(line)) break;
    document.end = at_;
    if (blank(line)) continue;
    if (range_.form == DocumentForm::kJsonLines) {
      SG_TRY(document, from_json(line, std::move(document)));
      return std::optional(std::move(document));
    }
    document.text = std::move(line);
    return std::optional(std::move(document));
  }
  if (stream_.bad()) return wrong("cannot be read");
  return std::optional<CorpusDocument>();
}

Result<CorpusDocument> DocumentReader::from_json(std::string_view line, CorpusDocument document) const {
  const std::string where = fmt::format("{}, byte {}", range_.file, document.begin);
  JsonDocument parsed;
  SG_TRY(const JsonReader item, parsed.parse(line, where));
  if (item.is_string()) {
    SG_TRY(document.text, item.string());
    return document;
  }
  if (!item.is_object()) return item.wrong("a string, {\"" + options_.text_key + "\": \"...\"} or {\"ids\": [...]}");
  const std::optional<JsonReader> ids = item.find("ids");
  if (!ids) {
    SG_TRY(const JsonReader text, item.at(options_.text_key));
    SG_TRY(document.text, text.string());
    return document;
  }
  document.is_text = false;
  SG_TRY_VOID(ids->each_item([&](const JsonReader& id) -> Result<void> {
    SG_TRY(const std::int64_t value, id.integer());
    if (value < 0 || value > std::numeric_limits<std::int32_t>::max()) return id.wrong("an id of a token");
    document.ids.push_back(static_cast<std::int32_t>(value));
    return {};
  }));
  return document;
}

}  // namespace sg
