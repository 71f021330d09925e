#include "corpus/statistics.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace sg {
namespace {

constexpr std::uint32_t kEach = 64;   // positions with a bucket of their own
constexpr unsigned kQuarterBits = 2;  // four buckets to a power of two beyond

// How each piece of the statistics adds up; what is made of pieces comes last.
void add_to(std::uint64_t& mine, std::uint64_t other) { mine += other; }
void add_to(double& mine, double other) { mine = other; }  // of one token: the same in every part

template <class T>
void add_to(T& mine, const T& other) {
  mine.add(other);
}
void add_to(ChannelRow& mine, const ChannelRow& other) {
  mine.sum.add(other.sum);
  mine.squares.add(other.squares);
  mine.largest = std::max(mine.largest, other.largest);
}
void add_to(VocabularyRow& mine, const VocabularyRow& other) {
  mine.count += other.count;
  mine.norm.add(other.norm);
  mine.gain.add(other.gain);
}
void add_to(MassiveRow& mine, const MassiveRow& other) {
  mine.count += other.count;
  mine.at_first += other.at_first;
  mine.largest = std::max(mine.largest, other.largest);
}
void add_to(EntropyRow& mine, const EntropyRow& other) {
  mine.entropy.add(other.entropy);
  mine.loss.add(other.loss);
}
template <class K, class V>
void add_to(std::map<K, V>& mine, const std::map<K, V>& other);
template <class T>
void add_to(std::vector<T>& mine, const std::vector<T>& other) {
  if (mine.size() < other.size()) mine.resize(other.size());
  for (std::size_t i = 0; i < other.size(); ++i) add_to(mine[i], other[i]);
}
template <class K, class V>
void add_to(std::map<K, V>& mine, const std::map<K, V>& other) {
  for (const auto& [key, value] : other) {
    const auto [place, is_new] = mine.try_emplace(key, value);
    if (!is_new) add_to(place->second, value);
  }
}

}  // namespace

std::strong_ordering Extreme::operator<=>(const Extreme& other) const {
  if (const auto by_size = std::strong_order(other.size, size); by_size != 0) return by_size;
  if (const auto by_place = place <=> other.place; by_place != 0) return by_place;
  if (const auto by_token = window_position <=> other.window_position; by_token != 0) return by_token;
  if (const auto by_layer = layer <=> other.layer; by_layer != 0) return by_layer;
  return channel <=> other.channel;
}

void CorpusStatistics::add(const CorpusStatistics& other) {
  std::vector<const void*> theirs;
  other.each_piece([&](const auto& piece) { theirs.push_back(&piece); });
  std::size_t at = 0;
  each_piece(
      [&](auto& piece) { add_to(piece, *static_cast<const std::remove_reference_t<decltype(piece)>*>(theirs[at++])); });
}

void CorpusStatistics::shift_documents(std::uint64_t by) {
  for (TopList<Extreme>* list : {&massive_list, &largest, &smallest})
    list->each([by](Extreme& e) { e.place.document += by; });
  std::map<TokenPlace, std::vector<double>> shifted;
  for (auto& [place, row] : kept) shifted[{place.document + by, place.position}] = std::move(row);
  kept = std::move(shifted);
}

std::uint32_t position_bucket(std::uint64_t position) {
  if (position < kEach) return static_cast<std::uint32_t>(position);
  const auto power = static_cast<std::uint32_t>(std::bit_width(position) - 1);
  const auto quarter = static_cast<std::uint32_t>(position >> (power - kQuarterBits)) & 3;
  return kEach + (power - 6) * 4 + quarter;
}

std::uint64_t first_of_position_bucket(std::uint32_t bucket) {
  if (bucket < kEach) return bucket;
  const std::uint32_t power = (bucket - kEach) / 4 + 6, quarter = (bucket - kEach) % 4;
  return std::uint64_t{4 + quarter} << (power - kQuarterBits);
}

std::uint32_t norm_bucket(double norm) { return std::bit_cast<std::uint32_t>(static_cast<float>(norm)) >> 20; }

double least_of_norm_bucket(std::uint32_t bucket) { return static_cast<double>(std::bit_cast<float>(bucket << 20)); }

}  // namespace sg
