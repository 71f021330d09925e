#!/usr/bin/env python3
"""A large checkpoint read from the Hub without a copy on disk: bytes asked for, time and memory of inspect, weights and
measure --remote, the same numbers as from disk, and how much of the reading went on while something was computed.

usage: bench/hub_remote.py PROGRAM FOLDER [--prompts 4]
FOLDER is made by bench/make_checkpoint.py, LLaMA-2-7B's shape of 13.5 GB for instance; tests/hub/local_hub.py serves it.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

from watch import watch

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "hub"))
from local_hub import Content, LocalHub  # noqa: E402

TOKENS = 14


def plain(document):
    """Without what tells one call from another."""
    document = json.loads(document)
    for key in ("timings", "seconds", "spectral_seconds"):
        document.pop(key, None)
    for key in ("path", "id"):  # a folder, and a name of the Hub
        document["model"].pop(key)
    return document


def overlap(trace):
    """Seconds of reading layers, and the share of them in which something else of the pass was at work."""
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e["ph"] == "X"]
    read = [(e["ts"], e["ts"] + e["dur"]) for e in events if "read" in e["cat"]]
    other = [(e["ts"], e["ts"] + e["dur"]) for e in events if "read" not in e["cat"]]
    both = sum(max(0, min(r[1], o[1]) - max(r[0], o[0])) for r in read for o in other)
    whole = sum(end - begin for begin, end in read)
    return whole / 1e6, both / max(whole, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--prompts", type=int, default=4)
    a = parser.parse_args()
    prompts, vocabulary = [], json.loads((a.folder / "config.json").read_text())["vocab_size"]
    for p in range(a.prompts):
        prompts += ["--ids", ",".join(str((11 + 7919 * i + 104729 * p) % vocabulary) for i in range(TOKENS))]
    with LocalHub() as hub, tempfile.TemporaryDirectory() as scratch:
        # The sums are of no account: ranges are not verified, and nothing is fetched whole.
        files = {p.name: Content(path=p, sha256=f"{i:064x}") for i, p in enumerate(sorted(a.folder.iterdir())) if p.is_file()}
        model = f"bench/{a.folder.resolve().name}"
        hub.add(model, files)
        os.environ.update({k: v for k, v in hub.environment(pathlib.Path(scratch)).items() if k.startswith("HF_")})
        trace = pathlib.Path(scratch) / "trace.json"
        told = {}
        for name, arguments in {
            "inspect": ["inspect", model, "--remote", "--json", "-"],
            "weights": ["weights", model, "--remote", "--json", "-"],
            "measure": ["measure", model, "--remote", *prompts, "--trace", trace, "--json", "-"],
            "measure from disk": ["measure", a.folder, *prompts, "--json", "-"],
        }.items():
            hub.sent.clear()
            run = watch(a.program, *map(str, arguments), "--quiet", interval=0.02)
            told[name] = run.pop("out")
            print(f"{name}: {sum(hub.sent.values()) / 1e6:.1f} MB asked for, {run['seconds']:.1f} s, "
                  f"{run['anonymous_mb']:.0f} MB anonymous, {run['resident_mb']:.0f} MB resident", flush=True)
        if plain(told["measure"]) != plain(told["measure from disk"]):
            raise SystemExit("the numbers differ")
        print("measure --remote and from disk: the same numbers")
        seconds, share = overlap(trace)
        print(f"reading took {seconds:.1f} s, {100 * share:.0f} % of it while something was computed")
        print(f"left in the cache: {sum(p.stat().st_size for p in pathlib.Path(scratch).rglob('*') if p.is_file() and p != trace)} bytes")


if __name__ == "__main__":
    main()
