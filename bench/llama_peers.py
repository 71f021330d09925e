#!/usr/bin/env python3
"""The forward of notebook 003's 25 prompts, and of one batch of 1,024 tokens: streamgauge beside llama.cpp.

usage: bench/llama_peers.py PROGRAM MODEL.gguf [--rounds N] [--threads N] [--json FILE]
needs: llama-cpp-python, built for this processor. llama.cpp reads the same file, and files of its faster types made from
it (Q8_0, BF16); each with and without weights laid out anew for AMX and the like, the faster counts. Both programs run
in turn with as many threads; answers must agree before a time is printed. streamgauge's forward is that of a cold
process with every norm and statistic, llama.cpp's that of a warm one with logits of the last tokens. For whole
processes the start of Python and its import are taken off llama.cpp's time.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from watch import spread, text

PEER = pathlib.Path(__file__).resolve().parent / "llama_peer.py"
TYPES = ("Q8_0", "BF16")
CLEAR = 1.5    # how much likelier than the second the first token is where both programs must name the same
CLOSE = 0.05   # of the range of logits: llama.cpp rounds activations to 8 bits
LONG = 1024


def ours(program, model, ids, threads):
    command = [program, "measure", model, "--json", "-", "--quiet", "--threads", str(threads)]
    for prompt in ids:
        command += ["--ids", ",".join(map(str, prompt))]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, check=True)
    seconds = time.perf_counter() - start
    report = json.loads(done.stdout)
    return {"process": seconds, "forward": report["timings"]["seconds"], "sequences": report["sequences"]}


def ids_of_suite(program, model):
    command = [program, "measure", model, "--suite", "notebook-003", "--logits", "none", "--json", "-", "--quiet"]
    return [s["ids"] for s in json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["sequences"]]


def peer(path, job, scratch):
    """None where llama.cpp fails, which it does on some processors with repacked weights."""
    description = pathlib.Path(scratch) / "job.json"
    description.write_text(json.dumps(job))
    done = subprocess.run([sys.executable, PEER, path, description], capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def check(sequences, answers, name):
    for number, (own, other) in enumerate(zip(sequences, answers, strict=True), 1):
        stats = own["logits"][0]
        first, second = stats["top"][0], stats["top"][1]
        if first["prob"] > CLEAR * second["prob"] and first["id"] != other["top"]:
            raise SystemExit(f"{name}: prompt {number}: token {first['id']} here, {other['top']} there")
        if not abs(stats["max"] - other["max"]) <= CLOSE * stats["range"]:
            raise SystemExit(f"{name}: prompt {number}: largest logit {stats['max']} here, {other['max']} there")


def compare(program, model, files, job, rounds, scratch):
    """Rows of own and peer times by file type; own first."""
    own, peers = [], {name: {True: [], False: []} for name in files}
    for _ in range(rounds):
        own.append(ours(program, model, job["prompts"], job["threads"]))
        for name, path in files.items():
            for repack in (True, False):
                answer = peer(path, {**job, "repack": repack}, scratch)
                if answer is None:
                    continue
                check(own[-1]["sequences"], answer["answers"], name)
                peers[name][repack].append(answer)
    rows = []
    for name, ways in peers.items():
        found = {repack: {"forward": spread([min(a["forward"]) for a in answers]),
                          "process": spread([a["load"] + a["first_forward"] for a in answers]),
                          "way": answers[-1]["way"]} for repack, answers in ways.items() if answers}
        if not found:
            print(f"{name}: llama.cpp fails with this type")
            continue
        repack = min(found, key=lambda key: found[key]["forward"]["median"])
        rows.append({"type": name, "repacked": repack, **found[repack],
                     "without_repacking": found.get(False, {}).get("forward")})
    return {"own": {key: spread([o[key] for o in own]) for key in ("forward", "process")}, "peers": rows}


def show(title, result):
    print(title)
    own = result["own"]
    print(f"  {'streamgauge':26} forward {text(own['forward'], 3)} s   process {text(own['process'], 3)} s")
    for row in result["peers"]:
        row["forward_ratio"] = row["forward"]["median"] / own["forward"]["median"]
        row["process_ratio"] = row["process"]["median"] / own["process"]["median"]
        name = f"llama.cpp {row['type']}{' repacked' if row['repacked'] else ''}"
        print(f"  {name:26} forward {text(row['forward'], 3)} s   process {text(row['process'], 3)} s   "
              f"{row['forward_ratio']:.2f}x, {row['process_ratio']:.2f}x")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    prompts = ids_of_suite(a.program, a.model)
    flat = [token for prompt in prompts for token in prompt]
    long = [(flat * (LONG // len(flat) + 1))[:LONG]]
    with tempfile.TemporaryDirectory() as scratch:
        files = {"same file": a.model}
        for kind in TYPES:
            files[kind] = str(pathlib.Path(scratch) / f"{kind}.gguf")
            subprocess.run([sys.executable, PEER, "--convert", a.model, files[kind], kind], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        job = {"threads": a.threads, "repeat": 3}
        result = {"suite": compare(a.program, a.model, files, {**job, "prompts": prompts}, a.rounds, scratch),
                  "long": compare(a.program, a.model, files, {**job, "prompts": long}, a.rounds, scratch)}
    show(f"{len(prompts)} prompts, {len(flat)} tokens, {a.threads} threads", result["suite"])
    show(f"one prompt of {LONG} tokens", result["long"])
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
