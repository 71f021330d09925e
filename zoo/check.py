#!/usr/bin/env python3
"""Checks the pocket zoo with transformers alone: every model loads unchanged, its held-out loss is the one stated,
well under the unigram entropy, the checkpoints of the grokking run reach what metrics.json says, and all of it is small.

    python zoo/check.py             everything, in float32
    python zoo/check.py neox-4 --float64
"""
import argparse
import json
import sys

import torch
import transformers

import grokking
import pocket

LARGEST = 20_000_000  # bytes of the folder
SAME = 1e-3           # nats between the stated loss and the one found now: other machine, other sums
UNDER = 0.75          # of the unigram entropy: what "well under" means here


def check_model(name, dtype):
    stated = pocket.results()[name]
    found = pocket.held_out(name, pocket.ZOO / name, dtype)
    problems = []
    if not abs(found["loss"] - stated["held_out_loss"]) <= SAME:
        problems.append(f"stated {stated['held_out_loss']}")
    if not found["loss"] <= UNDER * found["unigram_entropy"]:
        problems.append(f"not under {UNDER} of the unigram entropy")
    card = (pocket.ZOO / name / "README.md").read_text(encoding="utf-8")
    if f"held-out loss | {stated['held_out_loss']:.3f} " not in card:
        problems.append("the card states another loss")
    print(f"{name:<18}{found['loss']:8.4f} of {found['unigram_entropy']:.4f}   {'; '.join(problems) or 'good'}", flush=True)
    return not problems


def check_grokking():
    rows = json.loads((grokking.FOLDER / "metrics.json").read_text(encoding="utf-8"))["checkpoints"]
    good = len(rows) >= 24 and {row["folder"] for row in rows} == {p.name for p in grokking.FOLDER.glob("step-*")}
    for row in rows:
        found = grokking.measure(grokking.FOLDER / row["folder"])
        same = all(abs(found[key] - row[key]) <= SAME * max(1, abs(row[key])) for key in found)
        good &= same
        if not same:
            print(f"grokking step {row['step']}: found {found}")
    print(f"grokking: {len(rows)} checkpoints, {'good' if good else 'bad'}")
    return good


def check_size():
    size = sum(p.stat().st_size for p in pocket.ZOO.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    print(f"zoo: {size:,} bytes, at most {LARGEST:,}")
    return size <= LARGEST


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="*", help="default: all, and the grokking run")
    parser.add_argument("--float64", action="store_true")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    dtype = torch.float64 if args.float64 else torch.float32
    good = [check_model(name, dtype) for name in args.model or pocket.TABLE["models"]]
    if not args.model:
        good += [check_grokking(), check_size()]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
