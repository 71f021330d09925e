#!/usr/bin/env python3
"""Notebook 003's whole job (25 prompts, gains, sigma_max of W_U) in a cold process: streamgauge beside transformers.

usage: bench/job_peers.py PROGRAM MODEL.gguf [--rounds N] [--json FILE]
needs: torch, transformers, accelerate, gguf. The peer reads the same weights, dequantised once before timing to float32
safetensors. Both run in turn; answers must agree before a time is printed. Medians, spreads and peak resident memory.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import tomllib

from watch import spread, text

ROOT = pathlib.Path(__file__).resolve().parent.parent
AGREE = 2e-4  # relative; PyTorch sums in float32


def suite():
    groups = tomllib.loads((ROOT / "experiments/suites/notebook-003.toml").read_text(encoding="utf-8"))["groups"]
    return [prompt for group in groups for prompt in group["prompts"]]


def dequantise(model, folder):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    path = pathlib.Path(model).resolve()
    AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name).save_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    del model.config.quantization_config  # the weights are plain now, and saved as such
    model.is_quantized, model.hf_quantizer = False, None
    model.save_pretrained(folder)


def run(*command):
    """Seconds, peak resident MB and standard output of one cold process."""
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{command[0]} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, out


def ours(program, model):
    seconds, peak, out = run(program, "measure", model, "--suite", "notebook-003", "--json", "-", "--quiet")
    more, peak_weights, weights = run(program, "weights", model, "--json", "-", "--quiet")
    gains = [s["norms"]["resid_post"][-2][-1] / s["norms"]["resid_post"][-3][-1] for s in json.loads(out)["sequences"]]
    wu = next(m for m in json.loads(weights)["matrices"] if m["role"] == "W_U")
    return seconds + more, max(peak, peak_weights), gains, wu["spectral_norm"]


def peer(folder, prompts):
    seconds, peak, out = run(sys.executable, ROOT / "bench/job_peer.py", folder, prompts)
    answer = json.loads(out)
    return seconds, peak, answer["gains"], answer["spectral_norm"]


def close(a, b):
    return abs(a - b) <= AGREE * abs(b)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder, prompts = pathlib.Path(scratch) / "model", pathlib.Path(scratch) / "prompts.json"
        # In a process of its own: the peak of a child is at least what its parent held when it started it.
        worker = multiprocessing.get_context("spawn").Process(target=dequantise, args=(a.model, folder))
        worker.start()
        worker.join()
        if worker.exitcode != 0:
            raise SystemExit("the model could not be dequantised")
        prompts.write_text(json.dumps(suite()))
        left, right = [], []
        for _ in range(a.rounds):
            left.append(ours(a.program, a.model))
            right.append(peer(folder, prompts))
            for x, y in zip(left[-1][2] + [left[-1][3]], right[-1][2] + [right[-1][3]], strict=True):
                if not close(x, y):
                    raise SystemExit(f"answers differ: {x} here, {y} there")
    result = {}
    for name, runs in (("streamgauge", left), ("transformers", right)):
        result[name] = {**spread([r[0] for r in runs]), "peak_mb": max(r[1] for r in runs)}
        print(f"{name:14} {text(result[name])} s   peak {result[name]['peak_mb']:.0f} MB")
    result["ratio"] = result["transformers"]["median"] / result["streamgauge"]["median"]
    print(f"{'ratio':14} {result['ratio']:.1f}x")
    if a.json:
        a.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
