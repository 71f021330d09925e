#!/usr/bin/env python3
"""Writes tests/data/golden/stored-*-gguf-types: GGUF files of llama, qwen3_moe and gpt_oss whose matrices have every block
type between them, and the float64 golden of what the gguf package decodes them to.

The blocks are random bytes beside scales that give weights of ordinary size: no quantiser is needed, and every code of a
type may occur. Run: python oracle/make_gguf_form_goldens.py [CASE...]
"""
import pathlib
import shutil
import sys
import tempfile

import gguf
import numpy as np
import torch
import transformers

import case as cases
import gguf_export
import hf
import make_goldens
import measurement
import weights
from cases_2026 import ROPE
from cases_experts import _gpt_oss, _qwen3_moe
from cases_llama import _llama
from gguf_keys import KEYS

Type = gguf.GGMLQuantizationType
WIDE = ["IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS", "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_XS", "TQ1_0", "TQ2_0", "Q2_K", "Q3_K",
        "Q4_K", "Q5_K", "Q6_K", "Q8_K"]
SMALL = ["MXFP4", "NVFP4", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL"]
# Where a block has float16 scales: of the numbers, and of what is added to or taken from them, in units of the first.
SCALES = {"IQ1_S": (0,), "IQ2_XXS": (0,), "IQ2_XS": (0,), "IQ2_S": (0,), "IQ3_XXS": (0,), "IQ3_S": (0,), "IQ4_XS": (0,),
          "TQ1_0": (52,), "TQ2_0": (64,), "Q2_K": (80, 82, 1.5), "Q3_K": (108,), "Q4_K": (0, 2, 7.5), "Q5_K": (0, 2, 15.5),
          "Q6_K": (208,), "Q4_0": (0,), "Q4_1": (0, 2, -7.5), "Q5_0": (0,), "Q5_1": (0, 2, -15.5), "Q8_0": (0,),
          "IQ4_NL": (0,)}
COMMON = dict(hidden_size=256, num_attention_heads=4, num_key_value_heads=2, head_dim=16, num_hidden_layers=4,
              vocab_size=72, rope_parameters={**ROPE, "rope_theta": 10000.0})
CASES = {
    "stored-llama-gguf-types": (_llama(cases.V5, intermediate_size=64, rms_norm_eps=1e-5, tie_word_embeddings=False,
                                       **COMMON), 1301),
    "stored-qwen3-moe-gguf-types": (_qwen3_moe(cases.V5, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=32,
                                               norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], **COMMON),
                                    1302),
    "stored-gpt-oss-gguf-types": (_gpt_oss(cases.V5, num_local_experts=3, num_experts_per_tok=2, intermediate_size=32,
                                           sliding_window=6, layer_types=["sliding_attention", "full_attention"] * 2,
                                           **COMMON), 1303),
}


def put_half(blocks, offset, value):
    blocks[:, offset:offset + 2] = np.frombuffer(np.float16(value).tobytes(), np.uint8)


def put_scales(name, blocks, scale, rng):
    """Scales of `scale`, where the type has room for them."""
    if name == "MXFP4":
        blocks[:, 0] = 128 + round(np.log2(scale))
    elif name == "NVFP4":
        blocks[:, :4] = rng.integers(0x18, 0x20, (len(blocks), 4))
    elif name == "Q8_K":
        blocks[:, :4] = np.frombuffer(np.float32(scale).tobytes(), np.uint8)
    elif name == "IQ1_M":
        bits = int(np.frombuffer(np.float16(scale).tobytes(), np.uint16)[0])
        for j in range(4):
            blocks[:, 49 + 2 * j] = blocks[:, 49 + 2 * j] & 15 | (bits >> 4 * j & 15) << 4
    else:
        put_half(blocks, SCALES[name][0], scale)
        for offset, factor in [SCALES[name][1:]] if len(SCALES[name]) > 1 else []:
            put_half(blocks, offset, factor * scale)


def decoded(name, blocks):
    if name == "Q8_K":  # which the package does not decode
        return np.ascontiguousarray(blocks[:, :4]).view(np.float32) * blocks[:, 4:260].view(np.int8).astype(np.float32)
    return gguf.quants.dequantize(blocks, Type[name])


def random_blocks(name, shape, size, rng):
    """(stored bytes by rows, what they are), numbers of about the standard deviation `size`."""
    items, block_bytes = gguf.GGML_QUANT_SIZES[Type[name]]
    blocks = rng.integers(0, 256, (int(np.prod(shape)) // items, block_bytes), dtype=np.uint8)
    put_scales(name, blocks, 1.0, rng)
    put_scales(name, blocks, size / decoded(name, blocks).std(), rng)
    return blocks.reshape(*shape[:-1], -1), np.ascontiguousarray(decoded(name, blocks), np.float32).reshape(shape)


def quantise(family, config, state, path, rng):
    """Writes the file; returns the state that it stands for."""
    arch, transform = gguf_export.FAMILIES[family]
    writer = gguf.GGUFWriter(path, gguf.MODEL_ARCH_NAMES[arch])
    KEYS[family](writer, config)
    names = gguf.get_tensor_name_map(arch, config.num_hidden_layers)
    numbers, at = {}, 0  # every element of the checkpoint has a number, which says where it went
    for name, w in state.items():
        numbers[name] = np.arange(at, at + w.size).reshape(w.shape)
        at += w.size
    flat = np.concatenate([w.reshape(-1) for w in state.values()])
    wide, small, used = 0, 0, []
    for name, places in transform(numbers, config, writer):
        stored = gguf_export._gguf_name(names, name)
        w = np.ascontiguousarray(flat[places], np.float32)
        if w.ndim < 2 or "ffn_gate_inp" in stored or w.shape[-1] % 32 != 0:
            writer.add_tensor(stored, w)
            continue
        if stored in ("token_embd.weight", "output.weight"):
            kind = "F16" if stored == "output.weight" else "Q6_K"
        elif w.shape[-1] % 256 == 0:
            kind, wide = WIDE[wide % len(WIDE)], wide + 1
        else:
            while SMALL[small % len(SMALL)] == "NVFP4" and w.shape[-1] % 64 != 0:
                small += 1
            kind, small = SMALL[small % len(SMALL)], small + 1
        if kind == "F16":
            half = w.astype(np.float16)
            writer.add_tensor(stored, half)
            flat[places] = half.astype(np.float32)
        else:
            blocks, made = random_blocks(kind, w.shape, w.std(), rng)
            writer.add_tensor(stored, blocks, raw_dtype=Type[kind])
            flat[places] = made
            used.append(kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert set(WIDE) <= set(used), set(WIDE) - set(used)
    return {name: torch.from_numpy(flat[places].astype(np.float32)) for name, places in numbers.items()}, sorted(set(used))


def make(name, config, seed):
    target = make_goldens.GOLDEN / name
    rng = np.random.Generator(np.random.PCG64(seed))
    case = cases.Case(name, config, seed)
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / name
        folder.mkdir()
        make_goldens.write_config(folder, config)
        read = transformers.AutoConfig.from_pretrained(folder)
        model = transformers.AutoModelForCausalLM.from_config(read, dtype=torch.float32)
        weights.fill(model, seed)
        state = {n: t.numpy() for n, t in make_goldens.stored_tensors(model).items()}
        plain, used = quantise(case.family(), read, state, folder / "model.gguf", rng)
        make_goldens.write_safetensors(folder, plain, 1)
        golden = make_goldens.golden(case, folder, torch.float32, "gguf")
        target.mkdir(exist_ok=True)
        measurement.write(target / "golden.json", golden)
        shutil.copy(folder / "model.gguf", target / "model.gguf")
    size = sum(f.stat().st_size for f in target.iterdir())
    print(f"{name}: {size / 1e3:.0f} kB, {len(used)} types: {' '.join(used)}", flush=True)


def main():
    hf.quiet()
    wanted = sys.argv[1:] or list(CASES)
    if unknown := set(wanted) - set(CASES):
        sys.exit(f"unknown case {sorted(unknown)}; known: {sorted(CASES)}")
    for name in wanted:
        make(name, *CASES[name])


if __name__ == "__main__":
    main()
