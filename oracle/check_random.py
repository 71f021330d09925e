#!/usr/bin/env python3
"""Measures random relatives of the cases with streamgauge and compares every site with transformers in float64.

    python oracle/check_random.py PROGRAM                       one relative of every case
    python oracle/check_random.py PROGRAM --seed 7 mixtral-window deepseek-v3-yarn

A relative has other widths, depths, vocabularies and weights than the case, and its switches. Nothing is stored.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

import cases
import compare
import float64
import hf
import make_goldens
import measurement
import sites
import weights

LENGTHS = (3, 38)
LISTS = ("layer_types", "no_rope_layers", "mlp_layer_types", "attention_types")  # they fix the depth


def relative(config, rng):
    """The configuration with other sizes; what others must divide stays divisible."""
    c = dict(config)
    for key in ("vocab_size",):
        c[key] = int(c[key] + rng.integers(1, 40))
    for key in ("hidden_size", "n_embd", "d_model"):
        if key in c:
            c[key] = int(c[key] * rng.integers(1, 4))
    for key in ("intermediate_size", "moe_intermediate_size", "shared_expert_intermediate_size", "n_inner"):
        if c.get(key) and "ffn_hidden_size" not in c:
            c[key] = int(c[key] + 2 * rng.integers(1, 9))
    if not any(c.get(name) for name in LISTS):
        for key in ("num_hidden_layers", "n_layer", "n_layers", "num_layers"):
            if key in c:
                c[key] = int(c[key] + rng.integers(0, 3))
    if c.get("n_group", 1) in (1, None):
        for key in ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"):
            if c.get(key, 0) > 1:
                c[key] = int(c[key] + rng.integers(0, 5))
    return c


def check(case, program, rng):
    """The name of the first site that differs, or None."""
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / case.name
        folder.mkdir()
        config = relative(case.config, rng)
        make_goldens.write_config(folder, config)
        parsed = transformers.AutoConfig.from_pretrained(folder)
        model = transformers.AutoModelForCausalLM.from_config(parsed, dtype=torch.float32)
        weights.fill(model, int(rng.integers(1 << 30)))
        make_goldens.write_safetensors(folder, make_goldens.stored_tensors(model), 1)
        twin = sites.Recorder(float64.to_float64(hf.load(folder, torch.float32, case.attention)))
        sequences = []
        for length in LENGTHS:
            ids = rng.integers(0, config["vocab_size"], length).tolist()
            with float64.true_float64():
                sequences.append(measurement.sequence(ids, twin(ids), False))
        call = [program, "measure", str(folder), "--json", "-"]
        for sequence in sequences:
            call += ["--ids", ",".join(map(str, sequence["ids"]))]
        run = subprocess.run(call, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return f"exit {run.returncode}: {run.stderr.strip()[-300:]}"
        want = json.loads(measurement.text({"sequences": sequences}, 17))
        table = compare.Table({"stream": 5e-6, "branch": 5e-5, "logits": 5e-5})
        compare.compare(table, json.loads(run.stdout), want, False)
        return table.first


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("case", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_intermixed_args()
    hf.quiet()
    rng = np.random.Generator(np.random.PCG64(args.seed))
    wrong = 0
    for case in cases.CASES:
        if (args.case and case.name not in args.case) or case.multimodal or case.renamed:
            continue
        try:
            first = check(case, args.program, rng)
        except (ValueError, RuntimeError, KeyError) as error:  # sizes that transformers itself refuses
            print(f"{case.name}: no such model: {str(error)[:120]}", flush=True)
            continue
        wrong += first is not None
        print(f"{case.name}: {first or 'all sites agree'}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
