"""Families that compute what LLaMA computes under other names: config.json and tensors as they are published.

transformers does not have them; their code, which comes with the models, is LLaMA's arithmetic. The numbers are made with
LLaMA's names, and what is stored has the family's.
"""
import math
import re

import torch

_EXAONE = {"model.embed_tokens": "transformer.wte", "model.norm": "transformer.ln_f"}
_EXAONE_BLOCK = {"input_layernorm": "ln_1", "post_attention_layernorm": "ln_2", "self_attn.o_proj": "attn.attention.out_proj",
                 "self_attn": "attn.attention", "mlp.gate_proj": "mlp.c_fc_0", "mlp.up_proj": "mlp.c_fc_1",
                 "mlp.down_proj": "mlp.c_proj"}
_INTERNLM = {"model.embed_tokens": "model.tok_embeddings", "lm_head": "output"}
_INTERNLM_BLOCK = {"input_layernorm": "attention_norm", "post_attention_layernorm": "ffn_norm",
                   "self_attn.o_proj": "attention.wo", "mlp.gate_proj": "feed_forward.w1", "mlp.up_proj": "feed_forward.w3",
                   "mlp.down_proj": "feed_forward.w2"}


def _renamed(name, outer, block, layers):
    match = re.fullmatch(r"model\.layers\.(\d+)\.(.*)\.(weight|bias)", name)
    if match is None:
        stem, _, last = name.rpartition(".")
        return f"{outer.get(stem, stem)}.{last}"
    inner = match[2]
    for old, new in block.items():
        if inner == old or inner.startswith(old + "."):
            inner = new + inner[len(old):]
            break
    return f"{layers}.{match[1]}.{inner}.{match[3]}"


def _exaone(config, tensors):
    keys = {"num_hidden_layers": "num_layers", "rms_norm_eps": "layer_norm_epsilon", "hidden_act": "activation_function"}
    c = {keys.get(k, k): v for k, v in config.items() if k not in ("attention_bias", "mlp_bias", "pretraining_tp")}
    return c, {_renamed(n, _EXAONE, _EXAONE_BLOCK, "transformer.h"): t for n, t in tensors.items()}


def _internlm2(config, tensors):
    """Queries, keys and values as one matrix: for each key/value head its queries, its key, its value."""
    c = {k: v for k, v in config.items() if k not in ("attention_bias", "mlp_bias", "pretraining_tp")}
    c["bias"] = config.get("attention_bias", False)
    groups = config["num_key_value_heads"]
    out, parts = {}, {}
    for name, tensor in tensors.items():
        match = re.fullmatch(r"model\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)", name)
        if match:
            parts.setdefault((match[1], match[3]), {})[match[2]] = tensor
        else:
            out[_renamed(name, _INTERNLM, _INTERNLM_BLOCK, "model.layers")] = tensor
    for (layer, kind), three in parts.items():
        split = [three[x].reshape(groups, -1, *three[x].shape[1:]) for x in "qkv"]
        whole = torch.cat(split, dim=1)
        out[f"model.layers.{layer}.attention.wqkv.{kind}"] = whole.reshape(-1, *whole.shape[2:]).contiguous()
    return c, out


def _baichuan(config, tensors):
    """Queries, keys and values as one matrix, in thirds."""
    rotates = not config["alibi"]
    kept = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act",
            "rms_norm_eps", "initializer_range", "bos_token_id", "eos_token_id", "pad_token_id", "tie_word_embeddings",
            "torch_dtype", "transformers_version", "use_cache", *(("max_position_embeddings",) if rotates else ()))
    c = {key: config[key] for key in kept}
    if not rotates or config["norm_head"]:
        c["model_max_length"] = config["max_position_embeddings"]
    if config["norm_head"] and not rotates:
        c["z_loss_weight"] = 0
    out = {name: t for name, t in tensors.items() if not re.search(r"\.[qkv]_proj\.", name)}
    for l in range(config["num_hidden_layers"]):
        p = f"model.layers.{l}.self_attn."
        out[p + "W_pack.weight"] = torch.cat([tensors[f"{p}{x}_proj.weight"] for x in "qkv"])
    return c, out


def baichuan_class(config):
    """The first 7B is written with a capital C."""
    return "BaichuanForCausalLM" if config["alibi"] or config["norm_head"] else "BaiChuanForCausalLM"


def as_baichuan(model):
    """LLaMA of transformers with what Baichuan's own code does otherwise."""
    config = model.config
    if config.norm_head:
        with torch.no_grad():
            model.lm_head.weight.copy_(torch.nn.functional.normalize(model.lm_head.weight))
    if not config.alibi:
        return
    heads = config.num_attention_heads
    power = 2 ** int(math.log2(heads))
    slopes = [2.0 ** (-8 * (i + 1) / power) for i in range(power)]
    slopes += [2.0 ** (-4 * (2 * i + 1) / power) for i in range(heads - power)]

    def bias(module, args, kwargs):
        hidden, mask = kwargs["hidden_states"], kwargs["attention_mask"]
        steps = torch.tensor(slopes, dtype=torch.float32)[:, None, None] * torch.arange(hidden.shape[1])
        kwargs["attention_mask"] = (0 if mask is None else mask) + steps[None].to(hidden.dtype)
        cos, sin = kwargs["position_embeddings"]
        kwargs["position_embeddings"] = torch.ones_like(cos), torch.zeros_like(sin)
        return args, kwargs

    for layer in model.model.layers:
        layer.self_attn.register_forward_pre_hook(bias, with_kwargs=True)


FAMILIES = {"exaone": (_exaone, "ExaoneForCausalLM"), "internlm2": (_internlm2, "InternLM2ForCausalLM"),
             "baichuan": (_baichuan, baichuan_class)}


def apply(family, config, tensors):
    change, architecture = FAMILIES[family]
    c, renamed = change(config, tensors)
    name = architecture(config) if callable(architecture) else architecture
    return {**c, "model_type": family, "architectures": [name]}, renamed
