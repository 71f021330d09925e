#include "kernel/grids.h"

#include <cstring>

namespace sg {
namespace {

template <std::size_t kEntries, std::size_t kItems, std::size_t kBytes, std::size_t kLevels>
void unpack(const unsigned char (&packed)[kBytes], const std::int8_t (&levels)[kLevels], Grid<kEntries, kItems>& grid) {
  constexpr std::size_t kPerByte = kLevels == 3 ? 4 : 2, kBits = 8 / kPerByte;
  static_assert(kBytes * kPerByte == kEntries * kItems);
  for (std::size_t i = 0; i < kEntries * kItems; ++i) {
    const unsigned index = (packed[i / kPerByte] >> (kBits * (i % kPerByte))) & ((1u << kBits) - 1);
    grid[i / kItems][i % kItems] = levels[index % kLevels];
  }
}

Grids unpack_all() {
  constexpr std::int8_t kTwoBits[] = {8, 25, 43}, kThreeBits[] = {4, 12, 20, 28, 36, 44, 52, 62};
  constexpr std::int8_t kOdd[] = {1, 3, 5, 7, 9, 11, 13, 15}, kSigns[] = {-1, 0, 1};
  Grids g{};
  unpack(grid_data::kIQ2XXS, kTwoBits, g.iq2_xxs);
  unpack(grid_data::kIQ2XS, kTwoBits, g.iq2_xs);
  unpack(grid_data::kIQ2S, kTwoBits, g.iq2_s);
  unpack(grid_data::kIQ3XXS, kThreeBits, g.iq3_xxs);
  unpack(grid_data::kIQ3S, kOdd, g.iq3_s);
  unpack(grid_data::kIQ1S, kSigns, g.iq1);
  return g;
}

template <class Grid, class Words>
void copy_words(const Grid& grid, Words& words) {
  static_assert(sizeof(grid) == sizeof(words));
  std::memcpy(words.data(), grid.data(), sizeof(words));
}

GridWords all_words() {
  const Grids& g = grids();
  GridWords w{};
  copy_words(g.iq2_xxs, w.iq2_xxs);
  copy_words(g.iq2_xs, w.iq2_xs);
  copy_words(g.iq2_s, w.iq2_s);
  copy_words(g.iq3_xxs, w.iq3_xxs);
  copy_words(g.iq3_s, w.iq3_s);
  copy_words(g.iq1, w.iq1);
  return w;
}

}  // namespace

const Grids& grids() {
  static const Grids made = unpack_all();
  return made;
}

const GridWords& grid_words() {
  static const GridWords made = all_words();
  return made;
}

}  // namespace sg
