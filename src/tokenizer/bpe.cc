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
}

void Bpe::encode(std::string_view word, Scratch& scratch, std::vector<TokenId>& ids) const {
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
  split(word, scratch.symbols_);
  merge(word, scratch);
  const std::size_t before = ids.size();
  const auto& symbols = scratch.symbols_;
  for (std::int32_t at = symbols.empty() ? -1 : 0; at >= 0; at = symbols[static_cast<std::size_t>(at)].next) {
    ids.push_back(symbols[static_cast<std::size_t>(at)].id);
  }
  if (short_enough) scratch.remember(known, word, hash, ids.data() + before, ids.size() - before);
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
