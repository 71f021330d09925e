// The index of a sharded safetensors checkpoint: model.safetensors.index.json.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sg {

/// Names of the shard files, each with the names of the tensors that are to be taken from it.
using ShardMap = std::map<std::string, std::set<std::string, std::less<>>>;

/// Text of the index. Refused: a tensor named twice, and shard names that leave the folder.
Result<ShardMap> parse_safetensors_index(std::span<const std::byte> json, std::string_view where);

}  // namespace sg
