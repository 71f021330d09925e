"""Families of state spaces whose blocks add one branch, or have attention beside it; every recurrence step by step."""
import math

import numpy as np

from reference_base import Family
from reference_experts import Experts, best, grouped, picked, sigmoid, silu
from reference_hybrid import Bamba, Mamba1Mixer, Mamba2Mixer
from reference_ops import ACTIVATIONS, Rotary, attend, rms_norm, split_heads


class Single(Family):
    """A block is a norm and a mixer. branch(n, p, l) is what it adds, kind(l) the site that it is recorded at."""

    table = "backbone.embeddings.weight"

    def __init__(self, m):
        c = m.config
        c.setdefault("num_attention_heads", 1)
        kinds = c.get("layers_block_type") or c.get("layer_types") or c.get("hybrid_override_pattern")
        if kinds and c["model_type"] == "nemotron_h":
            c["num_hidden_layers"] = len(kinds)
        super().__init__(m)

    def setup(self):
        self.eps = self.key("layer_norm_epsilon", default=1e-5)

    def bias(self, name):
        return self.m(name) if name in self.m else None

    def kind(self, l):
        return "attn_out"

    def block(self, l, x):
        p = f"backbone.layers.{l}."
        added = self.branch(self.rms(x, p + "norm"), p + "mixer.", l)
        return (added, None, None) if self.kind(l) == "attn_out" else (None, added, None)

    def final(self, x):
        return self.rms(x, "backbone.norm_f")


class Mamba(Mamba1Mixer, Single):
    tied = True

    def state_size(self):
        return self.c["state_size"]

    def branch(self, n, p, l):
        return self.mamba(n, p)


class FalconMamba(Mamba):
    def inner_norm(self, y, name):
        return y / np.sqrt((y * y).mean(-1, keepdims=True) + self.c.get("mixer_rms_eps", 1e-6))


class Mamba2(Mamba2Mixer, Single):
    def sizes(self):
        c = self.c
        return c["num_heads"] * c["head_dim"], c["n_groups"], c["state_size"], c["num_heads"]

    def branch(self, n, p, l):
        return self.mamba2(n, p)


class NemotronH(Mamba2Mixer, Experts, Single):
    tied = False
    letters = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}

    def sizes(self):
        c = self.c
        heads = c["mamba_num_heads"]
        return heads * c["mamba_head_dim"], self.key("n_groups", "mamba_n_groups"), c["ssm_state_size"], heads

    def limits(self):
        return self.key("time_step_min", default=0.001), math.inf

    def what(self, l):
        kind = (self.c.get("layers_block_type") or self.c.get("layer_types") or self.c["hybrid_override_pattern"])[l]
        return {"linear_attention": "mamba", "full_attention": "attention", **self.letters}.get(kind, kind)

    def kind(self, l):
        return "attn_out" if self.what(l) in ("mamba", "attention") else "mlp_out"

    def attention(self, n, p):
        q, k, v = (split_heads(self.m.linear(n, p + name), heads)
                   for name, heads in (("q_proj", self.heads), ("k_proj", self.kv), ("v_proj", self.kv)))
        return self.m.linear(attend(q, k, v, self.d ** -0.5), p + "o_proj")

    def plain(self, n, p):
        return self.m.linear(np.maximum(self.m.linear(n, p + "up_proj"), 0) ** 2, p + "down_proj")

    def scored(self, h, p):
        scores = sigmoid(h @ self.m(p + "gate.weight").T)
        return scores, grouped(scores + self.m(p + "gate.e_score_correction_bias"), self.key("n_group", default=1),
                               self.key("topk_group", default=1))

    def route(self, h, p):
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        weights = picked(scores, chosen)
        if self.c.get("norm_topk_prob", True):
            weights = weights / (weights.sum(-1, keepdims=True) + 1e-20)
        return chosen, weights * self.c.get("routed_scaling_factor", 1.0)

    def expert(self, h, p, e):
        if p + "fc1_latent_proj.weight" not in self.m:
            return self.plain(h, f"{p}experts.{e}.")
        narrow = self.plain(self.m.linear(h, p + "fc1_latent_proj"), f"{p}experts.{e}.")
        return narrow @ self.m(p + "fc2_latent_proj.weight").T

    def shared(self, h, p):
        return self.plain(h, p + "shared_experts.")

    def branch(self, n, p, l):
        what = self.what(l)
        if what == "mamba":
            return self.mamba2(n, p)
        if what == "attention":
            return self.attention(n, p)
        if what == "mlp":
            return self.plain(n, p)
        bias = self.bias(p + "fc2_latent_proj.bias")
        return self.routed(n, p) + self.shared(n, p) + (0.0 if bias is None else bias)


class Zamba2(Mamba2Mixer, Single):
    """Mamba 2 whose input has, in hybrid layers, what a shared block makes of the stream and the embedding."""

    table, tied = "model.embed_tokens.weight", True

    def setup(self):
        self.eps = self.key("rms_norm_eps", default=1e-5)
        self.kinds = self.c["layers_block_type"]
        self.users = [l for l, kind in enumerate(self.kinds) if kind == "hybrid"]
        self.blocks, self.d = self.c.get("num_mem_blocks", 1), 2 * self.width // self.heads
        self.rotary = Rotary(self.rope(), self.d) if self.c.get("use_mem_rope") else lambda x: x

    def sizes(self):
        c = self.c
        return c["mamba_expand"] * self.width, c.get("mamba_ngroups", 1), c["mamba_d_state"], c["n_mamba_heads"]

    def limits(self):
        return self.key("time_step_min", default=0.001), math.inf

    def by_groups(self, y, p):
        groups = self.sizes()[1]
        return rms_norm(y.reshape(len(y), groups, -1), 1.0, 1e-5).reshape(len(y), -1) * self.m(p + "norm.weight")

    def embed(self, ids):
        self.start = super().embed(ids)
        return self.start

    def adapted(self, x, name, adapter):
        y = self.m.linear(x, name)
        if adapter + ".0.weight" in self.m:
            y = y + self.m.linear(self.m.linear(x, adapter + ".0"), adapter + ".1")
        return y

    def shared(self, x, l):
        use = self.users.index(l)
        p = f"model.layers.{l}.shared_transformer."
        if p + "input_layernorm.weight" not in self.m:
            p = f"model.layers.{self.users[use % self.blocks]}.shared_transformer."
        n = self.rms(np.concatenate([x, self.start], axis=-1), p + "input_layernorm")
        q, k, v = (split_heads(self.adapted(n, f"{p}self_attn.{i}_proj", f"{p}self_attn.linear_{i}_adapter_list.{use}"),
                               heads) for i, heads in (("q", self.heads), ("k", self.kv), ("v", self.kv)))
        a = self.m.linear(attend(self.rotary(q), self.rotary(k), v, (self.d / 2) ** -0.5), p + "self_attn.o_proj")
        f = p + "feed_forward."
        both = self.adapted(self.rms(a, p + "pre_ff_layernorm"), f + "gate_up_proj", f"{f}gate_up_proj_adapter_list.{use}")
        gate, up = np.split(both, 2, axis=-1)
        made = self.m.linear(ACTIVATIONS[self.c.get("hidden_act", "gelu")](gate) * up, f + "down_proj")
        return self.m.linear(made, f"model.layers.{l}.linear")

    def block(self, l, x):
        p = f"model.layers.{l}."
        if self.kinds[l] == "hybrid":
            p += "mamba_decoder."
            x = x + self.shared(x, l)
        return self.mamba2(self.rms(x, p + "input_layernorm"), p + "mamba."), None, None

    def final(self, x):
        return self.rms(x, "model.final_layernorm")


class FalconH1(Bamba):
    """Attention and Mamba 2 of one input, with constants on the way."""

    def sizes(self):
        c = self.c
        inner = self.key("mamba_d_ssm", default=c["mamba_expand"] * self.width)
        return inner, c["mamba_n_groups"], c["mamba_d_state"], c["mamba_n_heads"]

    def rotary_dims(self):
        return self.d

    def embed(self, ids):
        return super().embed(ids) * self.c["embedding_multiplier"]

    def logits(self, x):
        return super().logits(x) * self.c["lm_head_multiplier"]

    def adjust(self, q, k, p):
        return q, k * self.c["key_multiplier"]

    def factors(self):
        inner, groups, size, heads = self.sizes()
        factors = np.asarray(self.c["ssm_multipliers"], np.float32).astype(np.float64)  # a buffer in float32
        return np.repeat(factors, [inner, inner, groups * size, groups * size, heads])

    def gated(self, out, z, p):
        if not self.c["mamba_rms_norm"]:
            return out * silu(z)
        if not self.c["mamba_norm_before_gate"]:
            return super().gated(out, z, p)
        return self.by_groups(out, p) * silu(z)

    def block(self, l, x):
        p, c = f"model.layers.{l}.", self.c
        n = self.norm(x, p + self.norms[0])
        a = c["attention_out_multiplier"] * self.attention(n * c["attention_in_multiplier"], l)
        a = a + c["ssm_out_multiplier"] * self.mamba2(n * c["ssm_in_multiplier"], p + "mamba.")
        mid = x + a
        h = self.norm(mid, p + self.norms[1])
        gate, down = c["mlp_multipliers"]
        p += "feed_forward."
        hidden = silu(self.m.linear(h, p + "gate_proj") * gate) * self.m.linear(h, p + "up_proj")
        return a, self.m.linear(hidden, p + "down_proj") * down, mid


FAMILIES = {"zamba2": Zamba2, "mamba": Mamba, "falcon_mamba": FalconMamba, "mamba2": Mamba2, "nemotron_h": NemotronH,
            "falcon_h1": FalconH1}
