"""An independent float64 forward in numpy, from config.json and the safetensors alone.

It exists to prove the goldens: transformers in float64 and this file must agree at every site to 1e-9.
x is [T, H]; Linear weights are [out, in].
"""
import json
import pathlib

import numpy as np
import torch
from safetensors import safe_open

from reference_ops import ACTIVATIONS, attend, layer_norm, rms_norm, rotate, scaled_frequencies, split_heads


class Checkpoint:
    """The tensors of a model, in float64, and its configuration."""

    def __init__(self, config, tensors):
        self.config = config
        self.dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
        self.tensors = {name: tensor.double().numpy() for name, tensor in tensors.items()}

    @classmethod
    def read(cls, folder):
        folder, tensors = pathlib.Path(folder), {}
        for file in sorted(folder.glob("model*.safetensors")):
            with safe_open(file, framework="pt") as f:
                tensors.update((name, f.get_tensor(name)) for name in f.keys())
        return cls(json.loads((folder / "config.json").read_text()), tensors)

    def __contains__(self, name):
        return name in self.tensors

    def __call__(self, name):
        return self.tensors[name]

    def linear(self, x, name):
        y = x @ self(name + ".weight").T
        return y + self(name + ".bias") if name + ".bias" in self else y


class Family:
    """One model. block(l, x) returns attn_out, mlp_out and resid_mid (None in parallel blocks)."""

    table, head, tied = "model.embed_tokens.weight", "lm_head", False

    def __init__(self, m):
        self.m, self.c = m, m.config
        c = self.c
        self.heads = c["num_attention_heads"]
        self.kv = c.get("num_key_value_heads") or self.heads
        self.d = c.get("head_dim") or c["hidden_size"] // self.heads
        self.setup()

    def setup(self):
        pass

    def embed(self, ids):
        return self.m(self.table)[ids]

    def logits(self, x):
        tied = self.c.get("tie_word_embeddings", self.tied) or self.head + ".weight" not in self.m
        return x @ self.m(self.table).T if tied else self.m.linear(x, self.head)

    def rope(self):
        rope = dict(self.c.get("rope_parameters") or self.c.get("rope_scaling") or {})
        rope.setdefault("rope_theta", self.c.get("rope_theta", 10000.0))
        return rope

    def layer_norm(self, x, name, eps):
        return layer_norm(x, self.m(name + ".weight"), self.m(name + ".bias"), eps)


class Llama(Family):
    def setup(self):
        self.inv, self.eps = scaled_frequencies(self.rope(), self.d), self.c["rms_norm_eps"]

    def norm(self, x, name):
        return rms_norm(x, self.m(name + ".weight"), self.eps)

    def attention(self, n, p):
        q = rotate(split_heads(self.m.linear(n, p + "q_proj"), self.heads), self.inv)
        k = rotate(split_heads(self.m.linear(n, p + "k_proj"), self.kv), self.inv)
        v = split_heads(self.m.linear(n, p + "v_proj"), self.kv)
        return self.m.linear(attend(q, k, v, self.d ** -0.5), p + "o_proj")

    def gated_mlp(self, n, p, activation):
        gate = ACTIVATIONS[activation](self.m.linear(n, p + "gate_proj"))
        return self.m.linear(gate * self.m.linear(n, p + "up_proj"), p + "down_proj")

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.attention(self.norm(x, p + "input_layernorm"), p + "self_attn.")
        mid = x + a
        return a, self.gated_mlp(self.norm(mid, p + "post_attention_layernorm"), p + "mlp.", "silu"), mid

    def final(self, x):
        return self.norm(x, "model.norm")


class Gemma3(Llama):
    tied = True

    def setup(self):
        self.eps = self.c.get("rms_norm_eps", 1e-6)
        both = self.c.get("rope_parameters")
        if both is None:
            full = {"rope_theta": self.c.get("rope_theta", 1e6), **(self.c.get("rope_scaling") or {})}
            both = {"full_attention": full,
                    "sliding_attention": {"rope_theta": self.c.get("rope_local_base_freq", 10000.0)}}
        self.inv = {kind: scaled_frequencies(rope, self.d) for kind, rope in both.items()}
        self.scale = self.c.get("query_pre_attn_scalar", 256) ** -0.5

    def kind(self, l):
        if self.c.get("layer_types"):
            return self.c["layer_types"][l]
        pattern = self.c.get("sliding_window_pattern", 6)
        return "full_attention" if (l + 1) % pattern == 0 else "sliding_attention"

    def embed(self, ids):
        root = torch.tensor(self.c["hidden_size"] ** 0.5).to(self.m.dtypes[self.table])
        return self.m(self.table)[ids] * float(root)

    def norm(self, x, name):
        return rms_norm(x, 1 + self.m(name + ".weight"), self.eps)

    def attention(self, n, p, kind):
        def head(name, heads):
            return split_heads(self.m.linear(n, p + name), heads)

        q = rotate(self.norm(head("q_proj", self.heads), p + "q_norm"), self.inv[kind])
        k = rotate(self.norm(head("k_proj", self.kv), p + "k_norm"), self.inv[kind])
        window = self.c["sliding_window"] if kind == "sliding_attention" else None
        return self.m.linear(attend(q, k, head("v_proj", self.kv), self.scale, window), p + "o_proj")

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.attention(self.norm(x, p + "input_layernorm"), p + "self_attn.", self.kind(l))
        a = self.norm(a, p + "post_attention_layernorm")
        mid = x + a
        f = self.gated_mlp(self.norm(mid, p + "pre_feedforward_layernorm"), p + "mlp.", "gelu_pytorch_tanh")
        return a, self.norm(f, p + "post_feedforward_layernorm"), mid

    def logits(self, x):
        logits, cap = super().logits(x), self.c.get("final_logit_softcapping")
        return cap * np.tanh(logits / cap) if cap else logits


class GptNeox(Family):
    table, head = "gpt_neox.embed_in.weight", "embed_out"

    def setup(self):
        rope = self.c.get("rope_parameters") or {
            "rope_theta": self.c["rotary_emb_base"], "partial_rotary_factor": self.c["rotary_pct"]}
        self.inv = scaled_frequencies(rope, int(self.d * rope["partial_rotary_factor"]))
        self.eps = self.c["layer_norm_eps"]

    def attention(self, n, p):
        qkv = self.m.linear(n, p + "query_key_value").reshape(len(n), self.heads, 3, self.d)
        q, k, v = (qkv[:, :, i].swapaxes(0, 1) for i in range(3))
        out = attend(rotate(q, self.inv), rotate(k, self.inv), v, self.d ** -0.5)
        return self.m.linear(out, p + "dense")

    def mlp(self, n, p):
        inner = ACTIVATIONS[self.c["hidden_act"]](self.m.linear(n, p + "dense_h_to_4h"))
        return self.m.linear(inner, p + "dense_4h_to_h")

    def block(self, l, x):
        p = f"gpt_neox.layers.{l}."
        a = self.attention(self.layer_norm(x, p + "input_layernorm", self.eps), p + "attention.")
        mid = None if self.c.get("use_parallel_residual", True) else x + a
        n = self.layer_norm(x if mid is None else mid, p + "post_attention_layernorm", self.eps)
        return a, self.mlp(n, p + "mlp."), mid

    def final(self, x):
        return self.layer_norm(x, "gpt_neox.final_layer_norm", self.eps)


FAMILIES = {"llama": Llama, "gemma3_text": Gemma3, "gpt_neox": GptNeox}


def forward(m, ids):
    """{site: array} of the Checkpoint m, as sites.Recorder returns them."""
    family = FAMILIES[m.config["model_type"]](m)
    x = family.embed(ids)
    embed, blocks = x, {}
    for l in range(m.config["num_hidden_layers"]):
        a, f, mid = family.block(l, x)
        row = {"resid_pre": x, "attn_out": a, "mlp_out": f, "resid_post": x + a + f}
        if mid is not None:
            row["resid_mid"] = mid
        for site, value in row.items():
            blocks.setdefault(site, []).append(value)
        x = row["resid_post"]
    last = family.final(x)
    return {"embed": embed, **{s: np.stack(v) for s, v in blocks.items()}, "ln_final": last,
            "logits": family.logits(last)}
