// Where each head's queries, keys and values stand in the fused matrix.
#pragma once

#include <algorithm>

#include "forward/backend.h"
#include "model/spec.h"

namespace sg {

/// Columns of the fused matrix where a head's channels start.
struct QkvColumns {
  explicit QkvColumns(const Spec& spec);
  HeadColumns q, k, v;
};

inline QkvColumns::QkvColumns(const Spec& spec) {
  const std::size_t d = spec.head_dim, per_group = spec.heads / spec.kv_heads, quarter = spec.heads / 4;
  // Parts of `group` heads stand `stride` widths apart, the first after `skipped` widths.
  const auto heads = [&](std::size_t count, std::size_t skipped, std::size_t group, std::size_t stride) {
    return HeadColumns{
        .count = count, .width = d, .first = skipped * d, .step = d, .group = group, .group_step = stride * d};
  };
  switch (spec.qkv_layout) {
    case QkvLayout::kSeparate:
    case QkvLayout::kThirds:
      q = heads(spec.heads, 0, 1, 1);
      k = heads(spec.kv_heads, spec.heads, 1, 1);
      v = heads(spec.kv_heads, spec.heads + spec.kv_heads, 1, 1);
      v.width = v.step = v.group_step = spec.value_dim;
      break;
    case QkvLayout::kPerHead:
      q = heads(spec.heads, 0, per_group, per_group + 2);
      k = heads(spec.kv_heads, per_group, 1, per_group + 2);
      v = heads(spec.kv_heads, per_group + 1, 1, per_group + 2);
      break;
    case QkvLayout::kQuarters:
      q = heads(spec.heads, 0, quarter, 3 * quarter);
      k = heads(spec.kv_heads, 2 * quarter, quarter, 3 * quarter);
      v = heads(spec.kv_heads, quarter, quarter, 3 * quarter);
      break;
  }
}

}  // namespace sg
