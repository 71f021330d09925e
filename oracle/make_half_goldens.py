#!/usr/bin/env python3
"""Makes tests/data/half: token norms of transformers in bfloat16 and float16 on the CPU, eager attention and experts.

    make_half_goldens.py [CASE...]          of the F32 checkpoints under tests/data/golden; one per family without names
    make_half_goldens.py --real FILE.gguf   of a published model, one prompt

A narrower type has no true numbers: sums in another order round elsewhere. These are what one library on one machine
gives, and the test (tests/golden/half_test.cc) asks how near to them the emulation is, beside how near float32 is.
"""
import argparse
import json
import pathlib

import numpy as np
import torch
import transformers

import hf
import measurement
import renames
import sites

ROOT = pathlib.Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "data" / "golden"
OUT = ROOT / "tests" / "data" / "half"
TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16}
DIGITS = 6
PROMPT = ("Although the evidence suggested otherwise and the witnesses testified against him and the prosecutor demanded "
          "the harshest penalty the jury surprisingly decided to")


def first_of_each_family():
    families = {}
    for case in json.loads((GOLDEN / "index.json").read_text()):
        if case["family"] not in renames.FAMILIES:  # which transformers has not under their own names
            families.setdefault(case["family"], case["case"])
    return list(families.values())


def in_type(model, dtype):
    """Rounds a factor of the branches as the model does; a branch that no module puts out is not known to the bit."""
    recorder = sites.Recorder(model)
    scale, recorder.scale = recorder.scale, 1.0
    unknown = [site for site, module in (("attn_out", recorder.map.attn), ("mlp_out", recorder.map.mlp)) if not module]

    def rows(ids):
        found = recorder(ids)
        for site in ("attn_out", "mlp_out"):
            if site in unknown and not recorder.map.branch:
                found.pop(site, None)
            elif scale != 1.0 and site in found:
                found[site] = (torch.tensor(found[site]).to(dtype) * scale).double().numpy()
        return found

    return rows


def runs(model, precision, sequences):
    """Norms by site of each sequence."""
    loaded = transformers.AutoModelForCausalLM.from_pretrained(
        **hf.location(model), dtype=TYPES[precision], attn_implementation="eager", experts_implementation="eager")
    rows = in_type(loaded.eval(), TYPES[precision])
    return [measurement.norms(rows(ids)) for ids in sequences]


def write(name, model, about, ids):
    document = {**about, "versions": hf.versions(), "ids": ids}
    for precision in TYPES:
        found = runs(model, precision, [ids])[0]
        if all(np.isfinite(rows).all() for rows in found.values()):  # Gemma's stream leaves float16
            document[precision] = found
    measurement.write(OUT / f"{name}.json", document, DIGITS)


def make_tiny(case):
    golden = json.loads((GOLDEN / case / "golden.json").read_text())
    write(case, GOLDEN / case, {"case": case, "family": golden["family"]}, golden["sequences"][-1]["ids"])


def make_real(name, file):
    write(f"real/{name}", file, {"file": file.name}, hf.tokenizer(file)(PROMPT)["input_ids"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*")
    parser.add_argument("--real", action="append", type=pathlib.Path, default=[], metavar="FILE.gguf")
    args = parser.parse_args()
    hf.quiet()
    (OUT / "real").mkdir(parents=True, exist_ok=True)
    for file in args.real:
        make_real(file.stem, file)
    for case in args.cases or ([] if args.real else first_of_each_family()):
        make_tiny(case)


if __name__ == "__main__":
    main()
