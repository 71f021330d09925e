#!/usr/bin/env python3
"""How near --precision comes to transformers in that type, and what the type does to gains.

    check_half.py PROGRAM MODEL... [--type bfloat16] [--prompts 12]    models: GGUF files or checkpoint folders
    check_half.py PROGRAM --tiny                                       the first case of every family

For each site the median of |a - b| / b over layers and tokens: ours in the type against transformers in it, ours in
float32 against it, and ours in float32 against ours in the type. Then the share of gains of blocks, |resid_post| /
|resid_pre| of each token, that stand on the other side of 1. Everything on the CPU, eager attention.
"""
import argparse
import json
import pathlib
import subprocess

import numpy as np

import hf
import make_half_goldens
from make_real_goldens import PROMPTS

SITES = ("embed", "attn_out", "mlp_out", "resid_post", "ln_final")


def ours(program, model, precision, ids):
    flags = [x for one in ids for x in ("--ids", ",".join(map(str, one)))]
    run = subprocess.run([program, "measure", str(model), *flags, "--precision", precision, "--logits", "none",
                          "--json", "-", "--quiet"], capture_output=True, text=True, check=True)
    return [sequence["norms"] for sequence in json.loads(run.stdout)["sequences"]]


def numbers(runs, site):
    return np.concatenate([np.ravel(np.array(norms[site], float)) for norms in runs])


def median(a, b, site):
    if site not in a[0] or site not in b[0]:
        return None
    x, y = numbers(a, site), numbers(b, site)
    there = y != 0
    return float(np.median(np.abs(x - y)[there] / y[there])) if there.any() else 0.0


def crossed(a, b):
    """Share of gains on the other side of 1, and how many gains there are."""
    gains = [numbers(runs, "resid_post") / numbers(runs, "resid_pre") for runs in (a, b)]
    return float(np.mean((gains[0] > 1) != (gains[1] > 1))), len(gains[0])


def compare(program, model, precision, ids):
    torchs = make_half_goldens.runs(model, precision, ids)
    half, single = ours(program, model, precision, ids), ours(program, model, "float32", ids)
    rows = {site: (median(half, torchs, site), median(single, torchs, site), median(single, half, site))
            for site in SITES}
    sides = {"ours, transformers": crossed(half, torchs), "float32, transformers": crossed(single, torchs),
             "float32, ours": crossed(single, half)}
    return {site: row for site, row in rows.items() if row[0] is not None}, sides


def show(name, precision, rows, sides):
    print(f"{name} {precision}")
    for site, (near, far, apart) in rows.items():
        print(f"  {site:11} ours {near:.2e}  float32 {far:.2e}  float32 and ours {apart:.2e}")
    for pair, (share, count) in sides.items():
        print(f"  gains on another side of 1: {pair}: {100 * share:.2f}% of {count}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--type", choices=list(make_half_goldens.TYPES), action="append")
    parser.add_argument("--prompts", type=int, default=len(PROMPTS))
    args = parser.parse_args()
    hf.quiet()
    work = [(model, None) for model in args.models]
    if args.tiny:
        work += [(make_half_goldens.GOLDEN / path.stem, [json.loads(path.read_text())["ids"]])
                 for path in sorted(make_half_goldens.OUT.glob("*.json"))]
    for model, ids in work:
        if ids is None:
            tokenizer = hf.tokenizer(model)
            ids = [tokenizer(text)["input_ids"] for _, text in PROMPTS[:args.prompts]]
        for precision in args.type or make_half_goldens.TYPES:
            show(model.name, precision, *compare(args.program, model, precision, ids))


if __name__ == "__main__":
    main()
