// Rotary position embeddings: the configuration's parameters and the frequencies they resolve to.
// Formulae: Su et al. 2021 (arXiv:2104.09864), YaRN (arXiv:2309.00071), LongRoPE (arXiv:2402.13753), LLaMA 3.1;
// steps and float32 rounding as transformers' modeling_rope_utils.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/config.h"

namespace sg {

enum class RopeType : std::uint8_t { kDefault, kLinear, kDynamic, kYarn, kLongrope, kLlama3, kProportional };

/// One set of rotary parameters, as resolved from the configuration. Lengths in tokens.
struct RopeSpec {
  RopeType type = RopeType::kDefault;
  double theta = 10000.0;
  int rotary_dim = 0;  // R: channels of a head that rotate; even
  double factor = 1.0;
  double max_position = 0;                                               // max_position_embeddings
  double original_max_position = 0;                                      // before scaling; 0: not given
  double low_freq_factor = 0, high_freq_factor = 0;                      // llama3
  double beta_fast = 32, beta_slow = 1, mscale = 0, mscale_all_dim = 0;  // yarn; 0: not given
  double attention_factor = 0;                                           // 0: not given
  double attention_multiplier = 1;                                       // GGUF: on top of it
  double share = 1;             // proportional: of the frequencies; the others are 0
  bool truncate = true;         // yarn
  bool ntk_alpha = false;       // dynamic with `alpha`: theta stretched once
  bool mscales = false;         // longrope: its own factors on cos and sin
  bool log_multiplier = false;  // GGUF: yarn_log_multiplier is a tenth of both mscales
  double short_mscale = 1, long_mscale = 1;
  std::vector<double> long_factor = {}, short_factor = {};  // longrope, R/2 each
  std::vector<float> divisors = {};                         // GGUF rope_freqs: divide the frequencies
};

/// Frequencies in radians per token, R/2 of them, and the factor on cos and sin.
struct RopeFrequencies {
  std::vector<float> inverse;
  double attention_scaling = 1.0;
};

std::string_view name(RopeType type);

/// How config.json keeps the rotations of models whose kinds of layers rotate differently, as transformers 5 reads it.
enum class RopeKinds : std::uint8_t {
  kOne,        // one dictionary, for all layers
  kDefaulted,  // one for each kind, plain where it is missing; rope_scaling is added to that of full attention, and a
               // dictionary that names no kind is not read (Gemma 3, OLMo 3)
  kStated,     // one for each kind that there is, or none at all (Gemma 4)
};

/// The kind of layers that is asked for: "full_attention" or "sliding_attention"; empty: there are no kinds.
struct RopeOf {
  std::string_view layer_type = {};
  RopeKinds kinds = RopeKinds::kOne;
};

/// Reads rope_theta/rope_scaling (transformers 4), rope_parameters (5) or GGUF's rope keys.
/// `absent` holds where the file gives nothing. Errors: an unknown type, a type without a field it needs, a kind of
/// layers without its dictionary.
Result<RopeSpec> read_rope(const Config& config, const RopeOf& of, RopeSpec absent);

/// Whether the parameters, tensors of factors included, give frequencies: factors of the right number and above 0,
/// every frequency finite. Errors say which do not. To be asked before resolve().
Result<void> check_rope(const RopeSpec& rope, const std::string& where);

/// Frequencies for a sequence of `length` tokens (only dynamic and longrope depend on it).
RopeFrequencies resolve(const RopeSpec& rope, std::size_t length);

/// Wavelengths in tokens, 2 pi over a frequency, of a sequence of `length` tokens: one per rotating pair of channels.
struct RopeWavelengths {
  double shortest = 0, longest = 0;
  std::size_t pairs = 0, beyond = 0;  // of them, longer than the sequence: never a full turn
};
RopeWavelengths rope_wavelengths(const RopeSpec& rope, std::size_t length);

}  // namespace sg
