#!/usr/bin/env python3
"""Writes a checkpoint with experts of random bfloat16 weights, as safetensors of the Hub's layout, as GGUF of the same
bits, and as GGUF with them rounded to Q8_0.

usage: bench/make_experts.py FOLDER mixtral|qwen3_moe [--layers N] [--seed 1]
needs: numpy, gguf. mixtral has Mixtral 8x7B's shape at an eighth of its width and all 32 layers (1.5 GB); qwen3_moe that of
Qwen3 30B-A3B, 128 experts of which 8 are chosen, at a quarter of its width and 16 layers (1.3 GB). FOLDER/BF16.gguf
and Q8_0.gguf are what llama.cpp reads, of which Q8_0 is its fastest type; prompts are given as ids.
"""
import argparse
import json
import pathlib

import gguf
import numpy as np

from make_checkpoint import BLOCK, STD, bfloat16, shards, write_shard

LOUD = 8  # of a router's rows: choices are then clear, as those of a trained router are; a power of two keeps the bits
SHAPES = {
    "mixtral": {"layers": 32, "width": 512, "ffn": 1792, "experts": 8, "chosen": 2, "heads": 4, "kv": 1, "head": 128,
                "theta": 1e6, "eps": 1e-5, "vocab": 32000},
    "qwen3_moe": {"layers": 16, "width": 512, "ffn": 192, "experts": 128, "chosen": 8, "heads": 8, "kv": 1, "head": 128,
                  "theta": 1e6, "eps": 1e-6, "vocab": 32000},
}
NAMES = {"mixtral": ("block_sparse_moe.", "w1", "w3", "w2"), "qwen3_moe": ("mlp.", "gate_proj", "up_proj", "down_proj")}


def config(family, s):
    common = {"model_type": family, "hidden_size": s["width"], "num_hidden_layers": s["layers"], "vocab_size": s["vocab"],
              "num_attention_heads": s["heads"], "num_key_value_heads": s["kv"], "head_dim": s["head"],
              "num_experts_per_tok": s["chosen"], "rms_norm_eps": s["eps"], "rope_theta": s["theta"], "hidden_act": "silu",
              "max_position_embeddings": 4096, "tie_word_embeddings": False, "sliding_window": None,
              "torch_dtype": "bfloat16"}
    if family == "mixtral":
        return {**common, "architectures": ["MixtralForCausalLM"], "num_local_experts": s["experts"],
                "intermediate_size": s["ffn"]}
    return {**common, "architectures": ["Qwen3MoeForCausalLM"], "num_experts": s["experts"], "norm_topk_prob": True,
            "moe_intermediate_size": s["ffn"], "intermediate_size": 4 * s["width"], "decoder_sparse_step": 1,
            "mlp_only_layers": [], "attention_bias": False}


def shapes(family, s):
    """Tensor name -> shape, in the order of the layers."""
    branch, gate, up, down = NAMES[family]
    yield "model.embed_tokens.weight", (s["vocab"], s["width"])
    for layer in range(s["layers"]):
        p = f"model.layers.{layer}."
        for name, heads in (("q", s["heads"]), ("k", s["kv"]), ("v", s["kv"])):
            yield f"{p}self_attn.{name}_proj.weight", (heads * s["head"], s["width"])
        yield p + "self_attn.o_proj.weight", (s["width"], s["heads"] * s["head"])
        if family == "qwen3_moe":
            yield p + "self_attn.q_norm.weight", (s["head"],)
            yield p + "self_attn.k_norm.weight", (s["head"],)
        yield p + branch + "gate.weight", (s["experts"], s["width"])
        for e in range(s["experts"]):
            for name in (gate, up):
                yield f"{p}{branch}experts.{e}.{name}.weight", (s["ffn"], s["width"])
            yield f"{p}{branch}experts.{e}.{down}.weight", (s["width"], s["ffn"])
        yield p + "input_layernorm.weight", (s["width"],)
        yield p + "post_attention_layernorm.weight", (s["width"],)
    yield "model.norm.weight", (s["width"],)
    yield "lm_head.weight", (s["vocab"], s["width"])


class Stored:
    """The tensors of the safetensors file as bfloat16's bits."""

    def __init__(self, path):
        raw = np.memmap(path, np.uint8, "r+")
        size = int.from_bytes(raw[:8].tobytes(), "little")
        self.header, self.data = json.loads(raw[8:8 + size].tobytes()), raw[8 + size:]

    def __call__(self, name):
        begin, end = self.header[name]["data_offsets"]
        return self.data[begin:end].view(np.uint16).reshape(self.header[name]["shape"])


def loud_routers(stored, family, s):
    """In the file: eight times a bfloat16 is three more in its exponent."""
    for layer in range(s["layers"]):
        router = stored(f"model.layers.{layer}.{NAMES[family][0]}gate.weight")
        router[router & 0x7f80 != 0] += LOUD.bit_length() - 1 << 7
    stored.data.flush()


def pairs(rows, heads):
    """Rotated pairs stand side by side in llama.cpp's llama."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def as_float(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


def write_gguf(path, stored, family, s, kind):
    """Matrices in `kind`, "BF16" or "Q8_0", norms and routers in float32."""
    stored_as = gguf.GGMLQuantizationType[kind]
    arch = "llama" if family == "mixtral" else "qwen3moe"
    w = gguf.GGUFWriter(path, arch)
    w.add_block_count(s["layers"]), w.add_context_length(4096), w.add_embedding_length(s["width"])
    w.add_feed_forward_length(s["ffn"]), w.add_head_count(s["heads"]), w.add_head_count_kv(s["kv"])
    w.add_key_length(s["head"]), w.add_value_length(s["head"]), w.add_rope_dimension_count(s["head"])
    w.add_rope_freq_base(s["theta"]), w.add_layer_norm_rms_eps(s["eps"])
    w.add_expert_count(s["experts"]), w.add_expert_used_count(s["chosen"]), w.add_vocab_size(s["vocab"])
    if family == "qwen3_moe":
        w.add_expert_feed_forward_length(s["ffn"])
    w.add_file_type(gguf.LlamaFileType[f"MOSTLY_{kind}"])
    w.add_tokenizer_model("llama")
    w.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(3, s["vocab"])])
    w.add_token_scores([0.0] * s["vocab"])
    w.add_token_types([2, 3, 3] + [1] * (s["vocab"] - 3))

    def matrix(name, bits):
        data = np.ascontiguousarray(bits).view(np.uint8)
        if kind != "BF16":
            data = gguf.quants.quantize(as_float(bits), stored_as)
        w.add_tensor(name, data, raw_dtype=stored_as)

    branch, gate, up, down = NAMES[family]
    matrix("token_embd.weight", stored("model.embed_tokens.weight"))
    matrix("output.weight", stored("lm_head.weight"))
    w.add_tensor("output_norm.weight", as_float(stored("model.norm.weight")))
    for layer in range(s["layers"]):
        p, q = f"model.layers.{layer}.", f"blk.{layer}."
        for short, heads in (("q", s["heads"]), ("k", s["kv"]), ("v", 0)):
            rows = stored(f"{p}self_attn.{short}_proj.weight")
            matrix(f"{q}attn_{short}.weight", pairs(rows, heads) if heads and arch == "llama" else rows)
        matrix(q + "attn_output.weight", stored(p + "self_attn.o_proj.weight"))
        if family == "qwen3_moe":
            for short in "qk":
                w.add_tensor(f"{q}attn_{short}_norm.weight", as_float(stored(f"{p}self_attn.{short}_norm.weight")))
        w.add_tensor(q + "ffn_gate_inp.weight", as_float(stored(p + branch + "gate.weight")))
        for theirs, ours in (("gate", gate), ("up", up), ("down", down)):
            all_experts = np.stack([stored(f"{p}{branch}experts.{e}.{ours}.weight") for e in range(s["experts"])])
            matrix(f"{q}ffn_{theirs}_exps.weight", all_experts)
        w.add_tensor(q + "attn_norm.weight", as_float(stored(p + "input_layernorm.weight")))
        w.add_tensor(q + "ffn_norm.weight", as_float(stored(p + "post_attention_layernorm.weight")))
    w.write_header_to_file(), w.write_kv_data_to_file(), w.write_tensors_to_file(), w.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("family", choices=SHAPES)
    parser.add_argument("--layers", type=int)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    s = {**SHAPES[a.family], **({"layers": a.layers} if a.layers else {})}
    a.folder.mkdir(parents=True, exist_ok=True)
    block = bfloat16(np.random.default_rng(a.seed).standard_normal(BLOCK) * STD)
    (group,) = shards(shapes(a.family, s), float("inf"))
    _, total = write_shard(a.folder / "model.safetensors", group, block, bfloat16(np.ones(s["width"])), 0)
    stored = Stored(a.folder / "model.safetensors")
    loud_routers(stored, a.family, s)
    (a.folder / "config.json").write_text(json.dumps(config(a.family, s), indent=1))
    for kind in ("BF16", "Q8_0"):
        write_gguf(a.folder / f"{kind}.gguf", stored, a.family, s, kind)
    print(f"{a.folder}: {total / 1e9:.2f} GB")


if __name__ == "__main__":
    main()
