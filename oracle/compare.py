#!/usr/bin/env python3
"""Compares a measurement with a golden, site by site, and names the first place that differs.

    streamgauge measure MODEL --ids 1,2,3 --json got.json
    python oracle/compare.py got.json tests/data/golden/CASE/golden.json

Sequences are matched by their ids. Exit code 1 when anything is beyond its tolerance, missing or not a number.
"""
import argparse
import json
import math
import sys

STREAM = ("embed", "resid_pre", "resid_mid", "resid_post", "ln_final")
BRANCH = ("attn_out", "mlp_out")
STATISTICS = ("mean", "std", "max", "min", "range", "entropy", "effective_vocab", "top10_prob_mass")
ORDER = ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post")  # as a block computes them


class Table:
    """The largest error per row, and the first site in the order of computation beyond its tolerance."""

    def __init__(self, tolerance):
        self.tolerance, self.worst, self.first, self.failed = tolerance, {}, None, False
        self.first_row = None

    def add(self, row, kind, error, where):
        good = error <= self.tolerance[kind]
        self.failed |= not good
        if not good and self.first is None:
            self.first = f"{where}: {row} differs by {error:.2e} (at most {self.tolerance[kind]:.0e})"
            self.first_row = row
        known = self.worst.get(row)
        if known is None or (not math.isnan(known[0]) and not error <= known[0]):
            self.worst[row] = (error, kind, where)

    def missing(self, what):
        self.failed = True
        self.first = self.first or what

    def show(self):
        print(f"{'site':<28}{'largest error':>14}{'allowed':>10}   where")
        for row, (error, kind, where) in self.worst.items():
            flag = "" if error <= self.tolerance[kind] else "  <- beyond"
            print(f"{row:<28}{error:>14.2e}{self.tolerance[kind]:>10.0e}   {where}{flag}")
        print(f"first difference: {self.first}" if self.failed else "all within tolerance")


def relative(got, want, floor=0.0):
    got, want = float(got), float(want)
    return abs(got - want) / max(abs(want), floor) if want or floor else abs(got - want)


def rows(norms, site, layer):
    value = norms[site]
    return value if layer is None else value[layer]


def compare_norms(table, got, want, label):
    layers = len(want["resid_post"])
    places = [("embed", None)] + [(s, l) for l in range(layers) for s in ORDER if s in want]
    places += [("ln_final", None)] if "ln_final" in want else []
    for site, layer in places:
        where = label + ("" if layer is None else f", layer {layer}")
        if site not in got:
            table.missing(f"{where}: {site} is missing")
            continue
        a, b = rows(got, site, layer), rows(want, site, layer)
        if len(a) != len(b):
            table.missing(f"{where}: {site} has {len(a)} tokens, expected {len(b)}")
        kind = "branch" if site in BRANCH else "stream"
        for t, (x, y) in enumerate(zip(a, b)):
            table.add(site, kind, relative(x, y), f"{where}, token {t}")


def compare_dots(table, got, want, norms, label):
    """A dot product may cancel: its error is relative to the product of the two norms."""
    parts = {"pre_attn": ("resid_pre", "attn_out"), "mid_mlp": ("resid_mid", "mlp_out"),
             "pre_mlp": ("resid_pre", "mlp_out"), "attn_mlp": ("attn_out", "mlp_out")}
    for name in want:
        if name not in got:
            table.missing(f"{label}: dot {name} is missing")
            continue
        left, right = (norms[s] for s in parts[name])
        for l, (a, b) in enumerate(zip(got[name], want[name])):
            for t, (x, y) in enumerate(zip(a, b)):
                size = left[l][t] * right[l][t]  # 0 where a layer lacks the branch
                error = abs(float(x) - y) / (size or 1)
                table.add(f"dots {name}", "branch", error, f"{label}, layer {l}, token {t}")


def compare_logits(table, got, want, label):
    """Mean, max, min and range are relative to the spread of the logits; the rest to itself."""
    found = {row["position"]: row for row in got}
    for row in want:
        where = f"{label}, position {row['position']}"
        if row["position"] not in found:
            table.missing(f"{where}: no logits")
            continue
        for name in STATISTICS:
            floor = row["range"] if name in ("mean", "max", "min", "range") else 0.0
            table.add(f"logits {name}", "logits", relative(found[row["position"]][name], row[name], floor), where)


def compare(table, got, want, subset):
    by_ids = {tuple(s["ids"]): s for s in got["sequences"]}
    for number, sequence in enumerate(want["sequences"]):
        label = f"sequence {number} ({len(sequence['ids'])} tokens)"
        mine = by_ids.get(tuple(sequence["ids"]))
        if mine is None:
            if not subset:
                table.missing(f"{label}: no sequence with its ids")
            continue
        compare_norms(table, mine["norms"], sequence["norms"], label)
        compare_dots(table, mine.get("dots", {}), sequence["dots"], sequence["norms"], label)
        compare_logits(table, mine.get("logits", []), sequence["logits"], label)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measurement")
    parser.add_argument("golden")
    parser.add_argument("--stream", type=float, default=5e-6)
    parser.add_argument("--branch", type=float, default=5e-5)
    parser.add_argument("--logits", type=float, default=5e-5)
    parser.add_argument("--subset", action="store_true", help="the measurement need not have every sequence")
    args = parser.parse_args()
    for value in (args.stream, args.branch, args.logits):
        if not (math.isfinite(value) and value >= 0):
            parser.error("tolerances are finite and not negative")
    with open(args.measurement) as a, open(args.golden) as b:
        got, want = json.load(a), json.load(b)
    table = Table({"stream": args.stream, "branch": args.branch, "logits": args.logits})
    compare(table, got, want, args.subset)
    if not table.worst:
        table.missing("no sequence of the golden is in the measurement")
    table.show()
    if errors := want.get("torch_float32_error"):
        print("PyTorch float32: " + ", ".join(f"{site} {error:.1e}" for site, error in errors.items()))
    sys.exit(1 if table.failed else 0)


if __name__ == "__main__":
    main()
