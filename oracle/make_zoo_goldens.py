#!/usr/bin/env python3
"""Writes tests/data/golden/zoo/*.json: float64 numbers of the pocket zoo's stored weights, from text.

    python oracle/make_zoo_goldens.py              every model, and checkpoints of the grokking run
    python oracle/make_zoo_goldens.py neox-4       the named ones
    python oracle/make_zoo_goldens.py --compare build/release/src/cli/streamgauge     the program against what is stored

Layout as every golden's (README.md): transformers in float64 and reference.py must agree at every element.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import torch

import hf
import make_goldens
import measurement

ROOT = pathlib.Path(__file__).resolve().parent.parent
ZOO, GOLDEN = ROOT / "zoo", ROOT / "tests" / "data" / "golden" / "zoo"
DIGITS = 9
PROMPTS = ("The capital of France is", "In the beginning God created the heaven",
           # Longer than the sliding windows.
           "The book which the author who won the prize wrote during the summer after the accident happened tells the "
           "story of a young girl who discovers that she has the ability to")
CHAT = ("<|user|>What is the capital of France?<|end_of_turn|><|assistant|>",)
CHECKPOINTS = 3  # of the grokking run: the first, the one in the middle and the last


def models():
    """{name: (folder, prompts)} of everything that gets a golden."""
    found = {}
    for path in sorted(ZOO.glob("*/config.json")):
        folder = path.parent
        chat = "chat_template" in json.loads((folder / "tokenizer_config.json").read_text())
        found[folder.name] = (folder, PROMPTS + CHAT if chat else PROMPTS)
    steps = sorted(path.parent for path in ZOO.glob("grokking/step-*/config.json"))
    seen, unseen = json.loads((ZOO / "grokking" / "prompts.json").read_text())["categories"].values() if steps else ((), ())
    for i in range(CHECKPOINTS if steps else 0):
        folder = steps[i * (len(steps) - 1) // (CHECKPOINTS - 1)]
        found["grokking-" + folder.name] = (folder, (seen[0], unseen[0]))
    return found


def make(name, folder, prompts):
    tokenizer, twin = hf.tokenizer(folder), hf.Twin(folder, torch.bfloat16)
    sequences, worst = [], 0.0
    for text in prompts:
        ids = tokenizer(text).input_ids
        double = twin(ids)
        worst = max(worst, make_goldens.check_reference(folder, ids, double, name))
        sequences.append(measurement.sequence(ids, double, False, text=text))
    document = {"schema": "streamgauge.golden/1", "case": name, "family": twin.config.model_type,
                "path": str(folder.relative_to(ROOT)), "weights": "bf16", "versions": hf.versions(),
                "reference_agreement": worst, "torch_float32_error": twin.errors, "sequences": sequences}
    measurement.write(GOLDEN / f"{name}.json", document, DIGITS)
    print(f"{name}: {[len(s['ids']) for s in sequences]} tokens, reference agrees to {worst:.1e}", flush=True)


def compare(program, name, folder, prompts):
    """The program tokenises the prompts itself."""
    with tempfile.TemporaryDirectory() as tmp:
        measured = pathlib.Path(tmp) / "measured.json"
        texts = [word for text in prompts for word in ("-p", text)]
        subprocess.run([program, "measure", folder, *texts, "--json", measured, "--quiet"], check=True)
        return subprocess.run([sys.executable, pathlib.Path(__file__).with_name("compare.py"), measured,
                               GOLDEN / f"{name}.json"], capture_output=True, text=True, check=False)


def verdict(table):
    """The line of compare.py that says how it went, and the largest error of the last stream site."""
    lines = table.splitlines()
    ends = [line for line in lines if line.startswith(("all within", "first difference"))]
    return "; ".join(ends + [" ".join(line.split()[:2]) for line in lines if line.startswith("resid_post")])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="*", help="default: all")
    parser.add_argument("--compare", metavar="PROGRAM", type=pathlib.Path)
    args = parser.parse_args()
    hf.quiet()
    known = models()
    if unknown := set(args.model) - set(known):
        sys.exit(f"unknown model {sorted(unknown)}; known: {sorted(known)}")
    GOLDEN.mkdir(exist_ok=True)
    failed = False
    for name in args.model or known:
        if args.compare is None:
            make(name, *known[name])
            continue
        result = compare(args.compare, name, *known[name])
        failed |= result.returncode != 0
        print(f"{name}: {verdict(result.stdout) or result.stderr}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
