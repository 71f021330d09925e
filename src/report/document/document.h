// A report before it has a form: headings, paragraphs, tables, figures. Composed once (experiment_document.h) and
// written as Markdown, HTML and text for a terminal, so that the three say the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sg {

enum class Style : unsigned char { kPlain, kStrong, kCode, kQuiet };

/// A run of text in one style. The text is data: every writer escapes it.
struct Span {
  std::string text;
  Style style = Style::kPlain;
};
using Words = std::vector<Span>;

/// `level` 1 is the title.
struct Heading {
  int level = 2;
  std::string text;
};

struct Paragraph {
  Words words;
};

/// A paragraph that must not be overlooked: a verdict, a warning.
struct Callout {
  enum class Kind : unsigned char { kVerdict, kNoVerdict, kWarning } kind = Kind::kVerdict;
  Words head;
  Words words;
};

struct Bullets {
  std::vector<Words> items;
};

struct DocumentTable {
  struct Column {
    std::string head;
    bool right = false;     // numbers
    std::string name = {};  // for programs; empty: the head
  };
  struct Cell {
    std::string text;
    std::string sort_key;  // of a number: all its digits; empty: by text
    bool whole = false;    // never cut, however long
  };
  std::string name = {};  // of its file in tables/, without .csv; empty: it has none
  std::string title;      // empty: none
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::string> keys = {};  // what programs call each row; empty: as the first cell does
  std::string note;                    // under the table
  std::vector<std::string> footnotes;  // reasons of what is absent
  bool folded = false;                 // detail: a page shows it when asked, Markdown leaves it to results.json
};

DocumentTable::Cell count_cell(std::uint64_t n);
/// A dash where there is none.
DocumentTable::Cell number_cell(const std::optional<double>& value);

/// A figure of figures/NAME.svg, by its place in the result.
struct FigureBlock {
  std::string stem;  // of its files
  std::string title;
  std::string caption;  // what the reader sees; empty: the title says it
};

/// Text as it is: the experiment file, prompts.
struct Verbatim {
  std::string title;
  std::string text;
};

/// Files beside the report.
struct Links {
  struct Link {
    std::string text;
    std::string file;  // relative; of letters, digits and "._-/"
  };
  std::string lead;  // what they are
  std::vector<Link> links;
};

using Block = std::variant<Heading, Paragraph, Callout, Bullets, DocumentTable, FigureBlock, Verbatim, Links>;
using Document = std::vector<Block>;

}  // namespace sg
