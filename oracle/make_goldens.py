#!/usr/bin/env python3
"""Writes tests/data/golden/<case>: a tiny random checkpoint in every file form, and its float64 golden.

    python oracle/make_goldens.py             all cases
    python oracle/make_goldens.py llama-deep  the named ones
"""
import argparse
import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import safetensors.torch
import torch
import transformers

import cases
import gguf_export
import hf
import measurement
import reference
import renames
import weights

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "golden"
LENGTHS = (1, 7, 41)
ALL_POSITIONS = 7  # logits at every position for this length, at the last one for the others
AGREE = 1e-9
HALF = {"bf16": torch.bfloat16, "f16": torch.float16}


def stored_tensors(model):
    """The state as save_pretrained names it: what a published checkpoint contains."""
    with tempfile.TemporaryDirectory() as tmp:
        model.save_pretrained(tmp)
        return safetensors.torch.load_file(pathlib.Path(tmp) / "model.safetensors")


_MASK_OWNER = {"gpt_neox": "gpt_neox.layers.{}.attention.", "gpt2": "transformer.h.{}.attn.",
               "gptj": "transformer.h.{}.attn.", "gpt_neo": "transformer.h.{}.attn.attention."}


def with_causal_buffers(tensors, config):
    """Tensors that old files carry and that a reader must ignore."""
    size = config.get("max_position_embeddings") or config["n_positions"]
    layers = config.get("num_hidden_layers") or config.get("n_layer") or config["num_layers"]
    extra = {}
    for layer in range(layers):
        path = _MASK_OWNER[config["model_type"]].format(layer)
        extra[path + "bias"] = torch.ones(1, 1, size, size, dtype=torch.bool).tril()
        extra[path + "masked_bias"] = torch.tensor(-1e9)
        if config["model_type"] == "gpt_neox":
            dims = int(config["hidden_size"] // config["num_attention_heads"] * config["rotary_pct"])
            extra[path + "rotary_emb.inv_freq"] = 10000.0 ** -(torch.arange(0, dims, 2) / dims)
    return {**tensors, **extra}


def as_multimodal(config, tensors):
    """The checkpoint of a vision model around this text model: names and configuration as first published."""
    prefixed = {"language_model." + name: tensor for name, tensor in tensors.items()}
    prefixed["vision_tower.vision_model.post_layernorm.weight"] = torch.ones(8)
    prefixed["multi_modal_projector.mm_soft_emb_norm.weight"] = torch.zeros(8)
    outer = {"architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "boi_token_index": 197,
             "eoi_token_index": 198, "image_token_index": 199, "mm_tokens_per_image": 256, "text_config": config,
             "torch_dtype": "float32", "transformers_version": "4.50.0.dev0",
             "vision_config": {"hidden_size": 8, "image_size": 28, "model_type": "siglip_vision_model",
                               "num_attention_heads": 2, "num_hidden_layers": 1, "patch_size": 14}}
    return outer, prefixed


def write_safetensors(folder, tensors, shards):
    metadata = {"format": "pt"}
    names = sorted(tensors)
    if shards == 1:
        safetensors.torch.save_file(tensors, folder / "model.safetensors", metadata=metadata)
        return
    weight_map = {}
    for i in range(shards):
        file = f"model-{i + 1:05d}-of-{shards:05d}.safetensors"
        part = {n: tensors[n] for n in names[i::shards]}
        safetensors.torch.save_file(part, folder / file, metadata=metadata)
        weight_map.update(dict.fromkeys(part, file))
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")


def write_config(folder, config):
    (folder / "config.json").write_text(json.dumps(dict(sorted(config.items())), indent=2) + "\n")


def check_reference(folder, ids, sites, name):
    """The largest difference of any element from reference.py, relative to the largest element of its site."""
    worst = 0.0
    own = reference.forward(reference.read(folder), ids)
    if own.keys() != sites.keys():
        raise SystemExit(f"{name}: sites differ: {sorted(own)} against {sorted(sites)}")
    for site, want in sites.items():
        error = np.abs(own[site] - want).max() / np.abs(want).max()
        if not error <= AGREE:
            raise SystemExit(f"{name}, {len(ids)} tokens: {site} of reference.py differs by {error:.2e}")
        worst = max(worst, error)
    return worst


def golden(case, folder, stored, dtype_name):
    limit = case.ids_below or case.config["vocab_size"]
    rng = np.random.Generator(np.random.PCG64(case.seed + 1000))
    twin = hf.Twin(folder, stored, attention=case.attention, prepare=case.prepare)
    sequences, worst = [], 0.0
    for length in LENGTHS:
        ids = rng.integers(0, limit, length).tolist()
        double = twin(ids)
        worst = max(worst, check_reference(folder, ids, double, f"{case.name} {dtype_name}"))
        sequences.append(measurement.sequence(ids, double, length == ALL_POSITIONS))
    return {"schema": "streamgauge.golden/1", "case": case.name, "family": case.family(),
            "weights": dtype_name, "seed": case.seed, "versions": hf.versions(),
            "reference_agreement": worst, "torch_float32_error": twin.errors, "sequences": sequences}


# Families whose sizes transformers takes from a GGUF file in full; of the others it misses some and fails.
READ_BACK = ("llama", "mistral", "qwen2", "gemma2", "gemma3_text", "bloom")


def check_gguf(folder, family, state):
    """Where transformers reads this architecture from GGUF, its tensors must be the checkpoint's, bit for bit."""
    if family not in READ_BACK:
        return "GGUF"
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file="model.gguf", dtype=torch.float32)
    loaded = model.state_dict()
    for name, want in state.items():
        if not torch.equal(loaded[name], want):
            raise SystemExit(f"{folder.name}: {name} read back from GGUF differs")
    return "GGUF read back by transformers"


def published(case, tensors):
    """The configuration and tensors of the repository's folder, where they differ from the plain ones."""
    if case.multimodal:
        return as_multimodal(case.config, tensors)
    if case.causal_buffers:
        tensors = with_causal_buffers(tensors, case.config)
    if case.renamed:
        return renames.apply(case.renamed, case.config, tensors)
    return case.config, {name.removeprefix(case.strip): tensor for name, tensor in tensors.items()}


def make_float32(case, folder):
    """Config, checkpoint, GGUF and golden; returns the stored tensors and a note about the GGUF."""
    write_config(folder, case.config)
    config = transformers.AutoConfig.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    weights.fill(model, case.seed)
    tensors = stored_tensors(model)
    write_safetensors(folder, tensors, 1)
    measurement.write(folder / "golden.json", golden(case, folder, torch.float32, "f32"))
    note = "no GGUF"
    if case.gguf != "no":
        gguf_export.export(folder / "model.gguf", case, config, {n: t.numpy() for n, t in tensors.items()})
        single = case.gguf == "single"
        note = check_gguf(folder, case.family(), model.state_dict()) if single else "split GGUF"
    (folder / "model.safetensors").unlink()
    final_config, final_tensors = published(case, tensors)
    write_config(folder, final_config)
    write_safetensors(folder, final_tensors, case.shards)
    return tensors, note


def make_half(case, folder, tensors, name, dtype):
    half = folder / name
    half.mkdir()
    key = "dtype" if "dtype" in case.config else "torch_dtype"
    write_config(half, {**case.config, key: str(dtype).removeprefix("torch.")})
    rounded = {n: t.to(dtype) for n, t in tensors.items()}
    write_safetensors(half, rounded, 1)
    measurement.write(folder / f"golden.{name}.json", golden(case, half, dtype, name))
    (half / "model.safetensors").unlink()
    final_config, final_tensors = published(case, rounded)
    if case.renamed:
        write_config(half, {**final_config, key: str(dtype).removeprefix("torch.")})
    write_safetensors(half, final_tensors, 1)


def make(case):
    """Everything is made aside and moved into place when it is complete and proven."""
    target = GOLDEN / case.name
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / case.name
        folder.mkdir()
        tensors, note = make_float32(case, folder)
        for name in case.halves():
            make_half(case, folder, tensors, name, HALF[name])
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(folder, target)
    size = sum(f.stat().st_size for f in target.rglob("*") if f.is_file())
    print(f"{case.name}: {size / 1e3:.0f} kB, {note}", flush=True)


def write_index():
    """tests/data/golden/index.json: what a test loops over."""
    rows = []
    for case in cases.CASES:
        variants = ["f32", *case.halves()]
        file = {"single": "model.gguf", "split": "model-00001-of-00002.gguf", "no": None}[case.gguf]
        rows.append({"case": case.name, "family": case.family(), "variants": variants, "gguf": file})
    lines = ",\n".join(" " + json.dumps(row) for row in rows)
    (GOLDEN / "index.json").write_text("[\n" + lines + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="default: all")
    names = parser.parse_args().case
    hf.quiet()
    known = {c.name: c for c in cases.CASES}
    if unknown := set(names) - set(known):
        sys.exit(f"unknown case {sorted(unknown)}; known: {sorted(known)}")
    for name in names or known:
        make(known[name])
    write_index()


if __name__ == "__main__":
    main()
