// Where each head's queries, keys and values stand in the fused matrix.
#pragma once

#include "model/spec.h"

namespace sg {

/// Columns of the fused matrix where a head's channels start.
struct QkvColumns {
  const Spec& spec;
  /// Heads per group of a layout by groups, per quarter of one by quarters.
  std::size_t per_group() const { return spec.heads / spec.kv_heads; }
  std::size_t per_quarter() const { return spec.heads / 4; }
  std::size_t q(std::size_t head) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return head * spec.head_dim;
      case QkvLayout::kPerHead: return (head / g * (g + 2) + head % g) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(head, 0);
    }
    return 0;
  }
  std::size_t k(std::size_t kv) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return (spec.heads + kv) * spec.head_dim;
      case QkvLayout::kPerHead: return (kv * (g + 2) + g) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(kv, 2);
    }
    return 0;
  }
  std::size_t v(std::size_t kv) const {
    const std::size_t g = per_group();
    switch (spec.qkv_layout) {
      case QkvLayout::kSeparate:
      case QkvLayout::kThirds: return (spec.heads + spec.kv_heads) * spec.head_dim + kv * spec.value_dim;
      case QkvLayout::kPerHead: return (kv * (g + 2) + g + 1) * spec.head_dim;
      case QkvLayout::kQuarters: return in_quarter(kv, 1);
    }
    return 0;
  }
  /// `part`: 0 for q, 1 for v, 2 for k.
  std::size_t in_quarter(std::size_t head, std::size_t part) const {
    const std::size_t n = per_quarter();
    return (head / n * 3 * n + part * n + head % n) * spec.head_dim;
  }
};

}  // namespace sg
