// The lattices of GGUF's i-quants: entry i of one is the 8 numbers, or the 4 of the 3-bit types, that code i stands
// for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sg {

template <std::size_t kEntries, std::size_t kItems>
using Grid = std::array<std::array<std::int8_t, kItems>, kEntries>;

struct Grids {
  Grid<256, 8> iq2_xxs;
  Grid<512, 8> iq2_xs;
  Grid<1024, 8> iq2_s;
  Grid<256, 4> iq3_xxs;
  Grid<512, 4> iq3_s;
  Grid<2048, 8> iq1;
};

/// Unpacked on first use; valid for the life of the process.
const Grids& grids();

/// The same as words of four numbers, for gathering: word 2i and 2i + 1, or i of the 3-bit types, are entry i.
struct GridWords {
  std::array<std::uint32_t, 512> iq2_xxs;
  std::array<std::uint32_t, 1024> iq2_xs;
  std::array<std::uint32_t, 2048> iq2_s;
  std::array<std::uint32_t, 256> iq3_xxs;
  std::array<std::uint32_t, 512> iq3_s;
  std::array<std::uint32_t, 4096> iq1;
};
const GridWords& grid_words();

namespace grid_data {
// Indices into the numbers that a lattice has, low bits first: 2 bits each, or 4 of the 3-bit types.
extern const unsigned char kIQ2XXS[512], kIQ2XS[1024], kIQ2S[2048], kIQ3XXS[512], kIQ3S[1024], kIQ1S[4096];
}  // namespace grid_data

}  // namespace sg
