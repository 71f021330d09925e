#!/usr/bin/env python3
"""What a corpus in many parts costs: planning, working, merging whole and as a tree; memory against tokens.

usage: bench/corpus_scale.py PROGRAM [--parts N] [--shares N] [--json FILE]
A simulation: N documents of a few words, each a task of its own, on a pocket model, so that the parts and their files
are what is measured and not the model. Merged whole and in shares that are merged again, they must give one digest. Memory is
that of one process over 1, 4 and 16 copies of the same text, as one task.
"""
import argparse
import json
import pathlib
import tempfile
import time

from watch import watch

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODEL = ROOT / "zoo" / "llama2"
COPIES = (1, 4, 16)


def say(name, done):
    print(f"  {name:34} {done['seconds']:7.2f} s  {done['resident_mb']:6.1f} MB", flush=True)
    return {key: done[key] for key in ("seconds", "resident_mb")}


def parts(a, scratch):
    words = (ROOT / "zoo" / "heldout.txt").read_text(encoding="utf-8").split()
    text = scratch / "lines.txt"
    text.write_text("\n".join(" ".join(words[(7 * i) % 5000:][:8]) + f" {i}" for i in range(a.parts)), encoding="utf-8")
    folder = scratch / "plan"
    result = {"plan": say("plan", watch(a.program, "plan", "corpus", MODEL, text, "--documents", "lines", "--context", 64, "--task", 1,
                                        "-o", folder))}
    result["work"] = say("work", watch(a.program, "work", folder, "--no-progress"))
    result["again"] = say("work, nothing left to do", watch(a.program, "work", folder, "--no-progress"))
    result["status"] = say("status", watch(a.program, "status", folder))
    sizes = sorted(part.stat().st_size for part in folder.glob("parts/*/*"))
    result["parts"] = {"count": len(sizes), "bytes": sum(sizes), "median": sizes[len(sizes) // 2], "largest": sizes[-1]}
    print(f"  {len(sizes):,} parts, {sum(sizes) / 1e6:.0f} MB, median {sizes[len(sizes) // 2]:,} bytes")
    result["whole"] = say("merge, all parts", watch(a.program, "merge", folder))
    digest = json.loads((folder / "corpus.json").read_text())["digest"]
    begin = time.perf_counter()
    shares = [watch(a.program, "merge", folder, "--shard", f"{i}/{a.shares}", interval=0.02) for i in range(a.shares)]
    result["share"] = say(f"merge, one of {a.shares} shares", max(shares, key=lambda done: done["seconds"]))
    result["all_shares"] = time.perf_counter() - begin
    result["sums"] = say(f"merge of {a.shares} sums", watch(a.program, "merge", folder))
    result["sum_bytes"] = max(f.stat().st_size for f in (folder / "sums").iterdir())
    if json.loads((folder / "corpus.json").read_text())["digest"] != digest:
        raise SystemExit("the tree gave another digest")
    print(f"  a sum of a share: {result['sum_bytes']:,} bytes; digest {digest[:12]} both ways")
    return result


def memory(a, scratch):
    text = (ROOT / "zoo" / "heldout.txt").read_text(encoding="utf-8")
    rows = []
    for copies in COPIES:
        file, folder = scratch / f"{copies}.txt", scratch / f"memory-{copies}"
        file.write_text("\n\n".join([text] * copies), encoding="utf-8")
        done = watch(a.program, "corpus", MODEL, file, "--context", 256, "--task", "1GB", "--no-progress", "-o", folder)
        tokens = json.loads((folder / "corpus.json").read_text())["corpus"]["tokens"]
        part = next(folder.glob("parts/*/*")).stat().st_size
        rows.append({"tokens": tokens, "part_bytes": part, **say(f"corpus, {tokens:,} tokens, 1 part", done)})
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--parts", type=int, default=10000)
    parser.add_argument("--shares", type=int, default=100)
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        result = {"parts": parts(a, pathlib.Path(scratch)), "memory": memory(a, pathlib.Path(scratch))}
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
