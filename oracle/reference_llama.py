"""Families in the shape of LLaMA: RMSNorm or LayerNorm, rotary embedding, separate q, k, v, gated MLP."""

import numpy as np
import torch

from reference_base import Family
from reference_ops import ACTIVATIONS, Rotary, alibi_slopes, attend, layer_norm, rms_norm, split_heads, xielu


class Llama(Family):
    activation = "silu"
    norms = ("input_layernorm", "post_attention_layernorm")

    def setup(self):
        self.rotary = Rotary(self.rope(), self.rotary_dims())
        self.eps = self.key("rms_norm_eps", default=1e-6)
        self.scale = self.d ** -0.5

    def rotary_dims(self):
        return self.d

    def norm(self, x, name):
        return self.rms(x, name)

    def window(self, l):
        return None

    def rotary_of(self, l):
        return self.rotary

    def project(self, n, p):
        """q, k, v as [T, heads * d]."""
        return (self.m.linear(n, p + name) for name in ("q_proj", "k_proj", "v_proj"))

    def adjust(self, q, k, p):
        """q and k [heads, T, d] before the rotary embedding."""
        return q, k

    def attention(self, n, l):
        p = f"model.layers.{l}.self_attn."
        q, k, v = self.project(n, p)
        q, k, v = split_heads(q, self.heads), split_heads(k, self.kv), split_heads(v, self.kv)
        q, k = self.adjust(q, k, p)
        rotate = self.rotary_of(l)
        out = attend(rotate(q), rotate(k), v, self.scale, self.window(l), cap=self.c.get("attn_logit_softcapping"))
        return self.m.linear(out, p + "o_proj")

    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        gate = ACTIVATIONS[self.activation](self.m.linear(n, p + "gate_proj"))
        return self.m.linear(gate * self.m.linear(n, p + "up_proj"), p + "down_proj")

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.attention(self.norm(x, p + self.norms[0]), l)
        mid = x + a
        return a, self.mlp(self.norm(mid, p + self.norms[1]), l), mid

    def final(self, x):
        return self.norm(x, "model.norm")


class Mistral(Llama):
    def window(self, l):
        return self.c["sliding_window"] if "sliding_window" in self.c else 4096


class Qwen2(Llama):
    def window(self, l):
        if not self.c.get("use_sliding_window", False):
            return None
        kinds = self.c.get("layer_types")
        sliding = kinds[l] == "sliding_attention" if kinds else l >= self.key("max_window_layers", default=28)
        return self.c["sliding_window"] if sliding else None


class Qwen3(Qwen2):
    def adjust(self, q, k, p):
        return self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm")


class Gemma(Llama):
    tied = True
    activation = "gelu_pytorch_tanh"

    def embed(self, ids):
        root = torch.tensor(self.width ** 0.5).to(self.m.dtypes[self.table])
        return self.m(self.table)[ids] * float(root)

    def norm(self, x, name):
        return rms_norm(x, 1 + self.m(name + ".weight"), self.eps)

    def logits(self, x):
        logits, cap = super().logits(x), self.final_cap()
        return cap * np.tanh(logits / cap) if cap else logits

    def final_cap(self):
        return None


class Gemma2(Gemma):
    def setup(self):
        super().setup()
        self.scale = self.key("query_pre_attn_scalar", default=256) ** -0.5

    def window(self, l):
        kinds = self.c.get("layer_types")
        sliding = kinds[l] == "sliding_attention" if kinds else l % 2 == 0
        return self.c.get("sliding_window", 4096) if sliding else None

    def final_cap(self):
        return self.c.get("final_logit_softcapping", 30.0)

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.norm(self.attention(self.norm(x, p + "input_layernorm"), l), p + "post_attention_layernorm")
        mid = x + a
        f = self.mlp(self.norm(mid, p + "pre_feedforward_layernorm"), l)
        return a, self.norm(f, p + "post_feedforward_layernorm"), mid


class Gemma3(Gemma2):
    def setup(self):
        super().setup()
        both = self.c.get("rope_parameters")
        if both is None:
            full = {"rope_theta": self.c.get("rope_theta", 1e6), **(self.c.get("rope_scaling") or {})}
            both = {"full_attention": full,
                    "sliding_attention": {"rope_theta": self.c.get("rope_local_base_freq", 10000.0)}}
        self.rotaries = {kind: Rotary(rope, self.d) for kind, rope in both.items()}

    def rope(self):
        return {"rope_theta": 1.0}  # unused: there are two

    def sliding(self, l):
        if self.c.get("layer_types"):
            return self.c["layer_types"][l] == "sliding_attention"
        return (l + 1) % self.c.get("sliding_window_pattern", 6) != 0

    def window(self, l):
        return self.c["sliding_window"] if self.sliding(l) else None

    def rotary_of(self, l):
        return self.rotaries["sliding_attention" if self.sliding(l) else "full_attention"]

    def adjust(self, q, k, p):
        return self.norm(q, p + "q_norm"), self.norm(k, p + "k_norm")

    def final_cap(self):
        return self.c.get("final_logit_softcapping")


class Olmo(Llama):
    def norm(self, x, name):
        return layer_norm(x, 1.0, 0.0, 1e-5)

    def project(self, n, p):
        clip = self.c.get("clip_qkv")
        for y in super().project(n, p):
            yield np.clip(y, -clip, clip) if clip else y


class Olmo2(Llama):
    def project(self, n, p):
        q, k, v = super().project(n, p)
        return self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm"), v

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.rms(self.attention(x, l), p + "post_attention_layernorm")
        mid = x + a
        return a, self.rms(self.mlp(mid, l), p + "post_feedforward_layernorm"), mid


class Granite(Llama):
    def setup(self):
        super().setup()
        self.scale = self.c["attention_multiplier"]

    def embed(self, ids):
        return super().embed(ids) * self.c["embedding_multiplier"]

    def attention(self, n, l):
        return super().attention(n, l) * self.c["residual_multiplier"]

    def mlp(self, n, l):
        return super().mlp(n, l) * self.c["residual_multiplier"]

    def logits(self, x):
        return super().logits(x) / self.c["logits_scaling"]


class Apertus(Qwen3):
    norms = ("attention_layernorm", "feedforward_layernorm")

    def rope(self):
        given = self.c.get("rope_parameters") or self.c.get("rope_scaling")
        if given:
            return super().rope() if "rope_theta" in {**given, **self.c} else {**super().rope(), "rope_theta": 12e6}
        # A missing dictionary and a null one alike: transformers 5 puts the whole default in its place.
        return {"rope_type": "llama3", "rope_theta": 12e6, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192}

    def window(self, l):
        return None

    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        names = ("alpha_p", "alpha_n", "beta", "eps")
        return self.m.linear(xielu(self.m.linear(n, p + "up_proj"), *(float(
            np.squeeze(self.m(p + "act_fn." + name))) for name in names)), p + "down_proj")


class Phi3(Llama):
    def rope(self):
        rope = super().rope()
        if rope.get("rope_type", rope.get("type")) in ("su", "yarn"):
            rope["rope_type"] = "longrope"
        return rope

    def rotary_dims(self):
        partial = self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 1.0))
        return int(self.d * partial)

    def window(self, l):
        return self.c.get("sliding_window")

    def project(self, n, p):
        q, k = self.heads * self.d, self.kv * self.d
        return np.split(self.m.linear(n, p + "qkv_proj"), [q, q + k], axis=-1)

    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        gate, up = np.split(self.m.linear(n, p + "gate_up_proj"), 2, axis=-1)
        return self.m.linear(ACTIVATIONS["silu"](gate) * up, p + "down_proj")


class StableLm(Llama):
    def setup(self):
        super().setup()
        self.eps = self.key("layer_norm_eps", default=1e-5)

    def rotary_dims(self):
        return int(self.d * self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.25)))

    def norm(self, x, name):
        return self.ln(x, name)

    def adjust(self, q, k, p):
        if not self.c.get("qk_layernorm"):
            return q, k
        per_head = [np.stack([layer_norm(x, self.m(f"{p}{name}_layernorm.norms.{j}.weight"), 0.0, self.eps)
                              for j, x in enumerate(heads)]) for name, heads in (("q", q), ("k", k))]
        return per_head

    def block(self, l, x):
        if not self.c.get("use_parallel_residual", False):
            return super().block(l, x)
        n = self.norm(x, f"model.layers.{l}.input_layernorm")
        return self.attention(n, l), self.mlp(n, l), None


class Starcoder2(Llama):
    tied = True

    def setup(self):
        super().setup()
        self.eps = self.key("norm_epsilon", default=1e-5)

    def norm(self, x, name):
        return self.ln(x, name)

    def window(self, l):
        return self.c.get("sliding_window")

    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        inner = ACTIVATIONS[self.c.get("hidden_act", "gelu_pytorch_tanh")](self.m.linear(n, p + "c_fc"))
        return self.m.linear(inner, p + "c_proj")


class Baichuan(Llama):
    """ALiBi in place of rotation, rows of the unembedding over their norms: as the configuration's `alibi` and
    `norm_head` say, which only the oracle writes."""

    def attention(self, n, l):
        if not self.c["alibi"]:
            return super().attention(n, l)
        p = f"model.layers.{l}.self_attn."
        q, k, v = (split_heads(y, self.heads) for y in self.project(n, p))
        bias = alibi_slopes(self.heads)[:, None, None] * np.arange(len(n), dtype=np.float32)
        return self.m.linear(attend(q, k, v, self.scale, bias=bias.astype(np.float64)), p + "o_proj")

    def logits(self, x):
        head = self.m("lm_head.weight")
        return x @ (head / np.linalg.norm(head, axis=1, keepdims=True) if self.c["norm_head"] else head).T


FAMILIES = {"baichuan": Baichuan, "llama": Llama, "mistral": Mistral, "qwen2": Qwen2, "qwen3": Qwen3, "gemma": Gemma, "gemma2": Gemma2,
            "gemma3_text": Gemma3, "olmo": Olmo, "olmo2": Olmo2, "granite": Granite, "apertus": Apertus,
            "phi3": Phi3, "stablelm": StableLm, "starcoder2": Starcoder2}
