"""What training and checking share: the table, tokenizers, token streams, the held-out loss."""
import json
import math
import pathlib
import tomllib

import tokenizers
import torch
import transformers

import corpus

ZOO = pathlib.Path(__file__).resolve().parent
TABLE = tomllib.loads((ZOO / "models.toml").read_text(encoding="utf-8"))
RESULTS = ZOO / "results.json"
CHAT_TEMPLATE = ("{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end_of_turn|>"
                 "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}")
HELD_OUT_CHATS = 60


def row(name):
    return {**TABLE["defaults"], **TABLE["models"][name]}


def tokenizer_row(name):
    return TABLE["tokenizers"][row(name)["tokenizer"]]


def load_tokenizer(folder):
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))


def stream(tokenizer, documents, separator):
    """One list of ids, every document behind the separator."""
    ids = []
    for encoded in tokenizer.encode_batch(["\n".join(d) for d in documents], add_special_tokens=False):
        ids += [separator, *encoded.ids]
    return torch.tensor(ids)


def chat_stream(tokenizer, conversations, separator):
    user, assistant, end = (tokenizer.token_to_id(t) for t in ("<|user|>", "<|assistant|>", "<|end_of_turn|>"))
    ids = []
    for turns in conversations:
        ids.append(separator)
        for question, answer in turns:
            asked, answered = (tokenizer.encode(text, add_special_tokens=False).ids for text in (question, answer))
            ids += [user, *asked, end, assistant, *answered, end]
    return torch.tensor(ids)


def windows(ids, starts, context, bos):
    """[n, context] pieces of the stream; those of a model whose tokenizer adds a BOS begin with it."""
    rows = ids[starts[:, None] + torch.arange(context)]
    if bos is not None:
        rows[:, 0] = bos
    return rows


def held_out_stream(name, tokenizer, chat=False):
    separator = tokenizer.token_to_id(tokenizer_row(name)["separator"])
    if chat:
        return chat_stream(tokenizer, corpus.conversations(2, HELD_OUT_CHATS), separator)
    return stream(tokenizer, corpus.held_out(), separator)


def bos_id(name, tokenizer):
    bos = tokenizer_row(name).get("bos")
    return None if bos is None else tokenizer.token_to_id(bos)


def entropy(targets):
    """Of the frequencies of these very tokens, in nats: no model that ignores the context does better."""
    share = torch.bincount(targets.flatten()).double() / targets.numel()
    share = share[share > 0]
    return float(-(share * share.log()).sum())


def held_out(name, folder, dtype=torch.float32, chat=False):
    """{"loss", "unigram_entropy", "tokens"} of the stored model on the held-out text, in nats per token."""
    tokenizer = load_tokenizer(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()
    ids, context = held_out_stream(name, tokenizer, chat), row(name)["context"]
    starts = torch.arange(0, len(ids) - context, context)
    rows = windows(ids, starts, context, bos_id(name, tokenizer))
    total = 0.0
    with torch.no_grad():
        for part in rows.split(32):
            logits = model(input_ids=part, use_cache=False).logits[:, :-1].double()
            total += float(torch.nn.functional.cross_entropy(logits.flatten(0, 1), part[:, 1:].flatten(),
                                                             reduction="sum"))
    targets = rows[:, 1:]
    return {"loss": total / targets.numel(), "unigram_entropy": entropy(targets), "tokens": targets.numel()}


def results():
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}


def keep_result(name, result):
    """Adds a row to results.json; the models stay in the order of the table."""
    known = {**results(), name: result}
    ordered = {n: known[n] for n in TABLE["models"] if n in known}
    lines = ",\n".join(f" {json.dumps(n)}: {json.dumps(r)}" for n, r in ordered.items())
    RESULTS.write_text("{\n" + lines + "\n}\n", encoding="utf-8")


def rounded(x, digits=4):
    assert math.isfinite(x)
    return round(x, digits)
