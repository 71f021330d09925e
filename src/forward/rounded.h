// What the pass does otherwise when it computes as if in a narrower type than float32: single operations of
// transformers, each result rounded (docs/numerics.md has the table). For float32 these are the kernels alone.
#pragma once

#include "forward/blocks.h"

namespace sg {

/// Whether a norm is rounded before it is multiplied by its gain, as transformers' LlamaRMSNorm has it.
bool rounds_before_gain(const Spec& spec, Precision precision);
/// Whether a parallel block adds its branches to one another first; of numbers that are not rounded the instrument adds
/// each to the stream.
bool adds_branches_first(const Spec& spec, Precision precision);

/// Whether the stream stays float32 and what reads it is rounded: state spaces alone (residual_in_fp32).
bool keeps_stream(const Spec& spec, Precision precision);
/// Whether queries are multiplied by the factor of scores before they meet keys.
bool scales_queries(const Spec& spec, Precision precision);

/// Of routers in a narrower type; for float32 nothing is rounded whatever they say.
bool rounds_expert_weights(const Spec& spec);
bool adds_experts_in_float32(const Spec& spec);
/// A router's logits.
void project_router(const Spec& spec, const Linear& router, ConstMatrixView x, MatrixView y, RunContext& run);

/// x rounded to the precision; for float32 x itself, in double as it is.
double rounded_double(Precision precision, double x);
/// The same run without rounding, for what a narrower type leaves in float32.
RunContext unrounded(const RunContext& run);

/// As norm_rows; of a narrower precision rounded before the gain as well, whatever the family's other norms do.
void norm_then_gain(const Spec& spec, const float* gain, ConstMatrixView x, MatrixView y, RunContext& run);

/// Rounds every row, shared out over the pool; nothing for float32.
void round_rows(MatrixView x, RunContext& run);

/// Whether the biases of feed-forward networks are added to products that are rounded already.
bool adds_bias_apart(const Spec& spec, Precision precision);
/// As project; of a narrower precision the bias is added to a product that is rounded already.
void project_then_bias(const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run);
/// One of the two, of a feed-forward network.
void project_part(const Spec& spec, const Linear& linear, ConstMatrixView x, MatrixView y, RunContext& run);

/// a + b, in `into`, which may be neither.
ConstMatrixView sum_of(ConstMatrixView a, ConstMatrixView b, MatrixView into, RunContext& run);

/// x = cap tanh(x / cap) over n values: quotient, tanh and product are rounded.
void cap(float limit, float* x, std::size_t n, Precision precision, const Kernels& kernels);
/// The same of every row.
void cap_rows(float limit, MatrixView x, RunContext& run);
/// Scores of keys to probabilities. `sink`: the last score is one that has no key, from which gpt-oss takes the
/// largest of all in the narrower type.
void soften(float* scores, std::size_t n, bool sink, Precision precision, const Kernels& kernels);
/// One head of one token rotated, of a narrower precision.
void rotate_by_parts(const Spec& spec, Precision p, const float* cos, const float* sin, std::size_t pairs, float* x);
/// x = act(x), in the steps of transformers where it has a formula and not an operation.
void activate_rows(const Spec& spec, const XieluParams& xielu, MatrixView x, RunContext& run);
/// gate = gate sigmoid(slope gate) (up + 1), step by step; both are clamped already.
void gate_clamped_by_parts(float slope, float* gate, const float* up, std::size_t n, Precision precision);

}  // namespace sg
