#!/usr/bin/env python3
"""Writes tests/data/heads/<case>.json: what transformers' eager attention in float64 gives the first token, and the
entropy of its probabilities, for the tiny models of tests/data/golden.

    python oracle/make_head_goldens.py             the cases below
    python oracle/make_head_goldens.py llama-deep  the named ones
"""
import json
import pathlib
import sys

import torch
import transformers

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data"
# One of each way to attend: plain, grouped, windows, ALiBi, soft caps, a norm behind the branch, parallel blocks, latents,
# sinks, biases, Conv1D weights, beside a state space, layers of several shapes, blocks that layers share.
CASES = ("llama-deep", "gpt2-tied", "gpt-neox-parallel", "gemma2-both-caps", "gemma3-pattern-of-six", "mistral-window",
         "falcon-7b-style", "bloom-three-heads", "opt-pre-norm", "olmo2-grouped", "mixtral-two-of-five", "gpt-oss-plain-rope",
         "deepseek-v2-lite", "cohere-head-norms", "gptj-partial-rotary", "phi-half-rotary", "qwen2-moe-windows", "qwen3-tied",
         "stablelm-parallel-head-norms", "starcoder2-window", "falcon-h1-plain", "gemma4-shared", "zamba2-one-block",
         "zamba2-two-blocks")
LENGTH = 7
DIGITS = 12


def rounded(tensor):
    return json.loads(json.dumps(tensor.tolist()), parse_float=lambda x: float(f"{float(x):.{DIGITS}g}"))


def golden(folder, ids):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager",
                                                              experts_implementation="eager")
    with torch.no_grad():
        layers = model.eval()(torch.tensor([ids]), output_attentions=True, use_cache=False).attentions
    out = {"ids": ids, "first_token_mass": [], "entropy": []}
    for layer in layers:
        p = layer[0].double()  # (heads x queries x keys)
        out["first_token_mass"].append(rounded(p[:, :, 0]))
        out["entropy"].append(rounded(-torch.where(p > 0, p * p.clamp_min(1e-300).log(), 0).sum(-1)))
    out["versions"] = {"transformers": transformers.__version__, "torch": torch.__version__}
    return out


def main():
    (DATA / "heads").mkdir(exist_ok=True)
    for case in sys.argv[1:] or CASES:
        folder = DATA / "golden" / case
        if not (folder / "golden.json").is_file():
            print("no such case:", case)
            continue
        sequences = json.loads((folder / "golden.json").read_text())["sequences"]
        ids = next(s["ids"] for s in sequences if len(s["ids"]) == LENGTH)
        (DATA / "heads" / f"{case}.json").write_text(json.dumps(golden(folder, ids)) + "\n")
        print(case)


if __name__ == "__main__":
    main()
