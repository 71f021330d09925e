"""The metadata of the tiny GGUF files of state spaces, hybrids, LLaMA 4 and Gemma 4."""
import gguf

import gguf_keys
from gguf_keys import _common, _experts, _granite, _heads, _llama_widths, _rotary_dims


def _state_space(w, c, inner, heads=None, groups=None):
    w.add_ssm_conv_kernel(next(getattr(c, key) for key in ("conv_kernel", "mamba_d_conv") if hasattr(c, key)))
    w.add_ssm_inner_size(inner)
    w.add_ssm_state_size(next(getattr(c, k) for k in ("state_size", "ssm_state_size", "mamba_d_state") if hasattr(c, k)))
    w.add_ssm_time_step_rank(heads or c.time_step_rank)
    if groups:
        w.add_ssm_group_count(groups)


def _mamba(w, c):
    w.add_vocab_size(c.vocab_size)
    w.add_context_length(2 ** 20)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_head_count(0)
    w.add_feed_forward_length(0)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_layer_norm_rms_eps(c.layer_norm_epsilon)
    if c.model_type == "mamba2":
        _state_space(w, c, c.expand * c.hidden_size, c.num_heads, c.n_groups)
    else:
        _state_space(w, c, c.intermediate_size)
        w.add_ssm_dt_b_c_rms(c.model_type == "falcon_mamba")


def _nemotron_h(w, c):
    """Lists say what a layer is: 0 heads or 0 wide where it is something else."""
    kinds = c.layers_block_type
    w.add_vocab_size(c.vocab_size)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(len(kinds))
    w.add_head_count(c.num_attention_heads)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_head_count_kv([c.num_key_value_heads if kind == "full_attention" else 0 for kind in kinds])
    w.add_feed_forward_length([c.intermediate_size if kind == "mlp" else 0 for kind in kinds])
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_layer_norm_rms_eps(c.layer_norm_epsilon)
    _state_space(w, c, c.mamba_num_heads * c.mamba_head_dim, c.mamba_num_heads, c.n_groups)
    if "moe" in kinds:
        _experts(w, c, c.n_routed_experts, c.num_experts_per_tok, c.moe_intermediate_size)
        w.add_expert_shared_count(c.n_shared_experts)
        w.add_expert_shared_feed_forward_length(c.moe_shared_expert_intermediate_size)
        w.add_expert_weights_norm(c.norm_topk_prob)
        w.add_expert_weights_scale(c.routed_scaling_factor)
        w.add_expert_group_count(c.n_group)
        w.add_expert_group_used_count(c.topk_group)


def _falcon_h1(w, c):
    _llama_widths(w, c)
    _state_space(w, c, c.mamba_d_ssm, c.mamba_n_heads, c.mamba_n_groups)


def _llama4(w, c):
    """No key says how long a chunk is, nor the temperature: readers have Scout's constants."""
    _llama_widths(w, c)
    w.add_feed_forward_length(c.intermediate_size_mlp)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok, c.intermediate_size)
    w.add_interleave_moe_layer_step(c.interleave_moe_layer_step)


def _gemma4(w, c):
    kinds, shared = c.layer_types, c.num_kv_shared_layers
    layers = [c.per_layer_config[l] for l in range(c.num_hidden_layers)]
    _common(w, c, [c.intermediate_size * (2 if c.use_double_wide_mlp and l >= len(kinds) - shared else 1)
                   for l in range(len(kinds))])
    w.add_head_count_kv([layer.num_key_value_heads for layer in layers])
    full = c.per_layer_config["full_attention"].head_dim
    w.add_key_length(full)
    w.add_value_length(full)
    w.add_key_length_swa(c.per_layer_config["sliding_attention"].head_dim)
    w.add_value_length_swa(c.per_layer_config["sliding_attention"].head_dim)
    w.add_rope_dimension_count(full)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_sliding_window(c.sliding_window)
    w.add_sliding_window_pattern([kind == "sliding_attention" for kind in kinds])
    w.add_shared_kv_layers(shared)
    w.add_embedding_length_per_layer_input(c.hidden_size_per_layer_input)
    w.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
    w.add_rope_freq_base_swa(c.rope_parameters["sliding_attention"]["rope_theta"])
    if c.final_logit_softcapping:
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    if c.enable_moe_block:
        _experts(w, c, c.num_experts, c.top_k_experts, c.moe_intermediate_size)


def _delta(w, c):
    experts = c.model_type != "qwen3_5_text"
    _common(w, c, c.moe_intermediate_size if c.model_type == "qwen3_5_moe_text" else c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_dimension_count(_rotary_dims(c))
    if sections := c.rope_parameters.get("mrope_section"):
        w.add_rope_dimension_sections([*sections, 0])
    w.add_ssm_conv_kernel(c.linear_conv_kernel_dim)
    w.add_ssm_state_size(c.linear_key_head_dim)
    w.add_ssm_group_count(c.linear_num_key_heads)
    w.add_ssm_time_step_rank(c.linear_num_value_heads)
    w.add_ssm_inner_size(c.linear_num_value_heads * c.linear_value_head_dim)
    w.add_full_attention_interval(4)
    if experts:
        _experts(w, c, c.num_experts, c.num_experts_per_tok, c.moe_intermediate_size)
        w.add_expert_shared_feed_forward_length(c.shared_expert_intermediate_size)


def _kinds(c):
    return [kind in ("attention", "full_attention") for kind in c.layer_types]


def _granite_hybrid(w, c):
    _granite(w, c)
    w.add_head_count_kv([c.num_key_value_heads if attends else 0 for attends in _kinds(c)])
    w.add_rope_scaling_finetuned(c.position_embedding_type == "rope")
    _state_space(w, c, c.mamba_expand * c.hidden_size, c.mamba_n_heads, c.mamba_n_groups)
    if c.num_local_experts:
        _experts(w, c, c.num_local_experts, c.num_experts_per_tok)
        w.add_expert_shared_feed_forward_length(c.shared_intermediate_size)
    else:
        w.add_feed_forward_length(c.shared_intermediate_size)


def _jamba(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv([c.num_key_value_heads if attends else 0 for attends in _kinds(c)])
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    _state_space(w, c, c.mamba_expand * c.hidden_size, c.mamba_dt_rank)
    _experts(w, c, c.num_experts, c.num_experts_per_tok)


KEYS = {**gguf_keys.KEYS, "qwen3_next": _delta, "qwen3_5_text": _delta, "qwen3_5_moe_text": _delta, "granitemoehybrid": _granite_hybrid,
        "jamba": _jamba,
        "gemma4_text": _gemma4, "llama4_text": _llama4, "mamba": _mamba, "falcon_mamba": _mamba, "mamba2": _mamba, "nemotron_h": _nemotron_h, "falcon_h1": _falcon_h1}
