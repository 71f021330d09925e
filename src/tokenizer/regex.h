// Regular expressions as the Hugging Face tokenizers write them (Oniguruma, Ruby syntax), matched by PCRE2 with JIT.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
struct pcre2_real_match_context_8;

namespace sg {

/// Bytes [begin, end) of a text.
struct TextSpan {
  std::uint32_t begin, end;
};

/// A compiled pattern. Immutable; threads may share it, each with its own Matcher.
class Regex {
 public:
  /// Refuses, by name, the few constructs that the two engines read differently and that cannot be rewritten.
  static Result<Regex> compile(std::string_view pattern, std::string_view where);

  /// The memory one caller matches with.
  class Matcher {
   public:
    explicit Matcher(const Regex& regex);
    /// Every match from left to right, not overlapping, empty ones included unless they touch the one
    /// before. Its work is bounded in proportion to the text: a pattern that reads to the end from every place, or
    /// backtracks without end, is an error (kResource). `text` is valid UTF-8.
    Result<void> find_all(std::string_view text, std::vector<TextSpan>& matches);

   private:
    struct Free {
      void operator()(pcre2_real_match_data_8* data) const;
      void operator()(pcre2_real_match_context_8* limits) const;
    };
    /// PCRE2's answer for a match that begins at `from`, in a text that may go on unless `is_whole`.
    int match_here(std::string_view text, std::size_t from, bool is_whole);
    /// The match that begins at `from`. `reads`: bytes that may still be read, less what was.
    Result<std::optional<TextSpan>> find_at(std::string_view text, std::size_t from, std::size_t& reads);

    const Regex& regex_;
    std::unique_ptr<pcre2_real_match_data_8, Free> data_;
    std::unique_ptr<pcre2_real_match_context_8, Free> limits_;
  };

 private:
  struct Free {
    void operator()(pcre2_real_code_8* code) const;
  };
  explicit Regex(pcre2_real_code_8* code) : code_(code) {}
  std::unique_ptr<pcre2_real_code_8, Free> code_;
};

}  // namespace sg
