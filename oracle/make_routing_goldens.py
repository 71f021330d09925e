#!/usr/bin/env python3
"""Writes tests/data/golden/<case>/routing.json: where the experts of a stored checkpoint send tokens, in float64.

    python oracle/make_routing_goldens.py                      every case with experts
    python oracle/make_routing_goldens.py mixtral-window       the named ones

The numbers are those of the independent forward (reference.py). The choice and the weights of every layer must be those that
transformers' routers hand to its experts, in float64, to 1e-9 (hooks on the modules, so every family is asked alike).
"""
import argparse
import json
import sys

import float64
import hf
import measurement
import reference
import routing
from make_goldens import GOLDEN

DIGITS = 10
SEQUENCES = 2  # of the golden's: those of 1 and of 7 tokens


def listed(row):
    return {key: value.tolist() if hasattr(value, "tolist") else value for key, value in row.items() if value is not None}


def make(folder, model=None):
    """None for a checkpoint without experts."""
    checkpoint = reference.read(folder)
    golden = json.loads((folder / "golden.json").read_text())
    sequences, worst = [], 0.0
    for sequence in golden["sequences"][:SEQUENCES]:
        rows = routing.of_reference(checkpoint, sequence["ids"])
        if not rows:
            return None
        model = model or float64.to_float64(hf.load(folder))
        with float64.true_float64():
            found = routing.disagreement(rows, routing.of_transformers(model, sequence["ids"]))
        if isinstance(found, str) or not found <= routing.AGREE:
            sys.exit(f"{folder.name}: transformers has {found}")
        worst = max(worst, found)
        sequences.append({"ids": sequence["ids"], "routing": [listed(row) for row in rows]})
    document = {"schema": "streamgauge.routing-golden/1", "case": folder.name, "family": golden["family"],
                "versions": hf.versions(), "transformers_agreement": worst, "sequences": sequences}
    measurement.write(folder / "routing.json", document, DIGITS)
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("case", nargs="*", help="default: all")
    hf.quiet()
    names = parser.parse_args().case or sorted(path.parent.name for path in GOLDEN.glob("*/golden.json"))
    for name in names:
        config = json.loads((GOLDEN / name / "config.json").read_text())
        if config["model_type"] not in reference.FAMILIES or not hasattr(
                reference.FAMILIES[config["model_type"]], "routed"):
            continue
        worst = make(GOLDEN / name)
        print(f"{name}: {'no experts' if worst is None else f'transformers agrees to {worst:.1e}'}", flush=True)


if __name__ == "__main__":
    main()
