#include "tokenizer/bpe.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

// Words are repeated (Zipf), long ones are not: remember up to half of this many words of at most this length.
constexpr std::size_t kKnownSlots = 1 << 15;
constexpr std::size_t kKnownMaxBytes = 64;

/// A byte inside of a character.
bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

Bpe::Scratch::Scratch() : known_(kKnownSlots) {}

bool Bpe::Scratch::later(const Candidate& a, const Candidate& b) {
  return std::tie(a.target.priority, a.target.merged, a.position) >
         std::tie(b.target.priority, b.target.merged, b.position);
}

Bpe::Scratch::Known* Bpe::Scratch::look_up(std::string_view word, std::uint64_t hash) {
  std::size_t at = hash & (kKnownSlots - 1);
  while (known_[at].word_bytes != 0 &&
         (known_[at].hash != hash ||
          std::string_view(words_.data() + known_[at].word_begin, known_[at].word_bytes) != word)) {
    at = (at + 1) & (kKnownSlots - 1);
  }
  return &known_[at];
}

void Bpe::Scratch::remember(Known* slot, std::string_view word, std::uint64_t hash, const TokenId* ids,
                            std::size_t count) {
  if (2 * used_ >= kKnownSlots) return;
  ++used_;
  *slot = {hash, static_cast<std::uint32_t>(words_.size()), static_cast<std::uint32_t>(word.size()),
           static_cast<std::uint32_t>(ids_.size()), static_cast<std::uint32_t>(count)};
  words_.insert(words_.end(), word.begin(), word.end());
  ids_.insert(ids_.end(), ids, ids + count);
}

Bpe::Bpe(Vocab vocab, Merges merges, const BpeOptions& options)
    : vocab_(std::move(vocab)), merges_(std::move(merges)), options_(options), byte_tokens_(256, kNoToken) {
  for (int byte = 0; byte < 256; ++byte)
    byte_tokens_[static_cast<std::size_t>(byte)] = vocab_.find(fmt::format("<0x{:02X}>", byte));
  in_order_ = !options_.byte_fallback || options_.unknown == kNoToken ||
              std::ranges::find(byte_tokens_, kNoToken) == byte_tokens_.end();
}

void Bpe::encode(std::string_view word, Scratch& scratch, std::vector<TokenId>& ids, std::size_t window) const {
  if (word.empty()) return;
  if (options_.ignore_merges) {
    if (const TokenId whole = vocab_.find(word); whole != kNoToken) {
      ids.push_back(whole);
      return;
    }
  }
  const bool short_enough = word.size() <= kKnownMaxBytes;
  const std::uint64_t hash = short_enough ? hash_bytes(word) : 0;
  Scratch::Known* known = short_enough ? scratch.look_up(word, hash) : nullptr;
  if (known != nullptr && known->word_bytes != 0) {
    const auto first = scratch.ids_.begin() + known->ids_begin;
    ids.insert(ids.end(), first, first + known->ids_count);
    return;
  }
  if (word.size() > window && in_order_) return encode_in_windows(word, window, scratch, ids);
  const std::size_t before = ids.size();
  split(word, scratch.symbols_);
  merge(word, scratch);
  const auto& symbols = scratch.symbols_;
  for (std::int32_t at = symbols.empty() ? -1 : 0; at >= 0; at = symbols[static_cast<std::size_t>(at)].next) {
    ids.push_back(symbols[static_cast<std::size_t>(at)].id);
  }
  if (short_enough) scratch.remember(known, word, hash, ids.data() + before, ids.size() - before);
}

/// The tokens of a word, or of a part of one; `begin` counts from the part's first byte.
std::vector<Symbol> Bpe::tokens_of(std::string_view word, Scratch& scratch) const {
  split(word, scratch.symbols_);
  merge(word, scratch);
  std::vector<Symbol> tokens = scratch.symbols_;
  std::erase_if(tokens, [](const Symbol& symbol) { return symbol.id == kNoToken; });
  return tokens;
}

/// Whether tokens[cut] and what stands before it, back to the first byte of a character, are what their text alone is
/// encoded as. `next` is the token at the cut.
bool Bpe::parts_at(std::size_t cut, const Symbol& next, const std::vector<Symbol>& tokens, std::string_view word,
                   Scratch& scratch) const {
  std::size_t first = cut - 1;
  while (first > 0 && is_continuation(word[tokens[first].begin])) --first;
  const std::uint32_t begin = tokens[first].begin;
  const std::vector<Symbol> alone = tokens_of(word.substr(begin, next.begin + next.bytes - begin), scratch);
  return alone.size() == cut - first + 1 && alone.back().id == next.id &&
         std::equal(alone.begin(), alone.end() - 1, tokens.begin() + static_cast<std::ptrdiff_t>(first),
                    [](const Symbol& a, const Symbol& b) { return a.id == b.id; });
}

/// A row of tokens is the encoding of its text if and only if each two neighbours are that of theirs: until a merge
/// crosses a boundary, both sides merge as they do alone, so the first to cross it would join the two by themselves.
/// A window's tokens are kept up to its last eighth, which the text behind it may change; the next window begins there.
void Bpe::encode_in_windows(std::string_view word, std::size_t window, Scratch& scratch,
                            std::vector<TokenId>& ids) const {
  const auto part_from = [&](std::size_t begin) {
    std::size_t end = std::min(begin + window, word.size());
    while (end < word.size() && is_continuation(word[end])) ++end;
    return word.substr(begin, end - begin);
  };
  std::size_t begin = 0;
  std::vector<Symbol> tokens = tokens_of(part_from(begin), scratch);
  while (begin + window < word.size()) {
    const std::string_view rest = word.substr(begin);
    const auto found = std::ranges::find_if(tokens, [&](const Symbol& token) {
      return token.begin >= window - window / 8 && !is_continuation(rest[token.begin]);
    });
    const auto cut = static_cast<std::size_t>(found - tokens.begin());
    std::vector<Symbol> next;
    if (cut > 0 && found != tokens.end()) next = tokens_of(part_from(begin + found->begin), scratch);
    if (!next.empty()) {
      Symbol moved = next.front();
      moved.begin += found->begin;
      if (parts_at(cut, moved, tokens, rest, scratch)) {
        for (std::size_t i = 0; i < cut; ++i) ids.push_back(tokens[i].id);
        begin += found->begin;
        tokens = std::move(next);
        continue;
      }
    }
    window *= 2;  // the two sides hang together
    tokens = tokens_of(part_from(begin), scratch);
  }
  for (const Symbol& token : tokens) ids.push_back(token.id);
}

bool Bpe::push_bytes(std::string_view character, std::uint32_t begin, std::vector<Symbol>& symbols) const {
  const auto token = [&](char byte) { return byte_tokens_[static_cast<unsigned char>(byte)]; };
  if (!std::all_of(character.begin(), character.end(), [&](char byte) { return token(byte) != kNoToken; }))
    return false;
  for (const char byte : character) symbols.push_back({token(byte), begin++, 1, -1, -1, false});
  return true;
}

/// The characters of the word as tokens. A pending run of unknown characters is written when the next known
/// one comes (not when bytes come), which is the reference's order.
void Bpe::split(std::string_view word, std::vector<Symbol>& symbols) const {
  symbols.clear();
  std::optional<Symbol> unknown;
  for (std::uint32_t begin = 0; begin < word.size();) {
    const std::string_view character = word.substr(begin, utf8_length(word[begin]));
    const auto bytes = static_cast<std::uint32_t>(character.size());
    const TokenId id = vocab_.find(character);
    if (id != kNoToken) {
      if (unknown) symbols.push_back(*unknown);
      unknown.reset();
      symbols.push_back({id, begin, bytes, -1, -1, true});
    } else if (!(options_.byte_fallback && push_bytes(character, begin, symbols)) && options_.unknown != kNoToken) {
      if (unknown && options_.fuse_unknown) {
        unknown->bytes += bytes;
      } else {
        if (unknown) symbols.push_back(*unknown);
        unknown = Symbol{options_.unknown, begin, bytes, -1, -1, false};
      }
    }
    begin += bytes;
  }
  if (unknown) symbols.push_back(*unknown);
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    symbols[i].previous = static_cast<std::int32_t>(i) - 1;
    symbols[i].next = i + 1 < symbols.size() ? static_cast<std::int32_t>(i) + 1 : -1;
  }
}

void Bpe::merge(std::string_view word, Scratch& scratch) const {
  auto& symbols = scratch.symbols_;
  auto& queue = scratch.queue_;
  const auto at = [&](std::int32_t i) -> Symbol& { return symbols[static_cast<std::size_t>(i)]; };
  const auto candidate = [&](std::int32_t i) {
    const Symbol& left = at(i);
    const Symbol& right = at(left.next);
    return Scratch::Candidate{merges_.find(left, right, word, vocab_), static_cast<std::uint32_t>(i), left.id,
                              right.id};
  };
  queue.clear();
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
    const auto pair = candidate(static_cast<std::int32_t>(i));
    if (pair.target.merged != kNoToken) queue.push_back(pair);
  }
  std::make_heap(queue.begin(), queue.end(), Scratch::later);
  const auto push = [&](std::int32_t i) {
    if (i < 0 || at(i).next < 0) return;
    const auto pair = candidate(i);
    if (pair.target.merged == kNoToken) return;
    queue.push_back(pair);
    std::push_heap(queue.begin(), queue.end(), Scratch::later);
  };
  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), Scratch::later);
    const Scratch::Candidate next = queue.back();
    queue.pop_back();
    const auto position = static_cast<std::int32_t>(next.position);
    Symbol& left = at(position);
    if (left.id != next.left || left.next < 0 || at(left.next).id != next.right) continue;
    Symbol& right = at(left.next);
    left.id = next.target.merged;
    left.bytes += right.bytes;
    left.next = right.next;
    right.id = kNoToken;  // gone: no candidate can name it again
    if (left.next >= 0) at(left.next).previous = position;
    push(left.previous);
    push(position);
  }
}

}  // namespace sg
