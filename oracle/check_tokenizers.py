#!/usr/bin/env python3
"""Compares `streamgauge tokenize` with Hugging Face's ids on hostile, random and 1 MB of mixed text.

    check_tokenizers.py STREAMGAUGE MODEL...

MODEL is a GGUF file, read on the other side by transformers, or a tokenizer.json, read by tokenizers. SmolLM2's
GGUF needs --digits: transformers leaves out that its tokenizer splits digits first. Exits 1 on a difference.
"""
import argparse
import json
import pathlib
import subprocess
import sys

from tokenizers import Tokenizer, pre_tokenizers

from tokenizer_texts import HOSTILE, corpus, random_strings

# One argument of a program may have 128 KiB, and all of them 2 MiB.
CHUNK_CHARACTERS = 20000
CHUNKS_PER_CALL = 16


def reference(path, digits):
    if path.suffix != ".gguf":
        return Tokenizer.from_file(str(path))
    import transformers
    made = transformers.AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name).backend_tokenizer
    if digits:
        made.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    return made


def ours(program, path, texts):
    arguments = [argument for text in texts for argument in ("-p", text)]
    run = subprocess.run([program, "tokenize", str(path), *arguments, "--json", "-"], capture_output=True, check=True)
    return [sequence["ids"] for sequence in json.loads(run.stdout)["sequences"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("models", nargs="+", type=pathlib.Path)
    parser.add_argument("--digits", action="store_true", help="split digits first in the reference of GGUF files")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    # An argument holds no NUL, and an empty prompt is refused by the program; the unit tests cover both.
    texts = [text for text in HOSTILE + random_strings(1000, arguments.seed) if text and "\0" not in text]
    mixed = corpus(700000, arguments.seed)
    texts += [mixed[i:i + CHUNK_CHARACTERS] for i in range(0, len(mixed), CHUNK_CHARACTERS)]
    different = 0
    for path in arguments.models:
        tokenizer = reference(path, arguments.digits)
        for first in range(0, len(texts), CHUNKS_PER_CALL):
            batch = texts[first:first + CHUNKS_PER_CALL]
            for text, ids in zip(batch, ours(arguments.program, path, batch)):
                expected = tokenizer.encode(text).ids
                if ids != expected:
                    different += 1
                    print(f"{path}: {text[:60]!r}: expected {expected[:20]}, got {ids[:20]}")
        print(f"{path}: {len(texts)} texts compared, {different} different so far")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
