// Every key of config.json that transformers reads for a family (oracle/list_config_keys.py) is one that this program
// reads, one that is refused unless it is off, or one that is known to change no number of a forward pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "model/config_check.h"
#include "model/fields.h"

namespace sg {
namespace {

using nlohmann::json;

/// Read by the resolution of windows and rotary embeddings rather than by a family's rows, and what says which part
/// of the file is the model.
const std::set<std::string> kReadElsewhere = {"rope_parameters",
                                              "rope_scaling",
                                              "layer_types",
                                              "attention_layers",
                                              "original_max_position_embeddings",
                                              "text_config",
                                              "no_rope_layers",
                                              "attn_config",
                                              "sliding_window_pattern",
                                              "mlp_only_layers",
                                              "mlp_layer_types",
                                              "topk_method",
                                              "full_attn_idxs",
                                              "attn_layer_indices",
                                              "layers_block_type",
                                              "time_step_limit",
                                              "position_embedding_type",
                                              "mamba_dt_rank",
                                              "time_step_rank",
                                              "hybrid_override_pattern",
                                              "mamba_hidden_act",
                                              "mlp_multipliers",
                                              "ssm_multipliers",
                                              "moe_layers",
                                              "per_layer_config",
                                              "model_max_length",
                                              "z_loss_weight"};

/// No number of a forward pass in evaluation depends on these.
const std::set<std::string> kHarmless = {
    // training
    "attention_dropout", "hidden_dropout", "resid_pdrop", "embd_pdrop", "attn_pdrop", "embed_dropout", "resid_dropout",
    "attn_config.attn_pdrop", "dropout", "layerdrop", "embedding_dropout", "residual_dropout", "initializer_range",
    // what a call returns, how it is stored or cached
    "output_attentions", "output_hidden_states", "return_dict", "use_cache", "dtype", "pad_token_id",
    // classification heads
    "num_labels", "summary_activation", "summary_first_dropout", "summary_last_dropout", "summary_proj_to_labels",
    "summary_type", "summary_use_proj",
    // the same numbers by another way: BLOOM's slices of a tensor-parallel run, GPT-2's order of scaling
    "pretraining_tp", "slow_but_exact", "reorder_and_upcast_attn",
    // other parts of a multimodal file
    "vision_config", "image_token_id"};

bool in_rows(const Family& family, const std::string& key) {
  return std::ranges::any_of(family.config, [&](const ConfigRow& row) {
    return lists(row.hf, key) || row.hf.find("." + key) != std::string_view::npos;
  });
}

TEST(ConfigKeys, EveryKeyThatTheReferenceReadsHasATreatment) {
  json table;
  std::ifstream(SG_TEST_DATA "/model/config_keys.json") >> table;
  std::size_t seen = 0;
  for (const Family* family : all_families()) {
    ASSERT_TRUE(table["families"].contains(family->name)) << family->name << ": run oracle/list_config_keys.py";
    for (const std::string key : table["families"][std::string(family->name)]) {
      // A key that some family reads is looked at wherever it stands (check_foreign_keys).
      const bool looked_at = std::ranges::any_of(all_families(), [&](const Family* f) { return in_rows(*f, key); });
      const bool treated = in_rows(*family, key) || lists(family->unused_keys, key) || kReadElsewhere.contains(key) ||
                           kHarmless.contains(key) || looked_at || is_foreign_switch(key);
      EXPECT_TRUE(treated) << family->name << " reads " << key << ", and nothing here says what becomes of it";
      ++seen;
    }
  }
  EXPECT_GT(seen, 300u);
}

}  // namespace
}  // namespace sg
