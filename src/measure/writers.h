// Writers: who adds what to one channel of the stream, in one block at one token: the branches, their heads, experts
// and the rows of W_down (docs/measures.md, "Who writes a channel").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "measure/measure.h"

namespace sg {

/// Where to look.
struct WriterPlace {
  std::int64_t layer = 0;  // negative: from the end
  std::size_t channel = 0;
  std::optional<std::int64_t> token = {};  // negative: from each prompt's end; absent: where resid_post[layer] is
                                           // largest in the channel, each prompt's own
};
/// "LAYER:CHANNEL" or "LAYER:CHANNEL:TOKEN". Errors (usage): another form; `flag` gave it.
Result<WriterPlace> parse_writer_place(const std::string& text, const std::string& flag);

/// One feed-forward network: the MLP, an expert that the token was sent to, or the shared expert.
struct NetworkWrites {
  std::string network;                // "mlp", "expert", "shared"
  std::optional<std::size_t> expert;  // of "expert"
  double value = 0;                   // the sum of what follows
  double bias = 0;                    // of W_down
  std::vector<double> neurons;        // by row of W_down as it is applied: one number per hidden unit
};

/// All numbers are of one channel; a branch's parts add up to its value, up to float32's rounding of the pass.
struct Writers {
  std::size_t layer = 0, channel = 0, token = 0;
  double resid_pre = 0, attn_out = 0, mlp_out = 0, resid_post = 0;
  std::vector<double> heads;            // of attn_out; empty: the mixer is no attention, or the layer has none
  double attention_bias = 0;            // W_O's, and the norm's behind the branch
  std::optional<double> other;          // of attn_out: what another mixer adds, by difference
  std::vector<NetworkWrites> networks;  // of mlp_out; experts ascending
  double mlp_bias = 0;                  // of no network: behind the experts, and the norm's behind the branch
  /// max over both branches of |value - sum of its parts| / norm of what the branch adds at this token; absent when a
  /// number is not finite. Of a branch with another mixer nothing is left to compare.
  std::optional<double> sum_error;
};

/// With layers from 0. Errors (usage): a layer, a channel or a token that is not there.
Result<std::vector<WriterPlace>> resolve_places(const Model& model, const std::vector<Sequence>& sequences,
                                                std::vector<WriterPlace> places);

}  // namespace sg
