// Layers of one model that differ in shape: head sizes, keys and values taken from an earlier layer, MLP widths.
#pragma once

#include "model/fields.h"
#include "model/spec.h"

namespace sg {

/// Spec::shapes, and for each layer whose keys and values it has (LayerAttention::kv_from, key_is_value), of a family
/// whose layers differ; nothing of others. `windowed`: which layers are. Errors: layers of one kind that differ, layers
/// that share with none.
Result<void> resolve_layer_shapes(const Family& family, const Config& config, const Fields& fields,
                                  const std::vector<bool>& windowed, Spec& spec);

}  // namespace sg
