#!/usr/bin/env python3
"""Compares `streamgauge weights` with references that owe nothing to it, on real GGUF models:
float64 numpy for the norms and all singular values, and the weightwatcher package's own fit for the power law.

usage: oracle/check_weights.py PROGRAM MODEL.gguf [--matrices N] [--weightwatcher]
needs: numpy, gguf; weightwatcher for its flag. Prints one line per quantity and fails when one is off.
"""
import argparse
import json
import subprocess
import sys

import gguf
import numpy as np

EXACT = 1e-12     # relative; both sides sum in double
SPECTRUM = 1e-12  # absolute, relative to the largest singular value
ALPHA = 1e-6      # both fits minimise over the same candidates; the singular values differ in their last digits


def tensors(path):
    """Every matrix of the file as float64 of its float32 values, by name."""
    for tensor in gguf.GGUFReader(path).tensors:
        if len(tensor.shape) == 2:
            yield tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float64)


def reference(w):
    rows = np.sqrt((w * w).sum(axis=1))
    s = np.linalg.svd(w, compute_uv=False)
    size = np.abs(w)
    return {
        "frobenius_norm": np.sqrt((w * w).sum()), "spectral_norm": s[0],
        "mean_row_norm": rows.mean(), "std_row_norm": rows.std(ddof=1), "max_row_norm": rows.max(),
        "min_row_norm": rows.min(), "mean_abs": size.mean(), "std_abs": size.std(ddof=1),
        "stable_rank": (w * w).sum() / s[0] ** 2, "singular_values": s,
    }


def power_law(singular_values):
    """WeightWatcher's fit of the eigenvalues above its threshold."""
    from weightwatcher.WW_powerlaw import WWFit
    from weightwatcher.constants import EVALS_THRESH
    evals = np.sort(singular_values ** 2)
    return WWFit(evals[evals > EVALS_THRESH])


class Checks:
    def __init__(self):
        self.failed = 0
        self.worst = {}

    def near(self, what, got, want, tolerance):
        error = abs(got - want)
        if not error <= tolerance:
            self.failed += 1
            print(f"{what}: got {got!r}, reference {want!r}, off by {error:.3g}, allowed {tolerance:.3g}")
        key = what.split(" ")[-1]
        self.worst[key] = max(self.worst.get(key, 0.0), error / tolerance)


def check_matrix(checks, row, w, with_weightwatcher):
    want = reference(w)
    for key, value in want.items():
        if key not in ("singular_values", "spectral_norm", "stable_rank"):
            checks.near(f"{row['tensor']} {key}", row[key], value, EXACT * value * 10)
    checks.near(f"{row['tensor']} spectral_norm", row["spectral_norm"], want["spectral_norm"],
                row["spectral_norm_error"])
    s = np.array(row["spectrum"]["singular_values"])
    checks.near(f"{row['tensor']} singular_values", np.abs(s - want["singular_values"]).max(), 0.0, SPECTRUM * s[0])
    if with_weightwatcher and row["spectrum"]["power_law"] is not None:
        fit = power_law(want["singular_values"])
        law = row["spectrum"]["power_law"]
        checks.near(f"{row['tensor']} alpha", law["alpha"], fit.alpha, ALPHA * fit.alpha)
        checks.near(f"{row['tensor']} D", law["D"], fit.D, ALPHA)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--matrices", type=int, default=0, help="only this many, the file's first; 0: all")
    parser.add_argument("--weightwatcher", action="store_true")
    a = parser.parse_args()
    chosen = {}
    for name, w in tensors(a.model):
        chosen[name] = w
        if a.matrices and len(chosen) == a.matrices:
            break
    globs = [word for name in chosen for word in ("--tensor", name)]
    done = subprocess.run([a.program, "weights", a.model, *globs, "--spectrum", "full", "--json", "-"],
                          capture_output=True, check=True)
    checks = Checks()
    seen = set()
    for row in json.loads(done.stdout)["matrices"]:
        if row["tensor"] in seen or row["rows"] != "all":
            continue
        seen.add(row["tensor"])
        check_matrix(checks, row, chosen[row["tensor"]], a.weightwatcher)
    missing = set(chosen) - seen
    print(f"{len(seen)} matrices; largest error as a share of what is allowed:")
    for key, share in checks.worst.items():
        print(f"  {key:16} {share:.3f}")
    if missing:
        print("not reported:", ", ".join(sorted(missing)))
    return 1 if checks.failed or missing or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
