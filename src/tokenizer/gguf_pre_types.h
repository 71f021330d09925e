// The names of tokenizer.ggml.pre and how each splits text: facts published with llama.cpp and with the
// tokenizer.json of the models they stand for.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sg {

struct GgufPreType {
  std::vector<std::string_view> patterns;  // applied in order, matches and the text between them isolated
  bool ignore_merges = false;
};

/// Nothing for a name that is not known. The empty name is llama.cpp's default.
std::optional<GgufPreType> find_gguf_pre_type(std::string_view name);
/// All known names, separated by commas.
std::string known_gguf_pre_types();

}  // namespace sg
