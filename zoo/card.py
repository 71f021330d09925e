"""What people read about a pocket model: its card, and its line in zoo/README.md."""
import pocket

TEXT = """---
license: apache-2.0
language: en
library_name: transformers
tags: [streamgauge, pocket-zoo]
---
# {name}

A pocket model of streamgauge's zoo: {family}, {layers} layers, d_model {width}, {heads} heads, {parameters:,} parameters
in bfloat16. It was trained for about a minute, to be measured offline in tests, demonstrations and lectures. It knows
nothing worth asking, and nothing about large models of its family follows from it.

| | |
|---|---|
| data | {data} |
| steps | {steps} of {batch} sequences of {context} tokens: {training_tokens:,} tokens |
| optimiser | AdamW, learning rate {learning_rate}, cosine to a tenth, weight decay 0.1; float32, then rounded |
| seed | {seed} |
{losses}
The losses are those of the stored weights on `zoo/heldout.txt`, in nats per token, and the unigram entropy is that of the
same tokens. `zoo/train.py {name}` makes this folder again; `zoo/README.md` says how, and what may not be concluded.
"""
DATA = "King James Bible (Debian bible-kjv-text 4.38, public domain), generated text (zoo/corpus.py)"
CHATS = "from the weights of {base}: its corpus and generated conversations (zoo/corpus.py), half and half"


def _losses(result):
    rows = [f"| held-out loss | {result['held_out_loss']:.3f} over {result['held_out_tokens']:,} tokens |",
            f"| unigram entropy | {result['unigram_entropy']:.3f} |"]
    if "chat_held_out_loss" in result:
        rows += [f"| held-out conversations | loss {result['chat_held_out_loss']:.3f} over "
                 f"{result['chat_held_out_tokens']:,} tokens, unigram entropy {result['chat_unigram_entropy']:.3f} |"]
    return "\n".join(rows) + "\n"


def write(name):
    row, result = pocket.row(name), pocket.results()[name]
    config = pocket.row(row.get("base", name))["config"]
    text = TEXT.format(
        name=name, family=config["model_type"], layers=config["num_hidden_layers"], width=config["hidden_size"],
        heads=config["num_attention_heads"], data=CHATS.format(base=row["base"]) if "base" in row else DATA,
        losses=_losses(result), **{k: row[k] for k in ("steps", "batch", "context", "learning_rate", "seed")},
        **{k: result[k] for k in ("parameters", "training_tokens")})
    (pocket.ZOO / name / "README.md").write_text(text, encoding="utf-8")


def _row(name, result):
    config = pocket.row(pocket.row(name).get("base", name))["config"]
    return (f"| [{name}]({name}) | {config['model_type']} | {config['num_hidden_layers']} | {config['hidden_size']} | "
            f"{config['num_attention_heads']} | {result['parameters']:,} | {result['held_out_loss']:.3f} | "
            f"{result['unigram_entropy']:.3f} |")


def write_table():
    """The table of zoo/README.md, between its two markers."""
    path = pocket.ZOO / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition("<!-- models -->\n")
    _, _, after = rest.partition("<!-- end of models -->")
    head = ["| model | family | layers | d_model | heads | parameters | held-out loss | unigram entropy |",
            "|---|---|---|---|---|---|---|---|"]
    rows = head + [_row(name, result) for name, result in pocket.results().items()]
    table = "\n".join(rows)
    path.write_text(f"{before}<!-- models -->\n{table}\n<!-- end of models -->{after}", encoding="utf-8")
