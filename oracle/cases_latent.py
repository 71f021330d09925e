"""Cases of the families with latent attention."""
from case import V4, V5, Case
from cases_2026 import BF16, ROPE
from cases_experts import _family

_SIZES = {"kv_lora_rank": 8, "qk_nope_head_dim": 6, "qk_rope_head_dim": 4, "v_head_dim": 5, "moe_intermediate_size": 8,
          "num_key_value_heads": 4, "tie_word_embeddings": False, "num_hidden_layers": 3}


def _yarn(mscale, all_dim):
    return {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 8.0, "beta_fast": 4.0, "beta_slow": 0.5,
            "mscale": mscale, "mscale_all_dim": all_dim, "original_max_position_embeddings": 16}


_v2 = _family("DeepseekV2ForCausalLM", "deepseek_v2", rms_norm_eps=1e-6, **_SIZES)
DEEPSEEK_V2 = [
    Case("deepseek-v2-lite", _v2(
        V4, q_lora_rank=None, n_routed_experts=6, num_experts_per_tok=2, n_shared_experts=2, first_k_dense_replace=1,
        topk_method="greedy", routed_scaling_factor=1.0, n_group=1, topk_group=1, norm_topk_prob=False,
        rope_theta=10000, rope_scaling={k: v for k, v in _yarn(0.707, 0.707).items() if k != "rope_theta"}),
         seed=901, half=BF16),
    Case("deepseek-v2-groups", _v2(
        V5, q_lora_rank=12, n_routed_experts=8, num_experts_per_tok=3, n_shared_experts=1, first_k_dense_replace=0,
        topk_method="group_limited_greedy", routed_scaling_factor=4.0, n_group=4, topk_group=2, norm_topk_prob=True,
        attention_bias=True, rope_parameters={**ROPE, "rope_theta": 20000.0}), seed=902, gguf="no"),
]

_v3 = _family("DeepseekV3ForCausalLM", "deepseek_v3", rms_norm_eps=1e-6, **_SIZES)
DEEPSEEK_V3 = [
    Case("deepseek-v3-yarn", _v3(
        V4, q_lora_rank=12, n_routed_experts=8, num_experts_per_tok=3, n_shared_experts=1, first_k_dense_replace=1,
        routed_scaling_factor=2.5, n_group=4, topk_group=2, norm_topk_prob=True, num_nextn_predict_layers=0,
        rope_theta=10000, rope_scaling={k: v for k, v in _yarn(1.0, 1.0).items() if k != "rope_theta"}),
         seed=903, half=BF16),
    Case("deepseek-v3-halves", _v3(
        V5, q_lora_rank=None, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=2, first_k_dense_replace=2,
        routed_scaling_factor=1.0, n_group=1, topk_group=1, norm_topk_prob=False, rope_interleave=False,
        attention_bias=True, rope_parameters=_yarn(0.5, 1.0)), seed=904, gguf="no"),
]

_lite = _family("Glm4MoeLiteForCausalLM", "glm4_moe_lite", rms_norm_eps=1e-5, **_SIZES)
GLM4_MOE_LITE = [
    Case("glm4-moe-lite-default", _lite(
        V5, q_lora_rank=12, n_routed_experts=6, num_experts_per_tok=2, n_shared_experts=1, routed_scaling_factor=1.8,
        n_group=1, topk_group=1, norm_topk_prob=True, rope_parameters={**ROPE, "rope_theta": 1e6}), seed=905,
         half=BF16, gguf="no"),
    Case("glm4-moe-lite-listed", _lite(
        V5, q_lora_rank=10, n_routed_experts=4, num_experts_per_tok=2, n_shared_experts=1, routed_scaling_factor=1.0,
        mlp_layer_types=["sparse", "dense", "sparse"], rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=906,
         gguf="no"),
]
CASES = DEEPSEEK_V2 + DEEPSEEK_V3 + GLM4_MOE_LITE
