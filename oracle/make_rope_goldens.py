"""Writes tests/data/model/rope.json: random rotary parameters of every type, and the frequencies and the factor on cos
and sin that transformers' ROPE_INIT_FUNCTIONS give for them.

    .venv/bin/python oracle/make_rope_goldens.py [SEED [COUNT]]
"""
import json
import pathlib
import random
import sys

from transformers import LlamaConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "model" / "rope.json"


def parameters(r, kind, pairs):
    factor = round(r.uniform(1.5, 40), 3)
    p = {"rope_type": kind, "rope_theta": r.choice([1e4, 5e5, 1e6, 12345.5])}
    if kind != "longrope" or r.random() < 0.5:
        p["factor"] = factor
    if kind == "yarn":
        maybe = {"beta_fast": r.choice([32, 20.5]), "beta_slow": r.choice([1, 2.25]), "truncate": r.random() < 0.5,
                 "attention_factor": round(r.uniform(0.5, 2), 3), "mscale": round(r.uniform(0.5, 1.5), 3),
                 "mscale_all_dim": round(r.uniform(0.5, 1.5), 3)}
        p |= {k: v for k, v in maybe.items() if r.random() < 0.4}
    if kind in ("yarn", "longrope", "llama3"):
        p["original_max_position_embeddings"] = r.choice([32, 64, 100])
    if kind == "longrope":
        p["long_factor"] = [round(r.uniform(1, 30), 3) for _ in range(pairs)]
        p["short_factor"] = [round(r.uniform(1, 3), 3) for _ in range(pairs)]
        if r.random() < 0.3:
            p["attention_factor"] = round(r.uniform(0.5, 2), 3)
    if kind == "llama3":
        p["low_freq_factor"], p["high_freq_factor"] = r.choice([(1, 4), (0.5, 2.5)])
    return p


def main():
    seed, count = (int(a) for a in (sys.argv[1:] + ["3", "60"][len(sys.argv) - 1:])[:2])
    r, cases = random.Random(seed), []
    for i in range(count):
        kind = ["yarn", "longrope", "llama3", "yarn", "dynamic", "linear"][i % 6]
        head_dim = r.choice([8, 16, 32, 64])
        p = parameters(r, kind, head_dim // 2)
        config = {"hidden_size": 2 * head_dim, "num_attention_heads": 2, "head_dim": head_dim,
                  "max_position_embeddings": r.choice([64, 128, 400]), "rope_parameters": p}
        reference = LlamaConfig(**json.loads(json.dumps(config)))
        for length in (16, 64, 65, 500):
            inverse, scaling = ROPE_INIT_FUNCTIONS[kind](reference, "cpu", seq_len=length)
            cases.append({"config": {"model_type": "llama", **config}, "length": length,
                          "inverse": [float(f"{x:.9g}") for x in inverse.tolist()], "scaling": float(scaling)})
    OUT.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
    print(OUT, len(cases))


if __name__ == "__main__":
    main()
