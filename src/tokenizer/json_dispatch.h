// The shape shared by the parts of tokenizer.json: an object whose "type" selects how it is read, and "Sequence",
// which holds several of them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/json_reader.h"

namespace sg {

/// Sequences inside sequences: the deepest published file has two levels.
inline constexpr int kMaxDepth = 8;

/// One value of an object's "type" and what reads it.
template <class Out>
struct Reader {
  std::string_view type;
  Result<void> (*read)(const JsonObject&, Out&);
};

/// Reads `json` by its "type", or its members (under `members`) where it is a Sequence.
template <class Out, std::size_t kCount>
Result<void> dispatch(const JsonObject& json, const std::array<Reader<Out>, kCount>& readers, std::string_view members,
                      Out& out, int depth = 0) {
  SG_TRY(const std::string_view type, json.text("type"));
  if (type == "Sequence" && depth < kMaxDepth) {
    SG_TRY(const std::vector<JsonObject> sequence, json.objects(members));
    for (const JsonObject& member : sequence) SG_TRY_VOID(dispatch(member, readers, members, out, depth + 1));
    return {};
  }
  std::string known = "Sequence";
  for (const auto& reader : readers) {
    if (reader.type == type) return reader.read(json, out);
    known.append(", ").append(reader.type);
  }
  return json.unsupported("type", type, known);
}

}  // namespace sg
