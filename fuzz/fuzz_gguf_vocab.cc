// The vocabulary of a GGUF file as hostile input: tokens, merges, scores and types that need not fit together, and a
// text put through what they make.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace {

/// Lines up to an empty one; the rest stays in `input`.
std::vector<std::string_view> lines(std::string_view& input) {
  std::vector<std::string_view> all;
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view line = input.substr(0, end);
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + 1);
    if (line.empty()) break;
    all.push_back(line);
  }
  return all;
}

}  // namespace

/// First byte: switches. Then three lists, each ended by an empty line: the name of the pre-tokenizer, tokens (the
/// first character of each is its type, and its length its score), merges. The rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const unsigned switches = data[0];
  std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::vector<std::string_view> pre = lines(input);
  std::vector<std::string_view> tokens = lines(input);
  const std::vector<std::string_view> merges = lines(input);
  std::vector<double> scores;
  std::vector<std::int64_t> types;
  for (std::string_view& token : tokens) {
    types.push_back(token[0] - '0');
    scores.push_back(-static_cast<double>(token.size()));
    token.remove_prefix(1);
  }
  if ((switches & 1) != 0 && !types.empty()) types.pop_back();
  const auto id = static_cast<std::int64_t>(switches >> 4) - 1;
  sg::GgufVocab vocab = {.model = (switches & 2) != 0 ? "llama" : "gpt2",
                         .pre = pre.empty() ? std::string_view{} : pre[0],
                         .tokens = tokens,
                         .scores = scores,
                         .token_types = types,
                         .merges = merges,
                         .bos = id,
                         .eos = id,
                         .unknown = id};
  if ((switches & 4) != 0) vocab.add_bos = true;
  if ((switches & 8) != 0) vocab.add_space_prefix = false;
  const sg::Result<sg::Tokenizer> tokenizer = sg::Tokenizer::from_gguf(vocab, "x.gguf");
  if (!tokenizer.ok()) return 0;
  const sg::Result<std::vector<std::int32_t>> ids = tokenizer.value().encode(input);
  if (!ids.ok()) return 0;
  for (const std::int32_t each : ids.value()) {
    if (each < 0 || each >= tokenizer.value().size()) std::abort();
    (void)tokenizer.value().token_text(each);
  }
  return 0;
}
