#!/usr/bin/env python3
"""Float64 numbers of any model that transformers reads, as a golden on standard output.

    python oracle/run_hf.py MODEL -p "The capital of France is" --ids 1,2,3 --logits all > golden.json

MODEL is a folder in Hugging Face layout or a GGUF file whose architecture transformers knows. For families of
oracle/sites.py only: add a row there for another one.
"""
import argparse
import json
import pathlib
import sys

import torch

import hf
import measurement


def stored_dtype(path):
    """Of the checkpoint; GGUF files count as float32."""
    if path.suffix == ".gguf":
        return torch.float32
    config = json.loads((path / "config.json").read_text())
    return getattr(torch, config.get("dtype") or config.get("torch_dtype") or "float32")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("-p", "--prompt", action="append", default=[])
    parser.add_argument("--ids", action="append", default=[], help="comma-separated token ids")
    parser.add_argument("--logits", choices=("last", "all"), default="last")
    return parser.parse_args()


def main():
    args = arguments()
    hf.quiet()
    prompts = [(None, [int(i) for i in ids.split(",")]) for ids in args.ids]
    if args.prompt:
        tokenizer = hf.tokenizer(args.model)
        prompts += [(text, tokenizer(text).input_ids) for text in args.prompt]
    if not prompts:
        sys.exit("nothing to run: give -p TEXT or --ids 1,2,3")
    twin = hf.Twin(args.model, stored_dtype(args.model))
    sequences = [measurement.sequence(ids, twin(ids), args.logits == "all", text=text) for text, ids in prompts]
    print(measurement.text({
        "schema": "streamgauge.golden/1", "case": args.model.name, "family": twin.config.model_type,
        "versions": hf.versions(), "torch_float32_error": twin.errors, "sequences": sequences}, 17))


if __name__ == "__main__":
    main()
