"""Tokenizers of the zoo, in tokenizer.json layout: byte-level BPE and SentencePiece-style BPE with byte fallback."""
import json

import tokenizers
from tokenizers import models, pre_tokenizers, trainers

SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")  # of LLaMA 3


def _trained(texts, size, pre_tokenizer, alphabet):
    """Vocabulary in order of its ids, and merges."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False, min_frequency=2)
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return sorted(model["vocab"], key=model["vocab"].get), model["merges"]


def _added(tokens):
    return [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True} for i, token in enumerate(tokens)]


def _template(bos, specials):
    if bos is None:
        return None
    special = {"SpecialToken": {"id": bos, "type_id": 0}}
    first, second = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    return {"type": "TemplateProcessing", "single": [special, first], "pair": [special, first, special, second],
            "special_tokens": {bos: {"id": bos, "ids": [specials.index(bos)], "tokens": [bos]}}}


def _document(specials, vocabulary, merges, bos, normalizer, pre_tokenizer, decoder, **model):
    tokens = [*specials, *vocabulary]
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": _added(specials),
            "normalizer": normalizer, "pre_tokenizer": pre_tokenizer, "post_processor": _template(bos, specials),
            "decoder": decoder,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      **model, "vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}}


def byte_level(texts, size, specials, bos=None, regex=None):
    """GPT-2's kind: every text is bytes. With `regex` the words are split as LLaMA 3 does, else as GPT-2 does."""
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=regex is None)
    steps = [{"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": regex is None}]
    pre = level
    if regex:
        pre = pre_tokenizers.Sequence([pre_tokenizers.Split(tokenizers.Regex(regex), "isolated"), level])
        steps.insert(0, {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": False})
    vocabulary, merges = _trained(texts, size - len(specials), pre, sorted(pre_tokenizers.ByteLevel.alphabet()))
    step = {"type": "Sequence", "pretokenizers": steps} if regex else steps[0]
    decoder = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return _document(specials, vocabulary, merges, bos, None, step, decoder)


def sentencepiece(texts, size, specials, bos, prefix_space):
    """LLaMA 2's kind: spaces become U+2581, unknown characters their bytes. Gemma's has no space before the text."""
    space = "\u2581"
    fallback = [f"<0x{i:02X}>" for i in range(256)]
    split = pre_tokenizers.Metaspace(replacement=space, prepend_scheme="always" if prefix_space else "never")
    lines = pre_tokenizers.Sequence([pre_tokenizers.Split("\n", "isolated"), split])
    vocabulary, merges = _trained(texts, size - len(specials) - 256, lines, [])
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": space}
    normalizer = {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": space}, replace]}
    decoders = [{"type": "Replace", "pattern": {"String": space}, "content": " "}, {"type": "ByteFallback"},
                {"type": "Fuse"}]
    if prefix_space:
        decoders.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    pre = None if prefix_space else {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                                     "invert": False}
    return _document(specials, [*fallback, *vocabulary], merges, bos, normalizer if prefix_space else replace, pre,
                     {"type": "Sequence", "decoders": decoders}, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
