// A model and a run in one line each, for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "measure/row.h"

namespace sg {

/// "SmolLM2-135M   llama, 30 layers, d_model 576, 9 heads (3 kv) of 64, RMSNorm, SwiGLU, tied, Q4_1, 135 M parameters"
std::string model_line(const ModelFacts& model);
/// "25 prompts, 348 tokens, 1.2 s, peak 240 MB"
std::string run_line(const Measurement& measurement);

/// The token as a person may read it in a sentence: `"The"`, or `id 504` without a tokenizer.
std::string token_name(const std::string& token, std::int32_t id);

/// The likeliest token of a distribution, cut to that width; "-" when there is none.
std::string top_token(const LogitStats& stats, std::size_t width);

/// "a, b and c"
std::string listed(const std::vector<std::string>& words, std::string_view last = " and ");
/// "1 prompt", "25 prompts"
std::string counted(std::size_t n, const std::string& noun);

}  // namespace sg
