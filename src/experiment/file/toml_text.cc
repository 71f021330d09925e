#include "experiment/file/toml_text.h"

#include <vector>

namespace sg {
namespace {

/// Where the text that begins with a quote at `at` ends: after its last quote, or at the line's end when it is open.
std::size_t end_of_text(std::string_view toml, std::size_t at) {
  const char quote = toml[at];
  const std::string three(3, quote);
  const bool lines = toml.substr(at).starts_with(three);
  for (at += lines ? 3 : 1; at < toml.size(); ++at) {
    if (quote == '"' && toml[at] == '\\') {
      ++at;
    } else if (lines ? toml.substr(at).starts_with(three) : toml[at] == quote) {
      return at + (lines ? 3 : 1);
    } else if (!lines && toml[at] == '\n') {
      return at;
    }
  }
  return toml.size();
}

/// Counts what stands around the character that is being read.
class Nesting {
 public:
  std::size_t depth() const { return heading_ + around_ + parts_; }
  void dot() { ++parts_; }
  void comma() { parts_ = 1; }
  /// `first`: nothing stands before it on its line, so outside of brackets it opens a heading.
  void open(bool first) {
    if (open_.empty() && first) {
      heading_ = 0;
      in_heading_ = true;
    }
    open_.push_back(parts_);
    around_ += parts_;
    parts_ = 1;
  }
  void close() {
    if (in_heading_) heading_ = parts_;
    if (open_.empty()) return;
    around_ -= open_.back();
    parts_ = in_heading_ ? parts_ : open_.back();
    open_.pop_back();
  }
  void line() {
    if (!open_.empty()) return;
    in_heading_ = false;
    parts_ = 1;
  }

 private:
  std::vector<std::size_t> open_;  // parts of the key before each open bracket
  std::size_t heading_ = 0, around_ = 0, parts_ = 1;
  bool in_heading_ = false;
};

}  // namespace

std::optional<std::size_t> too_deep_line(std::string_view toml) {
  Nesting nesting;
  std::size_t line = 1;
  bool first = true;  // only blanks before, on this line
  for (std::size_t at = 0; at < toml.size();) {
    const char c = toml[at];
    std::size_t next = at + 1;
    if (c == '"' || c == '\'') next = end_of_text(toml, at);
    if (c == '#') next = std::min(toml.find('\n', at), toml.size());
    if (c == '.') nesting.dot();
    if (c == ',') nesting.comma();
    if (c == '[' || c == '{') nesting.open(first);
    if (c == ']' || c == '}') nesting.close();
    if (nesting.depth() > kDeepestToml) return line;
    for (; at < next; ++at) {
      if (toml[at] == '\n') ++line;
    }
    if (c == '\n') nesting.line();
    first = c == '\n' || (first && (c == ' ' || c == '\t'));
  }
  return std::nullopt;
}

Result<toml::table> read_toml(const std::string& text, const std::string& file) {
  if (const auto line = too_deep_line(text)) {
    return Error{.what = "nested deeper than " + std::to_string(kDeepestToml),
                 .where = file + ", line " + std::to_string(*line),
                 .expected = "at most " + std::to_string(kDeepestToml) + " keys and brackets around a value"};
  }
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& failure) {
    const toml::source_position at = failure.source().begin;
    return Error{.what = "not TOML: " + std::string(failure.description()),
                 .where = file + ", line " + std::to_string(at.line) + ", column " + std::to_string(at.column)};
  }
}

}  // namespace sg
