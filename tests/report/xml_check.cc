#include "xml_check.h"

#include <algorithm>
#include <cctype>
#include <vector>

namespace sg {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  std::string error() {
    while (at_ < text_.size() && wrong_.empty()) {
      if (text_[at_] == '<') {
        tag();
      } else {
        character(text_[at_]);
      }
    }
    if (wrong_.empty() && !open_.empty()) wrong_ = "<" + open_.back() + "> is not closed";
    return wrong_;
  }

 private:
  void fail(const std::string& what) {
    if (wrong_.empty()) wrong_ = what + " at " + std::to_string(at_) + ": " + std::string(text_.substr(at_, 60));
  }
  bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }
  std::string name() {
    const std::size_t begin = at_;
    const auto part = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == ':' || c == '-' || c == '_';
    };
    while (at_ < text_.size() && part(text_[at_])) ++at_;
    if (at_ == begin) fail("no name");
    return std::string(text_.substr(begin, at_ - begin));
  }
  void blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }

  void character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') return fail("a control character");
    if (starts("]]>")) return fail("]]>");
    if (c != '&') {
      ++at_;
      return;
    }
    const std::size_t end = text_.find(';', at_);
    if (end == std::string_view::npos || end - at_ > 8 || end == at_ + 1) return fail("a bare &");
    at_ = end + 1;
  }

  void tag() {
    if (starts("<?")) {
      at_ = std::min(text_.find("?>", at_), text_.size() - 2) + 2;
    } else if (starts("</")) {
      at_ += 2;
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) return fail("</" + closed + "> closes nothing");
      open_.pop_back();
      blanks();
      if (at_ >= text_.size() || text_[at_] != '>') return fail("no > after </" + closed);
      ++at_;
    } else {
      opening();
    }
  }

  void opening() {
    ++at_;
    const std::string element = name();
    while (wrong_.empty()) {
      blanks();
      if (starts("/>")) {
        at_ += 2;
        return;
      }
      if (starts(">")) {
        ++at_;
        open_.push_back(element);
        return;
      }
      attribute();
    }
  }

  void attribute() {
    const std::string key = name();
    if (key.starts_with("on")) return fail("a handler");
    blanks();
    if (at_ >= text_.size() || text_[at_] != '=') return fail("no = after " + key);
    ++at_;
    blanks();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) return fail("no quote");
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote && wrong_.empty()) {
      if (text_[at_] == '<') return fail("< in an attribute");
      character(text_[at_]);
    }
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  std::string wrong_;
};

}  // namespace

std::string xml_error(std::string_view text) { return Checker(text).error(); }

}  // namespace sg
