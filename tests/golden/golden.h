// Goldens: what another implementation computed in float64 for tiny models with every switch on (oracle/).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "measure/measure.h"

namespace sg::golden {

/// One stored model and the golden of exactly its weights.
struct Case {
  std::string name;             // "llama-deep/f32", "llama-deep/gguf", ...
  std::filesystem::path model;  // what open_model takes
  std::filesystem::path golden;
};

/// Every model of tests/data/golden in every stored form, of the families that streamgauge knows.
std::vector<Case> all_cases();

nlohmann::json read_json(const std::filesystem::path& path);

/// The golden's sequences as input.
std::vector<Sequence> sequences_of(const nlohmann::json& golden);

/// Largest relative error per quantity over all sequences, layers and tokens; NaN anywhere gives infinity.
struct Errors {
  double stream = 0;     // embed, resid_*, ln_final
  double branch = 0;     // attn_out, mlp_out
  double dots = 0;       // relative to the product of the two norms
  double logits = 0;     // mean, std, max, min, entropy, ..., relative to max(1, |value|)
  bool same_top = true;  // the most probable token
};
Errors compare(const nlohmann::json& golden, const Measurement& measured);

/// What the project promises of norms against float64 (docs/numerics.md).
inline constexpr double kStream = 5e-6, kBranch = 5e-5;

/// Expects every site within the promise, the logits within `logits`, and the same most probable tokens.
void expect_within(const Errors& errors, double logits);

/// Expects of a model with a tokenizer that the golden's texts have its ids, and that every site is within the promise
/// and the logits within `logits`.
void expect_texts_and_sites(const std::filesystem::path& model, const nlohmann::json& golden, double logits);

}  // namespace sg::golden
