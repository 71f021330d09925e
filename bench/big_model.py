#!/usr/bin/env python3
"""Streaming proved: 25 prompts on a checkpoint of LLaMA-2-7B's shape, random bfloat16 weights, 13.5 GB in shards.

usage: bench/big_model.py PROGRAM FOLDER [--peer] [--trace FILE] [--threads N] [--json FILE]
FOLDER is made by bench/make_checkpoint.py when it does not exist; it is not removed. Memory is told twice:
the peak of what is resident (VmHWM), pages of the mapped file included, and its anonymous part. The first must stay
under MOST_RESIDENT whatever the kernel; a run above it fails. --peer also runs
transformers in bfloat16, which takes 14 GB. The first run reads from the disk where the system does not hold the file;
all are told.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from watch import watch

HERE = pathlib.Path(__file__).resolve().parent
PROMPTS, TOKENS = 25, 14  # 350 tokens, as notebook 003's 348
VOCABULARY = 32000
MOST_RESIDENT = 1800  # MB: two layers and a table of this shape, and the activations
AGREE = 0.03  # relative, of the norms of the stream: bfloat16 has 8 bits


def prompts():
    return [[(11 + 7919 * i + 104729 * p) % VOCABULARY for i in range(TOKENS)] for p in range(PROMPTS)]


def own(a, runs):
    command = [a.program, "measure", a.folder, "--json", "-", "--quiet", "--threads", str(a.threads)]
    for ids in prompts():
        command += ["--ids", ",".join(map(str, ids))]
    found = []
    for number in range(runs):
        trace = ["--trace", a.trace] if a.trace and number == runs - 1 else []
        run = watch(*command, *trace, interval=0.02)
        report = json.loads(run.pop("out"))
        run["norms"] = [[table[-1] for table in s["norms"]["resid_pre"]] for s in report["sequences"]]
        found.append(run)
        print(f"streamgauge {run['seconds']:7.1f} s, {run['anonymous_mb']:.0f} MB anonymous, {run['resident_mb']:.0f} MB "
              f"with pages of the file", flush=True)
        if run["resident_mb"] > MOST_RESIDENT:
            raise SystemExit(f"{run['resident_mb']:.0f} MB resident, more than {MOST_RESIDENT}")
    return found


def peer(a, scratch):
    ids = pathlib.Path(scratch) / "ids.json"
    ids.write_text(json.dumps(prompts()))
    run = watch(sys.executable, HERE / "big_peer.py", a.folder, ids, a.threads, interval=0.05)
    run.update(json.loads(run.pop("out")))
    print(f"transformers, bfloat16 {run['seconds']:7.1f} s (import {run['import']:.1f}, load {run['load']:.1f}, forward "
          f"{run['forward']:.1f}), {run['resident_mb']:.0f} MB", flush=True)
    return run


def check(left, right):
    for number, (x, y) in enumerate(zip(left["norms"], right["norms"], strict=True), 1):
        for layer, (here, there) in enumerate(zip(x, y, strict=False)):
            if not abs(here - there) <= AGREE * there:
                raise SystemExit(f"prompt {number}, layer {layer}: norm {here} here, {there} there")


def overlap(path):
    """Share of the time of reading during which something was computed, from the trace."""
    events = [e for e in json.loads(pathlib.Path(path).read_text())["traceEvents"] if e["ph"] == "X"]
    spans = {kind: sorted((e["ts"], e["ts"] + e["dur"]) for e in events if e["cat"] == kind)
             for kind in ("compute", "read")}
    both = total = 0.0
    for begin, end in spans["read"]:
        total += end - begin
        both += sum(max(0.0, min(end, e) - max(begin, b)) for b, e in spans["compute"])
    computing = sum(e - b for b, e in spans["compute"])
    return {"reading_s": total / 1e6, "computing_s": computing / 1e6, "overlap": both / total}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--trace", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    if not a.folder.exists():
        subprocess.run([sys.executable, HERE / "make_checkpoint.py", a.folder], check=True)
    with tempfile.TemporaryDirectory() as scratch:
        a.trace = a.trace or pathlib.Path(scratch) / "trace.json"
        result = {"own": own(a, a.runs), "overlap": overlap(a.trace)}
        print("reading {reading_s:.1f} s, computing {computing_s:.1f} s, {overlap:.0%} of reading while computing".format(
            **result["overlap"]))
        if a.peer:
            result["peer"] = peer(a, scratch)
            check(result["own"][-1], result["peer"])
            best = min(run["seconds"] for run in result["own"])
            print(f"ratio {result['peer']['seconds'] / best:.2f}x")
    for run in result["own"] + ([result["peer"]] if a.peer else []):
        run.pop("norms")
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
