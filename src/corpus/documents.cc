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

constexpr std::array<std::string_view, 5> kNames = {"blocks", "lines", "jsonl", "ids16", "npy"};

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

std::string_view between(std::string_view text, std::string_view after, std::string_view before) {
  const std::size_t begin = text.find(after);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + after.size());
  return text.substr(0, text.find(before));
}

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
  const std::string extension = std::filesystem::path(file).extension().string();
  if (extension == ".jsonl" || extension == ".ndjson") return DocumentForm::kJsonLines;
  if (extension == ".bin") return DocumentForm::kIds16;
  if (extension == ".npy") return DocumentForm::kNumpy;
  for (const std::string_view other : {".csv", ".tsv", ".json", ".parquet", ".gz", ".zst", ".bz2", ".xz", ".zip"}) {
    if (extension != other) continue;
    return Error{.kind = ErrorKind::kUsage,
                 .what = "is of a form that a corpus is not read from",
                 .where = file,
                 .expected = "text, .jsonl, .npy or .bin",
                 .hint = "write one JSON object a line: {\"text\": \"...\"}"};
  }
  return text;
}

Error DocumentReader::wrong(std::string what, std::string got) const {
  return {.what = std::move(what), .where = fmt::format("{}, byte {}", range_.file, at_), .got = std::move(got)};
}

Result<DocumentReader> DocumentReader::open(const DocumentRange& range, const DocumentOptions& options) {
  std::error_code failure;
  const std::uint64_t size = std::filesystem::file_size(range.file, failure);
  if (failure) return file_error("cannot be read", range.file, failure.value());
  std::ifstream stream(range.file, std::ios::binary);
  if (!stream) return file_error("cannot be opened", range.file, errno);
  DocumentReader reader(range, options, std::move(stream));
  reader.range_.end = std::min(range.end, size);
  if (range.form == DocumentForm::kIds16 || range.form == DocumentForm::kNumpy) {
    SG_TRY_VOID(reader.find_array(size));
  }
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
  }
  return std::optional<CorpusDocument>();
}

bool DocumentReader::read_line(std::string& line) {
  if (!std::getline(stream_, line)) return false;
  at_ += line.size() + (stream_.eof() ? 0 : 1);
  return true;
}

Result<std::optional<CorpusDocument>> DocumentReader::next_block() {
  std::string line;
  std::optional<CorpusDocument> document;
  while (document || at_ < range_.end) {
    const std::uint64_t begin = at_;
    if (!read_line(line)) break;
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
    if (!read_line(line)) break;
    document.end = at_;
    if (blank(line)) continue;
    if (range_.form == DocumentForm::kJsonLines) {
      SG_TRY(document, from_json(line, std::move(document)));
      return std::optional(std::move(document));
    }
    if (line.ends_with('\r')) line.pop_back();
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

Result<void> DocumentReader::find_array(std::uint64_t file_bytes) {
  Array array;
  std::uint64_t items = 0;
  if (range_.form == DocumentForm::kNumpy) {
    // numpy.lib.format: \x93NUMPY, a version of two bytes, the header's length, the header, which is a Python dict.
    std::string head(12, '\0');
    stream_.read(head.data(), 12);
    if (!stream_ || head.substr(0, 6) != "\x93NUMPY") return wrong("is no .npy file");
    const auto byte = [&](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(head[i])); };
    const bool is_old = head[6] == 1;
    const std::uint64_t length = byte(8) | byte(9) << 8 | (is_old ? 0 : byte(10) << 16 | byte(11) << 24);
    array.begin = (is_old ? 10 : 12) + length;
    if (length > 65536 || array.begin > file_bytes) return wrong("the header of the .npy file is too long");
    std::string header(length, '\0');
    stream_.seekg(is_old ? 10 : 12);
    stream_.read(header.data(), static_cast<std::streamsize>(length));
    const std::string_view kind = between(header, "'descr': '", "'"), shape = between(header, "'shape': (", ")");
    static constexpr std::array<std::string_view, 6> kKinds = {"<u2", "<i2", "<u4", "<i4", "<u8", "<i8"};
    const auto found = std::find(kKinds.begin(), kKinds.end(), kind);
    if (found == kKinds.end() || between(header, "'fortran_order': ", ",") != "False") {
      return wrong("ids in a .npy file are whole numbers of 16, 32 or 64 bits in C order", header);
    }
    array.item_bytes = std::size_t{2} << ((found - kKinds.begin()) / 2);
    array.is_signed = kind[1] == 'i';
    items = (file_bytes - array.begin) / array.item_bytes;
    const char* at = shape.data();
    const auto rows = std::from_chars(at, at + shape.size(), array.rows);
    at = rows.ptr;
    while (at < shape.data() + shape.size() && (*at == ',' || *at == ' ')) ++at;
    const auto columns = std::from_chars(at, shape.data() + shape.size(), array.columns);
    if (rows.ec != std::errc() || (columns.ec == std::errc() && columns.ptr != shape.data() + shape.size())) {
      return wrong("ids are one row or a table", header);
    }
    if (columns.ec != std::errc()) {
      items = std::min(items, array.rows);
      array.columns = 0;
    } else if (array.columns == 0 || array.rows > items / array.columns) {
      return wrong("the .npy file is shorter than its header says", header);
    }
  } else {
    items = file_bytes / array.item_bytes;
  }
  if (array.columns == 0) {
    array.columns = options_.context;
    array.rows = (items + options_.context - 1) / options_.context;
  } else {
    items = array.rows * array.columns;
  }
  array_ = array;
  range_.end = std::min(range_.end, array.begin + items * array.item_bytes);
  at_ = std::max(at_, array.begin);
  return {};
}

Result<std::optional<CorpusDocument>> DocumentReader::next_row() {
  const std::uint64_t row_bytes = array_.columns * array_.item_bytes;
  if (at_ >= range_.end) return std::optional<CorpusDocument>();
  CorpusDocument document = {
      .begin = at_, .end = std::min(at_ + row_bytes, range_.end), .text = {}, .ids = {}, .is_text = false};
  std::string bytes(document.end - document.begin, '\0');
  stream_.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_) return wrong("cannot be read");
  for (std::size_t i = 0; i + array_.item_bytes <= bytes.size(); i += array_.item_bytes) {
    std::uint64_t id = 0;
    for (std::size_t b = 0; b < array_.item_bytes; ++b)
      id |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i + b])) << (8 * b);
    if (id > static_cast<std::uint64_t>(std::numeric_limits<std::int32_t>::max()) ||
        (array_.is_signed && array_.item_bytes == 2 && id > 0x7FFF)) {
      return wrong("an id is negative or too large", fmt::format("{}", id));
    }
    document.ids.push_back(static_cast<std::int32_t>(id));
  }
  at_ = document.end;
  return std::optional(std::move(document));
}

}  // namespace sg
