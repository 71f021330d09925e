#!/usr/bin/env python3
"""Writes fuzz/corpus/forms: one tiny layer in every stored form, as fuzz/fuzz_forms.cc reads it: the configuration, a
zero byte, the safetensors file. Run: python3 oracle/make_form_seeds.py"""
import json
import pathlib

import numpy as np
import safetensors.torch
import torch

import form_cases
import forms

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "fuzz" / "corpus" / "forms"


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    seen = set()
    for case in form_cases.CASES:
        if case.form in seen:
            continue
        seen.add(case.form)
        rng = np.random.Generator(np.random.PCG64(case.seed))
        stacked = isinstance(case.form, forms.Mxfp4)
        shape = (2, 64, 64) if stacked else (32, 128)
        parts = case.form.encode(rng.standard_normal(shape).astype(np.float32), rng)
        tensors = {("e_" if stacked else "m.") + part: t.contiguous() for part, t in parts.items()}
        tensors["norm"] = torch.ones(2)
        metadata = case.form.metadata("m.weight", parts, shape) if hasattr(case.form, "metadata") else None
        says = case.says or {"quantization_config": {"quant_method": "modelopt", "quant_algo": "FP8"}}
        config = json.dumps({"model_type": "llama", **says}).encode()
        (FOLDER / case.name).write_bytes(config + b"\0" + safetensors.torch.save(tensors, metadata))


if __name__ == "__main__":
    main()
