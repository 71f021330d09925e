#!/usr/bin/env python3
"""Makes the tokenizer goldens of tests/data/tokenizer with Hugging Face's own libraries.

    make_tokenizer_goldens.py OUT [--smollm2 FILE.gguf] [--gemma3 FILE.gguf]

Small BPE models are trained on a generated corpus with each family's published normalizer, pre-tokenizer and
post-processor; stored are the tokenizer.json and the ids of the hostile and random texts. With the two GGUF files
it also stores the ids of the real models, and the part of their vocabularies that the texts can touch. Pinned: tokenizers 0.23, transformers 5.23, gguf 0.19; the versions
that ran are inside every file.
"""
import argparse
import itertools
import json
import pathlib

import tokenizers
import transformers
from gguf import GGUFReader
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.convert_slow_tokenizer import bytes_to_unicode
from transformers.integrations.gguf.gguf_tokenizer_mapping import GGUF_PRE_TOKENIZER_SPLITS
from transformers.tokenization_utils_base import generate_merges

from tokenizer_texts import HOSTILE, corpus, random_strings

SEED = 20240607
MADE_BY = {"script": "oracle/make_tokenizer_goldens.py", "tokenizers": tokenizers.__version__,
           "transformers": transformers.__version__, "seed": SEED}
TEXTS = HOSTILE + random_strings(60, SEED)
REAL_TEXTS = HOSTILE + random_strings(200, SEED)
# Texts of steps.json and gguf_gpt2.json: there are many cases, so only some texts, none long.
SOME = [i for i, text in enumerate(TEXTS) if len(text) <= 60][::2]
CORPUS = corpus(60000, SEED).splitlines(keepends=True)

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)"
LLAMA3 = GGUF_PRE_TOKENIZER_SPLITS["llama3"]
QWEN2 = GGUF_PRE_TOKENIZER_SPLITS["qwen2"]
BLOOM = " ?[^(\\s|[.,!?…。，、।۔،])]+"

byte_level = pre_tokenizers.ByteLevel
sequence = pre_tokenizers.Sequence


def split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def special(text, **options):
    return AddedToken(text, special=True, normalized=False, **options)


def template(tokenizer, single):
    names = [piece for piece in single.split() if not piece.startswith("$")]
    return processors.TemplateProcessing(single=single, special_tokens=[(name, tokenizer.token_to_id(name)) for name in names])


def train_byte_level(size, pre, normalizer=None, specials=("<|endoftext|>",), added=(), **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=size, special_tokens=[special(text) for text in specials], initial_alphabet=byte_level.alphabet(), show_progress=False))
    tokenizer.add_tokens(list(added))
    return tokenizer


def train_sentencepiece(size, normalizer, pre=None, specials=("<unk>", "<s>", "</s>"), fuse=True):
    """A BPE model over characters with U+2581 for spaces, and the 256 byte tokens behind the special ones."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "\u2581")
    trained.pre_tokenizer = pre_tokenizers.Split("\u2581", "merged_with_next")
    trained.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=size, limit_alphabet=150, show_progress=False))
    model = json.loads(trained.to_str())["model"]
    tokens = list(specials) + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [token for token in sorted(model["vocab"], key=model["vocab"].get)]
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(m) for m in model["merges"]],
                                     unk_token="<unk>", fuse_unk=fuse, byte_fallback=True))
    tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([special(text) for text in specials])
    return tokenizer


def gpt2():
    return train_byte_level(500, byte_level(add_prefix_space=False))


def gpt_neox():
    spaces = [AddedToken(" " * n, normalized=True, special=False) for n in (2, 3, 4, 8)]
    return train_byte_level(500, byte_level(add_prefix_space=False), normalizers.NFC(), ("<|endoftext|>", "<|padding|>"), spaces)


def llama2():
    made = train_sentencepiece(700, normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]))
    made.post_processor = template(made, "<s> $A")
    return made


def llama2_normalized_specials():
    made = llama2()
    made.add_special_tokens([AddedToken(text, special=True, normalized=True) for text in ("[INST]", "[/INST]", "two  spaces")])
    return made


def mistral():
    made = train_sentencepiece(700, normalizers.Sequence([]), pre_tokenizers.Metaspace("\u2581", "first", False))
    made.post_processor = template(made, "<s> $A </s>")
    return made


def without_bytes(fuse, kept=0):
    """No byte fallback, or one that has only the first `kept` bytes: unknown characters are <unk>."""
    made = train_sentencepiece(620, normalizers.Replace(" ", "\u2581"), fuse=fuse)
    document = json.loads(made.to_str())
    for byte in range(kept, 256):
        del document["model"]["vocab"][f"<0x{byte:02X}>"]
    document["model"]["byte_fallback"] = kept > 0
    return Tokenizer.from_str(json.dumps(document))


def unknown_fused():
    return without_bytes(fuse=True)


def unknown_single():
    return without_bytes(fuse=False)


def some_bytes():
    return without_bytes(fuse=True, kept=0xE4)


def metaspace_always():
    return train_sentencepiece(700, normalizers.NFKC(), pre_tokenizers.Metaspace("\u2581", "always", True), fuse=False)


def llama3():
    made = train_byte_level(500, sequence([split(LLAMA3), byte_level(add_prefix_space=False, use_regex=False)]),
                            specials=("<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>"), ignore_merges=True)
    made.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), template(made, "<|begin_of_text|> $A")])
    return made


def gemma():
    made = train_sentencepiece(700, normalizers.Replace(" ", "\u2581"), pre_tokenizers.Split(" ", "merged_with_previous"),
                               ("<pad>", "<eos>", "<bos>", "<unk>"))
    runs = ["\n" * n for n in (1, 2, 3, 8)] + ["\t", "\t\t", "<table>", "</table>", "<tr>"]
    made.add_tokens([AddedToken(text, normalized=False, special=False) for text in runs + ["\u2581\u2581"]])
    made.post_processor = template(made, "<bos> $A")
    return made


def qwen2():
    return train_byte_level(500, sequence([split(QWEN2), byte_level(add_prefix_space=False, use_regex=False)]), normalizers.NFC(),
                            ("<|endoftext|>", "<|im_start|>", "<|im_end|>"))


def smollm2():
    return train_byte_level(500, sequence([pre_tokenizers.Digits(True), byte_level(add_prefix_space=False)]),
                            specials=("<|endoftext|>", "<|im_start|>", "<|im_end|>"))


def opt():
    made = train_byte_level(500, byte_level(add_prefix_space=False), specials=("<pad>", "</s>", "<unk>"))
    made.post_processor = template(made, "</s> $A")
    return made


def falcon():
    return train_byte_level(500, sequence([pre_tokenizers.Punctuation("contiguous"), byte_level(add_prefix_space=False),
                                           pre_tokenizers.Digits(False), split("[0-9][0-9][0-9]")]))


def bloom():
    return train_byte_level(500, sequence([split(BLOOM), byte_level(add_prefix_space=False, use_regex=False)]),
                            specials=("<unk>", "<s>", "</s>", "<pad>"))


def phi():
    runs = [AddedToken(text, normalized=True, special=False) for text in ("\t\t", "\t\t\t", "  ", "    ")]
    return train_byte_level(500, byte_level(add_prefix_space=False), added=runs)


def starcoder2():
    return train_byte_level(500, sequence([pre_tokenizers.Digits(True), byte_level(add_prefix_space=False)]),
                            specials=("<|endoftext|>", "<fim_prefix>"))


def roberta():
    """Every flag of added tokens, a prefix space, and cls and sep."""
    made = train_byte_level(500, byte_level(add_prefix_space=True), specials=("<s>", "</s>", "<pad>"))
    made.add_special_tokens([special("<mask>", lstrip=True), special("<r>", rstrip=True), special("<|endoftext|>", lstrip=True, rstrip=True)])
    made.add_tokens([AddedToken(text, single_word=True, normalized=False) for text in ("the", "é", "model")] +
                    [AddedToken("Hello", single_word=True, normalized=True), AddedToken("stream", normalized=True, lstrip=True)])
    made.post_processor = processors.RobertaProcessing(("</s>", 1), ("<s>", 0), trim_offsets=True, add_prefix_space=True)
    return made


FAMILIES = [gpt2, gpt_neox, llama2, llama2_normalized_specials, mistral, metaspace_always, llama3, gemma, qwen2, smollm2, opt,
            falcon, bloom, phi, starcoder2, roberta, unknown_fused, unknown_single, some_bytes]

BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
PRE_TOKENIZERS = (
    [split(r"\s+|[,.]", behavior, invert) for behavior in BEHAVIORS for invert in (False, True)] +
    [pre_tokenizers.Split("e", behavior, False) for behavior in BEHAVIORS] +
    [pre_tokenizers.Punctuation(behavior) for behavior in BEHAVIORS] +
    [pre_tokenizers.Digits(True), pre_tokenizers.Digits(False), pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(),
     pre_tokenizers.Metaspace("_", "first", True), pre_tokenizers.Metaspace("\u2581", "never", True), split(r"(?i:THE)|\w+(?!\w)|^a|b$")])
NORMALIZERS = [normalizers.NFC(), normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(), normalizers.Lowercase(),
               normalizers.StripAccents(), normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()]),
               normalizers.Strip(True, True), normalizers.Strip(True, False), normalizers.Strip(False, True), normalizers.Prepend("x"),
               normalizers.Replace("a", "bb"), normalizers.Replace(Regex(r"\s{2,}|\d"), " "), normalizers.Replace(Regex("x*"), "-")]

PRE_TYPES = {
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", "[0-9][0-9][0-9]"], "gpt-2": [GPT2], "olmo": [GPT2],
    "smollm": [r"\p{N}", GPT2], "starcoder": [r"\p{N}", GPT2], "falcon": [r"[\p{P}\$\+<=>\^~\|`]+", GPT2, "[0-9][0-9][0-9]"],
    "bloom": [BLOOM], "viking": [BLOOM, r"\p{N}"], "stablelm2": [QWEN2],
    **{name: [GGUF_PRE_TOKENIZER_SPLITS[name]] for name in ("llama-bpe", "dbrx", "qwen2", "tekken", "gpt-4o")}}
IGNORE_MERGES = {"llama-bpe", "tekken"}


def write(out, name, content):
    (out / name).write_text(json.dumps({"made_by": MADE_BY, **content}, ensure_ascii=True, separators=(",", ":")) + "\n")


def added(tokenizer):
    """How many tokens add_special_tokens=True puts before and after each of the texts."""
    for before, after in itertools.product(range(3), range(3)):
        if all(tokenizer.encode(text, add_special_tokens=False).ids == (ids := tokenizer.encode(text).ids)[before:len(ids) - after]
               for text in TEXTS):
            return {"before": before, "after": after}
    raise SystemExit("special tokens stand elsewhere")


def ids_of(tokenizer, texts):
    return [tokenizer.encode(text).ids for text in texts]


def steps(out):
    """One model, every pre-tokenizer and normalizer alone: the test puts `json` in place of the member `part`."""
    base = train_sentencepiece(620, normalizers.Sequence([]))
    cases = []
    for pre in PRE_TOKENIZERS:
        base.pre_tokenizer = pre
        cases.append({"part": "pre_tokenizer", "json": json.loads(base.to_str())["pre_tokenizer"], "ids": ids_of(base, [TEXTS[i] for i in SOME])})
    base.pre_tokenizer = sequence([])
    for normalizer in NORMALIZERS:
        base.normalizer = normalizer
        cases.append({"part": "normalizer", "json": json.loads(base.to_str())["normalizer"], "ids": ids_of(base, [TEXTS[i] for i in SOME])})
    document = json.loads(base.to_str())
    document["normalizer"] = document["pre_tokenizer"] = None
    write(out, "steps.json", {"indices": SOME, "tokenizer": document, "cases": cases})


def gguf_gpt2(out):
    base = train_byte_level(700, sequence([split(GPT2), byte_level(add_prefix_space=False, use_regex=False)]),
                            specials=("<|endoftext|>", "<|im_start|>"))
    model = json.loads(base.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get) + ["  "]
    base.add_tokens([AddedToken("  ", normalized=False)])
    cases = []
    for name, patterns in PRE_TYPES.items():
        base.model.ignore_merges = name in IGNORE_MERGES
        base.pre_tokenizer = sequence([split(p) for p in patterns] + [byte_level(add_prefix_space=False, use_regex=False)])
        cases.append({"pre": name, "ids": ids_of(base, [TEXTS[i] for i in SOME])})
    types = [3, 3] + [1] * (len(tokens) - 3) + [4]
    write(out, "gguf_gpt2.json", {"indices": SOME, "model": "gpt2", "tokens": tokens, "scores": [], "token_types": types,
                                  "merges": [" ".join(m) for m in model["merges"]], "bos": 0, "unknown": -1,
                                  "add_bos": False, "add_space_prefix": False, "cases": cases})


def gguf_llama(out, name, prefix):
    """Tokens and scores as SentencePiece files hold them; the reference's merges are derived from the scores."""
    normalizer = normalizers.Replace(" ", "\u2581")
    base = train_sentencepiece(900, normalizer)
    tokens = sorted(base.get_vocab(), key=base.get_vocab().get)
    runs = [] if prefix else [" " * n for n in range(2, 9)]
    tokens = tokens[:3] + runs + ["<table>", "\n\n"] + tokens[3:]
    first = 3 + len(runs) + 2
    types = [2, 3, 3] + [4] * (len(runs) + 2) + [6] * 256 + [1] * (len(tokens) - first - 256)
    scores = [-1000.0] * first + [0.0] * 256 + [-float(i) for i in range(len(tokens) - first - 256)]
    spelled = [token.replace(" ", "\u2581") for token in tokens]
    vocab = {token: i for i, token in enumerate(spelled)}
    order = {token: (-i if not prefix else scores[i]) for i, token in enumerate(spelled)}
    made = Tokenizer(models.BPE(vocab=vocab, merges=generate_merges(vocab, order), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizer]) if prefix else normalizer
    made.add_special_tokens([special(text) for text in tokens[:3]])
    made.add_tokens([AddedToken(text, normalized=False) for text in ("<table>", "\n\n")])
    made.post_processor = template(made, "<s> $A")
    write(out, f"{name}.json", {"indices": list(range(len(TEXTS))), "model": "llama", "tokens": tokens, "scores": scores, "token_types": types, "merges": [],
                                "bos": 1, "unknown": 0, "add_bos": True, "add_space_prefix": prefix,
                                "cases": [{"pre": "default", "ids": ids_of(made, TEXTS)}]})


BYTES_TO_TEXT = bytes_to_unicode()


def spellings(model, text):
    """How the merge loop of a GGUF vocabulary may see a text; every token it can ever make is a part of one."""
    if model == "gpt2":
        return ["".join(BYTES_TO_TEXT[byte] for byte in text.encode())]
    return [text.replace(" ", "\u2581"), "\u2581" + text.replace(" ", "\u2581")]


def part_of_vocabulary(path, texts):
    """The part of a GGUF vocabulary that `texts` can touch, in its order: their ids under it are those under the whole,
    counted anew. The test maps them back with token_ids."""
    fields = GGUFReader(path).fields

    def get(key, default=None):
        return fields[f"tokenizer.ggml.{key}"].contents() if f"tokenizer.ggml.{key}" in fields else default

    model, tokens, types, scores = get("model"), get("tokens"), get("token_type"), get("scores")
    bos, unknown = get("bos_token_id"), get("unknown_token_id", -1)
    raw, spelled = "\n\n".join(texts), "\n\n".join(s for text in texts for s in spellings(model, text))
    normal, byte = 1, 6
    kept = [i for i, token in enumerate(tokens)
            if i in (bos, unknown) or types[i] == byte or token in (spelled if types[i] == normal else raw)]
    place = {i: n for n, i in enumerate(kept)}
    known = {tokens[i] for i in kept}
    merges = [merge for merge in get("merges", []) if merge.replace(" ", "", 1) in known] if model == "gpt2" else []
    return {"model": model, "pre": get("pre", ""), "token_ids": kept, "tokens": [tokens[i] for i in kept],
            "scores": [scores[i] for i in kept] if model == "llama" else [], "token_types": [types[i] for i in kept],
            "merges": merges, "bos": place[bos], "unknown": place.get(unknown, -1),
            "add_bos": bool(get("add_bos_token", model == "llama")),
            "add_space_prefix": bool(get("add_space_prefix", model == "llama"))}


def real(out, name, path, pre_tokenizer=None):
    path = pathlib.Path(path)
    made = transformers.AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name).backend_tokenizer
    if pre_tokenizer is not None:
        made.pre_tokenizer = pre_tokenizer
    write(out, f"real_{name}.json", {"file": path.name, **part_of_vocabulary(path, REAL_TEXTS), "texts": REAL_TEXTS,
                                     "ids": ids_of(made, REAL_TEXTS)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--smollm2", help="SmolLM2-135M-Instruct as GGUF")
    parser.add_argument("--gemma3", help="Gemma-3-270M as GGUF")
    arguments = parser.parse_args()
    out = arguments.out
    write(out, "texts.json", {"texts": TEXTS})
    write(out, "plain.json", {"families": {f"family_{family.__name__}.json": added(family()) for family in FAMILIES}})
    for family in FAMILIES:
        made = family()
        write(out, f"family_{family.__name__}.json", {"tokenizer": json.loads(made.to_str()), "ids": ids_of(made, TEXTS)})
    steps(out)
    gguf_gpt2(out)
    gguf_llama(out, "gguf_llama", prefix=True)
    gguf_llama(out, "gguf_gemma", prefix=False)
    if arguments.smollm2:
        # transformers gives every "gpt2" file GPT-2's splitting; the model's own tokenizer.json splits digits first.
        real(out, "smollm2", arguments.smollm2, sequence([pre_tokenizers.Digits(True), byte_level(add_prefix_space=False)]))
    if arguments.gemma3:
        real(out, "gemma3", arguments.gemma3)


if __name__ == "__main__":
    main()
