#include "tokenizer/vocab.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace sg {
namespace {

/// The high and low halves of a 128-bit product, folded: every input bit reaches every output bit.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Odd constants with about half of their bits set: digits of the golden ratio and of sqrt(3).
constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;
constexpr std::uint64_t kRootThree = 0xBB67AE8584CAA73Bu;

}  // namespace

std::uint64_t hash_bytes(std::string_view text) {
  std::uint64_t hash = fold(text.size() + kGolden, kRootThree);
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    hash = fold(hash ^ word, kGolden);
  }
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < left; ++i) tail |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return fold(hash ^ tail, kRootThree);
}

Vocab::Vocab(std::size_t count) : slots_(std::bit_ceil(2 * count + 2)), mask_(slots_.size() - 1) {
  spans_.reserve(count);
  arena_.reserve(count * 8);  // the mean token of every family is 6 to 8 bytes
}

/// The slot that holds the piece, or the free one where it belongs.
std::size_t Vocab::slot_of(std::string_view piece, std::uint64_t hash) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  std::size_t at = hash & mask_;
  while (slots_[at].id != kNoToken && (slots_[at].tag != tag || view(slots_[at].span) != piece)) at = (at + 1) & mask_;
  return at;
}

void Vocab::add(std::string_view piece, TokenId id, std::uint64_t hash) {
  SG_CHECK(id >= 0 && id < kMaxTokens, "token id out of range");
  SG_CHECK(arena_.size() + piece.size() < kAbsent, "vocabulary of more than 4 GiB");
  if (2 * (used_ + 1) > slots_.size()) grow();
  Slot& slot = slots_[slot_of(piece, hash)];
  if (slot.id == kNoToken) ++used_;
  slot = {static_cast<std::uint32_t>(hash >> 32),
          id,
          {static_cast<std::uint32_t>(arena_.size()), static_cast<std::uint32_t>(piece.size())}};
  if (spans_.size() <= static_cast<std::size_t>(id)) spans_.resize(static_cast<std::size_t>(id) + 1);
  spans_[static_cast<std::size_t>(id)] = slot.span;
  arena_.insert(arena_.end(), piece.begin(), piece.end());
}

void Vocab::add(std::span<const Entry> entries) {
  constexpr std::size_t kBatch = 16;  // more misses in flight than a core can have gain nothing
  std::array<std::uint64_t, kBatch> hashes;
  for (; !entries.empty(); entries = entries.subspan(std::min(kBatch, entries.size()))) {
    const auto batch = entries.first(std::min(kBatch, entries.size()));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      hashes[i] = hash_bytes(batch[i].piece);
      prefetch(hashes[i]);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) add(batch[i].piece, batch[i].id, hashes[i]);
  }
}

void Vocab::grow() {
  std::vector<Slot> old(slots_.size() * 2);
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.id == kNoToken) continue;
    const std::string_view text = view(slot.span);
    slots_[slot_of(text, hash_bytes(text))] = slot;
  }
}

TokenId Vocab::find(std::string_view piece, std::uint64_t hash) const { return slots_[slot_of(piece, hash)].id; }

bool Vocab::has(TokenId id) const {
  return id >= 0 && id < size() && spans_[static_cast<std::size_t>(id)].begin != kAbsent;
}

std::string_view Vocab::piece(TokenId id) const {
  return has(id) ? view(spans_[static_cast<std::size_t>(id)]) : std::string_view();
}

}  // namespace sg
