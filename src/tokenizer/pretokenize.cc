#include "tokenizer/pretokenize.h"

#include <algorithm>

#include "tokenizer/byte_level.h"
#include "tokenizer/unicode.h"

namespace sg {

const std::string_view kGpt2Pattern = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

namespace {

/// A part of a word: what the pattern matched, or what lies between two matches.
struct Part {
  std::uint32_t begin, end;
  bool is_match;
};

/// Finds the matches of one pattern in many words; keeps the matcher's memory between them.
class Finder {
 public:
  explicit Finder(const SplitStep& step) : step_(step) {
    const auto* text = std::get_if<TextPattern>(&step.pattern);
    const auto* regex = text == nullptr ? nullptr : std::get_if<std::shared_ptr<const Regex>>(text);
    if (regex != nullptr) matcher_.emplace(**regex);
  }

  /// The matches in `word`, in order; valid until the next call.
  Result<const std::vector<TextSpan>*> find(std::string_view word) {
    matches_.clear();
    if (const auto* test = std::get_if<CharacterTest>(&step_.pattern)) {
      find_characters(*test, word);
    } else if (matcher_) {
      SG_TRY_VOID(matcher_->find_all(word, matches_));
    } else {
      SG_TRY_VOID(find_pattern(std::get<TextPattern>(step_.pattern), word, matches_));
    }
    return &matches_;
  }

 private:
  void find_characters(CharacterTest test, std::string_view word) {
    for (std::uint32_t at = 0; at < word.size();) {
      const CodePoint c = decode_at(word, at);
      if (test(c.value)) matches_.push_back({at, at + c.bytes});
      at += c.bytes;
    }
  }

  const SplitStep& step_;
  std::optional<Regex::Matcher> matcher_;
  std::vector<TextSpan> matches_;
};

/// Calls f(part) for the matches in a word of `size` bytes and what lies between them.
template <class F>
void each_part(const std::vector<TextSpan>& matches, std::uint32_t size, bool invert, F f) {
  std::uint32_t done = 0;
  for (const TextSpan& match : matches) {
    if (done != match.begin) f(Part{done, match.begin, invert});
    f(Part{match.begin, match.end, !invert});
    done = match.end;
  }
  if (done != size) f(Part{done, size, invert});
}

/// Joins a delimiter to the part before it. A second delimiter in a row stands alone, as in the reference.
template <class Iterator, class Join>
std::vector<Part> merge_delimiters(Iterator first, Iterator last, Join join) {
  std::vector<Part> out;
  bool previous_match = false;
  for (; first != last; ++first) {
    if (first->is_match && !previous_match && !out.empty()) {
      join(out.back(), *first);
    } else {
      out.push_back(*first);
    }
    previous_match = first->is_match;
  }
  return out;
}

std::vector<Part> merge_equal(const std::vector<Part>& parts) {
  std::vector<Part> out;
  for (const Part& part : parts) {
    if (!out.empty() && out.back().is_match == part.is_match) {
      out.back().end = part.end;
    } else {
      out.push_back(part);
    }
  }
  return out;
}

void regroup(SplitBehavior behavior, std::vector<Part>& parts) {
  switch (behavior) {
    case SplitBehavior::kIsolated: return;
    case SplitBehavior::kRemoved: std::erase_if(parts, [](const Part& part) { return part.is_match; }); return;
    case SplitBehavior::kContiguous: parts = merge_equal(parts); return;
    case SplitBehavior::kMergedWithPrevious:
      parts = merge_delimiters(parts.begin(), parts.end(), [](Part& to, const Part& part) { to.end = part.end; });
      return;
    case SplitBehavior::kMergedWithNext:
      parts = merge_delimiters(parts.rbegin(), parts.rend(), [](Part& to, const Part& part) { to.begin = part.begin; });
      std::reverse(parts.begin(), parts.end());
      return;
  }
}

Result<void> run(const SplitStep& step, Words& words) {
  Finder finder(step);
  std::vector<Part> parts;
  std::vector<Words::Word> split;
  split.reserve(words.words.size());
  for (const Words::Word& word : words.words) {
    const auto add = [&](const Part& part) {
      if (part.begin == part.end) return;
      const std::uint32_t start = word.start > part.begin ? word.start - part.begin : 0;
      split.push_back({word.begin + part.begin, word.begin + part.end, start});
    };
    SG_TRY(const std::vector<TextSpan>* matches, finder.find(words.view(word)));
    // A long text that is one word still: room at once, for a list that grows is held twice.
    if (words.words.size() == 1) split.reserve(2 * matches->size() + 1);
    if (step.behavior == SplitBehavior::kIsolated) {
      each_part(*matches, word.end - word.begin, step.invert, add);
      continue;
    }
    parts.clear();
    each_part(*matches, word.end - word.begin, step.invert, [&](const Part& part) { parts.push_back(part); });
    regroup(step.behavior, parts);
    std::for_each(parts.begin(), parts.end(), add);
  }
  words.words = std::move(split);
  return {};
}

/// Rewrites every word by f(word, view, out).
template <class F>
void rewrite(Words& words, F f) {
  std::string text;
  text.reserve(words.text.size() + words.text.size() / 4);
  for (Words::Word& word : words.words) {
    const auto begin = static_cast<std::uint32_t>(text.size());
    const std::uint32_t length = word.end - word.begin;
    f(word, words.view(word), text);
    word.begin = begin;
    word.end = static_cast<std::uint32_t>(text.size());
    // What a step puts before a word belongs to its first character.
    if (word.start > 0 && word.end - begin > length) word.start += word.end - begin - length;
  }
  words.text = std::move(text);
}

Result<void> run(const ByteLevelStep& /*step*/, Words& words) {
  rewrite(words, [](const Words::Word&, std::string_view view, std::string& out) { append_byte_level(view, out); });
  return {};
}

Result<void> run(const PrefixSpaceStep& /*step*/, Words& words) {
  rewrite(words, [](const Words::Word&, std::string_view view, std::string& out) {
    if (!view.starts_with(' ')) out.push_back(' ');
    out.append(view);
  });
  return {};
}

bool wants_prefix(PrependScheme scheme, bool starts_text) {
  switch (scheme) {
    case PrependScheme::kFirst: return starts_text;
    case PrependScheme::kAlways: return true;
    case PrependScheme::kNever: return false;
  }
  return false;
}

Result<void> run(const MetaspaceStep& step, Words& words) {
  rewrite(words, [&](const Words::Word& word, std::string_view view, std::string& out) {
    const bool has_prefix = view.starts_with(' ') || view.starts_with(step.replacement);
    if (!has_prefix && wants_prefix(step.scheme, word.start > 0)) out.append(step.replacement);
    for (std::size_t at = 0; at < view.size();) {
      const std::size_t space = std::min(view.find(' ', at), view.size());
      out.append(view.substr(at, space - at));
      if (space < view.size()) out.append(step.replacement);
      at = space + 1;
    }
  });
  return {};
}

}  // namespace

Result<void> pre_tokenize(const std::vector<PreTokenizeStep>& steps, Words& words) {
  const std::size_t limit = 2 * growth_limit(words.text.size());  // room for the spelling of the longest text
  for (const PreTokenizeStep& step : steps) {
    SG_TRY_VOID(std::visit([&](const auto& s) { return run(s, words); }, step));
    SG_TRY_VOID(check_growth(words.text.size(), limit));
  }
  return {};
}

}  // namespace sg
