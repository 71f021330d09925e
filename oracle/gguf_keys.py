"""The metadata of the tiny GGUF files. A key the converter leaves out is written only where its default is wrong."""
import math

import gguf


def _head_dim(c):
    return getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads


def _common(w, c, feed_forward):
    w.add_vocab_size(c.vocab_size)
    w.add_context_length(getattr(c, "max_position_embeddings", c.hidden_size))
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_head_count(c.num_attention_heads)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    w.add_feed_forward_length(feed_forward)


def _scaling(w, rope):
    if rope["rope_type"] == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        w.add_rope_scaling_factor(rope["factor"])
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        w.add_rope_scaling_yarn_beta_fast(rope.get("beta_fast", 32.0))
        w.add_rope_scaling_yarn_beta_slow(rope.get("beta_slow", 1.0))


def _heads(w, c):
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_key_length(_head_dim(c))
    w.add_value_length(_head_dim(c))


def _freq_base_if_unusual(w, theta):
    if theta != 10000:
        w.add_rope_freq_base(theta)


def _llama(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(_head_dim(c))
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    _scaling(w, c.rope_parameters)


def _baichuan(w, c):
    _common(w, c, c.intermediate_size)
    w.add_tensor_data_layout("Meta AI original pth")
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(_head_dim(c))


def _granite(w, c):
    _llama(w, c)
    w.add_attention_scale(c.attention_multiplier)
    w.add_embedding_scale(c.embedding_multiplier)
    w.add_residual_scale(c.residual_multiplier)
    w.add_logit_scale(c.logits_scaling)


def _qwen(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    if c.model_type == "qwen3":
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])


def _olmo(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_eps(1e-5)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    if c.clip_qkv is not None:
        w.add_clamp_kqv(c.clip_qkv)


def _gemma(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    _freq_base_if_unusual(w, c.rope_parameters["rope_theta"])


def _gemma2(w, c):
    _gemma(w, c)
    w.add_attn_logit_softcapping(c.attn_logit_softcapping)
    w.add_final_logit_softcapping(c.final_logit_softcapping)
    w.add_sliding_window(c.sliding_window)


def _gemma3(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_sliding_window(c.sliding_window)
    sliding = [kind == "sliding_attention" for kind in c.layer_types]
    if sliding != [(i + 1) % 6 != 0 for i in range(len(sliding))]:
        w.add_sliding_window_pattern(sliding)
    # No key holds query_pre_attn_scalar: readers take the width of a head, and d_model / n_heads in the 27B.
    assert c.query_pre_attn_scalar == c.head_dim
    if c.final_logit_softcapping:
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    w.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])
    if (local := c.rope_parameters["sliding_attention"]["rope_theta"]) != 10000:
        w.add_rope_freq_base_swa(local)  # files of older converters lack the key, and readers assume 10000
    _scaling(w, c.rope_parameters["full_attention"])


def _rotary_dims(c):
    return int(_head_dim(c) * c.rope_parameters["partial_rotary_factor"])


def _phi(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_attention_heads)
    w.add_layer_norm_eps(c.layer_norm_eps)
    w.add_rope_dimension_count(_rotary_dims(c))
    _freq_base_if_unusual(w, c.rope_parameters["rope_theta"])


def _phi3(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(_rotary_dims(c))
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_scaling_orig_ctx_len(c.original_max_position_embeddings)
    w.add_sliding_window(c.sliding_window or 0)
    if c.rope_parameters["rope_type"] == "longrope":
        stretch = c.max_position_embeddings / c.original_max_position_embeddings
        w.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(stretch) / math.log(c.original_max_position_embeddings)))


def _stablelm(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_eps(c.layer_norm_eps)
    w.add_rope_dimension_count(_rotary_dims(c))
    w.add_parallel_residual(c.use_parallel_residual)
    _freq_base_if_unusual(w, c.rope_parameters["rope_theta"])


def _starcoder2(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_eps(c.norm_epsilon)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])


def _gpt_neox(w, c):
    _common(w, c, c.intermediate_size)
    w.add_rope_dimension_count(_rotary_dims(c))
    w.add_parallel_residual(c.use_parallel_residual)
    w.add_layer_norm_eps(c.layer_norm_eps)
    _freq_base_if_unusual(w, c.rope_parameters["rope_theta"])


def _gpt2(w, c):
    _common(w, c, c.n_inner or 4 * c.hidden_size)
    w.add_layer_norm_eps(c.layer_norm_epsilon)


def _bloom(w, c):
    _common(w, c, 4 * c.hidden_size)
    w.add_head_count_kv(c.num_attention_heads)
    w.add_layer_norm_eps(c.layer_norm_epsilon)


def _falcon(w, c):
    _common(w, c, c.ffn_hidden_size)
    w.add_head_count_kv(c.num_kv_heads if c.new_decoder_architecture or not c.multi_query else 1)
    w.add_layer_norm_eps(c.layer_norm_epsilon)
    w.add_tensor_data_layout("jploski")
    _freq_base_if_unusual(w, c.rope_parameters["rope_theta"])


def _glm(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(_rotary_dims(c))
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])


def _olmo3(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_sliding_window(c.sliding_window)
    w.add_rope_freq_base(c.rope_parameters["full_attention"]["rope_theta"])


def _exaone4(w, c):
    _llama(w, c)
    if c.sliding_window:
        w.add_sliding_window(c.sliding_window)
        w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])


def _nemotron(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_eps(c.norm_eps)
    w.add_rope_dimension_count(_rotary_dims(c))
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])


def _hunyuan(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    rope = c.rope_parameters
    w.add_rope_freq_base(rope["rope_theta"] * rope.get("alpha", 1) ** (c.head_dim / (c.head_dim - 2)))


def _cohere(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_eps(c.layer_norm_eps)
    w.add_logit_scale(c.logit_scale)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_scaling_type(gguf.RopeScalingType.NONE)
    if c.model_type == "cohere2":
        w.add_sliding_window(c.sliding_window)
        w.add_rope_dimension_count(c.hidden_size // c.num_attention_heads)


def _gpt_bigcode(w, c):
    _common(w, c, c.n_inner or 4 * c.hidden_size)
    w.add_head_count_kv(1)
    w.add_layer_norm_eps(c.layer_norm_epsilon)


def _mpt(w, c):
    _common(w, c, 4 * c.hidden_size)
    w.add_context_length(c.max_seq_len)
    w.add_layer_norm_eps(1e-5)
    w.add_max_alibi_bias(c.attn_config.alibi_bias_max)
    if c.attn_config.clip_qkv is not None:
        w.add_clamp_kqv(c.attn_config.clip_qkv)


def _experts(w, c, count, used, width=None):
    w.add_expert_count(count)
    w.add_expert_used_count(used)
    if width:
        w.add_expert_feed_forward_length(width)


def _mixtral(w, c):
    _llama(w, c)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok)


def _qwen_moe(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    if c.model_type == "qwen3_moe":
        w.add_key_length(c.head_dim)
        w.add_value_length(c.head_dim)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    _experts(w, c, c.num_experts, c.num_experts_per_tok, c.moe_intermediate_size)
    if c.model_type == "qwen2_moe":
        w.add_expert_shared_feed_forward_length(c.shared_expert_intermediate_size)


def _olmoe(w, c):
    """llama.cpp leaves the clip of this family out."""
    _qwen(w, c)
    _experts(w, c, c.num_experts, c.num_experts_per_tok)
    if c.clip_qkv is not None:
        w.add_clamp_kqv(c.clip_qkv)


def _gpt_oss(w, c):
    _llama(w, c)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok, c.intermediate_size)
    w.add_sliding_window(c.sliding_window)


def _granitemoe(w, c):
    _granite(w, c)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok)
    if getattr(c, "shared_intermediate_size", 0):
        w.add_expert_shared_feed_forward_length(c.shared_intermediate_size)


def _corrected(w, c):
    """Sigmoid routers with a correction and shared experts."""
    _llama_widths(w, c)
    _experts(w, c, getattr(c, "n_routed_experts", None) or c.num_experts, c.num_experts_per_tok, c.moe_intermediate_size)
    w.add_expert_shared_count(getattr(c, "n_shared_experts", None) or c.num_shared_experts)
    w.add_expert_weights_scale(c.routed_scaling_factor)
    w.add_expert_weights_norm(c.norm_topk_prob)
    w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
    w.add_leading_dense_block_count(c.first_k_dense_replace)
    if c.n_group > 1:
        w.add_expert_group_count(c.n_group)
        w.add_expert_group_used_count(c.topk_group)
    if c.model_type == "exaone_moe":
        w.add_sliding_window(c.sliding_window)
        w.add_sliding_window_pattern([kind == "sliding_attention" for kind in c.layer_types])


def _llama_widths(w, c):
    _common(w, c, c.intermediate_size)
    _heads(w, c)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(int(_head_dim(c) * c.rope_parameters.get("partial_rotary_factor", 1.0)))
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])


def _minimax(w, c):
    _llama_widths(w, c)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok, c.intermediate_size)
    w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)


def _ernie_moe(w, c):
    _llama_widths(w, c)
    _experts(w, c, c.moe_num_experts, c.moe_k, c.moe_intermediate_size)
    w.add_expert_shared_count(c.moe_num_shared_experts)
    if c.moe_num_shared_experts:
        w.add_expert_shared_feed_forward_length(c.moe_num_shared_experts * c.moe_intermediate_size)
    w.add_leading_dense_block_count(c.moe_layer_start_index)
    w.add_interleave_moe_layer_step(c.moe_layer_interval)


def _hunyuan_moe(w, c):
    _hunyuan(w, c)
    _experts(w, c, c.num_experts, c.moe_topk)
    w.add_expert_shared_feed_forward_length(c.intermediate_size)


def _phimoe(w, c):
    _llama_widths(w, c)
    _experts(w, c, c.num_local_experts, c.num_experts_per_tok)


def _deepseek(w, c):
    """Of the form with keys and values by head, whose own key and value sizes are those of the latents."""
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv(1)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_dimension_count(c.qk_rope_head_dim)
    if c.q_lora_rank:
        w.add_q_lora_rank(c.q_lora_rank)
    w.add_kv_lora_rank(c.kv_lora_rank)
    w.add_key_length(c.kv_lora_rank + c.qk_rope_head_dim)
    w.add_value_length(c.kv_lora_rank)
    w.add_key_length_mla(c.qk_nope_head_dim + c.qk_rope_head_dim)
    w.add_value_length_mla(c.v_head_dim)
    _experts(w, c, c.n_routed_experts, c.num_experts_per_tok, c.moe_intermediate_size)
    w.add_expert_shared_count(c.n_shared_experts)
    w.add_expert_weights_scale(c.routed_scaling_factor)
    sigmoid = c.model_type == "deepseek_v3"
    w.add_expert_weights_norm(sigmoid and c.norm_topk_prob)
    w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID if sigmoid else gguf.ExpertGatingFuncType.SOFTMAX)
    w.add_leading_dense_block_count(c.first_k_dense_replace)
    if c.n_group and c.n_group > 1:
        w.add_expert_group_count(c.n_group)
        w.add_expert_group_used_count(c.topk_group)
    _scaling(w, c.rope_parameters)
    if c.rope_parameters["rope_type"] == "yarn":
        w.add_rope_scaling_yarn_log_mul(0.1 * c.rope_parameters["mscale_all_dim"])


def _lfm2(w, c):
    _common(w, c, c.intermediate_size)
    w.add_head_count_kv([c.num_key_value_heads if kind == "full_attention" else 0 for kind in c.layer_types])
    w.add_shortconv_l_cache(c.conv_L_cache)
    w.add_layer_norm_rms_eps(c.norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    if c.model_type == "lfm2_moe":
        _experts(w, c, c.num_experts, c.num_experts_per_tok, c.moe_intermediate_size)
        w.add_leading_dense_block_count(c.num_dense_layers)
        w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)
        if c.routed_scaling_factor != 1.0:  # a key that llama.cpp does not look at here
            w.add_expert_weights_scale(c.routed_scaling_factor)
    else:
        width = int(2 * c.intermediate_size / 3)
        w.add_feed_forward_length(c.block_multiple_of * -(-int(c.block_ffn_dim_multiplier * width) // c.block_multiple_of))


KEYS = {"llama": _llama, "mistral": _llama, "granite": _granite, "qwen2": _qwen, "qwen3": _qwen, "olmo": _olmo,
        "olmo2": _qwen, "gemma": _gemma, "gemma2": _gemma2, "gemma3_text": _gemma3, "apertus": _llama, "phi": _phi,
        "phi3": _phi3, "stablelm": _stablelm, "starcoder2": _starcoder2, "gpt_neox": _gpt_neox, "gpt2": _gpt2,
        "bloom": _bloom, "falcon": _falcon,
        "olmo3": _olmo3, "smollm3": _llama, "glm": _glm, "glm4": _glm, "exaone4": _exaone4, "ernie4_5": _llama,
        "seed_oss": _llama, "arcee": _llama, "nemotron": _nemotron, "hunyuan_v1_dense": _hunyuan, "cohere": _cohere,
        "cohere2": _cohere, "gpt_bigcode": _gpt_bigcode, "mpt": _mpt,
        "mixtral": _mixtral, "qwen2_moe": _qwen_moe, "qwen3_moe": _qwen_moe, "olmoe": _olmoe, "gpt_oss": _gpt_oss,
        "granitemoe": _granitemoe, "granitemoeshared": _granitemoe, "glm4_moe": _corrected, "dots1": _corrected,
        "exaone_moe": _corrected, "minimax_m2": _minimax, "ernie4_5_moe": _ernie_moe, "hunyuan_v1_moe": _hunyuan_moe,
        "phimoe": _phimoe, "deepseek_v2": _deepseek, "deepseek_v3": _deepseek, "lfm2": _lfm2, "lfm2_moe": _lfm2, "exaone": _llama, "internlm2": _llama,
        "baichuan": _baichuan}
