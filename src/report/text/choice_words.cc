#include "report/text/choice_words.h"

#include <algorithm>

namespace sg {
namespace {

struct Phrase {
  std::string_view choice, word, text;
};

constexpr Phrase kPhrases[] = {
    {"reduction", "last", "taking the last token alone"},
    {"reduction", "mean", "averaging over all tokens, token 0 among them"},
    {"reduction", "mean_skip_first", "averaging over all tokens but token 0"},
    {"reduction", "frobenius", "the Frobenius norm over all tokens, token 0 among them"},
    {"reduction", "median", "taking the median token"},
    {"reduction", "max", "taking the largest token"},
    {"span", "last_block", "putting it to the last block"},
    {"span", "penultimate_block", "putting it to the penultimate block"},
    {"span", "last_block_and_norm", "putting it to the last block with the final norm"},
    {"span", "final_norm", "putting it to the final norm"},
    {"span", "first_block", "putting it to the first block"},
    {"span", "end_to_end", "putting it to all blocks together"},
    {"span", "end_to_end_and_norm", "putting it to all blocks together with the final norm"},
    {"pooling", "mean_of_gains", "averaging the prompts' gains"},
    {"pooling", "median_of_gains", "taking the median of the prompts' gains"},
    {"pooling", "geometric_mean", "taking the geometric mean of the prompts' gains"},
    {"pooling", "gain_of_means", "averaging the prompts' norms before dividing"},
    {"prompts", "all", "asking all prompts"},
    {"special", "auto", "the tokenizer's own special tokens"},
    {"special", "none", "no special tokens around the texts (no BOS)"},
    {"special", "bos", "BOS before the texts"},
    {"chat", "raw", "texts as they are, without the chat template"},
    {"chat", "chat", "the chat template around the texts"},
    {"precision", "float32", "float32"},
    {"precision", "bfloat16", "rounding as a bfloat16 run does"},
    {"precision", "float16", "rounding as a float16 run does"},
};

}  // namespace

std::string choice_phrase(std::string_view choice, std::string_view word) {
  const auto* found =
      std::ranges::find_if(kPhrases, [&](const Phrase& p) { return p.choice == choice && p.word == word; });
  if (found != std::end(kPhrases)) return std::string(found->text);
  if (choice == "prompts") return "the prompts of " + std::string(word) + " alone";
  return "the " + std::string(choice) + " made " + std::string(word);
}

}  // namespace sg
