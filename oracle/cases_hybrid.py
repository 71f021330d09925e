"""Cases of the families whose layers do not all have attention."""
from case import V4, V5, Case
from cases_2026 import BF16, ROPE
from cases_experts import _family

_DELTA = {"linear_conv_kernel_dim": 4, "linear_key_head_dim": 6, "linear_value_head_dim": 5, "linear_num_key_heads": 2,
          "linear_num_value_heads": 4, "rms_norm_eps": 1e-6, "tie_word_embeddings": False}
_ROTATED = {"partial_rotary_factor": 0.25}

_next = _family("Qwen3NextForCausalLM", "qwen3_next", moe_intermediate_size=8, num_experts=6, num_experts_per_tok=2,
                shared_expert_intermediate_size=12, **_DELTA)
QWEN3_NEXT = [
    Case("qwen3-next-interval", _next(
        V4, num_hidden_layers=3, head_dim=8, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[],
        full_attention_interval=3, rope_theta=1e7, **_ROTATED), seed=1101, half=BF16),
    Case("qwen3-next-listed", _next(
        V5, num_hidden_layers=3, head_dim=8, norm_topk_prob=False, mlp_only_layers=[1], attention_bias=True,
        linear_conv_kernel_dim=3, linear_num_key_heads=1, linear_num_value_heads=3,
        layer_types=["full_attention", "linear_attention", "linear_attention"],
        rope_parameters={**ROPE, "rope_theta": 10000.0, "partial_rotary_factor": 0.5}), seed=1002, gguf="no"),
]

_q35 = _family("Qwen3_5ForCausalLM", "qwen3_5_text", **_DELTA)
_q35_moe = _family("Qwen3_5MoeForCausalLM", "qwen3_5_moe_text", moe_intermediate_size=8, num_experts=6,
                   num_experts_per_tok=3, shared_expert_intermediate_size=12, **_DELTA)
QWEN3_5 = [
    Case("qwen3-5-interval", _q35(V5, num_hidden_layers=4, head_dim=8, full_attention_interval=2, rope_parameters={
        **ROPE, "rope_theta": 1e7, "partial_rotary_factor": 0.25}), seed=1003, half=BF16),
    Case("qwen3-5-biases", _q35(V5, num_hidden_layers=2, head_dim=4, attention_bias=True, tie_word_embeddings=True,
                                layer_types=["linear_attention", "full_attention"], rope_parameters={
        **ROPE, "rope_theta": 10000.0, "partial_rotary_factor": 0.5}), seed=1204, gguf="no"),
    # As published, and of one size of head, which is all that llama.cpp runs.
    Case("qwen3-5-sections", _q35(V5, num_hidden_layers=4, head_dim=8, linear_value_head_dim=6, rope_parameters={
        **ROPE, "rope_theta": 1e6, "partial_rotary_factor": 0.75, "mrope_section": [1, 1, 1],
        "mrope_interleaved": True}), seed=1242),
    Case("qwen3-5-moe-interval", _q35_moe(V5, num_hidden_layers=4, head_dim=8, rope_parameters={
        **ROPE, "rope_theta": 1e7, "partial_rotary_factor": 0.25}), seed=1305, half=BF16),
    Case("qwen3-5-moe-listed", _q35_moe(V5, num_hidden_layers=2, head_dim=4, attention_bias=True, num_experts=4,
                                        num_experts_per_tok=1, linear_conv_kernel_dim=2,
                                        layer_types=["full_attention", "linear_attention"], rope_parameters={
        **ROPE, "rope_theta": 10000.0, "partial_rotary_factor": 1.0}), seed=1006, gguf="no"),
]

_lfm2 = _family("Lfm2ForCausalLM", "lfm2", norm_eps=1e-5)
_lfm2_moe = _family("Lfm2MoeForCausalLM", "lfm2_moe", norm_eps=1e-5, num_experts=6, num_experts_per_tok=3,
                    moe_intermediate_size=8)
LFM2 = [
    Case("lfm2-indexed", _lfm2(V4, num_hidden_layers=4, full_attn_idxs=[1, 3], conv_L_cache=3, conv_bias=False,
                               block_auto_adjust_ff_dim=True, block_ffn_dim_multiplier=1.0, block_multiple_of=8,
                               tie_embedding=True, rope_theta=1e6), seed=1007, half=BF16),
    Case("lfm2-listed", _lfm2(V5, num_hidden_layers=3, layer_types=["conv", "full_attention", "conv"], conv_L_cache=4,
                              conv_bias=True, block_auto_adjust_ff_dim=False, tie_word_embeddings=False,
                              rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=1008, gguf="no"),
    Case("lfm2-moe-corrected", _lfm2_moe(
        V4, num_hidden_layers=4, num_dense_layers=1, layer_types=["conv", "conv", "full_attention", "conv"],
        conv_L_cache=3, conv_bias=False, use_expert_bias=True, norm_topk_prob=True, routed_scaling_factor=1.5,
        tie_embedding=True, rope_theta=1e6), seed=1009, half=BF16),
    Case("lfm2-moe-plain", _lfm2_moe(
        V5, num_hidden_layers=2, num_dense_layers=0, layer_types=["full_attention", "conv"], conv_L_cache=2,
        conv_bias=True, use_expert_bias=False, norm_topk_prob=False, routed_scaling_factor=1.0,
        tie_word_embeddings=False, rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=1010, gguf="no"),
    # As published: weights that nothing scales, which is all that llama.cpp knows of this family.
    Case("lfm2-moe-unscaled", _lfm2_moe(
        V5, num_hidden_layers=5, num_dense_layers=2, conv_L_cache=3, conv_bias=False, use_expert_bias=True,
        norm_topk_prob=True, routed_scaling_factor=1.0, tie_word_embeddings=True,
        layer_types=["conv", "conv", "full_attention", "conv", "full_attention"],
        rope_parameters={**ROPE, "rope_theta": 1e6}), seed=1218),
]

_MAMBA2 = {"mamba_n_heads": 4, "mamba_d_state": 6, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_chunk_size": 16}
_granite = _family("GraniteMoeHybridForCausalLM", "granitemoehybrid", rms_norm_eps=1e-5, attention_multiplier=0.25,
                   embedding_multiplier=6.0, logits_scaling=4.0, residual_multiplier=0.3, **_MAMBA2)
GRANITE = [
    Case("granite-hybrid-experts", _granite(
        V4, num_hidden_layers=4, layer_types=["mamba", "mamba", "attention", "mamba"], num_local_experts=5,
        num_experts_per_tok=2, intermediate_size=8, shared_intermediate_size=12, mamba_d_head=8, mamba_n_groups=2,
        mamba_conv_bias=True, mamba_proj_bias=False, position_embedding_type="nope", tie_word_embeddings=True,
        rope_theta=10000), seed=1011, half=BF16),
    Case("granite-hybrid-dense", _granite(
        V5, num_hidden_layers=3, layer_types=["full_attention", "linear_attention", "full_attention"],
        num_local_experts=0, num_experts_per_tok=1, shared_intermediate_size=20, mamba_d_head=8, mamba_n_groups=1,
        mamba_conv_bias=False, mamba_proj_bias=True, position_embedding_type="rope", tie_word_embeddings=False,
        time_step_limit=[0.1, 0.8], rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=1012, gguf="no"),
]

_bamba = _family("BambaForCausalLM", "bamba", rms_norm_eps=1e-5, **_MAMBA2)
BAMBA = [
    Case("bamba-indexed", _bamba(
        V4, num_hidden_layers=4, attn_layer_indices=[1], mamba_d_head="auto", mamba_n_groups=1, mamba_conv_bias=True,
        mamba_proj_bias=False, attention_bias=False, mlp_bias=False, rope_theta=10000.0, rope_scaling=None,
        tie_word_embeddings=False), seed=1013, half=BF16, gguf="no"),
    Case("bamba-groups", _bamba(
        V5, num_hidden_layers=3, attn_layer_indices=[0, 2], mamba_d_head=8, mamba_n_groups=2, mamba_conv_bias=False,
        mamba_proj_bias=True, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
        rope_parameters={**ROPE, "rope_theta": 20000.0, "partial_rotary_factor": 0.5}), seed=1014, gguf="no"),
]

_jamba = _family("JambaForCausalLM", "jamba", rms_norm_eps=1e-6, mamba_d_state=4, mamba_expand=2, num_experts_per_tok=2,
                 use_mamba_kernels=False)
JAMBA = [
    Case("jamba-experts", _jamba(
        V4, num_hidden_layers=4, attn_layer_period=4, attn_layer_offset=2, expert_layer_period=2,
        expert_layer_offset=1, num_experts=4, mamba_d_conv=4, mamba_dt_rank=3, mamba_conv_bias=True,
        mamba_proj_bias=False, tie_word_embeddings=False), seed=1115, half=BF16),
    Case("jamba-dense", _jamba(
        V5, num_hidden_layers=3, attn_layer_period=2, attn_layer_offset=0, expert_layer_period=2,
        expert_layer_offset=1, num_experts=1, mamba_d_conv=3, mamba_dt_rank="auto", mamba_conv_bias=False,
        mamba_proj_bias=True, tie_word_embeddings=True), seed=1016, gguf="no"),
]

CASES = QWEN3_NEXT + QWEN3_5 + LFM2 + GRANITE + BAMBA + JAMBA
