#!/usr/bin/env python3
"""Decodes every layer of tests/data/golden/stored-* with the reference package of its form and compares the bits with
decoded.json, which the tests hold streamgauge's decoders against; and GGUF's blocks with the gguf package.

    python oracle/check_forms.py        packages: oracle/form_requirements.txt

A form whose package is not installed, or that has none, is named and left out. Exit code 1 when a bit differs.
"""
import collections
import hashlib
import json
import pathlib
import sys

import gguf
import numpy as np
import safetensors.torch
import torch
import transformers

import form_cases
import hf
import make_form_goldens
import packages

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"


def parts_of(case, stored, name):
    """The tensors of one layer by the last part of their names."""
    prefix = name.removesuffix("weight") if name.endswith(".weight") else name + "_"
    return {key.removeprefix(prefix): t for key, t in stored.items()
            if key.startswith(prefix) and not key.endswith("bias")}


def check(case):
    """(package or None, matrices that agree, matrices)."""
    folder = DATA / "golden" / f"stored-{case.name}"
    sums = json.loads((folder / "decoded.json").read_text())["sha256"]
    stored = safetensors.torch.load_file(folder / "model.safetensors")
    package, good = None, 0
    for name, wanted in sums.items():
        parts = parts_of(case, stored, name)
        shape = shape_of(case, name)
        made = packages.decode(case.form, parts, shape)
        if made is None:
            return None, 0, len(sums)
        package = made[0]
        good += hashlib.sha256(made[1].reshape(shape).tobytes()).hexdigest() == wanted
    return package, good, len(sums)


SHAPES = {}


def shape_of(case, name):
    """Of the plain weight: as the model that the configuration describes has it."""
    if case.name not in SHAPES:
        config = transformers.AutoConfig.for_model(case.config["model_type"])
        config = type(config)(**{k: v for k, v in case.config.items() if k not in ("model_type", "architectures")})
        with torch.device("meta"):
            model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
        shapes = {n: tuple(p.shape) for n, p in model.named_parameters()}
        for n, shape in list(shapes.items()):  # experts are stacked in memory, and apart in files
            if case.linear_experts and make_form_goldens.layers_of(n, shape[-1], case.linear_experts) and len(shape) == 3:
                layers = make_form_goldens.layers_of(n, shape[-1], case.linear_experts)
                for layer in layers:
                    one = (shape[2] // len(layers), shape[1])
                    shapes |= {layer.format(e): one for e in range(shape[0])}
            elif n.endswith("experts.gate_up_proj"):
                one = (shape[1] // 2, shape[2])
                for e in range(shape[0]):
                    stem = f"{n.removesuffix('gate_up_proj')}{e}."
                    shapes[stem + "gate_proj.weight"] = shapes[stem + "up_proj.weight"] = one
            elif n.endswith("experts.down_proj"):
                for e in range(shape[0]):
                    shapes[f"{n.removesuffix('down_proj')}{e}.down_proj.weight"] = shape[1:]
        SHAPES[case.name] = shapes
    return SHAPES[case.name][name]


def check_blocks():
    """Per type of blocks.txt that the gguf package decodes: how many numbers agree."""
    agreed, all_numbers, types = 0, 0, []
    for line in (DATA / "io" / "blocks.txt").read_text().splitlines():
        if line.startswith("#") or not line:
            continue
        name, stored, decoded = line.split()
        if name not in gguf.GGMLQuantizationType.__members__ or name in ("F64", "Q8_K"):
            continue
        kind = gguf.GGMLQuantizationType[name]
        raw = np.frombuffer(bytes.fromhex(stored), np.uint8)
        with np.errstate(all="ignore"):
            got = gguf.quants.dequantize(raw.reshape(-1, gguf.GGML_QUANT_SIZES[kind][1]), kind).ravel().astype(np.float32)
        want = np.array([int(bits, 16) for bits in decoded.split(",")], np.uint32)
        same = (got.view(np.uint32) == want) | (np.isnan(got) & np.isnan(want.view(np.float32)))
        agreed, all_numbers = agreed + int(same.sum()), all_numbers + same.size
        types.append(name)
    return agreed, all_numbers, types


def main():
    hf.quiet()
    by_package, left, bad = collections.defaultdict(lambda: [0, 0, []]), [], 0
    for case in form_cases.CASES:
        package, good, count = check(case)
        if package is None:
            left.append(case.name)
            continue
        row = by_package[package]
        row[0], row[1] = row[0] + good, row[1] + count
        row[2].append(case.name)
        if good != count:
            bad += 1
            print(f"{case.name}: {count - good} of {count} matrices differ from {package}")
    for package, (good, count, names) in sorted(by_package.items()):
        print(f"{package}: {good} of {count} matrices equal bit for bit, in {len(names)} checkpoints: {' '.join(names)}")
    agreed, numbers, types = check_blocks()
    print(f"gguf: {agreed} of {numbers} numbers equal bit for bit, {len(types)} types: {' '.join(types)}")
    print(f"no package for: {' '.join(left)}")
    sys.exit(1 if bad or agreed != numbers else 0)


if __name__ == "__main__":
    main()
