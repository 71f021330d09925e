#include "prompts/target.h"

#include "prompts/prompt.h"

namespace sg {

Result<std::int32_t> target_of(const std::string& word, std::size_t vocabulary, const Tokenizer* tokenizer,
                               std::string_view where) {
  Error error = {
      .kind = ErrorKind::kUsage, .what = "a target is one token", .where = std::string(where), .got = "'" + word + "'"};
  if (word.empty()) {
    error.expected = "the text or the id of one";
    return error;
  }
  if (word.find_first_not_of("0123456789") == std::string::npos) {
    const Result<std::vector<std::int32_t>> ids = parse_ids(word, vocabulary, where, 1);
    if (ids.ok()) return ids.value().front();
    error.kind = ErrorKind::kBadInput;
    error.what = "a target is outside the vocabulary";
    error.expected = "an id from 0 to " + std::to_string(vocabulary - 1);
    error.got = word;
    return error;
  }
  if (!tokenizer) {
    error.hint = "Give its id: the model has no tokenizer";
    return error;
  }
  if (word.starts_with(' ')) {  // a tokenizer that puts a space before a text makes one of this itself
    SG_TRY(const std::vector<std::int32_t> ids, tokenizer->encode(word.substr(1), Special::kNone));
    if (ids.size() == 1 && tokenizer->token_text(ids.front()) == word) return ids.front();
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
