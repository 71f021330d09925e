// Names of the files of a model in several pieces, the same for both formats: stem-00002-of-00005.extension
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sg {

struct ShardName {
  std::string stem;
  std::uint32_t number = 0, count = 0;  // 1 <= number <= count
};

/// Absent for names of another form. `extension` with its dot.
std::optional<ShardName> parse_shard_name(std::string_view file_name, std::string_view extension);
std::string shard_name_text(const ShardName& name, std::string_view extension);

}  // namespace sg
