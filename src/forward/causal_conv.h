// The short causal convolution of recurrent mixers, and scalars that they share.
#pragma once

#include "forward/forward.h"

namespace sg {

/// Depthwise: y[t][c] = bias[c] + sum over taps i of weight[c][i] x[t - taps + 1 + i][c], taps ascending, tokens before
/// the sequence's start being 0. x (rows x channels), weight (channels x taps), bias (channels) or null; y is not x.
void causal_conv(const TokenBatch& tokens, ConstMatrixView x, const float* weight, const float* bias, std::size_t taps,
                 MatrixView y, RunContext& run);

/// log(1 + e^x), without overflow.
double softplus(double x);
/// 1 / (1 + e^-x).
double sigmoid(double x);

}  // namespace sg
