// Heads as JSON and CSV, beside a measurement.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/csv.h"
#include "measure/heads.h"
#include "report/data/json_text.h"

namespace sg {

/// The tables of a layer's heads by their names in JSON and CSV, in order.
struct HeadTable {
  const char* name;
  LayerTable LayerHeads::*table;
  const char *unit, *about;
};
inline constexpr HeadTable kHeadTables[] = {
    {"contribution", &LayerHeads::contribution, "", "norm of what the head adds to attn_out"},
    {"first_token_mass", &LayerHeads::first_token_mass, "", "probability that it gives the first token"},
    {"massive_token_mass", &LayerHeads::massive_mass, "", "to the tokens with a massive activation, together"},
    {"entropy", &LayerHeads::entropy, "nats", "of its probabilities"}};

/// Adds `heads` to every sequence of a measurement's document, and the largest error of their sums to its checks.
void add_heads(Json& measurement, std::span<const SequenceHeads> heads);

/// The heads of every sequence of a measurement's document; none where it has none. Errors: of a document that is not
/// as add_heads writes it.
Result<std::vector<SequenceHeads>> read_heads(std::string_view json, std::string_view where);

/// heads.csv: one row per prompt, token, layer and head.
CsvTable heads_csv(const Measurement& measurement, std::span<const SequenceHeads> heads);

}  // namespace sg
