#include "prompts/prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/display_text.h"

namespace sg {
namespace {

constexpr std::size_t kShownText = 40;  // columns of a prompt in a message

Error not_ids(std::string_view text, std::string_view where) {
  return {.kind = ErrorKind::kUsage,
          .what = "not a list of token ids",
          .where = std::string(where),
          .expected = "integers with commas, as 1,2,3",
          .got = shortened("'" + std::string(text) + "'", kShownText)};
}

}  // namespace

Prompt text_prompt(std::string text, std::string category) {
  Prompt prompt = {.text = std::move(text)};
  if (!category.empty()) prompt.columns.emplace_back(kCategoryColumn, std::move(category));
  return prompt;
}

std::string column(const Prompt& prompt, std::string_view name) {
  const auto found = std::ranges::find(prompt.columns, name, &std::pair<std::string, std::string>::first);
  return found != prompt.columns.end() ? found->second : "";
}

void name_tokens(Sequence& sequence, const Tokenizer* tokenizer) {
  sequence.tokens.clear();
  for (const std::int32_t id : sequence.ids)
    sequence.tokens.push_back(tokenizer != nullptr ? tokenizer->token_text(id) : "");
}

Result<std::vector<std::int32_t>> parse_ids(std::string_view text, std::size_t vocabulary, std::string_view where,
                                            std::size_t number) {
  std::vector<std::int32_t> ids;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto skip_blanks = [&] {
    while (at != end && *at == ' ') ++at;
  };
  while (true) {
    skip_blanks();
    std::int64_t id = 0;
    const auto [next, failure] = std::from_chars(at, end, id);
    if (failure == std::errc::invalid_argument) return not_ids(text, where);
    if (failure != std::errc() || id < 0 || static_cast<std::uint64_t>(id) >= vocabulary) {
      return Error{
          .what = fmt::format("id {} at position {} is outside the vocabulary", std::string_view(at, next), ids.size()),
          .where = fmt::format("prompt {}", number),
          .expected = fmt::format("an id from 0 to {} (the vocabulary has {})", vocabulary - 1, vocabulary),
          .got = std::string(at, next)};
    }
    ids.push_back(static_cast<std::int32_t>(id));
    at = next;
    skip_blanks();
    if (at == end) return ids;
    if (*at != ',') return not_ids(text, where);
    ++at;
  }
}

}  // namespace sg
