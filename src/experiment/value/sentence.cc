#include "experiment/value/sentence.h"

#include "experiment/value/value.h"

namespace sg {
namespace {

Error bad_sentence(const std::string& text, const std::string& why) {
  return {.what = why, .expected = "a text with values in braces, as {name} or {name:.2f}", .got = "'" + text + "'"};
}

}  // namespace

Result<Sentence> Sentence::parse(const std::string& text) {
  Sentence s;
  s.text_ = text;
  std::string literal;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool doubled = at + 1 < text.size() && text[at + 1] == c;
    if ((c == '{' || c == '}') && doubled) {
      literal += c;
      ++at;
    } else if (c == '}') {
      return bad_sentence(text, "a brace closes nothing");
    } else if (c != '{') {
      literal += c;
    } else {
      const std::size_t close = text.find('}', at);
      if (close == std::string::npos) return bad_sentence(text, "a brace is not closed");
      const std::string inside = text.substr(at + 1, close - at - 1);
      const std::size_t colon = inside.find(':');
      Piece piece = {.literal = std::move(literal),
                     .name = inside.substr(0, colon),
                     .format = colon == std::string::npos ? "" : "{" + inside.substr(colon) + "}"};
      if (piece.name.empty()) return bad_sentence(text, "braces without a name");
      if (!piece.format.empty() && !valid_format(piece.format)) {
        return bad_sentence(text, "fmt does not know the format " + piece.format);
      }
      s.names_.push_back(piece.name);
      s.pieces_.push_back(std::move(piece));
      literal.clear();
      at = close;
    }
  }
  s.pieces_.push_back({.literal = std::move(literal), .name = "", .format = ""});
  return s;
}

std::string Sentence::fill(const Lookup& lookup) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.literal;
    if (piece.name.empty()) continue;
    const Value* value = lookup(piece.name);
    if (value == nullptr) {
      out += "(no value: there is no " + piece.name + ")";
    } else if (is_absent(*value)) {
      out += "(no value: " + *why_absent(*value) + ")";
    } else {
      out += show(*value, piece.format);
    }
  }
  return out;
}

}  // namespace sg
