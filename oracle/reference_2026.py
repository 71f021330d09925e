"""Dense families that joined in 2026, each written from its definition."""
import numpy as np
import torch

from reference_base import Family
from reference_gpt import Gpt
from reference_llama import Gemma2, Llama, Olmo2, Qwen3
from reference_ops import ACTIVATIONS, Rotary, alibi_slopes, attend, layer_norm, rms_norm, split_heads


class Kinds(Llama):
    """Layers that differ in their window and in whether they rotate."""

    every = 4  # full attention in the last of so many layers

    def kind(self, l):
        kinds = self.c.get("layer_types")
        if kinds:
            return kinds[l]
        return "full_attention" if (l + 1) % self.every == 0 else "sliding_attention"

    def sliding(self, l):
        return self.kind(l) == "sliding_attention"

    def window(self, l):
        return self.c.get("sliding_window") if self.sliding(l) else None

    def rotates(self, l):
        return True

    def rotary_of(self, l):
        return self.rotary if self.rotates(l) else lambda x: x


class Olmo3(Kinds, Olmo2):
    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)
        both = self.c.get("rope_parameters") or dict.fromkeys(
            ("full_attention", "sliding_attention"), {"rope_theta": self.c.get("rope_theta", 500000.0)})
        self.rotaries = {kind: Rotary(rope, self.d) for kind, rope in both.items()}

    def rope(self):
        return {"rope_theta": 1.0}  # unused: there are two

    def rotary_of(self, l):
        return self.rotaries[self.kind(l)]


class SmolLm3(Kinds):
    tied, theta = True, 2e6

    def rotates(self, l):
        listed = self.c.get("no_rope_layers")
        return bool(listed[l]) if listed else (l + 1) % self.key("no_rope_layer_interval", default=4) != 0

    def sliding(self, l):
        if self.c.get("layer_types"):
            return super().sliding(l)
        return self.c.get("use_sliding_window", False) and not self.rotates(l)


class Glm(Llama):
    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1.5625e-7)
        self.rotary = Rotary(self.rope(), self.rotary_dims(), pairs=True)

    def rotary_dims(self):
        return int(self.d * self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.5)))

    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        gate, up = np.split(self.m.linear(n, p + "gate_up_proj"), 2, axis=-1)
        return self.m.linear(ACTIVATIONS["silu"](gate) * up, p + "down_proj")


class Glm4(Glm):
    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.rms(self.attention(self.rms(x, p + "input_layernorm"), l), p + "post_self_attn_layernorm")
        mid = x + a
        f = self.mlp(self.rms(mid, p + "post_attention_layernorm"), l)
        return a, self.rms(f, p + "post_mlp_layernorm"), mid


class Exaone4(Kinds):
    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)

    def rotates(self, l):
        return self.c.get("sliding_window") is None or self.sliding(l)

    def adjust(self, q, k, p):
        return self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm")

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.rms(self.attention(x, l), p + "post_attention_layernorm")
        mid = x + a
        return a, self.rms(self.mlp(mid, l), p + "post_feedforward_layernorm"), mid


class Adjacent(Llama):
    """LLaMA rotating neighbours."""

    def setup(self):
        super().setup()
        self.rotary = Rotary(self.rope(), self.d, pairs=True)


class Ernie45(Adjacent):
    tied, theta = True, 500000.0

    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)


class PlainMlp(Llama):
    def mlp(self, n, l):
        p = f"model.layers.{l}.mlp."
        return self.m.linear(np.maximum(self.m.linear(n, p + "up_proj"), 0) ** 2, p + "down_proj")


class Arcee(PlainMlp):
    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)


class Nemotron(PlainMlp):
    def rotary_dims(self):
        return int(self.d * self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.5)))

    def setup(self):
        super().setup()
        self.eps = self.key("norm_eps", default=1e-5)

    def norm(self, x, name):
        return layer_norm(x, 1 + self.m(name + ".weight"), self.m(name + ".bias"), self.eps)


class HunYuan(Llama):
    def rope(self):
        rope = super().rope()
        if rope.get("alpha"):
            stretch = rope["alpha"] ** (self.d / (self.d - 2))
            return {"rope_type": "default", "rope_theta": rope["rope_theta"] * stretch}
        return rope

    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)

    def rotary_of(self, l):
        names = iter(("query_layernorm", "key_layernorm"))  # queries rotate first
        return lambda x: self.rms(self.rotary(x), f"model.layers.{l}.self_attn.{next(names)}")


class Ministral(Kinds):
    def sliding(self, l):
        return super().sliding(l) if self.c.get("layer_types") else True


class Ministral3(Ministral):
    def rotary_of(self, l):
        rope, first = self.rope(), iter((True, False))

        def turn(x):
            y = self.rotary(x)
            far = torch.floor(torch.arange(x.shape[1]) / rope["original_max_position_embeddings"])
            factor = 1 + rope["llama_4_scaling_beta"] * torch.log(1 + far)  # in float32, as it is defined
            return y * factor.double().numpy()[None, :, None] if next(first) else y

        return turn


class Cohere(Kinds):
    tied, theta = True, 500000.0

    def setup(self):
        super().setup()
        self.rotary = Rotary(self.rope(), self.d, pairs=True)
        self.eps = self.key("layer_norm_eps", default=1e-5)

    def norm(self, x, name):
        return layer_norm(x, self.m(name + ".weight"), 0.0, self.eps)

    def window(self, l):
        return None

    def adjust(self, q, k, p):
        if not self.c.get("use_qk_norm"):
            return q, k
        return [layer_norm(x, self.m(f"{p}{name}.weight")[:, None, :], 0.0, self.eps)
                for name, x in (("q_norm", q), ("k_norm", k))]

    def block(self, l, x):
        n = self.norm(x, f"model.layers.{l}.input_layernorm")
        return self.attention(n, l), self.mlp(n, l), None

    def logits(self, x):
        return super().logits(x) * self.key("logit_scale", default=0.0625)


class Cohere2(Cohere):
    theta = 10000.0

    def window(self, l):
        return self.c["sliding_window"] if self.sliding(l) else None

    def rotates(self, l):
        return self.sliding(l)


class VaultGemma(Gemma2):
    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.attention(self.norm(x, p + "input_layernorm"), l)
        mid = x + a
        return a, self.mlp(self.norm(mid, p + "pre_feedforward_layernorm"), l), mid


class GptBigCode(Gpt):
    table, tied = "transformer.wte.weight", True

    def embed(self, ids):
        return self.m(self.table)[ids] + self.m("transformer.wpe.weight")[:len(ids)]

    def attention(self, n, p):
        fused, d = self.m.linear(n, p + "c_attn"), self.d
        if self.c.get("multi_query", True):
            q, k, v = np.split(fused, [self.heads * d, self.heads * d + d], axis=-1)
        else:
            q, k, v = fused.reshape(len(n), self.heads, 3, d).transpose(2, 0, 1, 3).reshape(3, len(n), -1)
        q, k, v = (split_heads(y, y.shape[-1] // d) for y in (q, k, v))
        scale = d ** -0.5 if self.c.get("scale_attn_weights", True) else 1.0
        return self.m.linear(attend(q, k, v, scale), p + "c_proj")

    def block(self, l, x):
        p = f"transformer.h.{l}."
        a = self.attention(self.ln(x, p + "ln_1"), p + "attn.")
        mid = x + a
        n = self.ln(mid, p + "ln_2")
        return a, self.two_layers(n, p + "mlp.c_fc", p + "mlp.c_proj", self.c["activation_function"]), mid

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


class CodeGen(Gpt):
    table = "transformer.wte.weight"

    def setup(self):
        super().setup()
        self.rotary = Rotary({"rope_theta": 10000.0}, self.c["rotary_dim"], pairs=True)

    def block(self, l, x):
        p, n_quarter = f"transformer.h.{l}.", self.heads // 4
        n = self.ln(x, p + "ln_1")
        fused = self.m.linear(n, p + "attn.qkv_proj").reshape(len(x), 4, 3, n_quarter, self.d)
        q, v, k = (fused[:, :, i].reshape(len(x), self.heads, self.d).swapaxes(0, 1) for i in range(3))
        a = self.m.linear(attend(self.rotary(q), self.rotary(k), v, self.d ** -0.5), p + "attn.out_proj")
        return a, self.two_layers(n, p + "mlp.fc_in", p + "mlp.fc_out", self.c["activation_function"]), None

    def final(self, x):
        return self.ln(x, "transformer.ln_f")


class Mpt(Family):
    table, tied = "transformer.wte.weight", True

    def __init__(self, m):
        c = m.config
        m.config = {**c, "num_attention_heads": c["n_heads"], "hidden_size": c["d_model"],
                    "num_hidden_layers": c["n_layers"]}
        super().__init__(m)

    def norm(self, x, name):
        return layer_norm(x, self.m(name + ".weight"), 0.0, self.key("layer_norm_epsilon", default=1e-5))

    def block(self, l, x):
        p, clip = f"transformer.blocks.{l}.", self.c["attn_config"].get("clip_qkv")
        fused = self.m.linear(self.norm(x, p + "norm_1"), p + "attn.Wqkv")
        fused = np.clip(fused, -clip, clip) if clip else fused
        q, k, v = (split_heads(y, self.heads) for y in np.split(fused, 3, axis=-1))
        bias = alibi_slopes(self.heads).astype(float)[:, None, None] * np.arange(len(x))[None, None, :]
        a = self.m.linear(attend(q, k, v, self.d ** -0.5, bias=bias), p + "attn.out_proj")
        mid = x + a
        up = ACTIVATIONS["gelu"](self.m.linear(self.norm(mid, p + "norm_2"), p + "ffn.up_proj"))
        return a, self.m.linear(up, p + "ffn.down_proj"), mid

    def final(self, x):
        return self.norm(x, "transformer.norm_f")


FAMILIES = {"olmo3": Olmo3, "smollm3": SmolLm3, "glm": Glm, "glm4": Glm4, "exaone4": Exaone4, "ernie4_5": Ernie45,
            "seed_oss": Llama, "arcee": Arcee, "nemotron": Nemotron, "helium": Adjacent, "hunyuan_v1_dense": HunYuan,
            "ministral": Ministral, "ministral3": Ministral3, "cohere": Cohere, "cohere2": Cohere2,
            "vaultgemma": VaultGemma, "gpt_bigcode": GptBigCode, "codegen": CodeGen, "mpt": Mpt}
