#!/usr/bin/env python3
"""Trains a small GPT-NeoX on addition modulo a prime until it groks, and stores checkpoints in zoo/grokking.

    python zoo/grokking.py                  the whole run (minutes on one core)
    python zoo/grokking.py --steps 2000 --dry   prints the curve, stores nothing

Every checkpoint is a complete folder in Hugging Face layout, in bfloat16; metrics.json has what the stored weights reach
on the training and the test set. prompts.json has prompts from both.
"""
import argparse
import copy
import json
import random
import shutil
import sys
import time

import torch
import transformers

import pocket

FOLDER = pocket.ZOO / "grokking"
RUN = pocket.TABLE["grokking"]
P = RUN["modulus"]
PLUS, EQUALS = P, P + 1
EVERY = 100  # steps between the states from which the checkpoints are chosen
WARMUP = 10
PROMPTS = 16  # of each side


def split():
    """All pairs (a, b) as ids [n, 4], the sums, and the rows of the training and the test set."""
    a, b = (t.flatten() for t in torch.meshgrid(torch.arange(P), torch.arange(P), indexing="ij"))
    ids = torch.stack([a, torch.full_like(a, PLUS), b, torch.full_like(b, EQUALS)], 1)
    pairs = [(i, j) for i in range(P) for j in range(i, P)]
    random.Random(RUN["seed"]).shuffle(pairs)
    train = torch.zeros(P, P, dtype=torch.bool)
    for i, j in pairs[:round(RUN["train_fraction"] * len(pairs))]:
        train[i, j] = train[j, i] = True
    return ids, (a + b) % P, train.flatten().nonzero()[:, 0], (~train.flatten()).nonzero()[:, 0]


class Fast:
    """The same model's logits after "=", from the same parameters, with less work: in block 0 everything before the
    attention depends on the token alone, and of the last block only the last position is asked for."""

    def __init__(self, model):
        self.model, config = model, model.config
        self.heads, self.size = config.num_attention_heads, config.hidden_size // config.num_attention_heads
        self.rotated = int(self.size * 0.25)
        frequency = 10000.0 ** -(torch.arange(0, self.rotated, 2) / self.rotated)
        angle = torch.outer(torch.arange(4.0), frequency).repeat(1, 2)[None, :, None]
        self.cos, self.sin = angle.cos(), angle.sin()
        self.mask = torch.full((4, 4), float("-inf")).triu(1)

    def rotate(self, x, first):
        turned, kept = x[..., :self.rotated], x[..., self.rotated:]
        half = self.rotated // 2
        other = torch.cat([-turned[..., half:], turned[..., :half]], -1)
        return torch.cat([turned * self.cos[:, first:] + other * self.sin[:, first:], kept], -1)

    def attention(self, block, qkv, last):
        query, key, value = qkv.view(len(qkv), 4, self.heads, 3 * self.size).split(self.size, -1)
        first = 3 if last else 0
        query, key = self.rotate(query[:, first:], first), self.rotate(key, 0)
        scores = torch.einsum("bqhd,bkhd->bhqk", query, key) * self.size ** -0.5 + self.mask[first:]
        mixed = torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), value)
        return block.attention.dense(mixed.reshape(len(qkv), 4 - first, -1))

    def __call__(self, ids):
        base = self.model.gpt_neox
        stream, blocks = base.embed_in.weight, base.layers  # of every token; from block 1 on, of every sequence
        for i, block in enumerate(blocks):
            last = i + 1 == len(blocks)
            qkv = block.attention.query_key_value(block.input_layernorm(stream))
            if i > 0 and last:
                stream = stream[:, 3:]
            stream = stream + block.mlp(block.post_attention_layernorm(stream))
            if i == 0:
                qkv, stream = torch.nn.functional.embedding(ids, qkv), torch.nn.functional.embedding(ids, stream)
            stream = stream + self.attention(block, qkv, last)
        return self.model.get_output_embeddings()(base.final_layer_norm(stream[:, -1]))


def new_model():
    config = dict(RUN["config"])
    kind = type(transformers.AutoConfig.for_model(config.pop("model_type")))
    torch.manual_seed(RUN["seed"])
    return transformers.AutoModelForCausalLM.from_config(
        kind(**config, vocab_size=P + 2, bos_token_id=None, eos_token_id=None), dtype=torch.float32)


def score(logits, ids, sums, rows):
    """Accuracy and loss of the answers."""
    out = logits(ids[rows]).double()
    return (float((out.argmax(1) == sums[rows]).double().mean()),
            float(torch.nn.functional.cross_entropy(out, sums[rows])))


def kept(step, steps):
    """Candidates of the checkpoints: dense at the start, where everything is fast."""
    return step % EVERY == 0 or (step < 1000 and step % 50 == 0) or (step < 200 and step % 10 == 0) or step == steps


def train(steps):
    """[(step, state in bfloat16, test accuracy)] of the candidates."""
    ids, sums, learned, held_out = split()
    model = new_model()
    logits, states = Fast(model), []
    optimizer = torch.optim.AdamW(model.parameters(), lr=RUN["learning_rate"], betas=(0.9, 0.98),
                                  weight_decay=RUN["weight_decay"])
    for step in range(steps + 1):
        if kept(step, steps):
            with torch.no_grad():
                (seen, _), (unseen, loss) = (score(logits, ids, sums, rows) for rows in (learned, held_out))
            states.append((step, {k: v.to(torch.bfloat16) for k, v in model.state_dict().items()}, unseen))
            if step % 250 == 0:
                print(f"step {step}: train {seen:.3f}, test {unseen:.3f}, test loss {loss:.3f}, "
                      f"{time.process_time():.0f} s", file=sys.stderr, flush=True)
        for group in optimizer.param_groups:
            group["lr"] = RUN["learning_rate"] * min(1, (step + 1) / WARMUP)
        batch = learned[torch.randint(len(learned), (RUN["batch"],))]
        loss = torch.nn.functional.cross_entropy(logits(ids[batch]), sums[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return states


def chosen(states):
    """A third of the checkpoints log-spaced before the test accuracy rises, half of them evenly over the rise from a tenth
    to 99 %, the rest evenly after it."""
    steps, count = [step for step, _, _ in states], RUN["checkpoints"]
    first = next((step for step, _, accuracy in states if step and accuracy >= 0.1), steps[-1] // 2)
    last = next((step for step, _, accuracy in states if accuracy >= 0.99), steps[-1])
    before, over = count // 3, count // 2
    after = count - before - over
    wanted = [0] + [10 * (first / 10) ** (i / (before - 1)) for i in range(before - 1)]
    wanted += [first + (last - first) * i / (over - 1) for i in range(over)]
    wanted += [last + (steps[-1] - last) * (i + 1) / after for i in range(after)]
    picked = set()
    for step in wanted:
        picked.add(min((s for s in steps if s not in picked), key=lambda s: abs(s - step)))
    return [state for state in states if state[0] in picked]


def write_tokenizer(folder):
    """One token per number: "17 + 42 =" is four tokens, with or without spaces."""
    vocabulary = {**{str(i): i for i in range(P)}, "+": PLUS, "=": EQUALS}
    document = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": ""},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[0-9]+|[+=]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": None,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": True,
                  "vocab": vocabulary, "merges": []}}
    (folder / "tokenizer.json").write_text(json.dumps(document) + "\n", encoding="utf-8")
    config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n", encoding="utf-8")


def store(model, step, state):
    """Writes one checkpoint and returns what its stored weights reach."""
    folder = FOLDER / f"step-{step:06d}"
    own = copy.deepcopy(model).to(torch.bfloat16)
    own.load_state_dict(state)
    own.save_pretrained(folder)
    (folder / "model.safetensors").chmod(0o644)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_tokenizer(folder)
    return {"step": step, "folder": folder.name, **measure(folder)}


def measure(folder):
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids, sums, learned, held_out = split()
    with torch.no_grad():
        found = [score(lambda x: model(input_ids=x, use_cache=False).logits[:, -1], ids, sums, rows)
                 for rows in (learned, held_out)]
    (train_accuracy, train_loss), (test_accuracy, test_loss) = found
    return {"train_accuracy": pocket.rounded(train_accuracy, 6), "test_accuracy": pocket.rounded(test_accuracy, 6),
            "train_loss": pocket.rounded(train_loss, 6), "test_loss": pocket.rounded(test_loss, 6)}


def write_prompts():
    ids, _, learned, held_out = split()
    rng = random.Random(RUN["seed"] + 1)

    def texts(rows):
        pairs = [(a, b) for a, _, b, _ in ids[rows].tolist() if a <= b]
        return [f"{a} + {b} =" for a, b in (rng.sample(pair, 2) for pair in rng.sample(pairs, PROMPTS))]

    document = {"name": "modular-addition", "categories": {"seen": texts(learned), "held-out": texts(held_out)}}
    (FOLDER / "prompts.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def write_metrics(rows):
    run = (f"addition modulo {P}, GPT-NeoX with {RUN['config']['num_hidden_layers']} blocks, weight decay "
           f"{RUN['weight_decay']}, {RUN['train_fraction']:.0%} of the pairs for training, seed {RUN['seed']}")
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    text = f'{{\n "run": {json.dumps(run)},\n "checkpoints": [\n{lines}\n ]\n}}\n'
    (FOLDER / "metrics.json").write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=RUN["steps"])
    parser.add_argument("--dry", action="store_true", help="store nothing")
    args = parser.parse_args()
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    states = train(args.steps)
    if args.dry:
        return
    for old in FOLDER.glob("step-*"):
        shutil.rmtree(old)
    FOLDER.mkdir(exist_ok=True)
    model = new_model()
    write_metrics([store(model, step, state) for step, state, _ in chosen(states)])
    write_prompts()


if __name__ == "__main__":
    main()
