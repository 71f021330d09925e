#!/usr/bin/env python3
"""Trains the models of the pocket zoo, as models.toml lists them, and stores each in zoo/NAME.

    python zoo/train.py                    every model and the held-out text (a quarter of an hour on one core)
    python zoo/train.py neox-4 gemma3      the named ones
    python zoo/train.py --check neox-4     trains again elsewhere; says whether the loss lands where the stored one is

Training is in float32 on one thread, the stored weights are bfloat16, and every stated loss is that of the stored weights.
The King James Bible comes from two Debian packages (corpus.py), downloaded once into --cache.
"""
import argparse
import json
import math
import pathlib
import sys
import tempfile
import time

import torch
import transformers

import card
import corpus
import pocket
import pocket_tokenizers as kinds

WARMUP = 20
CACHE = pathlib.Path("~/.cache/streamgauge/zoo").expanduser()


def make_tokenizer(name, documents):
    """The tokenizer.json document of one of the tokenizers of the table."""
    row = pocket.TABLE["tokenizers"][name]
    texts = ["\n".join(d) for d in documents[::4]]
    size, specials, bos, kind = row["size"], row["specials"], row.get("bos"), row["kind"]
    if kind == "byte-level":
        return kinds.byte_level(texts, size, specials)
    if kind == "byte-level-split":
        return kinds.byte_level(texts, size, specials, bos, kinds.SPLIT)
    return kinds.sentencepiece(texts, size, specials, bos, prefix_space=kind == "sentencepiece-prefix")


def write_tokenizer(name, folder, documents):
    row = pocket.tokenizer_row(name)
    document = make_tokenizer(pocket.row(name)["tokenizer"], documents)
    (folder / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 512,
              "clean_up_tokenization_spaces": False}
    if bos := row.get("bos"):
        config["bos_token"] = bos
    if row.get("chat") and "base" in pocket.row(name):
        config |= {"eos_token": "<|end_of_turn|>", "chat_template": pocket.CHAT_TEMPLATE}
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def new_model(name, tokenizer):
    """Random weights by the seed; every key of the table's config must be one that transformers knows."""
    config = dict(pocket.row(name)["config"])
    kind = transformers.AutoConfig.for_model(config.pop("model_type"))
    if unknown := [key for key in config if not hasattr(kind, key) and key != "rope_parameters"]:
        sys.exit(f"{name}: transformers knows no {unknown}")
    bos = pocket.bos_id(name, tokenizer)
    full = type(kind)(**config, vocab_size=tokenizer.get_vocab_size(), bos_token_id=bos, pad_token_id=None,
                      eos_token_id=tokenizer.token_to_id(pocket.tokenizer_row(name)["separator"]))
    torch.manual_seed(pocket.row(name)["seed"])
    attention = "eager" if full.model_type == "gemma2" else "sdpa"  # the fused form knows no cap of the scores
    return transformers.AutoModelForCausalLM.from_config(full, dtype=torch.float32, attn_implementation=attention)


def tuned_model(name):
    """The base model's stored weights, to be trained on."""
    torch.manual_seed(pocket.row(name)["seed"])
    return transformers.AutoModelForCausalLM.from_pretrained(
        pocket.ZOO / pocket.row(name)["base"], dtype=torch.float32, attn_implementation="sdpa")


def learning_rate(row, step):
    progress = step / row["steps"]
    return row["learning_rate"] * min(1, (step + 1) / WARMUP) * (0.55 + 0.45 * math.cos(math.pi * progress))


def step_loss(model, rows):
    """In nats per token; with experts, what keeps their load even is added."""
    balance = getattr(model.config, "router_aux_loss_coef", None)
    out = model(input_ids=rows, use_cache=False, **({"output_router_logits": True} if balance else {}))
    loss = torch.nn.functional.cross_entropy(out.logits[:, :-1].flatten(0, 1), rows[:, 1:].flatten())
    return loss + balance * out.aux_loss if balance else loss


def fit(name, model, streams, bos):
    """Windows of the streams at random places, as many of each in a step."""
    row = pocket.row(name)
    context, share = row["context"], row["batch"] // len(streams)
    generator = torch.Generator().manual_seed(row["seed"])
    starts = [torch.randint(len(ids) - context, (row["steps"], share), generator=generator) for ids in streams]
    optimizer = torch.optim.AdamW(model.parameters(), lr=row["learning_rate"], betas=(0.9, 0.95), weight_decay=0.1)
    model.train()
    for step in range(row["steps"]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(row, step)
        rows = torch.cat([pocket.windows(ids, s[step], context, bos) for ids, s in zip(streams, starts)])
        loss = step_loss(model, rows)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 50 == 0 or step + 1 == row["steps"]:
            print(f"{name}: step {step}, loss {loss.item():.3f}, {time.process_time():.0f} s", file=sys.stderr, flush=True)


def save(model, folder):
    model.to(torch.bfloat16).save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    (folder / "generation_config.json").unlink(missing_ok=True)


def train(name, folder, documents):
    """Makes the complete folder; returns its row of results.json, and the seconds of processor time it took."""
    began = time.process_time()
    folder.mkdir(parents=True, exist_ok=True)
    write_tokenizer(name, folder, documents)
    tokenizer = pocket.load_tokenizer(folder)
    tuned = "base" in pocket.row(name)
    separator, bos = tokenizer.token_to_id(pocket.tokenizer_row(name)["separator"]), pocket.bos_id(name, tokenizer)
    streams = [pocket.stream(tokenizer, documents, separator)]
    if tuned:
        streams.append(pocket.chat_stream(tokenizer, corpus.conversations(1, 6000), separator))
    model = tuned_model(name) if tuned else new_model(name, tokenizer)
    parameters = sum(p.numel() for p in model.parameters())
    fit(name, model, streams, bos)
    save(model, folder)
    row = pocket.row(name)
    result = {"parameters": parameters, "training_tokens": row["steps"] * row["batch"] * row["context"],
              "seconds": round(time.process_time() - began)}
    for prefix, chat in (("", False), ("chat_", True)) if tuned else (("", False),):
        measured = pocket.held_out(name, folder, chat=chat)
        result |= {prefix + "held_out_loss": pocket.rounded(measured["loss"]),
                   prefix + "unigram_entropy": pocket.rounded(measured["unigram_entropy"]),
                   prefix + "held_out_tokens": measured["tokens"]}
    return result


def check(name, documents):
    with tempfile.TemporaryDirectory() as folder:
        again = train(name, pathlib.Path(folder), documents)
    stored, tolerance = pocket.results()[name]["held_out_loss"], pocket.row(name)["tolerance"]
    good = abs(again["held_out_loss"] - stored) <= tolerance
    print(f"{name}: trained again in {again['seconds']} s, held-out loss {again['held_out_loss']:.4f}, stored "
          f"{stored:.4f}: {'within' if good else 'beyond'} {tolerance}")
    return good


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="*", help="default: all")
    parser.add_argument("--check", action="store_true", help="train into a temporary folder and compare the loss")
    parser.add_argument("--cache", type=pathlib.Path, default=CACHE, help="where the packages are unpacked")
    args = parser.parse_args()
    if unknown := set(args.model) - set(pocket.TABLE["models"]):
        parser.error(f"unknown model {sorted(unknown)}; known: {', '.join(pocket.TABLE['models'])}")
    return args


def main():
    args = arguments()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    names = args.model or list(pocket.TABLE["models"])
    documents = corpus.training(args.cache)
    if args.check:
        sys.exit(0 if all([check(name, documents) for name in names]) else 1)
    if not corpus.HELD_OUT.is_file():
        corpus.make_held_out(args.cache)
    for name in names:
        result = train(name, pocket.ZOO / name, documents)
        seconds = result.pop("seconds")
        pocket.keep_result(name, result)
        card.write(name)
        card.write_table()
        print(f"{name}: {result}, {seconds} s", flush=True)


if __name__ == "__main__":
    main()
