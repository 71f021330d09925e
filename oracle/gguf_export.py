"""GGUF files of the tiny models: tensors and metadata as the llama.cpp converter lays them out."""
import re

import gguf
import numpy as np

from gguf_keys_2026 import KEYS

Arch = gguf.MODEL_ARCH


def _interleave_pairs(w, heads):
    """Row s * d/2 + j of a head moves to row 2j + s."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def _plain(tensors, c, writer):
    yield from tensors.items()


def _rope_divisors(c):
    rope = c.rope_parameters
    if rope["rope_type"] == "llama3":
        dim = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
        yield "rope_freqs.weight", llama3_divisors(rope, dim)


def _llama(tensors, c, writer):
    for name, w in tensors.items():
        if ".q_proj." in name:
            w = _interleave_pairs(w, c.num_attention_heads)
        elif ".k_proj." in name:
            w = _interleave_pairs(w, c.num_key_value_heads)
        yield name, w
    yield from _rope_divisors(c)


def _with_divisors(tensors, c, writer):
    yield from tensors.items()
    yield from _rope_divisors(c)


def llama3_divisors(rope, dim):
    """What inv_freq is divided by, per frequency."""
    inv = 1.0 / rope["rope_theta"] ** (np.arange(0, dim, 2) / dim)
    wavelength = 2 * np.pi / inv
    original = rope["original_max_position_embeddings"]
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    smooth = np.clip((original / wavelength - low) / (high - low), 0, 1)
    return (1.0 / ((1 - smooth) / factor + smooth)).astype(np.float32)


def _gemma(tensors, c, writer):
    for name, w in tensors.items():
        yield name, w + np.float32(1) if name.endswith("norm.weight") else w


def _apertus(tensors, c, writer):
    """The activation's scalars are metadata, one number per layer."""
    for name in ("alpha_p", "alpha_n", "beta", "eps"):
        values = [float(np.squeeze(tensors[f"model.layers.{l}.mlp.act_fn.{name}"]))
                  for l in range(c.num_hidden_layers)]
        getattr(writer, f"add_xielu_{name}")(values)
    yield from ((name, w) for name, w in tensors.items() if ".act_fn." not in name)
    yield from _rope_divisors(c)


def _phi3(tensors, c, writer):
    yield from tensors.items()
    if c.rope_parameters["rope_type"] == "longrope":
        for length in ("long", "short"):
            yield f"rope_factors_{length}.weight", np.asarray(c.rope_parameters[f"{length}_factor"], np.float32)


def _stablelm(tensors, c, writer):
    """Norms per head are stacked to [heads, d]."""
    for name, w in tensors.items():
        if ".norms." not in name:
            yield name, w
        elif name.endswith(".norms.0.weight"):
            stem = name.removesuffix(".norms.0.weight")
            heads = c.num_attention_heads if "q_layernorm" in name else c.num_key_value_heads
            yield stem + ".weight", np.stack([tensors[f"{stem}.norms.{j}.weight"] for j in range(heads)])


def _by_head(w, heads):
    """Rows of each head are its q, k, v; all q come first, then all k, then all v."""
    return np.concatenate(list(w.reshape(heads, 3, -1, *w.shape[1:]).swapaxes(0, 1).reshape(3, -1, *w.shape[1:])))


def _split_fused(tensors, c, writer):
    for name, w in tensors.items():
        name = name.removeprefix("transformer.")
        yield name, _by_head(w, c.num_attention_heads) if "query_key_value" in name else w


def _falcon(tensors, c, writer):
    """Rows of each group are its queries, one key, one value; all q come first, then all k, then all v."""
    groups = c.num_kv_heads if c.new_decoder_architecture or not c.multi_query else 1
    per = c.num_attention_heads // groups
    for name, w in tensors.items():
        if "query_key_value" in name:
            parts = w.reshape(groups, per + 2, -1, *w.shape[1:])
            w = np.concatenate([p.reshape(-1, *w.shape[1:]) for p in (parts[:, :per], parts[:, per], parts[:, per + 1])])
        yield name, w


def _gpt2(tensors, c, writer):
    for name, w in tensors.items():
        yield name, w.T if w.ndim == 2 and ".c_" in name else w


_EXPERT = re.compile(r"(.*experts)\.(\d+)\.(\w+)\.weight")


def _stacked(tensors, c, writer):
    """The experts of a layer as one tensor, under the name that its map knows."""
    parts = {}
    for name, w in tensors.items():
        if (match := _EXPERT.fullmatch(name)) is None:
            yield name.replace("mlp.moe_statics.", "mlp.gate."), w
        else:
            parts.setdefault((match[1], match[3]), {})[int(match[2])] = w
    for (stem, part), experts in parts.items():
        yield f"{stem}.{part}.weight", np.stack([experts[e] for e in range(len(experts))])


def _mixtral(tensors, c, writer):
    yield from _stacked(dict(_llama(tensors, c, writer)), c, writer)


def _gpt_oss(tensors, c, writer):
    for name, w in tensors.items():
        w = w.swapaxes(1, 2) if name.endswith(("experts.gate_up_proj", "experts.down_proj")) else w
        stem = name.removesuffix("_bias")
        suffix = ".bias" if stem != name else ".weight"
        if stem.endswith("gate_up_proj"):
            base = stem.removesuffix("gate_up_proj")
            yield base + "gate_proj" + suffix, w[:, 0::2]
            yield base + "up_proj" + suffix, w[:, 1::2]
        elif stem.endswith("experts.down_proj"):
            yield stem + suffix, w
        elif name.endswith(".sinks"):
            yield name + ".weight", w
        else:
            yield name, w


def _granitemoe(tensors, c, writer):
    for name, w in _llama(tensors, c, writer):
        if "input_linear" in name:
            gate, up = np.split(w, 2, axis=-2)
            block = name.split(".")[2]
            kind = "shexp" if "shared_mlp" in name else "exps"
            yield f"blk.{block}.ffn_gate_{kind}.weight", gate
            yield f"blk.{block}.ffn_up_{kind}.weight", up
        else:
            yield name, w


def _corrected(tensors, c, writer):
    for name, w in _stacked(tensors, c, writer):
        if "e_score_correction_bias" in name:
            name, w = f"blk.{name.split('.')[2]}.exp_probs_b.bias", w.reshape(-1)
        yield name, w


def _deepseek(tensors, c, writer):
    """Keys and values by head, the keys' matrix transposed."""
    for name, w in _corrected(tensors, c, writer):
        if "kv_b_proj" in name:
            block = name.split(".")[2]
            parts = w.reshape(c.num_attention_heads, c.qk_nope_head_dim + c.v_head_dim, c.kv_lora_rank)
            yield f"blk.{block}.attn_k_b.weight", parts[:, :c.qk_nope_head_dim].swapaxes(1, 2)
            yield f"blk.{block}.attn_v_b.weight", parts[:, c.qk_nope_head_dim:]
        else:
            yield name, w


_LFM_EXPERTS = re.compile(r"model\.layers\.(\d+)\.feed_forward\.experts\.(w\d)\.weight")
_LFM_PARTS = {"w1": "gate", "w2": "down", "w3": "up"}


def _lfm2(tensors, c, writer):
    """The final norm is named after the embedding; the convolution has no dimension of one."""
    for name, w in _stacked(tensors, c, writer):
        if "conv.conv" in name:
            w = w.squeeze(1)
        if "expert_bias" in name:
            name = f"blk.{name.split('.')[2]}.exp_probs_b.bias"
        if (match := _LFM_EXPERTS.fullmatch(name)) is not None:
            name = f"blk.{match[1]}.ffn_{_LFM_PARTS[match[2]]}_exps.weight"
        yield name, w


_NEMOTRON = {"gate.weight": "ffn_gate_inp.weight", "gate.e_score_correction_bias": "exp_probs_b.bias",
             "experts.up_proj.weight": "ffn_up_exps.weight", "experts.down_proj.weight": "ffn_down_exps.weight",
             "shared_experts.up_proj.weight": "ffn_up_shexp.weight",
             "shared_experts.down_proj.weight": "ffn_down_shexp.weight",
             "fc1_latent_proj.weight": "ffn_latent_down.weight", "fc2_latent_proj.weight": "ffn_latent_up.weight"}
_STATE_NAMES = {"A_log": "ssm_a", "D": "ssm_d", "dt_bias": "ssm_dt.bias", "in_proj.weight": "ssm_in.weight",
                "conv1d.weight": "ssm_conv1d.weight", "conv1d.bias": "ssm_conv1d.bias", "x_proj.weight": "ssm_x.weight",
                "dt_proj.weight": "ssm_dt.weight", "dt_proj.bias": "ssm_dt.bias", "norm.weight": "ssm_norm.weight",
                "out_proj.weight": "ssm_out.weight", "dt_layernorm.weight": "ssm_dt_norm.weight",
                "b_layernorm.weight": "ssm_b_norm.weight", "c_layernorm.weight": "ssm_c_norm.weight"}


def _groups(c):
    return next(getattr(c, key) for key in ("n_groups", "mamba_n_groups", "state_size") if hasattr(c, key))


def _states(tensors, c, writer):
    """Decays themselves; numbers per head as columns, norms by groups as rows."""
    for name, w in _stacked(tensors, c, writer):
        match = re.fullmatch(r"\w+\.layers\.(\d+)\.(?:mixer|mamba)\.(.*)", name)
        inner = match[2] if match else ""
        if inner in _NEMOTRON:
            name = f"blk.{match[1]}.{_NEMOTRON[inner]}"
        elif inner in _STATE_NAMES:
            name = f"blk.{match[1]}.{_STATE_NAMES[inner]}"
            if inner == "A_log":
                w = -np.exp(w)
            if inner in ("A_log", "D") and "dt_bias" in "".join(tensors) and w.ndim == 1:
                w = w[:, None]
            if inner == "conv1d.weight":
                w = w.squeeze(1)
            if inner == "norm.weight":
                w = w.reshape(_groups(c), -1)
        yield name, w


def _falcon_h1(tensors, c, writer):
    """All factors are in the weights."""
    inner, select = c.mamba_d_ssm or c.mamba_expand * c.hidden_size, c.mamba_n_groups * c.mamba_d_state
    parts = np.repeat(c.ssm_multipliers, [inner, inner, select, select, c.mamba_n_heads])[:, None] * c.ssm_in_multiplier
    factors = {"embed_tokens.weight": c.embedding_multiplier, "lm_head.weight": c.lm_head_multiplier,
               "q_proj.weight": c.attention_in_multiplier,
               "k_proj.weight": c.attention_in_multiplier * c.key_multiplier,
               "v_proj.weight": c.attention_in_multiplier, "o_proj.weight": c.attention_out_multiplier,
               "mamba.in_proj.weight": parts, "mamba.out_proj.weight": c.ssm_out_multiplier,
               "gate_proj.weight": c.mlp_multipliers[0], "down_proj.weight": c.mlp_multipliers[1]}
    for name, w in tensors.items():
        for end, factor in factors.items():
            if name.endswith(end):
                tensors = {**tensors, name: (w * factor).astype(np.float32)}
    yield from _states(tensors, c, writer)


def _llama4(tensors, c, writer):
    for name, w in tensors.items():
        if name.endswith("experts.gate_up_proj"):
            gate, up = np.split(w.swapaxes(1, 2), 2, axis=1)
            block = name.split(".")[2]
            yield f"blk.{block}.ffn_gate_exps.weight", gate
            yield f"blk.{block}.ffn_up_exps.weight", up
        elif name.endswith("experts.down_proj"):
            yield f"blk.{name.split('.')[2]}.ffn_down_exps.weight", w.swapaxes(1, 2)
        else:
            yield name, w
    yield from _rope_divisors(c)


def _gemma4(tensors, c, writer):
    """Which frequencies turn is a tensor of divisors; one of 1e30 stops its own."""
    ends = {"router.proj.weight": "ffn_gate_inp.weight", "router.scale": "ffn_gate_inp.scale",
            "router.per_expert_scale": "ffn_down_exps.scale", "experts.gate_up_proj": "ffn_gate_up_exps.weight",
            "experts.down_proj": "ffn_down_exps.weight", "layer_scalar": "layer_output_scale.weight",
            "per_layer_input_gate.weight": "inp_gate.weight", "per_layer_projection.weight": "proj.weight",
            "post_per_layer_input_norm.weight": "post_norm.weight",
            "post_feedforward_layernorm_1.weight": "post_ffw_norm_1.weight",
            "post_feedforward_layernorm_2.weight": "post_ffw_norm_2.weight",
            "pre_feedforward_layernorm_2.weight": "pre_ffw_norm_2.weight"}
    for name, w in tensors.items():
        match = re.fullmatch(r"model\.layers\.(\d+)\.(.*)", name)
        yield (f"blk.{match[1]}.{ends[match[2]]}" if match and match[2] in ends else name), w
    rope, wide = c.rope_parameters["full_attention"], c.per_layer_config["full_attention"].head_dim // 2
    turning = int(rope["partial_rotary_factor"] * 2 * wide // 2)
    yield "rope_freqs.weight", np.asarray([1.0] * turning + [1e30] * (wide - turning), np.float32)


_DELTA = {"A_log": "ssm_a", "dt_bias": "ssm_dt.bias", "conv1d.weight": "ssm_conv1d.weight", "norm.weight": "ssm_norm.weight",
          "out_proj.weight": "ssm_out.weight", "in_proj_qkv.weight": "attn_qkv.weight", "in_proj_z.weight": "attn_gate.weight",
          "in_proj_b.weight": "ssm_beta.weight", "in_proj_a.weight": "ssm_alpha.weight", "in_proj_ba.weight": "ssm_ba.weight"}


def _tiled(w, c, per):
    """Value heads by their place among those of a key head, then by key head."""
    return w.reshape(c.linear_num_key_heads, -1, per, *w.shape[1:]).swapaxes(0, 1).reshape(w.shape)


def _tile_values(inner, w, c):
    keys, wide = 2 * c.linear_num_key_heads * c.linear_key_head_dim, c.linear_value_head_dim
    if inner in ("in_proj_qkv.weight", "conv1d.weight"):
        return np.concatenate([w[:keys], _tiled(w[keys:], c, wide)])
    if inner == "in_proj_z.weight":
        return _tiled(w, c, wide)
    if inner == "out_proj.weight":
        return _tiled(w.T, c, wide).T
    return w if inner == "norm.weight" else _tiled(w, c, 1)


def _delta(tensors, c, writer):
    """Qwen3-Next's projection by key head is taken apart; the others' value heads stand in another order."""
    next_ = c.model_type == "qwen3_next"
    for name, w in _stacked(tensors, c, writer):
        match = re.fullmatch(r"model\.layers\.(\d+)\.linear_attn\.(.*)", name)
        if match is None:
            yield name, w + np.float32(1) if name.endswith("norm.weight") else w
            continue
        block, inner = match.groups()
        if inner == "in_proj_qkvz.weight":
            dk, heads = c.linear_key_head_dim, c.linear_num_key_heads
            values = c.linear_num_value_heads // heads * c.linear_value_head_dim
            parts = np.split(w.reshape(heads, -1, w.shape[1]), [dk, 2 * dk, 2 * dk + values], axis=1)
            q, k, v, z = (part.reshape(-1, w.shape[1]) for part in parts)
            yield f"blk.{block}.attn_qkv.weight", np.concatenate([q, k, v])
            yield f"blk.{block}.attn_gate.weight", z
            continue
        w = w.squeeze(1) if inner == "conv1d.weight" else -np.exp(w) if inner == "A_log" else w
        yield f"blk.{block}.{_DELTA[inner]}", w if next_ else _tile_values(inner, w, c)


def _granite_hybrid(tensors, c, writer):
    """Without experts the shared one is the MLP."""
    for name, w in _states(dict(_granitemoe(tensors, c, writer)), c, writer):
        if "shared_mlp.output_linear" in name:
            name = f"blk.{name.split('.')[2]}.ffn_down_shexp.weight"
        yield name.replace("_shexp", "") if not c.num_local_experts else name, w


FAMILIES = {
    "qwen3_next": (Arch.QWEN3NEXT, _delta), "qwen3_5_text": (Arch.QWEN35, _delta),
    "qwen3_5_moe_text": (Arch.QWEN35MOE, _delta), "granitemoehybrid": (Arch.GRANITE_HYBRID, _granite_hybrid),
    "jamba": (Arch.JAMBA, _states),
    "gemma4_text": (Arch.GEMMA4, _gemma4), "llama4_text": (Arch.LLAMA4, _llama4), "mamba": (Arch.MAMBA, _states), "falcon_mamba": (Arch.MAMBA, _states), "mamba2": (Arch.MAMBA2, _states),
    "nemotron_h": (Arch.NEMOTRON_H, _states), "falcon_h1": (Arch.FALCON_H1, _falcon_h1),
    "llama": (Arch.LLAMA, _llama), "mistral": (Arch.LLAMA, _llama), "granite": (Arch.GRANITE, _llama),
    "olmo": (Arch.OLMO, _llama), "olmo2": (Arch.OLMO2, _plain), "qwen2": (Arch.QWEN2, _plain),
    "qwen3": (Arch.QWEN3, _plain), "gemma": (Arch.GEMMA, _gemma), "gemma2": (Arch.GEMMA2, _gemma),
    "gemma3_text": (Arch.GEMMA3, _gemma), "apertus": (Arch.APERTUS, _apertus), "phi": (Arch.PHI2, _plain),
    "phi3": (Arch.PHI3, _phi3), "stablelm": (Arch.STABLELM, _stablelm), "starcoder2": (Arch.STARCODER2, _plain),
    "gpt_neox": (Arch.GPTNEOX, _split_fused), "bloom": (Arch.BLOOM, _split_fused), "falcon": (Arch.FALCON, _falcon),
    "gpt2": (Arch.GPT2, _gpt2),
    "olmo3": (Arch.OLMO2, _plain), "smollm3": (Arch.SMOLLM3, _llama), "glm": (Arch.CHATGLM, _plain),
    "glm4": (Arch.GLM4, _plain), "exaone4": (Arch.EXAONE4, _with_divisors), "ernie4_5": (Arch.ERNIE4_5, _plain),
    "seed_oss": (Arch.SEED_OSS, _plain), "arcee": (Arch.ARCEE, _llama), "nemotron": (Arch.NEMOTRON, _gemma),
    "hunyuan_v1_dense": (Arch.HUNYUAN_DENSE, _plain), "cohere": (Arch.COMMAND_R, _plain),
    "mixtral": (Arch.LLAMA, _mixtral), "qwen2_moe": (Arch.QWEN2MOE, _stacked), "qwen3_moe": (Arch.QWEN3MOE, _stacked),
    "olmoe": (Arch.OLMOE, _stacked), "gpt_oss": (Arch.GPT_OSS, _gpt_oss), "granitemoe": (Arch.GRANITE_MOE, _granitemoe),
    "granitemoeshared": (Arch.GRANITE_MOE, _granitemoe), "glm4_moe": (Arch.GLM4_MOE, _corrected),
    "dots1": (Arch.DOTS1, _corrected), "exaone_moe": (Arch.EXAONE_MOE, _corrected),
    "minimax_m2": (Arch.MINIMAXM2, _corrected), "ernie4_5_moe": (Arch.ERNIE4_5_MOE, _corrected),
    "hunyuan_v1_moe": (Arch.HUNYUAN_MOE, _stacked), "phimoe": (Arch.PHIMOE, _stacked),
    "deepseek_v2": (Arch.DEEPSEEK2, _deepseek), "deepseek_v3": (Arch.DEEPSEEK2, _deepseek),
    "lfm2": (Arch.LFM2, _lfm2), "lfm2_moe": (Arch.LFM2MOE, _lfm2),
    "exaone": (Arch.EXAONE, _with_divisors), "internlm2": (Arch.INTERNLM2, _llama),
    "baichuan": (Arch.BAICHUAN, _llama),
    "cohere2": (Arch.COHERE2, _plain), "gpt_bigcode": (Arch.STARCODER, _plain), "mpt": (Arch.MPT, _plain),
}


def _gguf_name(name_map, name):
    mapped = name_map.get_name(name, try_suffixes=(".weight", ".bias"))
    return mapped if mapped else name


def export(path, case, config, state):
    """state: {Hugging Face name: float32 array}."""
    arch, transform = FAMILIES[case.family()]
    split = len(state) // 2 + 1 if case.gguf == "split" else 0
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[arch], split_max_tensors=split)
    writer.add_name(case.name)
    KEYS[case.family()](writer, config)
    name_map = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    for name, value in transform(state, config, writer):
        writer.add_tensor(_gguf_name(name_map, name), np.ascontiguousarray(value, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
