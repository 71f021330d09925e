// The vocabulary of a GGUF file. Reference for ids: Hugging Face transformers' reading of the same file and the
// tokenizer.json of the models; for what the fields mean: llama.cpp.
#include <algorithm>
#include <cmath>
#include <deque>

#include "tokenizer/gguf_pre_types.h"
#include "tokenizer/tokenizer_impl.h"
#include "tokenizer/unicode.h"

namespace sg {
namespace {

constexpr std::string_view kSpace = "\u2581";  // SentencePiece's visible space

enum GgufTokenType : std::int64_t { kUnknown = 2, kControl = 3, kUserDefined = 4 };

/// Whether user-defined runs of spaces are found by the merge loop or whole in the raw text.
enum SpaceRuns { kSpaceRunsAreAdded, kSpaceRunsMerge };

std::string key(std::string_view name) { return "tokenizer.ggml." + std::string(name); }

Result<void> check_id(const GgufVocab& vocab, std::int64_t id, std::string_view name, std::string_view where) {
  if (id >= 0 && id < static_cast<std::int64_t>(vocab.tokens.size())) return {};
  return Error{.what = key(name) + " is not a token",
               .where = std::string(where),
               .expected = "0 to " + std::to_string(vocab.tokens.size() - 1),
               .got = id < 0 ? "none" : std::to_string(id)};
}

Result<void> check_size(std::size_t size, const GgufVocab& vocab, std::string_view name, std::string_view where) {
  if (size == vocab.tokens.size()) return {};
  return Error{.what = key(name) + " does not match tokenizer.ggml.tokens",
               .where = std::string(where),
               .expected = std::to_string(vocab.tokens.size()) + " entries",
               .got = std::to_string(size)};
}

/// A part that this kind of model cannot do without.
Result<void> check_present(bool present, std::string_view name, const GgufVocab& vocab, std::string_view where) {
  if (present) return {};
  return Error{.what = "the vocabulary has no " + key(name),
               .where = std::string(where),
               .expected = "one, as " + key("model") + " is \"" + std::string(vocab.model) + '"',
               .hint = "Give token ids instead of text, or convert the model again."};
}

Result<void> check_tokens(const GgufVocab& vocab, std::string_view where) {
  if (vocab.tokens.empty() || vocab.tokens.size() > static_cast<std::size_t>(kMaxTokens)) {
    return Error{.what = "the size of the vocabulary",
                 .where = std::string(where),
                 .expected = "1 to " + std::to_string(kMaxTokens) + " tokens",
                 .got = std::to_string(vocab.tokens.size())};
  }
  if (!vocab.token_types.empty()) SG_TRY_VOID(check_size(vocab.token_types.size(), vocab, "token_type", where));
  for (std::size_t i = 0; i < vocab.tokens.size(); ++i) {
    if (!first_invalid_utf8(vocab.tokens[i])) continue;
    return Error{.what = "token " + std::to_string(i) + " of " + key("tokens") + " is not UTF-8",
                 .where = std::string(where)};
  }
  return {};
}

bool has_type(const GgufVocab& vocab, std::size_t id, GgufTokenType type) {
  return id < vocab.token_types.size() && vocab.token_types[id] == type;
}

/// Runs of spaces that SentencePiece was told to keep: files spell them with real spaces, the merge loop sees
/// U+2581. They take part in merging and are not looked for in the raw text.
bool is_space_run(const GgufVocab& vocab, std::size_t id) {
  return has_type(vocab, id, kUserDefined) && !vocab.tokens[id].empty() &&
         vocab.tokens[id].find_first_not_of(' ') == std::string_view::npos;
}

std::vector<AddedToken> added_tokens(const GgufVocab& vocab, const Vocab& spelled, SpaceRuns runs) {
  std::vector<AddedToken> added;
  for (std::size_t id = 0; id < vocab.token_types.size(); ++id) {
    const bool whole =
        has_type(vocab, id, kControl) || has_type(vocab, id, kUserDefined) || has_type(vocab, id, kUnknown);
    if (!whole || (runs == kSpaceRunsMerge && is_space_run(vocab, id))) continue;
    const auto token = static_cast<TokenId>(id);
    added.push_back({.content = std::string(spelled.piece(token)), .id = token});
  }
  return added;
}

/// What llama.cpp assumes of files that do not say: SentencePiece models and LLaMA 3's and Mistral's BPE begin with
/// BOS.
bool begins_with_bos(const GgufVocab& vocab) {
  constexpr std::string_view kBosByDefault[] = {"llama3", "llama-v3", "llama-bpe", "falcon3", "tekken"};
  return vocab.model == "llama" || std::ranges::find(kBosByDefault, vocab.pre) != std::end(kBosByDefault);
}

Result<void> set_ends(const GgufVocab& vocab, std::string_view where, std::vector<TokenId>& before,
                      std::vector<TokenId>& after) {
  if (vocab.add_bos.value_or(begins_with_bos(vocab))) {
    SG_TRY_VOID(check_id(vocab, vocab.bos, "bos_token_id", where));
    before.push_back(static_cast<TokenId>(vocab.bos));
  }
  if (vocab.add_eos.value_or(false)) {
    SG_TRY_VOID(check_id(vocab, vocab.eos, "eos_token_id", where));
    after.push_back(static_cast<TokenId>(vocab.eos));
  }
  return {};
}

Result<Merges> ranked_merges(const GgufVocab& vocab, const Vocab& spelled, std::string_view where) {
  std::vector<Merges::Rule> rules;
  rules.reserve(vocab.merges.size());
  for (std::size_t i = 0; i < vocab.merges.size(); ++i) {
    const std::string_view rule = vocab.merges[i];
    const std::size_t space = rule.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == rule.size()) {
      return Error{.what = "merge " + std::to_string(i) + " of " + key("merges"),
                   .where = std::string(where),
                   .expected = "two tokens separated by a space",
                   .got = std::string(rule)};
    }
    rules.push_back({rule.substr(0, space), rule.substr(space + 1)});
  }
  return Merges::from_rules(rules, spelled, where);
}

/// Position of every token in the order of merging: runs of spaces first, then by falling score; equal scores
/// share a position.
Result<Merges> scored_merges(const GgufVocab& vocab, std::string_view where) {
  SG_TRY_VOID(check_size(vocab.scores.size(), vocab, "scores", where));
  if (std::any_of(vocab.scores.begin(), vocab.scores.end(), [](double score) { return std::isnan(score); })) {
    return Error{.what = key("scores") + " holds a NaN", .where = std::string(where)};
  }
  std::vector<std::uint32_t> order(vocab.tokens.size()), ids, runs;
  for (std::uint32_t id = 0; id < order.size(); ++id) (is_space_run(vocab, id) ? runs : ids).push_back(id);
  std::stable_sort(ids.begin(), ids.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return vocab.scores[a] > vocab.scores[b]; });
  std::uint32_t position = 0;
  for (const std::uint32_t id : runs) order[id] = position++;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0 && vocab.scores[ids[i]] != vocab.scores[ids[i - 1]]) ++position;
    order[ids[i]] = position;
  }
  return Merges::from_order(std::move(order));
}

Vocab spell(const GgufVocab& vocab, SpaceRuns runs) {
  std::deque<std::string> respelled;  // keeps its strings in place
  std::vector<Vocab::Entry> entries;
  entries.reserve(vocab.tokens.size());
  for (std::size_t id = 0; id < vocab.tokens.size(); ++id) {
    std::string_view token = vocab.tokens[id];
    if (runs == kSpaceRunsMerge && is_space_run(vocab, id)) {
      std::string& run = respelled.emplace_back();
      for (std::size_t i = 0; i < token.size(); ++i) run.append(kSpace);
      token = run;
    }
    entries.push_back({token, static_cast<TokenId>(id)});
  }
  Vocab spelled(entries.size());
  spelled.add(entries);
  return spelled;
}

/// Byte-level BPE with ranked merges.
Result<TokenizerEngine> read_gpt2(const GgufVocab& vocab, std::string_view where) {
  const auto pre = find_gguf_pre_type(vocab.pre);
  if (!pre) {
    return Error{.what = key("pre") + " names an unknown pre-tokenizer",
                 .where = std::string(where),
                 .expected = "one of " + known_gguf_pre_types(),
                 .got = std::string(vocab.pre)};
  }
  SG_TRY_VOID(check_present(!vocab.merges.empty(), "merges", vocab, where));
  Vocab spelled = spell(vocab, kSpaceRunsAreAdded);
  SG_TRY(Merges merges, ranked_merges(vocab, spelled, where));
  TokenizerEngine engine(Bpe(std::move(spelled), std::move(merges), {.ignore_merges = pre->ignore_merges}));
  for (const std::string_view pattern : pre->patterns) {
    SG_TRY(Regex regex, Regex::compile(pattern, where));
    engine.steps.emplace_back(SplitStep{.pattern = std::make_shared<const Regex>(std::move(regex))});
  }
  engine.steps.emplace_back(ByteLevelStep{});
  engine.spelling.byte_level = true;
  SG_TRY_VOID(engine.set_added_tokens(added_tokens(vocab, engine.bpe.vocab(), kSpaceRunsAreAdded)));
  return engine;
}

/// SentencePiece BPE: the score of a token is its place in the order of merging, unknown characters are bytes.
Result<TokenizerEngine> read_llama(const GgufVocab& vocab, std::string_view where) {
  SG_TRY_VOID(check_present(!vocab.scores.empty(), "scores", vocab, where));
  SG_TRY_VOID(check_present(!vocab.token_types.empty(), "token_type", vocab, where));
  BpeOptions options{.fuse_unknown = true, .byte_fallback = true};
  if (vocab.unknown >= 0) {
    SG_TRY_VOID(check_id(vocab, vocab.unknown, "unknown_token_id", where));
    options.unknown = static_cast<TokenId>(vocab.unknown);
  }
  SG_TRY(Merges merges, scored_merges(vocab, where));
  TokenizerEngine engine(Bpe(spell(vocab, kSpaceRunsMerge), std::move(merges), options));
  std::vector<NormalizeStep> steps;
  if (vocab.add_space_prefix.value_or(true)) steps.emplace_back(PrependText{std::string(kSpace)});
  steps.emplace_back(ReplaceText{.pattern = " ", .content = std::string(kSpace)});
  engine.normalizer = Normalizer(std::move(steps));
  engine.spelling = {.byte_tokens = true, .space = std::string(kSpace)};
  SG_TRY_VOID(engine.set_added_tokens(added_tokens(vocab, engine.bpe.vocab(), kSpaceRunsMerge)));
  return engine;
}

Result<TokenizerEngine> read_gguf(const GgufVocab& vocab, std::string_view where) {
  SG_TRY_VOID(check_tokens(vocab, where));
  if (vocab.model == "gpt2") return read_gpt2(vocab, where);
  if (vocab.model == "llama") return read_llama(vocab, where);
  return Error{.what = key("model") + " names a kind of tokenizer that is not supported",
               .where = std::string(where),
               .expected = "\"gpt2\" (byte-level BPE) or \"llama\" (SentencePiece BPE)",
               .got = '"' + std::string(vocab.model) + '"'};
}

}  // namespace

Result<Tokenizer> Tokenizer::from_gguf(const GgufVocab& vocab, std::string_view where) {
  SG_TRY(TokenizerEngine engine, read_gguf(vocab, where));
  SG_TRY_VOID(set_ends(vocab, where, engine.before, engine.after));
  if (check_id(vocab, vocab.bos, "bos_token_id", where).ok()) engine.bos = static_cast<TokenId>(vocab.bos);
  return Tokenizer(std::make_unique<Impl>(std::move(engine)));
}

}  // namespace sg
