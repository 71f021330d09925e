#!/usr/bin/env python3
"""Writes a LLaMA-shaped checkpoint of random bfloat16 weights, sharded as the Hub's are: what streaming is proved on.

usage: bench/make_checkpoint.py FOLDER [--layers 32] [--width 4096] [--mlp 11008] [--heads 32] [--kv-heads 32]
                                       [--vocab 32000] [--shard-gb 5] [--seed 1]
needs: numpy. The defaults have the shape of LLaMA-2-7B, 13.5 GB. There is no tokenizer: prompts are given as --ids.
"""
import argparse
import json
import pathlib
import struct

import numpy as np

STD = 0.02           # of every matrix, as LLaMA's initialisation
BLOCK = 1 << 24      # random numbers drawn at once; matrices are cut from it at odd places, so that none repeats another


def shapes(a):
    """Tensor name -> shape, in the order of the layers."""
    head = a.width // a.heads
    yield "model.embed_tokens.weight", (a.vocab, a.width)
    for l in range(a.layers):
        p = f"model.layers.{l}."
        yield p + "self_attn.q_proj.weight", (a.heads * head, a.width)
        yield p + "self_attn.k_proj.weight", (a.kv_heads * head, a.width)
        yield p + "self_attn.v_proj.weight", (a.kv_heads * head, a.width)
        yield p + "self_attn.o_proj.weight", (a.width, a.heads * head)
        yield p + "mlp.gate_proj.weight", (a.mlp, a.width)
        yield p + "mlp.up_proj.weight", (a.mlp, a.width)
        yield p + "mlp.down_proj.weight", (a.width, a.mlp)
        yield p + "input_layernorm.weight", (a.width,)
        yield p + "post_attention_layernorm.weight", (a.width,)
    yield "model.norm.weight", (a.width,)
    yield "lm_head.weight", (a.vocab, a.width)


def shards(tensors, limit):
    """Groups of tensors of at most `limit` bytes each, at least one tensor."""
    group, size = [], 0
    for name, shape in tensors:
        bytes_ = 2 * int(np.prod(shape))
        if group and size + bytes_ > limit:
            yield group
            group, size = [], 0
        group.append((name, shape))
        size += bytes_
    yield group


def bfloat16(values):
    """Truncated to bfloat16's bits; random weights need no rounding."""
    return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)


def write_shard(path, group, block, ones, place):
    header, at = {}, 0
    for name, shape in group:
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in group:
            left = int(np.prod(shape))
            if len(shape) == 1:
                ones[:left].tofile(file)
                continue
            while left > 0:
                piece = block[place:place + left]
                piece.tofile(file)
                left -= len(piece)
                place = (place + len(piece) + 7919) % (BLOCK // 2)
    return place, at


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    for name, value in {"layers": 32, "width": 4096, "mlp": 11008, "heads": 32, "kv-heads": 32, "vocab": 32000,
                        "seed": 1}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--shard-gb", type=float, default=5)
    a = parser.parse_args()
    a.folder.mkdir(parents=True, exist_ok=True)
    block = bfloat16(np.random.default_rng(a.seed).standard_normal(BLOCK) * STD)
    ones = bfloat16(np.ones(a.width))
    groups = list(shards(shapes(a), a.shard_gb * 1e9))
    weight_map, total, place = {}, 0, 0
    for i, group in enumerate(groups):
        name = f"model-{i + 1:05d}-of-{len(groups):05d}.safetensors"
        place, size = write_shard(a.folder / name, group, block, ones, place)
        total += size
        weight_map.update({tensor: name for tensor, _ in group})
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (a.folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": a.width,
              "intermediate_size": a.mlp, "num_hidden_layers": a.layers, "num_attention_heads": a.heads,
              "num_key_value_heads": a.kv_heads, "vocab_size": a.vocab, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
              "max_position_embeddings": 4096, "hidden_act": "silu", "tie_word_embeddings": False,
              "torch_dtype": "bfloat16"}
    (a.folder / "config.json").write_text(json.dumps(config, indent=1))
    print(f"{a.folder}: {total / 1e9:.1f} GB in {len(groups)} shards")


if __name__ == "__main__":
    main()
