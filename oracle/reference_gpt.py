"""Families in the shape of GPT: LayerNorm with bias, plain MLP, often fused q, k, v; parallel or sequential."""
import numpy as np

from reference_base import Family
from reference_ops import ACTIVATIONS, Rotary, alibi_slopes, attend, layer_norm, split_heads


def _by_head(qkv, heads):
    """Each head's rows are its q, k, v: [T, heads * 3 * d] to three [heads, T, d]."""
    parts = qkv.reshape(len(qkv), heads, 3, -1)
    return (parts[:, :, i].swapaxes(0, 1) for i in range(3))


class Gpt(Family):
    def setup(self):
        self.eps = self.key("layer_norm_eps", "layer_norm_epsilon", default=1e-5)

    def two_layers(self, n, first, second, activation):
        return self.m.linear(ACTIVATIONS[activation](self.m.linear(n, first)), second)


class GptNeox(Gpt):
    table, head = "gpt_neox.embed_in.weight", "embed_out"

    def setup(self):
        super().setup()
        rope = self.c.get("rope_parameters") or {
            "rope_theta": self.key("rotary_emb_base", default=10000.0),
            "partial_rotary_factor": self.key("rotary_pct", default=0.25)}
        self.rotary = Rotary(rope, int(self.d * rope["partial_rotary_factor"]))

    def block(self, l, x):
        p = f"gpt_neox.layers.{l}."
        q, k, v = _by_head(
            self.m.linear(self.ln(x, p + "input_layernorm"), p + "attention.query_key_value"), self.heads)
        out = attend(self.rotary(q), self.rotary(k), v, self.d ** -0.5)
        a = self.m.linear(out, p + "attention.dense")
        mid = None if self.c.get("use_parallel_residual", True) else x + a
        n = self.ln(x if mid is None else mid, p + "post_attention_layernorm")
        f = self.two_layers(n, p + "mlp.dense_h_to_4h", p + "mlp.dense_4h_to_h", self.c.get("hidden_act", "gelu"))
        return a, f, mid

    def final(self, x):
        return self.ln(x, "gpt_neox.final_layer_norm")


class Gpt2(Gpt):
    table, tied = "transformer.wte.weight", True

    def embed(self, ids):
        return self.m(self.table)[ids] + self.m("transformer.wpe.weight")[:len(ids)]

    def conv(self, x, name):
        return x @ self.m(name + ".weight") + self.m(name + ".bias")

    def scale(self, l):
        scale = self.d ** -0.5 if self.c.get("scale_attn_weights", True) else 1.0
        return scale / (l + 1) if self.c.get("scale_attn_by_inverse_layer_idx", False) else scale

    def block(self, l, x):
        p = f"transformer.h.{l}."
        qkv = np.split(self.conv(self.ln(x, p + "ln_1"), p + "attn.c_attn"), 3, axis=-1)
        q, k, v = (split_heads(y, self.heads) for y in qkv)
        a = self.conv(attend(q, k, v, self.scale(l)), p + "attn.c_proj")
        mid = x + a
        inner = self.conv(self.ln(mid, p + "ln_2"), p + "mlp.c_fc")
        return a, self.conv(ACTIVATIONS[self.key("activation_function", default="gelu_new")](inner),
                            p + "mlp.c_proj"), mid

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


class GptNeo(Gpt2):
    def setup(self):
        super().setup()
        self.kinds = [kind for kinds, times in self.c["attention_types"] for _ in range(times) for kind in kinds]

    def block(self, l, x):
        p = f"transformer.h.{l}."
        n = self.ln(x, p + "ln_1")
        q, k, v = (split_heads(self.m.linear(n, f"{p}attn.attention.{y}_proj"), self.heads) for y in "qkv")
        window = self.c.get("window_size", 256) if self.kinds[l] == "local" else None
        a = self.m.linear(attend(q, k, v, 1.0, window), p + "attn.attention.out_proj")
        mid = x + a
        f = self.two_layers(self.ln(mid, p + "ln_2"), p + "mlp.c_fc", p + "mlp.c_proj",
                            self.key("activation_function", default="gelu_new"))
        return a, f, mid


class GptJ(Gpt):
    table = "transformer.wte.weight"

    def setup(self):
        super().setup()
        self.rotary = Rotary({"rope_theta": 10000.0}, self.key("rotary_dim", default=self.width), pairs=True)

    def block(self, l, x):
        p = f"transformer.h.{l}."
        n = self.ln(x, p + "ln_1")
        q, k, v = (split_heads(self.m.linear(n, f"{p}attn.{y}_proj"), self.heads) for y in "qkv")
        a = self.m.linear(attend(self.rotary(q), self.rotary(k), v, self.d ** -0.5), p + "attn.out_proj")
        return a, self.two_layers(n, p + "mlp.fc_in", p + "mlp.fc_out", self.key(
            "activation_function", default="gelu_new")), None

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


class Phi(Gpt):
    def setup(self):
        super().setup()
        rope = self.rope()
        partial = rope.get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.5))
        self.rotary = Rotary(rope, int(self.d * partial))

    def head_norm(self, x, name):
        return self.ln(x, name) if self.c.get("qk_layernorm") else x

    def block(self, l, x):
        p = f"model.layers.{l}."
        n = self.ln(x, p + "input_layernorm")
        q, k, v = (split_heads(self.m.linear(n, f"{p}self_attn.{y}_proj"), h)
                   for y, h in zip("qkv", (self.heads, self.kv, self.kv)))
        q = self.rotary(self.head_norm(q, p + "self_attn.q_layernorm"))
        k = self.rotary(self.head_norm(k, p + "self_attn.k_layernorm"))
        a = self.m.linear(attend(q, k, v, self.d ** -0.5), p + "self_attn.dense")
        return a, self.two_layers(n, p + "mlp.fc1", p + "mlp.fc2", self.key("hidden_act", default="gelu_new")), None

    def final(self, x):
        return self.ln(x, "model.final_layernorm")


class Opt(Gpt):
    table, tied = "model.decoder.embed_tokens.weight", True

    def ln(self, x, name):
        if self.c.get("layer_norm_elementwise_affine", True):
            return super().ln(x, name)
        return layer_norm(x, 1.0, 0.0, 1e-5)

    def embed(self, ids):
        x = self.m(self.table)[ids]
        if "model.decoder.project_in.weight" in self.m:
            x = self.m.linear(x, "model.decoder.project_in")
        return x + self.m("model.decoder.embed_positions.weight")[2:2 + len(ids)]

    def block(self, l, x):
        p = f"model.decoder.layers.{l}."
        before = self.c.get("do_layer_norm_before", True)
        n = self.ln(x, p + "self_attn_layer_norm") if before else x
        q, k, v = (split_heads(self.m.linear(n, f"{p}self_attn.{y}_proj"), self.heads) for y in "qkv")
        a = self.m.linear(attend(q, k, v, self.d ** -0.5), p + "self_attn.out_proj")
        mid = x + a if before else self.ln(x + a, p + "self_attn_layer_norm")
        n = self.ln(mid, p + "final_layer_norm") if before else mid
        f = self.two_layers(n, p + "fc1", p + "fc2", self.key("activation_function", default="relu"))
        self.mid = mid
        return a, f, mid

    def post(self, l, x, a, f):
        if self.c.get("do_layer_norm_before", True):
            return self.mid + f
        return self.ln(self.mid + f, f"model.decoder.layers.{l}.final_layer_norm")

    def final(self, x):
        there = self.c.get("do_layer_norm_before", True) and not self.c.get("_remove_final_layer_norm", False)
        return self.ln(x, "model.decoder.final_layer_norm") if there else None

    def to_head(self, x):
        return self.m.linear(x, "model.decoder.project_out") if "model.decoder.project_out.weight" in self.m else x


class Bloom(Gpt):
    table, tied = "transformer.word_embeddings.weight", True

    def embed(self, ids):
        return self.ln(self.m(self.table)[ids], "transformer.word_embeddings_layernorm")

    def block(self, l, x):
        p = f"transformer.h.{l}."
        n = self.ln(x, p + "input_layernorm")
        q, k, v = _by_head(self.m.linear(n, p + "self_attention.query_key_value"), self.heads)
        bias = alibi_slopes(self.heads)[:, None, None] * np.arange(len(x), dtype=np.float32)
        a = self.m.linear(attend(q, k, v, self.d ** -0.5, bias=bias.astype(np.float64)), p + "self_attention.dense")
        mid = x + a
        f = self.two_layers(self.ln(mid, p + "post_attention_layernorm"), p + "mlp.dense_h_to_4h",
                            p + "mlp.dense_4h_to_h", "gelu_bloom")
        return a, f, mid

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


class Falcon(Gpt):
    table, tied = "transformer.word_embeddings.weight", True

    def setup(self):
        super().setup()
        self.rotary = (lambda x: x) if self.c.get("alibi") else Rotary(self.rope(), self.d)
        self.new = self.c.get("new_decoder_architecture", False)
        self.parallel = self.new or self.c.get("parallel_attn", True)

    def split(self, qkv):
        if not self.new and not self.c.get("multi_query", True):
            return _by_head(qkv, self.heads)
        kv = self.key("num_kv_heads", default=self.heads) if self.new else 1
        groups = qkv.reshape(len(qkv), kv, self.heads // kv + 2, self.d)
        q = groups[:, :, :-2].reshape(len(qkv), self.heads, self.d)
        return (y.swapaxes(0, 1) for y in (q, groups[:, :, -2], groups[:, :, -1]))

    def bias(self, tokens):
        """Slope and product are rounded to bfloat16, as the original; exact for a power of two of heads."""
        if not self.c.get("alibi"):
            return None
        slopes = _bfloat16(alibi_slopes(self.heads))
        return _bfloat16(slopes[:, None, None] * np.arange(tokens, dtype=np.float32)) * self.d ** -0.5

    def norms(self, x, p):
        """The inputs of attention and of a parallel MLP."""
        if self.new and self.key("num_ln_in_parallel_attn", default=2) == 2:
            return self.ln(x, p + "ln_attn"), self.ln(x, p + "ln_mlp")
        n = self.ln(x, p + "input_layernorm")
        return n, n

    def block(self, l, x):
        p = f"transformer.h.{l}."
        n, parallel = self.norms(x, p)
        q, k, v = self.split(self.m.linear(n, p + "self_attention.query_key_value"))
        out = attend(self.rotary(q), self.rotary(k), v, self.d ** -0.5, bias=self.bias(len(x)))
        a = self.m.linear(out, p + "self_attention.dense")
        mid = None if self.parallel else x + a
        n = parallel if mid is None else self.ln(mid, p + "post_attention_layernorm")
        f = self.two_layers(n, p + "mlp.dense_h_to_4h", p + "mlp.dense_4h_to_h", self.c.get("activation", "gelu"))
        return a, f, mid

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


def _bfloat16(x):
    """Round to nearest, ties to even, on the upper half of the float32."""
    bits = x.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32).astype(np.float64)


FAMILIES = {"gpt_neox": GptNeox, "gpt2": Gpt2, "gpt_neo": GptNeo, "gptj": GptJ, "phi": Phi, "opt": Opt,
            "bloom": Bloom, "falcon": Falcon}
