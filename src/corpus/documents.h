// Documents of a corpus: read one after another from a file of any size, or from a range of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace sg {

enum class DocumentForm : std::uint8_t {
  kBlocks,     // text, documents end at empty lines
  kLines,      // text, a document a line
  kJsonLines,  // a JSON value a line: {"text": ...}, {"ids": [...]} or a string
  kIds16,      // .bin: ids of two bytes, little endian, a document every `context` ids
  kNumpy,      // .npy: whole numbers; a document a row, or as kIds16 where there is one row
  kCommas,     // .csv: a table with a header (RFC 4180), a document a row
  kTabs,       // .tsv
};

/// "blocks", "lines", "jsonl", "ids16", "npy", "csv", "tsv"
std::string_view name(DocumentForm form);
/// Error (usage): no such form.
Result<DocumentForm> form_named(std::string_view name);
/// The form that a file's extension says; `text`: of files that hold text. Errors: Parquet, compressed files.
Result<DocumentForm> form_of(const std::string& file, DocumentForm text);

/// Where documents lie in a file, in bytes.
struct DocumentRange {
  std::string file;
  DocumentForm form = DocumentForm::kBlocks;
  std::uint64_t begin = 0, end = 0;
};

struct CorpusDocument {
  std::uint64_t begin = 0, end = 0;  // bytes of its file
  std::string text;                  // or
  std::vector<std::int32_t> ids;
  bool is_text = true;
};

/// How the documents of a corpus are told apart.
struct DocumentOptions {
  std::string text_key = "text";  // of kJsonLines; the column of a table
  std::size_t context = 1024;     // ids of a document of kIds16
};

/// Errors: a file that cannot be read or is not what its form says; each names the place.
class DocumentReader {
 public:
  static Result<DocumentReader> open(const DocumentRange& range, const DocumentOptions& options);
  /// The next document that begins before the range's end; nothing after the last.
  Result<std::optional<CorpusDocument>> next();

 private:
  struct Array {  // of a file of ids
    std::uint64_t begin = 0, rows = 0, columns = 0;
    std::size_t item_bytes = 2;
    bool is_signed = false;
  };
  DocumentReader(DocumentRange range, DocumentOptions options, std::ifstream stream)
      : range_(std::move(range)), options_(std::move(options)), stream_(std::move(stream)), at_(range_.begin) {}
  Result<void> find_array(std::uint64_t file_bytes);
  Result<void> find_array_of_numpy(Array& array, std::uint64_t& items, std::uint64_t file_bytes);
  Result<void> find_column();
  Result<std::optional<CorpusDocument>> next_block();
  Result<std::optional<CorpusDocument>> next_line();
  Result<std::optional<CorpusDocument>> next_row();
  Result<std::optional<CorpusDocument>> next_record();
  /// A record of a table, over as many lines as its quotes hold together; nothing at the end of the file.
  Result<std::optional<std::vector<std::string>>> read_record();
  char separator() const { return range_.form == DocumentForm::kTabs ? '\t' : ','; }
  Result<CorpusDocument> from_json(std::string_view line, CorpusDocument document) const;
  /// False at the end of the file. at_ is the line's end afterwards.
  bool read_line(std::string& line);
  /// The same without the carriage return before the line's end, and without a byte order mark at the file's begin.
  bool read_text_line(std::string& line);
  Error wrong(std::string what, std::string got = {}) const;

  DocumentRange range_;
  DocumentOptions options_;
  std::ifstream stream_;
  std::uint64_t at_ = 0;
  Array array_;
  std::size_t columns_ = 0, column_ = 0;  // of a table: how many, and which holds the text
};

}  // namespace sg
