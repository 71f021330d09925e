"""Cases of the families with experts. Routers are far from uniform, so that no choice hangs on rounding."""
from case import V4, V5, Case
from cases_2026 import BF16, ROPE, _config


def _family(architecture, model_type, **family):
    family = {"output_router_logits": False, "router_aux_loss_coef": 0.001, **family}
    return lambda form, **keys: _config(architecture, model_type, form, keys, **family)


_mixtral = _family("MixtralForCausalLM", "mixtral", tie_word_embeddings=False, rms_norm_eps=1e-5)
MIXTRAL = [
    Case("mixtral-two-of-five", _mixtral(V4, num_local_experts=5, num_experts_per_tok=2, intermediate_size=12,
                                         sliding_window=None, rope_theta=1e6, router_jitter_noise=0.0),
         seed=801, half=BF16),
    Case("mixtral-window", _mixtral(V5, num_local_experts=4, num_experts_per_tok=3, intermediate_size=8, head_dim=8,
                                    sliding_window=6, rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=802,
         gguf="no"),
]

_qwen3_moe = _family("Qwen3MoeForCausalLM", "qwen3_moe", tie_word_embeddings=False, rms_norm_eps=1e-6,
                     use_sliding_window=False, sliding_window=None, max_window_layers=2)
QWEN3_MOE = [
    Case("qwen3-moe-normalised", _qwen3_moe(V4, num_experts=7, num_experts_per_tok=3, moe_intermediate_size=8,
                                            head_dim=6, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[],
                                            rope_theta=1e6, rope_scaling=None), seed=803, half=BF16),
    Case("qwen3-moe-dense-layers", _qwen3_moe(
        V5, num_hidden_layers=5, num_local_experts=4, num_experts_per_tok=2, moe_intermediate_size=8,
        norm_topk_prob=False, attention_bias=True, decoder_sparse_step=2, mlp_only_layers=[3], head_dim=4,
        tie_word_embeddings=True, rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=804, gguf="no"),
]

_qwen2_moe = _family("Qwen2MoeForCausalLM", "qwen2_moe", tie_word_embeddings=False, rms_norm_eps=1e-6)
QWEN2_MOE = [
    Case("qwen2-moe-shared", _qwen2_moe(V4, num_experts=6, num_experts_per_tok=4, moe_intermediate_size=8,
                                        shared_expert_intermediate_size=20, norm_topk_prob=False, qkv_bias=True,
                                        decoder_sparse_step=1, use_sliding_window=False, sliding_window=4,
                                        max_window_layers=1, rope_theta=1e6), seed=805, half=BF16),
    Case("qwen2-moe-windows", _qwen2_moe(
        V5, num_hidden_layers=4, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, qkv_bias=False,
        shared_expert_intermediate_size=12, norm_topk_prob=True, decoder_sparse_step=2, mlp_only_layers=None,
        use_sliding_window=True, sliding_window=5, max_window_layers=3,
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=806, gguf="no"),
]

_olmoe = _family("OlmoeForCausalLM", "olmoe", tie_word_embeddings=False, rms_norm_eps=1e-5)
OLMOE = [
    Case("olmoe-plain", _olmoe(V4, num_experts=6, num_experts_per_tok=3, intermediate_size=8, norm_topk_prob=False,
                               num_key_value_heads=4, clip_qkv=None, rope_theta=10000.0), seed=807, half=BF16),
    Case("olmoe-clipped", _olmoe(V5, num_experts=5, num_experts_per_tok=2, intermediate_size=8, norm_topk_prob=True,
                                 clip_qkv=0.8, attention_bias=True, rope_parameters={**ROPE, "rope_theta": 20000.0}),
         seed=808, gguf="no"),
    Case("olmoe-clip-in-gguf", _olmoe(V4, num_experts=5, num_experts_per_tok=2, intermediate_size=8, norm_topk_prob=False,
                                      num_key_value_heads=2, clip_qkv=0.75, rope_theta=10000.0), seed=831),
]

_flex_olmo = _family("FlexOlmoForCausalLM", "flex_olmo", tie_word_embeddings=False, rms_norm_eps=1e-6)
FLEX_OLMO = [
    Case("flex-olmo-plain", _flex_olmo(V5, num_experts=7, num_experts_per_tok=5, intermediate_size=8,
                                       rope_parameters={**ROPE, "rope_theta": 500000.0}), seed=809, half=BF16,
         gguf="no"),
    Case("flex-olmo-normalised", _flex_olmo(V4, num_experts=4, num_experts_per_tok=2, intermediate_size=8,
                                            norm_topk_prob=True, attention_bias=True, rope_theta=10000.0), seed=810,
         gguf="no"),
]

_gpt_oss = _family("GptOssForCausalLM", "gpt_oss", tie_word_embeddings=False, rms_norm_eps=1e-5, attention_bias=True)
GPT_OSS = [
    Case("gpt-oss-yarn", _gpt_oss(
        V4, num_hidden_layers=3, head_dim=8, num_local_experts=5, num_experts_per_tok=2, intermediate_size=10,
        sliding_window=6, swiglu_limit=1.5, rope_theta=150000,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_scaling={"rope_type": "yarn", "factor": 4.0, "beta_fast": 8.0, "beta_slow": 0.5, "truncate": False,
                      "original_max_position_embeddings": 16}), seed=811, half=BF16, gguf="no"),
    Case("gpt-oss-plain-rope", _gpt_oss(
        V5, head_dim=4, num_local_experts=4, num_experts_per_tok=3, intermediate_size=8, sliding_window=5,
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=812),
    Case("gpt-oss-full-first", _gpt_oss(
        V5, head_dim=6, num_local_experts=4, num_experts_per_tok=1, intermediate_size=8, sliding_window=5,
        attention_bias=False, layer_types=["full_attention", "sliding_attention"], swiglu_alpha=1.1,
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=813, gguf="no"),
]

_granitemoe = _family("GraniteMoeForCausalLM", "granitemoe", rms_norm_eps=1e-5)
_granite_shared = _family("GraniteMoeSharedForCausalLM", "granitemoeshared", rms_norm_eps=1e-5)
GRANITEMOE = [
    Case("granitemoe-routed", _granitemoe(
        V4, num_local_experts=5, num_experts_per_tok=2, intermediate_size=8, attention_multiplier=0.2,
        embedding_multiplier=12.0, logits_scaling=6.0, residual_multiplier=0.22, tie_word_embeddings=True,
        rope_theta=10000.0), seed=814, half=BF16),
    Case("granitemoe-shared", _granite_shared(
        V5, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, shared_intermediate_size=12,
        attention_multiplier=0.5, embedding_multiplier=3.0, logits_scaling=0.5, residual_multiplier=0.6,
        tie_word_embeddings=False, rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=815),
]

_glm4_moe = _family("Glm4MoeForCausalLM", "glm4_moe", tie_word_embeddings=False, rms_norm_eps=1e-5, num_hidden_layers=3)
GLM4_MOE = [
    Case("glm4-moe-one-group", _glm4_moe(
        V4, head_dim=8, n_routed_experts=6, num_experts_per_tok=3, moe_intermediate_size=8, n_shared_experts=1,
        routed_scaling_factor=1.5, norm_topk_prob=True, first_k_dense_replace=1, n_group=1, topk_group=1,
        use_qk_norm=True, attention_bias=True, partial_rotary_factor=0.5, rope_theta=1e6), seed=816, half=BF16),
    Case("glm4-moe-groups", _glm4_moe(
        V5, head_dim=4, n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=8, n_shared_experts=2,
        routed_scaling_factor=1.0, norm_topk_prob=False, first_k_dense_replace=2, n_group=4, topk_group=2,
        use_qk_norm=False, rope_parameters={**ROPE, "rope_theta": 10000.0, "partial_rotary_factor": 1.0}), seed=817),
]

_dots1 = _family("Dots1ForCausalLM", "dots1", tie_word_embeddings=False, rms_norm_eps=1e-5, num_hidden_layers=3)
DOTS1 = [
    Case("dots1-shared", _dots1(
        V4, head_dim=6, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8, n_shared_experts=2,
        routed_scaling_factor=2.5, norm_topk_prob=True, first_k_dense_replace=1, n_group=1, topk_group=1,
        sliding_window=None, rope_theta=1e6), seed=818, half=BF16),
    Case("dots1-windows-groups", _dots1(
        V5, head_dim=4, n_routed_experts=6, num_experts_per_tok=2, moe_intermediate_size=8, n_shared_experts=1,
        routed_scaling_factor=1.0, norm_topk_prob=False, first_k_dense_replace=0, n_group=3, topk_group=2,
        sliding_window=5, max_window_layers=1, attention_bias=True, rope_parameters={**ROPE, "rope_theta": 10000.0}),
         seed=819, gguf="no"),
]

_exaone_moe = _family("ExaoneMoeForCausalLM", "exaone_moe", tie_word_embeddings=False, rms_norm_eps=1e-5)
EXAONE_MOE = [
    Case("exaone-moe-windows", _exaone_moe(
        V5, num_hidden_layers=4, num_experts=6, num_experts_per_tok=2, moe_intermediate_size=8, num_shared_experts=1,
        first_k_dense_replace=1, sliding_window=6, sliding_window_pattern=4, routed_scaling_factor=2.5,
        rope_parameters={**ROPE, "rope_theta": 1e6}), seed=820, half=BF16),
    Case("exaone-moe-listed", _exaone_moe(
        V5, num_hidden_layers=3, num_experts=6, num_experts_per_tok=3, moe_intermediate_size=8, num_shared_experts=2,
        mlp_layer_types=["sparse", "dense", "sparse"], sliding_window=5,
        layer_types=["full_attention", "sliding_attention", "full_attention"], norm_topk_prob=False, n_group=3, topk_group=2, routed_scaling_factor=1.0, head_dim=6,
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=821, gguf="no"),
]

_minimax = _family("MiniMaxM2ForCausalLM", "minimax_m2", tie_word_embeddings=False, rms_norm_eps=1e-6)
MINIMAX_M2 = [
    Case("minimax-m2-partial", _minimax(V4, head_dim=8, rotary_dim=4, num_local_experts=6, num_experts_per_tok=3,
                                        intermediate_size=8, rope_theta=5e6, router_jitter_noise=0.0), seed=822,
         half=BF16),
    Case("minimax-m2-full", _minimax(V5, head_dim=6, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8,
                                     rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=823),
]

_ernie_moe = _family("Ernie4_5_MoeForCausalLM", "ernie4_5_moe", rms_norm_eps=1e-5, num_hidden_layers=3)
ERNIE4_5_MOE = [
    Case("ernie4-5-moe-shared", _ernie_moe(
        V4, moe_num_experts=6, moe_k=3, moe_intermediate_size=8, moe_num_shared_experts=2, moe_layer_start_index=1,
        moe_layer_end_index=-1, moe_layer_interval=1, use_bias=False, tie_word_embeddings=True, rope_theta=500000.0),
         seed=824, half=BF16),
    Case("ernie4-5-moe-stated", _ernie_moe(  # as published: GGUF states the shared expert's width too
        V5, num_hidden_layers=4, moe_num_experts=5, moe_k=2, moe_intermediate_size=8, moe_num_shared_experts=2,
        moe_layer_start_index=1, moe_layer_end_index=3, moe_layer_interval=1, use_bias=False, tie_word_embeddings=True,
        rope_parameters={**ROPE, "rope_theta": 500000.0}), seed=832),
    Case("ernie4-5-moe-biases", _ernie_moe(
        V5, num_hidden_layers=4, moe_num_experts=4, moe_k=2, moe_intermediate_size=8, moe_num_shared_experts=1,
        moe_layer_start_index=0, moe_layer_end_index=2, moe_layer_interval=2, use_bias=True, moe_norm_min=0.9,
        tie_word_embeddings=False, rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=825, gguf="no"),
    Case("ernie4-5-moe-none-shared", _ernie_moe(
        V5, num_hidden_layers=2, moe_num_experts=4, moe_k=2, moe_intermediate_size=8, moe_num_shared_experts=0,
        moe_layer_start_index=0, moe_layer_end_index=1, moe_layer_interval=1, tie_word_embeddings=True,
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=826, gguf="no"),
]

_hunyuan_moe = _family("HunYuanMoEV1ForCausalLM", "hunyuan_v1_moe", rms_norm_eps=1e-5)
HUNYUAN_MOE = [
    Case("hunyuan-moe-alpha", _hunyuan_moe(V4, head_dim=8, num_experts=5, moe_topk=2, intermediate_size=12,
                                           tie_word_embeddings=True, rope_theta=10000.0,
                                           rope_scaling={"type": "dynamic", "alpha": 1000.0, "factor": 1.0}),
         seed=827, half=BF16),
    Case("hunyuan-moe-biases", _hunyuan_moe(V5, head_dim=6, num_experts=4, moe_topk=1, intermediate_size=8,
                                            attention_bias=True, tie_word_embeddings=False,
                                            rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=828, gguf="no"),
]

_phimoe = _family("PhimoeForCausalLM", "phimoe", rms_norm_eps=1e-5, tie_word_embeddings=False)
PHIMOE = [
    Case("phimoe-biases", _phimoe(V5, num_local_experts=6, num_experts_per_tok=2, intermediate_size=8,
                                  attention_bias=True, lm_head_bias=True, router_jitter_noise=0.01, sliding_window=None,
                                  rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=829, half=BF16),
    Case("phimoe-longrope", _phimoe(V4, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8,
                                    attention_bias=False, lm_head_bias=False, router_jitter_noise=0.2,
                                    sliding_window=6, rope_theta=10000.0, original_max_position_embeddings=64,
                                    max_position_embeddings=256,
                                    rope_scaling={"type": "longrope", "short_factor": [1.0, 1.1],
                                                  "long_factor": [1.25, 4.5], "short_mscale": 1.1, "long_mscale": 1.3,
                                                  "original_max_position_embeddings": 64}),
         seed=830, gguf="no"),
]

_llama4 = _family("Llama4ForCausalLM", "llama4_text", rms_norm_eps=1e-5, tie_word_embeddings=False, num_hidden_layers=4,
                  head_dim=8, floor_scale=8, attn_scale=0.3, router_jitter_noise=0.0)
LLAMA4 = [
    Case("llama4-chunks", _llama4(
        V4, intermediate_size=8, intermediate_size_mlp=20, num_local_experts=5, num_experts_per_tok=1,
        interleave_moe_layer_step=2, no_rope_layers=[], attention_chunk_size=8, use_qk_norm=True,
        attn_temperature_tuning=True, rope_theta=5e5, rope_scaling=None), seed=861, half=BF16,
         gguf="no"),  # no key of GGUF says how long a chunk is
    Case("llama4-constants", _llama4(
        V4, intermediate_size=8, intermediate_size_mlp=20, num_local_experts=4, num_experts_per_tok=1,
        interleave_moe_layer_step=1, attention_chunk_size=8192, floor_scale=8192, attn_scale=0.1, use_qk_norm=True,
        attn_temperature_tuning=True, rope_theta=5e5, rope_scaling=None), seed=863),
    Case("llama4-named", _llama4(
        V5, intermediate_size=12, intermediate_size_mlp=16, num_local_experts=4, num_experts_per_tok=2,
        moe_layers=[0, 1, 3], no_rope_layers=[0, 1, 1, 0], attention_chunk_size=5, use_qk_norm=False,
        layer_types=["full_attention", "chunked_attention", "chunked_attention", "full_attention"],
        attention_bias=True, attn_temperature_tuning=False,
        rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 4.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 32}), seed=862, gguf="no"),
]

CASES = (MIXTRAL + QWEN3_MOE + QWEN2_MOE + OLMOE + FLEX_OLMO + GPT_OSS + GRANITEMOE + GLM4_MOE + DOTS1 + EXAONE_MOE
         + MINIMAX_M2 + ERNIE4_5_MOE + HUNYUAN_MOE + PHIMOE) + LLAMA4
