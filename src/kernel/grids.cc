#include "kernel/grids.h"

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

}  // namespace

const Grids& grids() {
  static const Grids made = unpack_all();
  return made;
}

}  // namespace sg
