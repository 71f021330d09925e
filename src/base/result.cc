#include "base/result.h"

#include <string_view>

namespace streamgauge {
namespace {

// Of each part: above the longest lists of known names, far below a megabyte of a file that found its way in.
constexpr std::size_t kLongestPart = 2000;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// The text, or its beginning, whole UTF-8 characters, and how long it was.
std::string cut(std::string_view text) {
  if (text.size() <= kLongestPart) return std::string(text);
  std::size_t end = kLongestPart;
  for (int back = 0; back < 3 && continues_character(text[end]); ++back) --end;
  return std::string(text.substr(0, end)) + "... (" + std::to_string(text.size()) + " bytes)";
}

/// A hint as the sentence that it is in a message; names of programs and files stay as they are spelled.
std::string sentence(std::string_view hint) {
  std::string text = cut(hint);
  const std::string_view word = hint.substr(0, hint.find_first_of(" ;,"));
  const bool is_name = word == "streamgauge" || word == "ulimit";
  if (!is_name && !word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos) {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string Error::message() const {
  std::string text;
  if (!where.empty()) text += cut(where) + ": ";
  text += cut(what);
  if (!expected.empty()) text += "; expected " + cut(expected);
  if (!got.empty()) text += (expected.empty() ? "; got " : ", got ") + cut(got);
  if (!hint.empty()) text += ". " + sentence(hint);
  return text;
}

int Error::exit_code() const {
  switch (kind) {
    case ErrorKind::kUsage: return 2;
    case ErrorKind::kBadInput: return 3;
    case ErrorKind::kResource: return 4;
    case ErrorKind::kInterrupted: return 130;
  }
  return 3;
}

}  // namespace streamgauge
