#!/usr/bin/env python3
"""Writes tests/data/golden/power_law.json: the power law that the weightwatcher package itself reports, layer by layer,
for matrices of the tiny models: its analyze() on bias-free linear layers that hold them.

usage: oracle/make_power_law_goldens.py
needs: torch, safetensors, weightwatcher.
"""
import json
import pathlib

import torch
import weightwatcher
from safetensors.torch import load_file

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "golden"
CASES = ("llama-deep", "llama-tied-llama3-rope")
FEWEST = 20  # eigenvalues below which it fits nothing


def matrices(case):
    for name, w in load_file(FOLDER / case / "model.safetensors").items():
        if w.dim() == 2 and min(w.shape) >= FEWEST:
            yield name, w.float()


def analyze(chosen):
    """Its details by tensor."""
    model = torch.nn.Module()
    for i, (_, w) in enumerate(chosen):
        layer = torch.nn.Linear(w.shape[1], w.shape[0], bias=False)
        layer.weight = torch.nn.Parameter(w, requires_grad=False)
        model.add_module(f"m{i}", layer)
    details = weightwatcher.WeightWatcher(model=model).analyze(min_evals=FEWEST, max_N=10**6)
    return {chosen[int(row.longname.lstrip("m"))][0]: row for row in details.itertuples()}


def main():
    golden = {"versions": {"weightwatcher": weightwatcher.__version__, "torch": torch.__version__}, "cases": {}}
    for case in CASES:
        chosen = list(matrices(case))
        golden["cases"][case] = {name: {"alpha": float(row.alpha), "D": float(row.D), "xmin": float(row.xmin)}
                                 for name, row in sorted(analyze(chosen).items()) if row.alpha > 0}
    (FOLDER / "power_law.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
