// Documents that are rows of a table: .csv and .tsv.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/csv_records.h"
#include "corpus/documents.h"

namespace sg {
namespace {

constexpr std::size_t kMostRecord = std::size_t{256} << 20;  // bytes; a quote that nobody closes runs to the file's end

/// Whether a record goes on behind a line, since a field in quotes is open. Fed line by line.
class Quotes {
 public:
  explicit Quotes(char separator) : separator_(separator) {}
  bool is_open_after(std::string_view line) {
    for (const char c : line) {
      if (state_ == State::kQuoted) {
        if (c == '"') state_ = State::kQuote;
      } else if (c == separator_) {
        state_ = State::kStart;
      } else if (c == '"' && state_ != State::kPlain) {
        state_ = State::kQuoted;  // where a field begins, or the second of two
      } else {
        state_ = State::kPlain;
      }
    }
    return state_ == State::kQuoted;
  }

 private:
  enum class State : std::uint8_t { kStart, kPlain, kQuoted, kQuote };
  char separator_;
  State state_ = State::kStart;
};

}  // namespace

Result<std::optional<std::vector<std::string>>> DocumentReader::read_record() {
  const std::uint64_t begin = at_;
  Quotes quotes(separator());
  std::string record, line;
  for (bool open = true; open;) {
    if (!read_line(line)) break;
    open = quotes.is_open_after(line);
    record += line;
    if (open) record += '\n';
    if (record.size() > kMostRecord) return wrong("a row of the table is too long: a quote may not be closed");
  }
  if (stream_.bad()) return wrong("cannot be read");
  if (at_ == begin) return std::optional<std::vector<std::string>>();
  SG_TRY(std::vector<CsvRecord> read,
         read_csv(record + "\n", separator(), fmt::format("{}, from byte {}, line", range_.file, begin)));
  return std::optional(std::move(read.front().fields));
}

Result<void> DocumentReader::find_column() {
  const std::uint64_t begin = at_;
  at_ = 0;
  stream_.seekg(0);
  SG_TRY(std::optional<std::vector<std::string>> names, read_record());
  if (!names) {
    at_ = std::max(begin, at_);
    return {};
  }
  if (!names->empty() && names->front().starts_with("\xEF\xBB\xBF")) names->front().erase(0, 3);
  const auto found = std::find(names->begin(), names->end(), options_.text_key);
  if (found == names->end()) {
    return Error{.what = "the table has no column of this name",
                 .where = range_.file,
                 .expected = options_.text_key,
                 .got = fmt::format("{}", fmt::join(*names, ", ")),
                 .hint = "--text-key names the column of the text"};
  }
  columns_ = names->size();
  column_ = static_cast<std::size_t>(found - names->begin());
  at_ = std::max(begin, at_);
  return {};
}

Result<std::optional<CorpusDocument>> DocumentReader::next_record() {
  while (at_ < range_.end) {
    CorpusDocument document = {.begin = at_, .end = at_, .text = {}, .ids = {}};
    SG_TRY(std::optional<std::vector<std::string>> fields, read_record());
    if (!fields) break;
    if (fields->size() == 1 && fields->front().empty()) continue;  // an empty line
    if (fields->size() != columns_) {
      return Error{.what = "a row is not as long as the header",
                   .where = fmt::format("{}, byte {}", range_.file, document.begin),
                   .expected = fmt::format("{} fields", columns_),
                   .got = fmt::format("{}", fields->size()),
                   .hint =
                       "A field with a separator or a line break in it "
                       "stands in quotes"};
    }
    document.end = at_;
    document.text = std::move((*fields)[column_]);
    return std::optional(std::move(document));
  }
  return std::optional<CorpusDocument>();
}

}  // namespace sg
