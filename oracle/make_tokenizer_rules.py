"""Writes tests/data/tokenizer/rules.json: random chains of normalizers, pre-tokenizers and added tokens, and the ids
that the package `tokenizers` gives for random texts.

    .venv/bin/python oracle/make_tokenizer_rules.py [SEED [COUNT]]

The model is one and the same: every character of the alphabet and every pair of them, so that most places where a text
is split show in the ids. A larger COUNT is for looking for differences; what is found is kept by its SEED.
"""
import itertools
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer" / "rules.json"
ALPHABET = "abAe\u00e9\u0301\u200d_1.<s> \t\n\u2581\u00a0-"
CHARACTERS = sorted(set(ALPHABET))
BEHAVIOURS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def model():
    vocab = {c: i for i, c in enumerate(CHARACTERS)}
    merges = [[a, b] for a, b in itertools.product(CHARACTERS, repeat=2)]
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": vocab, "merges": merges}


def normalizer(r):
    return r.choice([
        {"type": r.choice(["NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"])},
        {"type": "Strip", "strip_left": r.random() < 0.7, "strip_right": r.random() < 0.5},
        {"type": "Prepend", "prepend": r.choice(["\u2581", "a"])},
        {"type": "Replace", "pattern": {"String": r.choice([" ", "a", "<s>"])},
         "content": r.choice(["\u2581", "", "bb", " "])},
        {"type": "Replace", "pattern": {"Regex": r.choice([r"\s+", r"\bA", r"^\s", r"e?\u0301", r"a+b|1"])},
         "content": r.choice([" ", "", "_"])},
    ])


def pre_tokenizer(r):
    return r.choice([
        {"type": "Whitespace"},
        {"type": "WhitespaceSplit"},
        {"type": "Punctuation", "behavior": r.choice(BEHAVIOURS)},
        {"type": "Digits", "individual_digits": r.random() < 0.5},
        {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": r.choice(["first", "always", "never"]),
         "split": r.random() < 0.7},
        {"type": "Split", "pattern": {"String": r.choice([" ", "ab", "\u2581"])}, "behavior": r.choice(BEHAVIOURS),
         "invert": r.random() < 0.3},
        {"type": "Split", "pattern": {"Regex": r.choice([r"\b", r"\B.", r"\b\w+\b", r"\w+|[^\w\s]+", r"\s+(?!\S)|\s+",
                                                         r" ?\p{L}+", r"(?i:A|e)", r"a+b|.", r"[^\S\n]+"])},
         "behavior": r.choice(BEHAVIOURS), "invert": r.random() < 0.3},
    ])


def chain(r, one, many, key):
    steps = [one(r) for _ in range(r.choice([0, 1, 1, 2, 3]))]
    if not steps:
        return None
    return steps[0] if len(steps) == 1 and r.random() < 0.5 else {"type": many, key: steps}


def added(r):
    tokens = []
    for content in r.sample(["<s>", "ab", " b", "\u00e9", "1.", "a<"], r.choice([0, 0, 1, 2, 3])):
        tokens.append({"id": r.randrange(1, 900), "content": content, "single_word": r.random() < 0.3,
                       "lstrip": r.random() < 0.3, "rstrip": r.random() < 0.3, "normalized": r.random() < 0.5,
                       "special": r.random() < 0.5})
    return tokens


def ids(reference, text):
    """None where the reference itself panics (rstrip over overlapping added tokens)."""
    try:
        return reference.encode(text).ids
    except BaseException as error:  # pyo3's PanicException is no Exception
        if "Panic" not in type(error).__name__:
            raise
        return None


def main():
    seed, count = [int(x) for x in (sys.argv[1:] + ["1", "150"][len(sys.argv) - 1:])[:2]]
    r = random.Random(seed)
    shared, rules = model(), []
    while len(rules) < count:
        rest = {"added_tokens": added(r), "normalizer": chain(r, normalizer, "Sequence", "normalizers"),
                "pre_tokenizer": chain(r, pre_tokenizer, "Sequence", "pretokenizers")}
        reference = Tokenizer.from_str(json.dumps({"version": "1.0", "truncation": None, "padding": None,
                                                   "post_processor": None, "decoder": None, "model": shared, **rest}))
        texts = ["".join(r.choices(ALPHABET, k=r.choice([1, 2, 4, 8, 20]))) for _ in range(8)]
        cases = [[text, ids(reference, text)] for text in texts]
        rules.append({**rest, "cases": [case for case in cases if case[1] is not None]})
    document = {"seed": seed, "characters": CHARACTERS, "rules": rules}
    OUT.write_text(json.dumps(document, separators=(",", ":")).replace('{"added', '\n{"added') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
