// The attention part of resolve_spec: score scale, windows, rotary parameters.
#pragma once

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

/// Fills ropes, rotary_dim, attention, score_cap, clip_qkv and qk_norm; needs the widths and positions of `spec`.
Result<void> resolve_attention(const Family& family, const Config& config, const Fields& fields, Spec& spec);

}  // namespace sg
