#include "chat/lexer.h"

#include <fmt/format.h>

#include <algorithm>

#include "chat/python_text.h"

namespace sg::chat {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Line ends as \n, the last one left away.
std::string normalized(std::string_view source) {
  std::string text;
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      text += source[i];
      continue;
    }
    text += '\n';
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void append_utf8(std::uint32_t code, std::string& out) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | code >> 6);
    add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3f));
    add(0x80 | (code >> 6 & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

class Lexer {
 public:
  Lexer(std::string_view source, std::string_view where) : source_(normalized(source)), rest_(source_), where_(where) {}

  Result<std::vector<Token>> run() {
    while (!rest_.empty()) {
      const std::size_t open = next_tag();
      std::string_view text = rest_.substr(0, open);
      if (open == std::string_view::npos) {
        add_text(text);
        break;
      }
      const char kind = rest_[open + 1];
      const char sign = open + 2 < rest_.size() ? rest_[open + 2] : ' ';
      const std::size_t size = 2 + (sign == '-' || sign == '+' ? 1 : 0);
      const std::string_view left = left_of(text, kind, sign);
      add_text(left, text.size());
      rest_.remove_prefix(open + size);
      if (kind == '#') {
        SG_TRY_VOID(comment());
      } else if (kind == '%' && raw_begins()) {
        SG_TRY_VOID(raw());
      } else {
        SG_TRY_VOID(tag(kind));
      }
    }
    add(Token::Kind::kEnd, "");
    return std::move(tokens_);
  }

 private:
  Error wrong(std::string what, std::string got = {}) const {
    return {.what = std::move(what), .where = fmt::format("{}, line {}", where_, line_), .got = std::move(got)};
  }
  void add(Token::Kind kind, std::string_view text) { tokens_.push_back({kind, std::string(text), line_}); }
  void count_lines(std::string_view text) { line_ += static_cast<std::size_t>(std::ranges::count(text, '\n')); }

  std::size_t next_tag() const {
    for (std::size_t at = rest_.find('{'); at != std::string_view::npos; at = rest_.find('{', at + 1)) {
      if (at + 1 < rest_.size() && std::string_view("{%#").find(rest_[at + 1]) != std::string_view::npos) return at;
    }
    return std::string_view::npos;
  }

  /// What stays of the text before a tag: `-` takes all blanks, and a tag that is first on its line, but no output,
  /// takes those before it.
  std::string_view left_of(std::string_view text, char kind, char sign) const {
    if (sign == '-') return stripped(text, Side::kRight);
    if (sign == '+' || kind == '{') return text;
    const std::size_t line = text.rfind('\n') + 1;
    if (line == 0 && !line_starts_) return text;
    const std::string_view before = text.substr(line);
    return !before.empty() && stripped(before, Side::kRight).empty() ? text.substr(0, line) : text;
  }

  void add_text(std::string_view kept, std::size_t whole = 0) {
    if (!kept.empty()) add(Token::Kind::kText, kept);
    count_lines(rest_.substr(0, std::max(whole, kept.size())));
  }

  /// Passes the end of a tag with its sign, and the line end or the blanks that it takes.
  void close(std::string_view end, char sign) {
    rest_.remove_prefix(end.size() + (sign == ' ' ? 0 : 1));
    const std::string_view before = rest_;
    if (sign == '-') {
      while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    } else if (sign == ' ' && end != "}}" && rest_.starts_with('\n')) {
      rest_.remove_prefix(1);
    }
    const std::string_view taken = before.substr(0, before.size() - rest_.size());
    count_lines(taken);
    line_starts_ = taken.ends_with('\n');
  }

  Result<void> comment() {
    const std::size_t end = rest_.find("#}");
    if (end == std::string_view::npos) return wrong("a comment is not closed");
    count_lines(rest_.substr(0, end));
    char sign = end > 0 ? rest_[end - 1] : ' ';
    if (sign != '-' && sign != '+') sign = ' ';
    rest_.remove_prefix(sign == ' ' ? end : end - 1);
    close("#}", sign);
    return {};
  }

  bool raw_begins() const {
    const std::string_view word = stripped(rest_, Side::kLeft);
    return word.starts_with("raw") && (word.size() == 3 || !is_name_start(word[3]));
  }

  Result<void> raw() {
    std::size_t end = rest_.find("%}");
    if (end == std::string_view::npos) return wrong("a tag is not closed");
    char sign = end > 0 && (rest_[end - 1] == '-' || rest_[end - 1] == '+') ? rest_[end - 1] : ' ';
    rest_.remove_prefix(sign == ' ' ? end : end - 1);
    close("%}", sign);
    for (std::size_t at = rest_.find("{%"); at != std::string_view::npos; at = rest_.find("{%", at + 2)) {
      std::string_view tag = rest_.substr(at + 2);
      const char left = !tag.empty() && (tag.front() == '-' || tag.front() == '+') ? tag.front() : ' ';
      if (left != ' ') tag.remove_prefix(1);
      tag = stripped(tag, Side::kLeft);
      if (!tag.starts_with("endraw")) continue;
      tag = stripped(tag.substr(6), Side::kLeft);
      sign = !tag.empty() && (tag.front() == '-' || tag.front() == '+') ? tag.front() : ' ';
      if (!tag.substr(sign == ' ' ? 0 : 1).starts_with("%}")) continue;
      const std::string_view text = rest_.substr(0, at);
      const std::string_view kept = left_of(text, '%', left);
      if (!kept.empty()) add(Token::Kind::kText, kept);
      count_lines(rest_.substr(0, rest_.size() - tag.size()));
      rest_ = tag;
      close("%}", sign);
      return {};
    }
    return wrong("a raw block is not closed");
  }

  Result<void> tag(char kind) {
    const bool output = kind == '{';
    const std::string_view end = output ? "}}" : "%}";
    add(output ? Token::Kind::kOutput : Token::Kind::kTag, "");
    std::string open;  // brackets
    while (true) {
      while (!rest_.empty() && is_space(rest_.front())) {
        count_lines(rest_.substr(0, 1));
        rest_.remove_prefix(1);
      }
      if (rest_.empty()) return wrong(output ? "an output is not closed" : "a tag is not closed");
      const bool minus = rest_.front() == '-' && rest_.substr(1).starts_with(end);
      const bool plus = !output && rest_.front() == '+' && rest_.substr(1).starts_with(end);
      if (open.empty() && (minus || plus || rest_.starts_with(end))) {
        add(output ? Token::Kind::kOutputEnd : Token::Kind::kTagEnd, "");
        close(end, minus ? '-' : plus ? '+' : ' ');
        return {};
      }
      SG_TRY_VOID(word(open));
    }
  }

  Result<void> word(std::string& open) {
    const char c = rest_.front();
    if (c == '"' || c == '\'') return string(c);
    if (is_digit(c)) return number();
    if (is_name_start(c)) {
      std::size_t size = 1;
      while (size < rest_.size() && (is_name_start(rest_[size]) || is_digit(rest_[size]))) ++size;
      return take(Token::Kind::kName, size);
    }
    for (const std::string_view sign : {"**", "//", "==", "!=", "<=", ">="}) {
      if (rest_.starts_with(sign)) return take(Token::Kind::kSign, 2);
    }
    if (std::string_view("+-*/%~<>=()[]{},.:|").find(c) == std::string_view::npos) {
      return wrong("a character that no expression has", std::string(code_points(rest_.substr(0, 4)).front()));
    }
    if (c == '(' || c == '[' || c == '{') open += c;
    if (c == ')' || c == ']' || c == '}') {
      const char opened = c == ')' ? '(' : c == ']' ? '[' : '{';
      if (open.empty() || open.back() != opened) return wrong("a bracket closes none", std::string(1, c));
      open.pop_back();
    }
    return take(Token::Kind::kSign, 1);
  }

  Result<void> take(Token::Kind kind, std::size_t size) {
    add(kind, rest_.substr(0, size));
    rest_.remove_prefix(size);
    return {};
  }

  Result<void> number() {
    std::size_t size = 1;
    const auto digits = [&] {
      while (size < rest_.size() && (is_digit(rest_[size]) || rest_[size] == '_')) ++size;
    };
    digits();
    bool whole = true;
    if (size + 1 < rest_.size() && rest_[size] == '.' && is_digit(rest_[size + 1])) {
      whole = false;
      ++size;
      digits();
    }
    if (size + 1 < rest_.size() && (rest_[size] | 0x20) == 'e') {
      const std::size_t sign = rest_[size + 1] == '+' || rest_[size + 1] == '-' ? 2 : 1;
      if (size + sign < rest_.size() && is_digit(rest_[size + sign])) {
        whole = false;
        size += sign;
        digits();
      }
    }
    std::string text(rest_.substr(0, size));
    std::erase(text, '_');
    if (size < rest_.size() && is_name_start(rest_[size])) return wrong("not a number", text + rest_[size]);
    add(whole ? Token::Kind::kInteger : Token::Kind::kFloat, text);
    rest_.remove_prefix(size);
    return {};
  }

  Result<void> string(char quote) {
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
      if (rest_[at] != '\\') {
        text += rest_[at];
      } else if (++at < rest_.size()) {
        SG_TRY_VOID(escape(at, text));
      }
    }
    if (at >= rest_.size()) return wrong("a text is not closed");
    add(Token::Kind::kString, text);
    count_lines(rest_.substr(0, at));
    rest_.remove_prefix(at + 1);
    return {};
  }

  /// The escape whose letter stands at `at`, as Python reads it.
  Result<void> escape(std::size_t& at, std::string& text) {
    constexpr std::string_view kLetters = "ntrbfav\\'\"", kMeant = "\n\t\r\b\f\a\v\\'\"";
    const char c = rest_[at];
    if (const std::size_t known = kLetters.find(c); known != std::string_view::npos) {
      text += kMeant[known];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const std::size_t size = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      std::uint32_t code = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const char digit = at + 1 < rest_.size() ? rest_[++at] : ' ';
        const std::size_t value = std::string_view("0123456789abcdef").find(static_cast<char>(digit | 0x20));
        if (value == std::string_view::npos) return wrong("not an escape", std::string("\\") + c);
        code = code * 16 + static_cast<std::uint32_t>(value);
      }
      if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return wrong("not a code point", std::string("\\") + c);
      append_utf8(code, text);
    } else if (c == '\n') {
      // a line that goes on
    } else if (is_digit(c) || c == 'N') {
      return wrong("an escape that is not supported", std::string("\\") + c);
    } else {
      text += {'\\', c};
    }
    return {};
  }

  std::string source_;
  std::string_view rest_, where_;
  std::size_t line_ = 1;
  bool line_starts_ = true;  // the text in hand is first on its line
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::vector<Token>> tokens_of(std::string_view source, std::string_view where) {
  return Lexer(source, where).run();
}

}  // namespace sg::chat
