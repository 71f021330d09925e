// CSV as other programs read it (RFC 4180): one head, every text readable again to the letter.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

/// One field of text, quoted when it holds a comma, a quote, a line break or blanks at its ends. An apostrophe stands
/// before a text that programs take for something else: a formula (it begins with = + - @, a tab or a carriage return)
/// or a missing value ("NA", "null" and the others that pandas knows). So does one before apostrophes in front of such
/// a text, so that whoever takes one away has the text again.
std::string csv_field(std::string_view text);
/// The text of a field, quotes already taken away: what csv_field was given.
std::string_view csv_text(std::string_view field);

/// A column for the documentation.
struct CsvColumn {
  std::string key, unit, about;
};

/// One line, cell by cell. A number reads back as the same double; what is absent is empty.
class CsvLine {
 public:
  CsvLine& operator<<(std::string_view text) { return add(csv_field(text)); }
  CsvLine& operator<<(const std::string& text) { return add(csv_field(text)); }
  CsvLine& operator<<(const char* text) { return add(csv_field(text)); }
  CsvLine& operator<<(bool truth) { return add(truth ? "true" : "false"); }
  CsvLine& operator<<(double number);
  template <std::integral T>
  CsvLine& operator<<(T number) {
    return add(std::to_string(number));
  }
  template <class T>
  CsvLine& operator<<(const std::optional<T>& value) {
    return value ? *this << *value : add("");
  }
  /// A number that is written already, with all its digits.
  CsvLine& number(std::string_view digits) { return add(digits); }
  std::string text() const { return line_ + "\n"; }

 private:
  CsvLine& add(std::string_view field);
  std::string line_;
  bool first_ = true;
};

/// A file of one table.
struct CsvTable {
  std::string file, about;
  std::vector<CsvColumn> columns;
  std::string rows = {};  // lines

  std::string text() const;
};

}  // namespace sg
