#include "tokenizer/merges.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

#include <fmt/format.h>

#include "tokenizer/unicode.h"

namespace sg {
namespace {

std::uint64_t pair_key(TokenId left, TokenId right) {
  return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

std::size_t pair_hash(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15u;  // the golden ratio: neighbouring ids land far apart
  return static_cast<std::size_t>(key ^ (key >> 32));
}

/// 20 bits for each length in characters; longer tokens count as this long.
constexpr std::uint64_t kMaxLength = (1u << 20) - 1;

std::uint64_t length_in_characters(std::string_view text) {
  return std::min<std::uint64_t>(count_characters(text), kMaxLength);
}

Error bad_rule(std::string_view where, std::size_t index, const Merges::Rule& rule, std::string_view missing) {
  return {.what = fmt::format("merge {} (\"{}\" + \"{}\") names a token that is not in the vocabulary", index,
                              rule.left, rule.right),
          .where = std::string(where),
          .expected = "both sides and their concatenation in the vocabulary",
          .got = fmt::format("no token \"{}\"", missing)};
}

}  // namespace

void Merges::insert(TokenId left, TokenId right, std::uint32_t rank, TokenId merged) {
  const std::uint64_t key = pair_key(left, right);
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = pair_hash(key) & mask;
  while (slots_[at].pair != kEmpty && slots_[at].pair != key) at = (at + 1) & mask;
  slots_[at] = {key, rank, merged};  // a rule given twice keeps its last rank, as in the reference
}

Result<Merges> Merges::from_rules(std::span<const Rule> rules, const Vocab& vocab, std::string_view where) {
  Merges merges;
  merges.slots_.assign(std::bit_ceil(2 * rules.size() + 2), Slot{});
  // The look-ups are independent and miss the cache: asking for a batch of them first lets the misses overlap.
  constexpr std::size_t kBatch = 16;
  std::array<std::array<std::uint64_t, 3>, kBatch> hashes;
  std::array<std::array<TokenId, 3>, kBatch> ids;
  std::array<std::string, kBatch> products;
  for (std::size_t first = 0; first < rules.size(); first += kBatch) {
    const auto batch = rules.subspan(first, std::min(kBatch, rules.size() - first));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      products[i].assign(batch[i].left).append(batch[i].right);
      hashes[i] = {hash_bytes(batch[i].left), hash_bytes(batch[i].right), hash_bytes(products[i])};
      for (const std::uint64_t hash : hashes[i]) vocab.prefetch(hash);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::array<std::string_view, 3> pieces = {batch[i].left, batch[i].right, products[i]};
      for (std::size_t side = 0; side < 3; ++side) {
        ids[i][side] = vocab.find(pieces[side], hashes[i][side]);
        if (ids[i][side] == kNoToken) return bad_rule(where, first + i, batch[i], pieces[side]);
      }
      __builtin_prefetch(&merges.slots_[pair_hash(pair_key(ids[i][0], ids[i][1])) & (merges.slots_.size() - 1)], 1);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
      merges.insert(ids[i][0], ids[i][1], static_cast<std::uint32_t>(first + i), ids[i][2]);
    }
  }
  return merges;
}

Merges Merges::from_order(std::vector<std::uint32_t> order) {
  Merges merges;
  merges.order_ = std::move(order);
  return merges;
}

MergeTarget Merges::find_pair(TokenId left, TokenId right) const {
  const std::uint64_t key = pair_key(left, right);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = pair_hash(key) & mask; slots_[at].pair != kEmpty; at = (at + 1) & mask) {
    if (slots_[at].pair == key) return {slots_[at].rank, slots_[at].merged};
  }
  return {};
}

MergeTarget Merges::find_scored(const Symbol& left, const Symbol& right, std::string_view word,
                                const Vocab& vocab) const {
  if (!left.literal || !right.literal) return {};
  const TokenId merged = vocab.find(word.substr(left.begin, left.bytes + right.bytes));
  if (merged == kNoToken || static_cast<std::size_t>(merged) >= order_.size()) return {};
  const std::uint64_t left_length = length_in_characters(word.substr(left.begin, left.bytes));
  const std::uint64_t right_length = length_in_characters(word.substr(right.begin, right.bytes));
  return {(std::uint64_t{order_[static_cast<std::size_t>(merged)]} << 40) | ((kMaxLength - left_length) << 20) |
              (kMaxLength - right_length),
          merged};
}

}  // namespace sg
