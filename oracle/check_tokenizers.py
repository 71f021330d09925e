#!/usr/bin/env python3
"""Compares `streamgauge tokenize` with Hugging Face's ids on hostile, random and mixed text.

    check_tokenizers.py STREAMGAUGE MODEL...

MODEL is a GGUF file, read on the other side by transformers, or a tokenizer.json, or a golden that holds one as its
member "tokenizer" (tests/data/tokenizer/family_*.json), both read by tokenizers. Exits 1 on a difference, 2 when the
program fails, and 77, which ctest counts as skipped, where these packages cannot be imported.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

try:
    from tokenizers import Tokenizer, pre_tokenizers
except ImportError as failure:
    print(f"skipped: {failure}")
    sys.exit(77)

from tokenizer_texts import HOSTILE, corpus, random_strings

# One argument of a program may have 128 KiB, and all of them 2 MiB.
CHUNK_CHARACTERS = 20000
CHUNKS_PER_CALL = 16
# GGUF's names of splits that transformers leaves out: the models' own tokenizer.json takes digits one by one first.
DIGITS_FIRST = {"smollm", "starcoder", "refact", "command-r"}


def gguf_reference(path):
    import gguf
    import transformers
    made = transformers.AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name).backend_tokenizer
    pre = gguf.GGUFReader(path).fields.get("tokenizer.ggml.pre")
    if pre is not None and pre.contents() in DIGITS_FIRST:
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return made


def reference(path, folder):
    """Their tokenizer, and the file that ours reads."""
    if path.suffix == ".gguf":
        return gguf_reference(path), path
    document = json.loads(path.read_text())
    if "tokenizer" in document:
        path = folder / "tokenizer.json"
        path.write_text(json.dumps(document["tokenizer"]))
    return Tokenizer.from_file(str(path)), path


def ours(program, path, texts):
    arguments = [argument for text in texts for argument in ("-p", text)]
    run = subprocess.run([program, "tokenize", str(path), *arguments, "--json", "-"], capture_output=True, check=False)
    if run.returncode != 0:
        sys.stderr.write(run.stderr.decode(errors="replace"))
        sys.exit(2)
    return [sequence["ids"] for sequence in json.loads(run.stdout)["sequences"]]


def differences(program, path, texts, folder):
    tokenizer, file = reference(path, folder)
    found = 0
    for first in range(0, len(texts), CHUNKS_PER_CALL):
        batch = texts[first:first + CHUNKS_PER_CALL]
        for text, ids in zip(batch, ours(program, file, batch), strict=True):
            expected = tokenizer.encode(text).ids
            if ids != expected:
                found += 1
                print(f"{path}: {text[:60]!r}: expected {expected[:20]}, got {ids[:20]}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", type=int, default=1000, help="random strings")
    parser.add_argument("--characters", type=int, default=700000, help="of mixed text; 700,000 are 1 MB")
    arguments = parser.parse_args()
    # An argument holds no NUL, and an empty prompt may be refused; the unit tests cover both.
    texts = [text for text in HOSTILE + random_strings(arguments.random, arguments.seed) if text and "\0" not in text]
    mixed = corpus(arguments.characters, arguments.seed)
    texts += [mixed[i:i + CHUNK_CHARACTERS] for i in range(0, len(mixed), CHUNK_CHARACTERS)]
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in arguments.models:
            found = differences(arguments.program, path, texts, pathlib.Path(folder))
            print(f"{path.name}: {len(texts)} texts compared, {found} different", flush=True)
            total += found
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
