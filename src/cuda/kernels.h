// The kernels by name, for the GPU's module, the emulator and whoever launches them.
#pragma once

#include "cuda/attention.h"
#include "cuda/elementwise.h"
#include "cuda/fold.h"
#include "cuda/product.h"
#include "cuda/rows.h"

// X(name, what it is given, its function, threads of a block)
#define SG_CUDA_KERNELS(X)                                                                        \
  X(product_wide, ProductCall, (product<WideTile, PlainWeight>), WideTile::kThreads)              \
  X(product_wide_blocks, ProductCall, (product<WideTile, BlockWeight>), WideTile::kThreads)       \
  X(product_medium, ProductCall, (product<MediumTile, PlainWeight>), MediumTile::kThreads)        \
  X(product_medium_blocks, ProductCall, (product<MediumTile, BlockWeight>), MediumTile::kThreads) \
  X(product_flat, ProductCall, (product<FlatTile, PlainWeight>), FlatTile::kThreads)              \
  X(product_flat_blocks, ProductCall, (product<FlatTile, BlockWeight>), FlatTile::kThreads)       \
  X(embedding, EmbeddingCall, embedding, kEmbeddingThreads)                                       \
  X(norm, NormKernelCall, norm, kRowThreads)                                                      \
  X(dots, DotsCall, dots, kRowThreads)                                                            \
  X(abs_max, AbsMaxCall, abs_max, kRowThreads)                                                    \
  X(fold_logits, FoldCall, fold_logits, kRowThreads)                                              \
  X(top_logits, FoldCall, top_logits, kRowThreads)                                                \
  X(elementwise, ElementCall, elementwise, kElementThreads)                                       \
  X(gather_rows, GatherCall, gather_rows, kElementThreads)                                        \
  X(rotate, RotateKernelCall, rotate, kElementThreads)                                            \
  X(unpermute, UnpermuteCall, unpermute, UnpermuteCall::kThreads)                                 \
  X(find_not_finite, AttentionKernelCall, find_not_finite, kElementThreads)                       \
  X(attention_scores, AttentionKernelCall, attention_scores, SquareTile::kThreads)                \
  X(attention_weights, AttentionKernelCall, attention_weights, kRowThreads)                       \
  X(attention_values, AttentionKernelCall, attention_values, SquareTile::kThreads)

namespace sg::cuda {

enum class KernelId : std::uint8_t {
#define SG_NAME(NAME, CALL, FUNCTION, THREADS) NAME,
  SG_CUDA_KERNELS(SG_NAME)
#undef SG_NAME
};

}  // namespace sg::cuda
