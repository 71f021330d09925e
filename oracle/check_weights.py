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


def compare_with_analyze(chosen, laws):
    """Prints how far weightwatcher's own analyze(), which works on float32 singular values, is from `laws`."""
    from make_power_law_goldens import analyze
    import torch
    details = analyze([(name, torch.from_numpy(w.astype(np.float32))) for name, w in chosen.items()])
    both = [(laws[name], row) for name, row in details.items() if laws[name] is not None and row.alpha > 0]
    for key in ("alpha", "D"):
        off = np.array([abs(law[key] - getattr(row, key)) for law, row in both])
        print(f"  analyze() {key:6} of {len(off)} matrices: median off by {np.median(off):.1e}, at most {off.max():.1e}, "
              f"{int((off > 1e-3).sum())} beyond 1e-3")


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
    seen, laws = set(), {}
    for row in json.loads(done.stdout)["matrices"]:
        if row["tensor"] in seen or row["rows"] != "all":
            continue
        seen.add(row["tensor"])
        laws[row["tensor"]] = row["spectrum"]["power_law"]
        check_matrix(checks, row, chosen[row["tensor"]], a.weightwatcher)
    missing = set(chosen) - seen
    print(f"{len(seen)} matrices; largest error as a share of what is allowed:")
    for key, share in checks.worst.items():
        print(f"  {key:16} {share:.3f}")
    if a.weightwatcher and not missing:
        compare_with_analyze(chosen, laws)
    if missing:
        print("not reported:", ", ".join(sorted(missing)))
    return 1 if checks.failed or missing or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
