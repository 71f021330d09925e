// The tidy form of a measurement: one row per model, prompt, token, layer and site (RFC 4180).
#pragma once

#include <string>
#include <string_view>

#include "measure/row.h"

namespace sg {

/// Columns model,sequence,category,position,id,token,layer,site,norm. `layer` is empty at embed and ln_final;
/// norms read back as the same double; inf and nan as words.
std::string measurement_csv(const Measurement& measurement);

/// Routing, one row per token, layer with experts and chosen expert, the best first (rank 0): columns
/// model,sequence,category,position,id,token,layer,rank,expert,weight,contribution,peak,peak_channel,margin,entropy,shared.
/// `margin` is empty where no expert is left out, `shared` without a shared expert. Empty for a model without experts.
std::string routing_csv(const Measurement& measurement);

/// One field of text, quoted when it holds a comma, a quote, a line break or blanks at its ends. An apostrophe stands
/// before one that begins with = + - @, a tab or a carriage return, which spreadsheets would take for a formula.
std::string csv_field(std::string_view text);

}  // namespace sg
