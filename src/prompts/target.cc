#include "prompts/target.h"

#include "prompts/prompt.h"

namespace sg {

Result<std::int32_t> target_of(const std::string& word, std::size_t vocabulary, const Tokenizer* tokenizer,
                               std::string_view where) {
  if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) {
    SG_TRY(const std::vector<std::int32_t> ids, parse_ids(word, vocabulary, where, 1));
    return ids.front();
  }
  Error error = {
      .kind = ErrorKind::kUsage, .what = "a target is one token", .where = std::string(where), .got = "'" + word + "'"};
  if (!tokenizer) {
    error.hint = "Give its id: the model has no tokenizer";
    return error;
  }
  for (const std::string& text : {word, " " + word}) {
    SG_TRY(const std::vector<std::int32_t> ids, tokenizer->encode(text, Special::kNone));
    if (ids.size() == 1) return ids.front();
    error.expected += error.expected.empty() ? "one, not " : ", nor ";
    for (const std::int32_t id : ids) error.expected += "'" + tokenizer->token_text(id) + "' ";
    if (!error.expected.empty()) error.expected.pop_back();
  }
  error.hint = "streamgauge tokenize shows the tokens of a text; a target may be an id";
  return error;
}

}  // namespace sg
