#!/usr/bin/env python3
"""A corpus at a context of 1,024: streamgauge beside transformers, which computes the same means, and llama.cpp's
perplexity, which computes none.

usage: bench/corpus.py PROGRAM MODEL.gguf [--rounds N] [--windows N] [--json FILE]
needs: torch, transformers, accelerate, gguf, xllamacpp (SG_BENCH_LLAMA names another interpreter that has it). All see the
same windows of token ids, one after the other, in turn, and must agree before a time is printed: mean norms and loss with
transformers, and of llama.cpp, which counts the second half of each window, the loss of these halves with transformers'. Ours is the time of a cold process and, beside it, of its one task; theirs that of a warm
one, the fastest of its batches and types. Peak resident memory is that of the whole process.
"""
import argparse
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np

from job_peers import dequantise
from watch import spread, watch
from watch import text as shown

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
CONTEXT = 1024
BATCHES = (1, 2, 4)
TYPES = ("same file", "Q8_0", "BF16")
ROWS_ALONE = "streamgauge measure, norms of rows alone"
NORM_AGREE = 1e-4   # relative, of mean norms: PyTorch's products and sums are float32's in another order
LOSS_AGREE = 1e-4   # relative, likewise
LATE_AGREE = 0.02   # relative: llama.cpp rounds activations to 8 bits


def windows(program, model, count):
    """Ids of the repository's own text, again and again where it is too short."""
    text = (ROOT / "zoo" / "heldout.txt").read_text(encoding="utf-8")
    said = subprocess.run([program, "tokenize", model, "-p", text, "--json", "-"], check=True, capture_output=True)
    ids = [i for sequence in json.loads(said.stdout)["sequences"] for i in sequence["ids"]]
    wanted = count * CONTEXT
    return np.array((ids * (wanted // len(ids) + 1))[:wanted], dtype=np.uint32).reshape(count, CONTEXT)


def watched(*command):
    """As watch, with the processor seconds of the process: on a busy machine the fairer measure."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = watch(*command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {**done, "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def ours(program, model, ids, threads, scratch, *flags):
    folder = scratch / "out"
    subprocess.run(["rm", "-rf", folder], check=True)
    done = watched(program, "corpus", model, ids, "--context", CONTEXT, "--no-bos", "--threads", threads, "-o", folder,
                 "--quiet", "--no-progress", *flags)
    document = json.loads((folder / "corpus.json").read_text())
    task = sum(json.loads(line)["seconds"] for line in (folder / "log.jsonl").read_text().splitlines())
    means = [layer["all"]["mean"] for layer in document["quantities"]["resid_post"]["layers"]]
    loss = document["quantities"]["loss"]["value"]["all"]["mean"] if "loss" in document["quantities"] else None
    return {"process": done["seconds"], "task": task, "cpu": done["cpu"], "mb": done["resident_mb"], "means": means, "loss": loss,
            "digest": document["digest"]}


def measured(program, model, ids, threads, scratch):
    """The same windows as prompts of `measure`: a norm of every token at every site, and no statistic. A process over all of
    them less one over a token."""
    def run(windows):
        flags = [flag for window in windows for flag in ("--ids", ",".join(map(str, window)))]
        return watched(program, "measure", model, *flags, "--threads", threads, "--json", scratch / "rows.json",
                       "--quiet", "--no-progress")
    whole, start = run(ids), run(ids[:1, :1])
    return {key: whole[key] - start[key] for key in ("seconds", "cpu")}


def peer(python, *command):
    done = watch(python, HERE / "corpus_peer.py", *command)
    return {**json.loads(done["out"].splitlines()[-1]), "mb": done["resident_mb"]}


def agree_loss(name, theirs, here, tolerance):
    if not abs(here - theirs) <= tolerance * here:
        raise SystemExit(f"{name}: loss {theirs}, here {here}")


def agree(own, theirs, name):
    apart = max(abs(a - b) / b for a, b in zip(own["means"][:-1], theirs["means"], strict=True))
    if not apart <= NORM_AGREE:
        raise SystemExit(f"{name}: mean norms differ by {apart:.1e}")
    agree_loss(name, theirs["loss"], own["loss"], LOSS_AGREE)


def measure(a, scratch):
    ids = windows(a.program, a.model, a.windows)
    file = scratch / "ids.npy"
    np.save(file, ids)
    plain = scratch / "plain"
    dequantise(a.model, plain)
    llama = os.environ.get("SG_BENCH_LLAMA", sys.executable)
    types = {"same file": a.model}
    for kind in TYPES[1:]:
        types[kind] = scratch / f"{kind}.gguf"
        subprocess.run([sys.executable, HERE / "corpus_peer.py", "convert", a.model, types[kind], kind], check=True, capture_output=True)
    found = {}

    def keep(name, seconds, cpu, mb):
        row = found.setdefault(name, {"seconds": [], "cpu": [], "mb": 0.0})
        row["seconds"].append(seconds)
        row["cpu"].append(cpu)
        row["mb"] = max(row["mb"], mb)
        print(f"    {name}: {seconds:.2f} s, processor {cpu:.2f} s", flush=True)

    digests = set()
    for _ in range(a.rounds):
        own = ours(a.program, a.model, file, a.threads, scratch)
        digests.add(own["digest"])
        keep("streamgauge, whole process", own["process"], own["cpu"], own["mb"])
        keep("streamgauge", own["task"], own["cpu"], own["mb"])
        bare = ours(a.program, a.model, file, a.threads, scratch, "--no-logits")
        keep("streamgauge without loss and entropy", bare["task"], bare["cpu"], bare["mb"])
        alone = measured(a.program, a.model, ids, a.threads, scratch)
        keep(ROWS_ALONE, alone["seconds"], alone["cpu"], 0.0)
        for batch in a.batches:
            if batch > a.windows:
                continue
            theirs = peer(sys.executable, "transformers", plain, file, a.threads, batch)
            agree(own, theirs, "transformers")
            late_loss = theirs["late_loss"]
            keep(f"transformers float32, batch {batch}", theirs["seconds"], theirs["cpu"], theirs["mb"])
        for kind, path in types.items():
            theirs = peer(llama, "llama", path, file, a.threads)
            agree_loss(f"llama.cpp {kind}", theirs["loss"], late_loss, LATE_AGREE)
            keep(f"llama.cpp perplexity, {kind}", theirs["seconds"], theirs["cpu"], theirs["mb"])
    if len(digests) != 1:
        raise SystemExit("the same corpus gave two digests")
    tokens = ids.size
    base = {key: statistics.median(found["streamgauge"][key]) for key in ("seconds", "cpu")}
    rows = [{"who": name, "seconds": spread(row["seconds"]), "cpu": spread(row["cpu"]),
             "tokens_per_second": tokens / statistics.median(row["seconds"]),
             "ratio": statistics.median(row["seconds"]) / base["seconds"],
             "cpu_ratio": statistics.median(row["cpu"]) / base["cpu"], "mb": row["mb"]} for name, row in found.items()]
    # Beside one another in each round, so that a busy moment counts for both.
    shares = [bare / alone - 1 for bare, alone in zip(found["streamgauge without loss and entropy"]["cpu"],
                                                     found[ROWS_ALONE]["cpu"])]
    return {"tokens": tokens, "rows": rows, "statistics": spread(shares), "load": os.getloadavg()[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--batches", type=int, nargs="*", default=BATCHES)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(a, pathlib.Path(scratch))
    for row in result["rows"]:
        print(f"  {row['who']:40} {shown(row['seconds'])} s  {row['tokens_per_second']:7.0f} tokens/s  {row['ratio']:5.2f}x"
              f"  processor {shown(row['cpu'])} s {row['cpu_ratio']:5.2f}x  {row['mb']:.0f} MB", flush=True)
    print(f"  statistics beside norms alone: {100 * result['statistics']['median']:.0f} %", flush=True)
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
