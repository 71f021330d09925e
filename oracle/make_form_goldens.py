#!/usr/bin/env python3
"""Writes tests/data/golden/stored-*: tiny checkpoints whose linear layers are stored as quantised ones are published,
the float64 golden of the decoded weights, and the sums of the decoded weights themselves (decoded.json).

    python oracle/make_form_goldens.py              all
    python oracle/make_form_goldens.py llama-awq    the named ones

Reference packages (oracle/packages.py) are used where they are installed: each decoded matrix must equal theirs bit for
bit, and decoded.json says which one it was.
"""
import argparse
import hashlib
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import safetensors.torch
import torch
import transformers

import form_cases
import hf
import make_goldens
import measurement
import packages
import weights


def is_quantised(name, case):
    last = name.removesuffix(".weight").rsplit(".", 1)[-1]
    return name.endswith(case.ends) and ("proj" in last or last == "lm_head" and case.head)


def stored_name(name, part):
    """The name of a part of the layer whose plain weight is `name`."""
    if not name.endswith(".weight"):
        return f"{name}_{part}"  # stacked experts
    return name.removesuffix("weight") + part


def layers_of(name, outputs, maker):
    """What stacked experts of gpt-oss or LLaMA 4 are as linear layers: their names, "{}" being the expert, and which of
    the stack's outputs each has. None of any other tensor."""
    stem, _, last = name.rpartition(".")
    kind, part = ("bias" if last.endswith("_bias") else "weight"), last.removesuffix("_bias")
    halves = slice(0, outputs // 2), slice(outputs // 2, None)
    if stem.endswith(".mlp.experts") and maker == "llm-compressor":
        stem, halves = stem + ".experts", (slice(0, None, 2), slice(1, None, 2))
    elif not stem.endswith((".mlp.experts", ".feed_forward.experts")):
        return None
    parts = {"gate_proj": halves[0], "up_proj": halves[1]} if part == "gate_up_proj" else {part: slice(None)}
    return {f"{stem}.{{}}.{each}.{kind}": taken for each, taken in parts.items()}


def apart(tensors, maker):
    """Stacked experts as linear layers, (outputs x inputs)."""
    made = {}
    for name, tensor in tensors.items():
        layers = layers_of(name, tensor.shape[-1], maker)
        if layers is None:
            made[name] = tensor
            continue
        for e, one in enumerate(tensor):
            for layer, taken in layers.items():
                made[layer.format(e)] = (one[..., taken].T if one.dim() == 2 else one[taken]).contiguous()
    return made


def together(tensors, stacked, maker):
    """What `apart` took apart, in the shapes of `stacked`."""
    made = {}
    for name, like in stacked.items():
        layers = layers_of(name, like.shape[-1], maker)
        if layers is None:
            made[name] = tensors[name]
            continue
        made[name] = torch.empty_like(like)
        for e in range(len(like)):
            for layer, taken in layers.items():
                one = tensors[layer.format(e)]
                made[name][e][..., taken] = one.T if one.dim() == 2 else one
    return made


def same_bits(a, b):
    return a.shape == b.shape and np.array_equal(a.view(np.uint32), b.view(np.uint32))


def quantise(case, tensors):
    """What is stored, the plain tensors that it stands for, and what is to be said of each matrix."""
    rng = np.random.Generator(np.random.PCG64(case.seed + 7))
    stored, plain, sums, used, metadata = {}, {}, {}, set(), {}
    for name, tensor in tensors.items():
        if not is_quantised(name, case):
            stored[name] = plain[name] = tensor
            continue
        shape = tuple(tensor.shape)
        parts = case.form.encode(tensor.numpy(), rng)
        decoded = np.ascontiguousarray(case.form.decode(parts, shape), np.float32)
        reference = packages.decode(case.form, parts, shape)
        if reference is not None:
            used.add(reference[0])
            if not same_bits(reference[1], decoded):
                worst = np.abs(reference[1].reshape(shape) - decoded).max()
                raise SystemExit(f"{case.name}: {name} differs from {reference[0]} by {worst}")
        stored.update({stored_name(name, part): t.contiguous() for part, t in parts.items()})
        if hasattr(case.form, "metadata"):
            metadata |= case.form.metadata(name, parts, shape)
        plain[name] = torch.from_numpy(decoded.copy())
        sums[name] = hashlib.sha256(decoded.tobytes()).hexdigest()
    if metadata:
        plain_said = {name: json.dumps({"_type": "Tensor"}) for name in tensors if name not in metadata}
        metadata = {**metadata, **plain_said, "tensor_names": json.dumps(list(tensors))}
    return stored, plain, {"decoder": sorted(used) or ["oracle/forms.py"], "sha256": sums}, metadata


def make(case):
    target = make_goldens.GOLDEN / f"stored-{case.name}"
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / target.name
        folder.mkdir()
        make_goldens.write_config(folder, case.config)
        model = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(folder),
                                                              dtype=torch.float32)
        weights.fill(model, case.seed)
        tensors = make_goldens.stored_tensors(model)
        stored, plain, sums, metadata = quantise(case, apart(tensors, case.linear_experts) if case.linear_experts else tensors)
        if case.linear_experts:
            plain = together(plain, tensors, case.linear_experts)
        make_goldens.write_safetensors(folder, plain, 1)
        golden = make_goldens.golden(case, folder, torch.float32, "f32")
        measurement.write(folder / "golden.json", golden)
        (folder / "decoded.json").write_text(json.dumps(sums, indent=1) + "\n")
        (folder / "model.safetensors").unlink()
        make_goldens.write_config(folder, {**case.config, **case.says})
        for name, document in case.beside.items():
            (folder / name).write_text(json.dumps(document, indent=2) + "\n")
        safetensors.torch.save_file(stored, folder / "model.safetensors", metadata={"format": "pt", **metadata})
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    size = sum(f.stat().st_size for f in target.rglob("*") if f.is_file())
    print(f"{case.name}: {size / 1e3:.0f} kB, {', '.join(sums['decoder'])}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="default: all")
    names = parser.parse_args().case
    hf.quiet()
    known = {c.name: c for c in form_cases.CASES}
    if unknown := set(names) - set(known):
        sys.exit(f"unknown case {sorted(unknown)}; known: {sorted(known)}")
    for name in names or known:
        make(known[name])


if __name__ == "__main__":
    main()
