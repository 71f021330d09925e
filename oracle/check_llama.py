#!/usr/bin/env python3
"""Asks llama.cpp for the logits of the tiny GGUF files, and compares them with the float64 reference of the same weights.

    .venv/bin/pip install xllamacpp                 a build of llama.cpp
    .venv/bin/python oracle/check_llama.py          every case with one GGUF file
    .venv/bin/python oracle/check_llama.py lfm2-moe-corrected

llama.cpp runs on the CPU with float32 caches. The difference is the largest of any logit of the last token, over the
largest logit, at three lengths; some 1e-6 is float32. The files are the goldens' own, which streamgauge reads to 1e-6.
"""
import argparse
import json
import pathlib
import tempfile

import gguf
import numpy as np

import cases
import check_gguf_keys
import reference

LENGTHS = (3, 12, 38)


def names_differ(name):
    case = next(case for case in cases.CASES if case.name == name)
    return case.strip or case.renamed or case.multimodal


def complaint(log):
    lines = log.read_text(errors="replace").splitlines()
    said = [line for line in lines if "error loading model" in line or "GGML_ASSERT" in line]
    return said[0].rpartition("error loading model: ")[2] if said else "nothing said"


def difference(case, scratch):
    """Largest relative difference, or why there is none."""
    folder = check_gguf_keys.GOLDEN / case
    m = reference.read(folder)
    if m.config["model_type"] not in reference.FAMILIES or names_differ(case):
        return "published under other names than the reference reads"
    file = scratch / "model.gguf"
    check_gguf_keys.rewrite(folder / "model.gguf", file, {})
    vocab = int(next(t for t in gguf.GGUFReader(file).tensors if t.name == "token_embd.weight").shape[1])
    worst = 0.0
    for length in LENGTHS:
        ids = np.random.Generator(np.random.PCG64(length)).integers(0, m.config["vocab_size"], length).tolist()
        theirs = check_gguf_keys.logits_of_llama(file, vocab, ids, True, scratch / "log")
        if theirs is None:
            return f"does not run: {complaint(scratch / 'log')}"
        want = reference.forward(m, ids)["logits"][-1]
        worst = max(worst, np.abs(theirs[:len(want)] - want).max() / np.abs(want).max())
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*")
    names = parser.parse_args().case
    index = json.loads((check_gguf_keys.GOLDEN / "index.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        for row in index:
            if row["gguf"] != "model.gguf" or (names and row["case"] not in names):
                continue
            found = difference(row["case"], pathlib.Path(scratch))
            print(f"{row['case']:32}{found if isinstance(found, str) else f'{found:.1e}'}", flush=True)


if __name__ == "__main__":
    main()
