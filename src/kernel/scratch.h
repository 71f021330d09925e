// Scratch memory of the kernels: one buffer per purpose and thread, kept from call to call and grown when a
// call needs more, so that a forward pass allocates nothing after its first layer.
#pragma once

#include <cstddef>

namespace sg {

enum class Scratch : std::size_t {
  kActivations,  // a matmul's input rows in tiles; the calling thread's, read by the workers
  kSums,         // sums over the blocks of inputs so far, of the panels that one worker has begun
  kPanel,        // the decoded weights that one worker multiplies by
  kRows,         // decoded weight rows before they are transposed into the panel
  kEdge,         // outputs of a panel that is wider than what is left of y
  kKeptRows,     // rows of the fused pass as doubles
  kVectors,      // what the fused pass multiplies by and adds to
  kScales,       // of the blocks in a few rows
  kCount,        // number of purposes; not a purpose
};

/// At least n floats for this thread, 64-byte aligned, contents undefined. Valid until this thread asks for
/// the same purpose again.
float* scratch(Scratch purpose, std::size_t n);

}  // namespace sg
