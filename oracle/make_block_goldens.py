#!/usr/bin/env python3
"""Writes tests/data/io/blocks.txt: raw blocks of every weight dtype and what the gguf package decodes them to.

Block types and BF16 through gguf.quants.dequantize, F16 and F64 through numpy, FP8 through torch. Blocks are
random bytes; in some of them the float16 scales are replaced by subnormals, infinities, NaN, zeros and the
largest finite value. Run: python3 oracle/make_block_goldens.py OUTPUT
"""
import importlib.metadata
import sys

import gguf
import numpy as np
import torch

SEED = 20260101
PINNED = {"gguf": "0.19.0"}
# Offsets of the float16 scales in each block.
HALVES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0],
}
# Joined later: drawn after the others, so that those keep their bytes. IQ1_M's scale lies in pieces.
LATER = {
    "IQ1_S": [0], "IQ1_M": [], "IQ2_XXS": [0], "IQ2_XS": [0], "IQ2_S": [0], "IQ3_XXS": [0], "IQ3_S": [0],
    "TQ1_0": [52], "TQ2_0": [64], "MXFP4": [], "NVFP4": [],
}
# +-0, subnormals, infinity, a NaN, the largest and the smallest normal float16.
HOSTILE = [0x0000, 0x8000, 0x0001, 0x83FF, 0x7C00, 0xFC00, 0x7E01, 0x7BFF, 0x0400]
ORDINARY_BLOCKS, HOSTILE_BLOCKS = 3, 5


def quantised(name, rng):
    kind = gguf.GGMLQuantizationType[name]
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (ORDINARY_BLOCKS + HOSTILE_BLOCKS, size), dtype=np.uint8)
    for b, block in enumerate(blocks):
        for offset in {**HALVES, **LATER}[name]:
            # Ordinary scales lie in 2^-8..2^-4, as in real models.
            bits = HOSTILE[rng.integers(len(HOSTILE))] if b >= ORDINARY_BLOCKS else int(rng.integers(0x1C00, 0x2C00))
            block[offset:offset + 2] = np.frombuffer(np.uint16(bits).tobytes(), np.uint8)
    return blocks.ravel(), gguf.quants.dequantize(blocks, kind).ravel()


def byte_blocks(rng):
    """Q8_K, which the package does not decode: a float32 scale, 256 bytes, sums of 16 of them that follow from these."""
    blocks = rng.integers(0, 256, (ORDINARY_BLOCKS, 292), dtype=np.uint8)
    blocks[:, :4] = rng.standard_normal(ORDINARY_BLOCKS).astype(np.float32).view(np.uint8).reshape(-1, 4)
    scales = np.ascontiguousarray(blocks[:, :4]).view(np.float32)
    return blocks.ravel(), (scales * blocks[:, 4:260].view(np.int8).astype(np.float32)).ravel()


def plain(name, rng):
    if name.startswith("F8"):
        raw = np.arange(256, dtype=np.uint8)
        kind = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}[name]
        return raw, torch.from_numpy(raw.copy()).view(kind).to(torch.float32).numpy()
    if name == "F64":
        values = np.concatenate([rng.standard_normal(24) * 10.0 ** rng.integers(-50, 50, 24),
                                 [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-46, 1 + 2.0**-24, 3.4028236e38]])
        return values.view(np.uint8), values.astype(np.float32)
    if name == "F32":
        raw = rng.integers(0, 256, 128, dtype=np.uint8)
        return raw, raw.view(np.float32).copy()
    bits = np.concatenate([rng.integers(0, 65536, 48, dtype=np.uint16), np.array(HOSTILE, np.uint16),
                           np.array([0x7F80, 0xFF80, 0x7FC0], np.uint16)])
    raw = bits.view(np.uint8)
    if name == "F16":
        return raw, bits.view(np.float16).astype(np.float32)
    return raw, gguf.quants.dequantize(raw.reshape(-1, 2), gguf.GGMLQuantizationType.BF16).ravel()


def main():
    versions = {name: importlib.metadata.version(name) for name in ("gguf", "numpy", "torch")}
    assert all(versions[name] == wanted for name, wanted in PINNED.items()), (versions, PINNED)
    rng = np.random.default_rng(SEED)
    lines = ["# Made by oracle/make_block_goldens.py with " + ", ".join(f"{n} {v}" for n, v in versions.items())
             + f", seed {SEED}.", "# One line each: dtype, stored bytes as hex, decoded float32 as hex bits."]
    with np.errstate(all="ignore"):
        for name in ["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", *HALVES, *LATER, "Q8_K"]:
            blocks = name in HALVES or name in LATER
            raw, decoded = byte_blocks(rng) if name == "Q8_K" else (quantised if blocks else plain)(name, rng)
            bits = np.ascontiguousarray(decoded, np.float32).view(np.uint32)
            lines.append(f"{name} {raw.tobytes().hex()} " + ",".join(f"{b:x}" for b in bits))
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
