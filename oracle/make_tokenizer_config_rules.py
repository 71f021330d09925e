"""Writes tests/data/tokenizer/beside.json: random tokenizer_config.json, special_tokens_map.json and added_tokens.json
beside a tokenizer.json, and the ids that transformers' AutoTokenizer gives for random texts.

    .venv/bin/python oracle/make_tokenizer_config_rules.py [SEED [COUNT]]

A larger COUNT is for looking for differences; what is found is kept by its SEED. What transformers itself refuses is left out.
"""
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["TRANSFORMERS_VERBOSITY"] = "critical"
from transformers import AutoTokenizer  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "tokenizer"
PIECES = ["<s>", "</s>", "<x>", "<y>", "<pad>", "ab", "a", " ", "  ", "b", "<", "e", "\n", "AB", "<x"]
CONTENTS = ["<s>", "</s>", "<x>", "<y>", "<pad>", " b"]


def marks(r, content):
    token = {"content": content, "lstrip": r.random() < 0.3, "rstrip": r.random() < 0.3,
             "normalized": r.random() < 0.4, "single_word": r.random() < 0.15}
    if r.random() < 0.7:
        token["special"] = r.random() < 0.6
    return token


def tokenizer_json(r):
    letters = [chr(c) for c in range(33, 127)] + ["\u0120", "\u010a"]
    vocab = {c: i for i, c in enumerate(letters)}
    for pair in ("ab", "\u0120b", "\u0120a", "<x"):
        vocab[pair] = len(vocab)
    for content in ("<s>", "</s>"):
        if r.random() < 0.6:
            vocab[content] = len(vocab)
    added, number = [], len(vocab)
    for content in r.sample(CONTENTS, r.randrange(4)):
        token = {"id": vocab.get(content, number), **marks(r, content)}
        token["special"] = token.get("special", False)
        number += content not in vocab
        added.append(token)
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": sorted(added, key=lambda t: t["id"]),
            "normalizer": r.choice([None, None, {"type": "Lowercase"}]),
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": r.random() < 0.3, "trim_offsets": True,
                              "use_regex": True},
            "post_processor": None, "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True,
                                                "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": vocab, "merges": [["a", "b"], ["\u0120", "b"], ["\u0120", "a"], ["<", "x"]]}}


def named(r, as_object):
    names = r.sample(["bos_token", "eos_token", "unk_token", "pad_token", "mask_token", "image_token"], r.randrange(4))
    value = lambda: (lambda c: as_object(r, c) if r.random() < 0.4 else c)(r.choice(CONTENTS))  # noqa: E731
    json_object = {name: value() for name in names}
    if r.random() < 0.3:
        key = r.choice(["additional_special_tokens", "extra_special_tokens"])
        json_object[key] = r.sample(CONTENTS, r.randrange(1, 3))
    elif r.random() < 0.15:
        json_object["extra_special_tokens"] = {"audio_token": r.choice(CONTENTS)}
    return json_object


def beside(r):
    files = {}
    config = {"tokenizer_class": "PreTrainedTokenizerFast"}
    if r.random() < 0.7:
        config |= named(r, lambda r, c: {"__type": "AddedToken", **{k: v for k, v in marks(r, c).items() if k != "special"}})
    if r.random() < 0.3:
        config["split_special_tokens"] = r.random() < 0.5
    if r.random() < 0.3:
        config["add_bos_token"] = r.random() < 0.5
    if r.random() < 0.4:
        ids = r.sample(range(110, 130), 3)
        config["added_tokens_decoder"] = {str(i): marks(r, c) for i, c in zip(ids[:r.randrange(4)], r.sample(CONTENTS, 3))}
    files["tokenizer_config.json"] = config
    if r.random() < 0.4:
        files["special_tokens_map.json"] = named(
            r, lambda r, c: {k: v for k, v in marks(r, c).items() if k != "special"})
    if r.random() < 0.4:
        files["added_tokens.json"] = {c: i for c, i in zip(r.sample(CONTENTS, 3), r.sample(range(110, 120), 3))}
    return files


def ids_of(tokenizer, files, texts):
    with tempfile.TemporaryDirectory() as folder:
        for name, content in {"tokenizer.json": tokenizer, **files}.items():
            (pathlib.Path(folder) / name).write_text(json.dumps(content))
        loaded = AutoTokenizer.from_pretrained(folder)
        return [loaded(text)["input_ids"] for text in texts]


def main():
    seed, count = (int(a) for a in (sys.argv[1:] + ["7", "120"][len(sys.argv) - 1:])[:2])
    r = random.Random(seed)
    cases = []
    for _ in range(count):
        tokenizer, files = tokenizer_json(r), beside(r)
        texts = ["".join(r.choice(PIECES) for _ in range(r.randrange(1, 9))) for _ in range(4)]
        if r.random() < 0.15:  # a class that writes its ByteLevel step anew, and nothing else of the file is its own
            tokenizer["normalizer"], tokenizer["added_tokens"] = None, []
            files = {"tokenizer_config.json": {"tokenizer_class": r.choice(["GPT2Tokenizer", "GPT2TokenizerFast"]),
                                               "add_prefix_space": r.random() < 0.5, "unk_token": "<s>",
                                               "bos_token": "<s>", "eos_token": "<s>"}}
        try:
            ids = ids_of(tokenizer, files, texts)
        except Exception:  # noqa: BLE001
            continue
        cases.append({"tokenizer": tokenizer, "files": files, "texts": texts, "ids": ids})
    out = DATA / "beside.json" if len(sys.argv) < 2 else pathlib.Path(f"beside-{seed}.json")
    out.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(out, len(cases), "cases")


if __name__ == "__main__":
    main()
