"""GGUF files of the tiny models: tensors and metadata as the llama.cpp converter lays them out."""
import gguf
import numpy as np


def rope_parameters(config, layer_type=None):
    """The resolved rope dictionary; transformers 5 has both forms of config.json in this one."""
    rope = config.rope_parameters
    return rope[layer_type] if layer_type else rope


def _head_dim(c):
    return getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads


def _interleave_pairs(w, heads):
    """Row s * d/2 + j of a head moves to row 2j + s."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def _llama_tensors(tensors, c):
    for name, w in tensors.items():
        if ".q_proj." in name:
            w = _interleave_pairs(w, c.num_attention_heads)
        elif ".k_proj." in name:
            w = _interleave_pairs(w, c.num_key_value_heads)
        yield name, w
    rope = rope_parameters(c)
    if rope["rope_type"] == "llama3":
        yield "rope_freqs.weight", llama3_divisors(rope, _head_dim(c))


def llama3_divisors(rope, dim):
    """What inv_freq is divided by, per frequency."""
    inv = 1.0 / rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    wavelength = 2 * np.pi / inv
    original = rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    smooth = np.clip((original / wavelength - low) / (high - low), 0, 1)
    return (1.0 / ((1 - smooth) / factor + smooth)).astype(np.float32)


def _gemma_tensors(tensors, c):
    for name, w in tensors.items():
        yield name, w + np.float32(1) if name.endswith("norm.weight") else w


def _fused_by_head(w, heads):
    """Rows of each head are its q, k, v; all q come first, then all k, then all v."""
    return np.concatenate(list(w.reshape(heads, 3, -1, *w.shape[1:]).swapaxes(0, 1).reshape(3, -1, *w.shape[1:])))


def _split_fused_tensors(tensors, c):
    for name, w in tensors.items():
        yield name, _fused_by_head(w, c.num_attention_heads) if "query_key_value" in name else w


def _common(w, c):
    w.add_vocab_size(c.vocab_size)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_head_count(c.num_attention_heads)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)


def _linear_scaling(w, rope):
    if rope["rope_type"] == "linear":
        w.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        w.add_rope_scaling_factor(rope["factor"])


def _llama_keys(w, c):
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_key_length(_head_dim(c))
    w.add_value_length(_head_dim(c))
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_dimension_count(_head_dim(c))
    w.add_rope_freq_base(rope_parameters(c)["rope_theta"])
    _linear_scaling(w, rope_parameters(c))


def _gemma3_keys(w, c):
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_sliding_window(c.sliding_window)
    sliding = [kind == "sliding_attention" for kind in c.layer_types]
    if sliding != [(i + 1) % 6 != 0 for i in range(len(sliding))]:
        w.add_sliding_window_pattern(sliding)
    if c.query_pre_attn_scalar != c.head_dim:
        w.add_attention_scale(c.query_pre_attn_scalar ** -0.5)
    if c.final_logit_softcapping:
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    w.add_rope_freq_base(rope_parameters(c, "full_attention")["rope_theta"])
    if (local := rope_parameters(c, "sliding_attention")["rope_theta"]) != 10000:
        w.add_rope_freq_base_swa(local)  # files of older converters lack the key, and readers assume 10000
    _linear_scaling(w, rope_parameters(c, "full_attention"))


def _gpt_neox_keys(w, c):
    rope = rope_parameters(c)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_rope_dimension_count(int(_head_dim(c) * rope["partial_rotary_factor"]))
    w.add_parallel_residual(c.use_parallel_residual)
    w.add_layer_norm_eps(c.layer_norm_eps)
    if rope["rope_theta"] != 10000:
        w.add_rope_freq_base(rope["rope_theta"])


# model_type: (architecture, tensors, keys)
FAMILIES = {
    "llama": (gguf.MODEL_ARCH.LLAMA, _llama_tensors, _llama_keys),
    "gemma3_text": (gguf.MODEL_ARCH.GEMMA3, _gemma_tensors, _gemma3_keys),
    "gpt_neox": (gguf.MODEL_ARCH.GPTNEOX, _split_fused_tensors, _gpt_neox_keys),
}


def _gguf_name(name_map, name):
    mapped = name_map.get_name(name, try_suffixes=(".weight", ".bias"))
    return mapped if mapped else name


def export(path, case, config, state):
    """state: {Hugging Face name: float32 array}."""
    arch, transform, keys = FAMILIES[config.model_type]
    split = len(state) // 2 + 1 if case.gguf == "split" else 0
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[arch], split_max_tensors=split)
    writer.add_name(case.name)
    _common(writer, config)
    keys(writer, config)
    name_map = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    for name, value in transform(state, config):
        writer.add_tensor(_gguf_name(name_map, name), np.ascontiguousarray(value, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
