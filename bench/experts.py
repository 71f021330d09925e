#!/usr/bin/env python3
"""Mixtures of experts: streamgauge beside transformers and llama.cpp on the same weights, in turn; bytes read; memory.

usage: bench/experts.py PROGRAM FOLDER [--rounds N] [--threads N] [--json FILE]
needs: torch, transformers, gguf, xllamacpp. FOLDER gets the two checkpoints of bench/make_experts.py (6 GB with the files of
llama.cpp), where they are not there yet. Answers must agree before a time is printed: the norms of every token with those of
transformers in float32, the last logits with those of all. Ours is the forward of a cold process with every norm, routing and
statistic; theirs that of a warm one, the best of its repetitions. Bytes read are those that a process asks the disk for,
the file being out of the system's memory when it starts.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from make_experts import SHAPES
from watch import memory, spread, text

HERE = pathlib.Path(__file__).resolve().parent
LENGTHS = (512, 16, 1)
NORM_AGREE = 1e-3   # relative, median over layers and tokens, of float32's
SPREAD_CLOSE = 0.05  # relative, of the logits' standard deviation: bfloat16 and llama.cpp round activations, and route
                     # some tokens otherwise


def ids_of(length, vocab):
    return [(11 + 7919 * i) % vocab for i in range(length)]


def run(*command):
    """{"seconds", "resident_mb", "anonymous_mb", "read_mb", "out"}."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.DEVNULL)
        found = {"resident_mb": 0.0, "anonymous_mb": 0.0, "read_mb": 0.0}
        while process.poll() is None:
            resident, anonymous = memory(process.pid)
            try:
                io = dict(line.split(": ") for line in open(f"/proc/{process.pid}/io", encoding="ascii"))
                found["read_mb"] = max(found["read_mb"], int(io["read_bytes"]) / 1e6)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                pass
            found["resident_mb"] = max(found["resident_mb"], resident)
            found["anonymous_mb"] = max(found["anonymous_mb"], anonymous)
            time.sleep(0.005)
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command[:4]))} failed")
        out.seek(0)
        return {**found, "seconds": time.perf_counter() - start, "out": out.read()}


def forget(path):
    """The system's copy of the file's pages goes."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def ours(program, model, ids, threads):
    done = run(program, "measure", model, "--ids", ",".join(map(str, ids)), "--threads", threads, "--json", "-", "--quiet")
    document = json.loads(done.pop("out"))
    return {**done, "forward": document["timings"]["seconds"], "document": document}


def peer(kind, model, job, *more):
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / "job.json"
        path.write_text(json.dumps(job))
        done = run(sys.executable, HERE / "experts_peer.py", kind, model, path, *more)
    return {**done, **json.loads(done.pop("out").splitlines()[-1])}


def check_norms(document, norms):
    found = []
    table = document["sequences"][0]["norms"]["resid_pre"]
    for ours_, theirs in zip(table, norms, strict=True):
        found += [abs(a - b) / b for a, b in zip(ours_, theirs, strict=True)]
    if not statistics.median(found) <= NORM_AGREE:
        raise SystemExit(f"norms differ by {statistics.median(found):.1e}")
    return {"median": statistics.median(found), "max": max(found)}


def check_logits(document, logits, name):
    stats = document["sequences"][0]["logits"][0]
    theirs = statistics.stdev(logits)
    if not abs(stats["std"] - theirs) <= SPREAD_CLOSE * theirs:
        raise SystemExit(f"{name}: logits deviate by {theirs}, here {stats['std']}")


def expert_bytes(document, s):
    """Of the layers' chosen experts, each once: what must be read of them; and of all experts."""
    one = 3 * 2 * s["width"] * s["ffn"]
    chosen = sum(sum(tokens > 0 for tokens in load["tokens"]) for load in document["expert_load"])
    return chosen * one / 1e6, s["layers"] * s["experts"] * one / 1e6


def compare(a, family, folder, length):
    s = SHAPES[family]
    ids = ids_of(length, s["vocab"])
    job = {"ids": ids, "threads": a.threads, "repeat": 3, "vocab": s["vocab"]}
    files = {kind: folder / f"{kind}.gguf" for kind in ("BF16", "Q8_0")}
    own, times, memories = [], {}, {}
    for _ in range(a.rounds):
        own.append(ours(a.program, folder, ids, a.threads))
        peers = {"transformers bfloat16": lambda: peer("transformers", folder, job, "bfloat16"),
                 "transformers float32": lambda: peer("transformers", folder, job, "float32"),
                 **{f"llama.cpp {kind}": lambda path=path: peer("llama", path, job) for kind, path in files.items()}}
        for name, ask in peers.items():
            answer = ask()
            check_logits(own[-1]["document"], answer["logits"], name)
            if name == "transformers float32":
                agree = check_norms(own[-1]["document"], answer["norms"])
            times.setdefault(name, []).append(min(answer["seconds"]))
            memories[name] = max(memories.get(name, 0), answer["resident_mb"])
    forget(folder / "model.safetensors")
    cold = ours(a.program, folder, ids, a.threads)
    routed, every = expert_bytes(cold["document"], s)
    forward = spread([o["forward"] for o in own])
    rows = [{"who": "streamgauge", "forward": forward, "resident_mb": max(o["resident_mb"] for o in own),
             "anonymous_mb": max(o["anonymous_mb"] for o in own), "ratio": 1.0}]
    rows += [{"who": name, "forward": spread(values), "resident_mb": memories[name],
              "ratio": statistics.median(values) / forward["median"]} for name, values in times.items()]
    return {"family": family, "tokens": length, "rows": rows, "norms": agree, "read_mb": cold["read_mb"],
            "routed_mb": routed, "experts_mb": every, "file_mb": (folder / "model.safetensors").stat().st_size / 1e6}


def show(r):
    print(f"{r['family']}, {r['tokens']} tokens: norms agree to {r['norms']['median']:.1e} (largest {r['norms']['max']:.1e})")
    for row in r["rows"]:
        anonymous = f", {row['anonymous_mb']:.0f} of it anonymous" if "anonymous_mb" in row else ""
        print(f"  {row['who']:24} {text(row['forward'], 3)} s  {row['ratio']:5.2f}x  {row['resident_mb']:.0f} MB{anonymous}")
    print(f"  read {r['read_mb']:.0f} MB of {r['file_mb']:.0f}; chosen experts have {r['routed_mb']:.0f} of all experts' "
          f"{r['experts_mb']:.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    result = []
    for family in SHAPES:
        folder = a.folder / family
        if not (folder / "Q8_0.gguf").exists():
            subprocess.run([sys.executable, HERE / "make_experts.py", folder, family], check=True)
        for length in LENGTHS:
            result.append({**compare(a, family, folder, length), "load_average": os.getloadavg()[0]})
            show(result[-1])
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
