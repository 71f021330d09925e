// One value of a GGUF file's key-values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/byte_reader.h"
#include "io/checkpoint.h"

namespace sg {

/// For messages: the file and the key, the latter made safe to print.
struct GgufPlace {
  std::string_view where;
  const std::string& key;
};

/// The value of `type` (the file's number for it) that starts where `in` stands. Strings point into the file.
/// Array lengths are held against the bytes left before memory is taken. Refused: arrays of arrays.
Result<MetaValue> read_gguf_value(ByteReader& in, std::uint32_t type, const GgufPlace& place);

}  // namespace sg
