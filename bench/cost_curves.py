#!/usr/bin/env python3
"""Time and memory against tokens, prompts, layers and width: time grows linearly, memory not with depth.

usage: bench/cost_curves.py PROGRAM MODEL.gguf [--longest 16384] [--json FILE]
MODEL for tokens and prompts; random checkpoints of bench/make_checkpoint.py for layers and width. Memory is the
anonymous part: pages of the mapped file are clean and given back layer by layer.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from watch import watch

HERE = pathlib.Path(__file__).resolve().parent
TOKENS = (16, 64, 256, 1024, 4096, 16384)
PROMPTS = (1, 4, 16, 64)       # of PROMPT tokens each
PROMPT = 64
LAYERS = (2, 4, 8, 16, 32)
WIDTHS = (256, 512, 1024, 2048)
VOCABULARY = 1000


def ids(count, seed=0):
    """Some tokens below VOCABULARY, no two prompts alike."""
    return ",".join(str((7 + 13 * i + 31 * seed) % VOCABULARY) for i in range(count))


def point(program, model, prompts, runs=3):
    command = [program, "measure", model, "--logits", "last", "--json", "-", "--quiet"]
    for prompt in prompts:
        command += ["--ids", prompt]
    best = None
    for _ in range(runs):
        run = watch(*command)
        run["seconds"] = json.loads(run.pop("out"))["timings"]["seconds"]
        best = run if best is None or run["seconds"] < best["seconds"] else best
        if run["seconds"] > 10:
            break
    return {key: round(best[key], 4) for key in ("seconds", "resident_mb", "anonymous_mb")}


def random_model(folder, layers, width):
    target = pathlib.Path(folder) / f"l{layers}-w{width}"
    subprocess.run([sys.executable, HERE / "make_checkpoint.py", target, "--layers", str(layers), "--width", str(width),
                    "--mlp", str(width * 11 // 4 // 32 * 32), "--heads", str(width // 64), "--kv-heads",
                    str(width // 64), "--vocab", str(VOCABULARY)], check=True, stdout=subprocess.DEVNULL)
    return target


def measure(a):
    curves = {}

    def add(curve, x, prompts, model):
        row = {"x": x, **point(a.program, model, prompts)}
        curves.setdefault(curve, []).append(row)
        print(f"{curve:8} {x:6}   {row['seconds']:8.3f} s   {row['anonymous_mb']:7.1f} MB anonymous, "
              f"{row['resident_mb']:7.1f} MB resident", flush=True)

    for tokens in TOKENS:
        if tokens <= a.longest:
            add("tokens", tokens, [ids(tokens)], a.model)
    for prompts in PROMPTS:
        add("prompts", prompts, [ids(PROMPT, s) for s in range(prompts)], a.model)
    with tempfile.TemporaryDirectory() as folder:
        for layers in LAYERS:
            add("layers", layers, [ids(256)], random_model(folder, layers, 512))
        for width in WIDTHS:
            add("width", width, [ids(256)], random_model(folder, 2, width))
    return curves


def check(curves):
    """Per unit of work the largest of a curve costs no more than half as much again as one in its middle."""
    for name in ("prompts", "layers"):
        middle, last = curves[name][-2], curves[name][-1]
        ratio = last["seconds"] / last["x"] / (middle["seconds"] / middle["x"])
        print(f"{name}: time per unit at {last['x']} is {ratio:.2f} of that at {middle['x']}")
    layers = curves["layers"]
    growth = layers[-1]["anonymous_mb"] / layers[0]["anonymous_mb"]
    print(f"layers: anonymous memory at {layers[-1]['x']} is {growth:.2f} of that at {layers[0]['x']}")
    longest = curves["tokens"][-1]
    scores = longest["x"] ** 2 * 4 / 1e6
    print(f"tokens: {longest['anonymous_mb']:.0f} MB at {longest['x']}; one matrix of scores would be {scores:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--longest", type=int, default=TOKENS[-1])
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    curves = measure(a)
    check(curves)
    if a.json:
        a.json.write_text(json.dumps(curves, indent=1))


if __name__ == "__main__":
    main()
