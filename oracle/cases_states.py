"""Cases of state spaces alone, of blocks that add one branch, and of attention beside a state space."""
from case import V4, V5, Case
from cases_2026 import BF16, ROPE

_INFINITE = [0.0, {"__float__": "Infinity"}]


def _family(architecture, model_type, **family):
    base = {"architectures": [architecture], "model_type": model_type, "hidden_size": 24, "vocab_size": 211,
            "num_hidden_layers": 3, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0, "hidden_act": "silu"}
    return lambda form, **keys: {**base, **family, **form, **keys}


_mamba = _family("MambaForCausalLM", "mamba", residual_in_fp32=True, layer_norm_epsilon=1e-5)
MAMBA = [
    Case("mamba-tied", _mamba(V4, state_size=6, conv_kernel=4, expand=2, intermediate_size=48, time_step_rank=3,
                              use_bias=False, use_conv_bias=True), seed=1201, half=BF16),
    Case("mamba-biases", _mamba(V5, state_size=4, conv_kernel=3, expand=3, time_step_rank=2, use_bias=True,
                                use_conv_bias=False, layer_norm_epsilon=1e-6, tie_word_embeddings=False),
         seed=1202, gguf="no"),
]

_falcon_mamba = _family("FalconMambaForCausalLM", "falcon_mamba", residual_in_fp32=True, layer_norm_epsilon=1e-5)
FALCON_MAMBA = [
    Case("falcon-mamba-tied", _falcon_mamba(V4, state_size=6, conv_kernel=4, expand=2, time_step_rank=3,
                                            mixer_rms_eps=1e-6, tie_word_embeddings=True), seed=1203, half=BF16),
    Case("falcon-mamba-biases", _falcon_mamba(V5, num_hidden_layers=2, state_size=3, conv_kernel=2, expand=2,
                                              time_step_rank=4, use_bias=True, mixer_rms_eps=1e-3,
                                              tie_word_embeddings=False), seed=1204, gguf="no"),
    # As published: a width of the recurrence that its factor does not give.
    Case("falcon-mamba-stated-width", _falcon_mamba(V4, state_size=4, conv_kernel=4, expand=16, intermediate_size=40,
                                                    time_step_rank=2, tie_word_embeddings=False), seed=1220),
]

_mamba2 = _family("Mamba2ForCausalLM", "mamba2", layer_norm_epsilon=1e-5, chunk_size=16)
MAMBA2 = [
    Case("mamba2-groups", _mamba2(V5, num_heads=6, head_dim=8, n_groups=2, state_size=5, conv_kernel=4, expand=2,
                                  use_bias=False, use_conv_bias=True, tie_word_embeddings=False,
                                  time_step_limit=_INFINITE), seed=1205, half=BF16),
    Case("mamba2-limits", _mamba2(V4, num_hidden_layers=2, num_heads=4, head_dim=12, n_groups=1, state_size=7,
                                  conv_kernel=3, expand=2, use_bias=True, use_conv_bias=False,
                                  tie_word_embeddings=True, time_step_limit=[0.2, 0.9]), seed=1206, gguf="no"),
]

_nemotron = _family("NemotronHForCausalLM", "nemotron_h", layer_norm_epsilon=1e-5, num_attention_heads=4,
                    num_key_value_heads=2, head_dim=8, intermediate_size=20, ssm_state_size=5, mamba_num_heads=6,
                    mamba_head_dim=4, n_groups=2, conv_kernel=4, chunk_size=16, mlp_hidden_act="relu2",
                    mamba_hidden_act="silu", max_position_embeddings=128, tie_word_embeddings=False)
NEMOTRON_H = [
    Case("nemotron-h-pattern", _nemotron(V4, num_hidden_layers=5, hybrid_override_pattern="M-M*-", use_bias=False,
                                         mlp_bias=False, use_conv_bias=True, expand=2), seed=1207, half=BF16),
    Case("nemotron-h-latent", _nemotron(
        V5, layers_block_type=["linear_attention", "moe", "full_attention", "mlp", "moe"], n_routed_experts=6,
        num_experts_per_tok=3, moe_intermediate_size=8, moe_shared_expert_intermediate_size=12, moe_latent_size=10,
        norm_topk_prob=True, routed_scaling_factor=1.7, mlp_bias=True, use_bias=True, n_groups=3,
        time_step_min=0.3, time_step_limit=_INFINITE), seed=1208, half=BF16, gguf="no"),
    Case("nemotron-h-groups", _nemotron(
        V5, layers_block_type=["mamba", "moe", "attention", "moe"], n_routed_experts=8, num_experts_per_tok=2,
        moe_intermediate_size=8, moe_shared_expert_intermediate_size=12, n_group=4, topk_group=2,
        norm_topk_prob=False, routed_scaling_factor=0.8, use_conv_bias=False), seed=1209),
]

_falcon_h1 = _family("FalconH1ForCausalLM", "falcon_h1", rms_norm_eps=1e-5, num_attention_heads=4,
                     num_key_value_heads=2, intermediate_size=20, mamba_n_heads=4, mamba_d_state=5, mamba_expand=2,
                     max_position_embeddings=128, mamba_chunk_size=16, embedding_multiplier=3.0, key_multiplier=0.6,
                     lm_head_multiplier=0.3, attention_in_multiplier=0.9, attention_out_multiplier=0.7,
                     ssm_in_multiplier=1.2, ssm_out_multiplier=0.5, mlp_multipliers=[0.8, 0.6],
                     ssm_multipliers=[0.9, 0.7, 0.5, 1.3, 1.1])
FALCON_H1 = [
    Case("falcon-h1-plain", _falcon_h1(V4, mamba_d_ssm=32, mamba_n_groups=1, mamba_d_conv=4, mamba_rms_norm=False,
                                       mamba_norm_before_gate=True, mamba_conv_bias=True, attention_bias=False,
                                       mlp_bias=False, projectors_bias=False, rope_theta=1e5,
                                       tie_word_embeddings=False), seed=1210, half=BF16),
    Case("falcon-h1-norm-first", _falcon_h1(
        V5, num_hidden_layers=2, mamba_d_ssm=None, mamba_n_groups=2, mamba_d_conv=3, mamba_rms_norm=True,
        mamba_norm_before_gate=True, mamba_conv_bias=False, mamba_proj_bias=True, attention_bias=True, mlp_bias=True,
        projectors_bias=True, rope_parameters={**ROPE, "rope_theta": 10000.0}, tie_word_embeddings=True,
        time_step_limit=[0.1, 0.8]), seed=1211, gguf="no"),
    Case("falcon-h1-gate-first", _falcon_h1(
        V5, num_hidden_layers=2, mamba_d_ssm=24, mamba_n_groups=2, mamba_d_conv=4, mamba_rms_norm=True,
        mamba_norm_before_gate=False, rope_parameters={**ROPE, "rope_theta": 10000.0}, time_step_limit=_INFINITE,
        tie_word_embeddings=False), seed=1212),
]

_M, _H = "linear_attention", "hybrid"
_zamba2 = _family("Zamba2ForCausalLM", "zamba2", mamba_d_conv=4, mamba_expand=2, chunk_size=16, time_step_min=0.05)
ZAMBA2 = [
    Case("zamba2-one-block", _zamba2(V4, layers_block_type=["mamba", "hybrid", "mamba", "hybrid"], num_hidden_layers=4,
                                     num_mem_blocks=1, use_mem_rope=True, use_shared_attention_adapter=True,
                                     adapter_rank=3, num_attention_heads=4, num_key_value_heads=4, n_mamba_heads=4,
                                     mamba_ngroups=1, mamba_d_state=5, hidden_act="gelu", rms_norm_eps=1e-5,
                                     rope_theta=10000, tie_word_embeddings=True), seed=1213, half=BF16, gguf="no"),
    Case("zamba2-two-blocks", _zamba2(V5, layers_block_type=[_H, _M, _H, _H], num_hidden_layers=4,
                                      num_mem_blocks=2, use_mem_rope=False, use_shared_attention_adapter=False,
                                      intermediate_size=20, adapter_rank=5, num_attention_heads=2, num_key_value_heads=1, n_mamba_heads=8,
                                      mamba_ngroups=2, mamba_d_state=6, hidden_act="gelu", rms_norm_eps=1e-6,
                                      add_bias_linear=True, tie_word_embeddings=True), seed=1217, half=BF16,
         gguf="no"),
    Case("zamba2-untied", _zamba2(V5, layers_block_type=[_M, _H, _H], num_hidden_layers=3, num_mem_blocks=1,  # nothing is tied then
                                  use_mem_rope=True, use_shared_attention_adapter=True, intermediate_size=16, adapter_rank=4,
                                  num_attention_heads=2, num_key_value_heads=2, n_mamba_heads=2, mamba_d_state=4,
                                  hidden_act="silu", rope_parameters={**ROPE, "rope_theta": 500.0},
                                  tie_word_embeddings=False), seed=1215, gguf="no"),
]

CASES = ZAMBA2 + MAMBA + FALCON_MAMBA + MAMBA2 + NEMOTRON_H + FALCON_H1
