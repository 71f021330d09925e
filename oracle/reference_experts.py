"""Families with experts, each router written from its definition. h is [T, H]."""
import numpy as np

from reference_2026 import Exaone4, HunYuan, Kinds
from reference_llama import Granite, Llama, Mistral, Olmo2, Qwen2, Qwen3
from reference_ops import ACTIVATIONS, Rotary, attend, layer_norm, split_heads

silu = ACTIVATIONS["silu"]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def best(scores, k):
    """The k best per row; of equals the lower index."""
    return np.argsort(-scores, axis=-1, kind="stable")[:, :k]


def picked(scores, chosen):
    return np.take_along_axis(scores, chosen, -1)


def grouped(choice, groups, used):
    """Experts outside the `used` best groups, by the sum of a group's two best, are out."""
    if groups == 1:
        return choice
    parts = choice.reshape(len(choice), groups, -1)
    worth = np.sort(parts, -1)[:, :, -2:].sum(-1)
    kept = np.zeros_like(worth, dtype=bool)
    np.put_along_axis(kept, best(worth, used), True, -1)
    return np.where(kept[:, :, None], parts, -np.inf).reshape(choice.shape)


class Experts:
    """Mixed into a family: what a layer's experts make of h."""

    gate = "mlp.gate.weight"
    names = ("gate_proj", "up_proj", "down_proj")
    experts_at = "mlp.experts"

    def has_experts(self, l):
        return True

    def k(self):
        return self.key("num_experts_per_tok")

    def scored(self, h, p):
        """(scores, what the choice is made by), both [T, experts]; minus infinity: out of the choice."""
        scores = softmax(h @ self.m(p + self.gate).T)
        return scores, scores

    def route(self, h, p):
        """(chosen experts, their weights), both [T, k]: a softmax, by default normalised."""
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        weights = picked(scores, chosen)
        return chosen, weights / weights.sum(-1, keepdims=True) if self.normalises() else weights

    def normalises(self):
        return self.c.get("norm_topk_prob", False)

    def expert(self, h, p, e):
        gate, up, down = (self.m(f"{p}{self.experts_at}.{e}.{name}.weight") for name in self.names)
        return (silu(h @ gate.T) * (h @ up.T)) @ down.T

    def shared(self, h, p):
        return 0.0

    listener = None  # hears of every layer's routing: (p, h, chosen, weights, what each expert adds [T, k, H])

    def routed(self, h, p):
        chosen, weights = self.route(h, p)
        out = np.zeros_like(h)
        added = np.zeros((*chosen.shape, h.shape[-1]))
        for e in np.unique(chosen):
            rows, places = np.nonzero(chosen == e)
            added[rows, places] = weights[rows, places][:, None] * self.expert(h[rows], p, e)
            out[rows] += added[rows, places]
        if self.listener:
            self.listener(p, h, chosen, weights, added)
        return out

    def mlp(self, n, l):
        p = f"model.layers.{l}."
        return self.routed(n, p) + self.shared(n, p) if self.has_experts(l) else super().mlp(n, l)

    def dense(self, h, name):
        gate = silu(self.m.linear(h, name + ".gate_proj"))
        return self.m.linear(gate * self.m.linear(h, name + ".up_proj"), name + ".down_proj")


class Mixtral(Experts, Mistral):
    gate, names, experts_at = "block_sparse_moe.gate.weight", ("w1", "w3", "w2"), "block_sparse_moe.experts"

    def window(self, l):
        return self.c.get("sliding_window")

    def normalises(self):
        return True


class Stepped(Experts):
    def has_experts(self, l):
        listed = self.c.get("mlp_only_layers") or []
        return l not in listed and (l + 1) % self.c.get("decoder_sparse_step", 1) == 0


class Qwen3Moe(Stepped, Qwen3):
    pass


class Qwen2Moe(Stepped, Qwen2):
    def window(self, l):
        windowed = self.c.get("use_sliding_window") and l % 2 == 0 and l < self.c["max_window_layers"]
        return self.c["sliding_window"] if windowed else None

    def shared(self, h, p):
        factor = sigmoid(h @ self.m(p + "mlp.shared_expert_gate.weight").T)
        return factor * self.dense(h, p + "mlp.shared_expert")


class Olmoe(Experts, Llama):
    def project(self, n, p):
        q, k, v = super().project(n, p)
        clip = self.c.get("clip_qkv")
        for y in (self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm"), v):
            yield np.clip(y, -clip, clip) if clip else y


class FlexOlmo(Experts, Olmo2):
    pass


class GptOss(Experts, Kinds):
    def sliding(self, l):
        kinds = self.c.get("layer_types")
        return kinds[l] == "sliding_attention" if kinds else l % 2 == 0

    def attention(self, n, l):
        """One more score per head joins the softmax, and no value belongs to it: a key of zero with a value of zero."""
        p = f"model.layers.{l}.self_attn."
        q, k, v = (split_heads(y, h) for y, h in zip(self.project(n, p), (self.heads, self.kv, self.kv)))
        q, k = self.rotary(q), self.rotary(k)
        group, t, window = self.heads // self.kv, np.arange(len(n)), self.window(l)
        k, v = np.repeat(k, group, 0), np.repeat(v, group, 0)
        scores = q @ k.swapaxes(1, 2) * self.scale
        hidden = t[None, :] > t[:, None]
        if window:
            hidden |= t[None, :] <= t[:, None] - window
        scores = np.where(hidden, -np.inf, scores)
        sinks = np.broadcast_to(self.m(p + "sinks")[:, None, None], (self.heads, len(n), 1))
        p_all = softmax(np.concatenate([scores, sinks], -1))[..., :-1]
        return self.m.linear((p_all @ v).swapaxes(0, 1).reshape(len(n), -1), p + "o_proj")

    def scored(self, h, p):
        scores = softmax(self.m.linear(h, p + "mlp.router"))
        return scores, scores

    def route(self, h, p):
        logits = self.m.linear(h, p + "mlp.router")
        chosen = best(logits, self.k())
        return chosen, softmax(picked(logits, chosen))

    def expert(self, h, p, e):
        p += "mlp.experts."
        t = h @ self.m(p + "gate_up_proj")[e] + self.m(p + "gate_up_proj_bias")[e]
        limit = self.c.get("swiglu_limit", 7.0)
        gate, up = np.minimum(t[:, 0::2], limit), np.clip(t[:, 1::2], -limit, limit)
        a = (up + 1) * gate * sigmoid(self.c.get("swiglu_alpha", 1.702) * gate)
        return a @ self.m(p + "down_proj")[e] + self.m(p + "down_proj_bias")[e]


class GraniteMoe(Experts, Granite):
    def mlp(self, n, l):
        return super().mlp(n, l) * self.c["residual_multiplier"]  # Experts.mlp stands before Granite's

    gate = "block_sparse_moe.router.layer.weight"

    def route(self, h, p):
        logits = h @ self.m(p + self.gate).T
        chosen = best(logits, self.k())
        return chosen, softmax(picked(logits, chosen))

    def expert(self, h, p, e):
        gate, up = np.split(h @ self.m(p + "block_sparse_moe.input_linear.weight")[e].T, 2, -1)
        return (silu(gate) * up) @ self.m(p + "block_sparse_moe.output_linear.weight")[e].T

    def shared(self, h, p):
        if not self.c.get("shared_intermediate_size"):
            return 0.0
        gate, up = np.split(self.m.linear(h, p + "shared_mlp.input_linear"), 2, -1)
        return self.m.linear(silu(gate) * up, p + "shared_mlp.output_linear")


class Corrected(Experts):
    """Sigmoid scores; a correction for the choice alone; groups; a sum and a factor."""

    correction, shared_count = "mlp.gate.e_score_correction_bias", "n_shared_experts"

    def has_experts(self, l):
        kinds = self.c.get("mlp_layer_types")
        return kinds[l] == "sparse" if kinds else l >= self.key("first_k_dense_replace", default=0)

    def scored(self, h, p):
        scores = sigmoid(h @ self.m(p + self.gate).T)
        return scores, grouped(scores + self.m(p + self.correction), self.key("n_group", default=1),
                               self.key("topk_group", default=1))

    def route(self, h, p):
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        weights = picked(scores, chosen)
        if self.normalises():
            weights = weights / (weights.sum(-1, keepdims=True) + 1e-20)
        return chosen, weights * self.key("routed_scaling_factor", default=1.0)

    def shared(self, h, p):
        return self.dense(h, p + "mlp.shared_experts") if self.c.get(self.shared_count) else 0.0


class Glm4Moe(Corrected, Llama):
    def rotary_dims(self):
        return int(self.d * self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.5)))

    def adjust(self, q, k, p):
        return (self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm")) if self.c.get("use_qk_norm") else (q, k)


class Dots1(Corrected, Qwen3):
    def window(self, l):
        window = self.c.get("sliding_window")
        return window if window and l >= self.c["max_window_layers"] else None


class ExaoneMoe(Corrected, Exaone4):
    correction, shared_count = "mlp.e_score_correction_bias", "num_shared_experts"
    block = Llama.block

    def normalises(self):
        return self.c.get("norm_topk_prob", True)


class MiniMaxM2(Corrected, Llama):
    gate, names, experts_at = "block_sparse_moe.gate.weight", ("w1", "w3", "w2"), "block_sparse_moe.experts"
    correction = "block_sparse_moe.e_score_correction_bias"

    def rotary_dims(self):
        return self.c.get("rotary_dim") or self.d

    def normalises(self):
        return True

    def project(self, n, p):
        q, k, v = super().project(n, p)
        return self.rms(q, p + "q_norm"), self.rms(k, p + "k_norm"), v


class Ernie45Moe(Experts, Llama):
    tied, theta = True, 500000.0

    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)
        self.rotary = Rotary(self.rope(), self.d, pairs=True)

    def has_experts(self, l):
        end = self.c.get("moe_layer_end_index", -1)
        return ((l + 1) % self.c.get("moe_layer_interval", 1) == 0 and l >= self.c.get("moe_layer_start_index", 1)
                and (end == -1 or l <= end))

    def k(self):
        return self.c["moe_k"]

    def scored(self, h, p):
        scores = softmax(h @ self.m(p + self.gate).T)
        return scores, scores + self.m(p + "mlp.moe_statics.e_score_correction_bias")

    def route(self, h, p):
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        weights = picked(scores, chosen)
        return chosen, weights / np.maximum(weights.sum(-1, keepdims=True), self.c.get("moe_norm_min", 1e-12))

    def mlp(self, n, l):
        return super().mlp(n, l) if self.has_experts(l) else self.dense(n, f"model.layers.{l}.mlp")

    def shared(self, h, p):
        return self.dense(h, p + "mlp.shared_experts") if self.c.get("moe_num_shared_experts") else 0.0

    def logits(self, x):
        bias = self.m("lm_head.bias") if "lm_head.bias" in self.m else 0.0
        tied = self.c.get("tie_word_embeddings", True)
        return x @ self.m(self.table if tied else "lm_head.weight").T + bias


class HunYuanMoe(Experts, HunYuan):
    gate = "mlp.gate.wg.weight"

    def k(self):
        return self.c["moe_topk"]

    def normalises(self):
        return True

    def shared(self, h, p):
        return self.dense(h, p + "mlp.shared_mlp")


class PhiMoe(Experts, Llama):
    gate, names, experts_at = "block_sparse_moe.gate.weight", ("w1", "w3", "w2"), "block_sparse_moe.experts"

    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)

    def norm(self, x, name):
        return self.ln(x, name)

    def window(self, l):
        return self.c.get("sliding_window")

    def rotary_of(self, l):
        rope = self.rope()

        def turn(x):
            if rope.get("rope_type", rope.get("type")) != "longrope":
                return self.rotary(x)
            far = x.shape[1] > rope["original_max_position_embeddings"]
            return Rotary({**rope, "attention_factor": rope["long_mscale" if far else "short_mscale"]}, self.d)(x)

        return turn

    def scored(self, h, p):
        s = h @ self.m(p + self.gate).T
        return softmax(s), s

    def k(self):
        return 2

    def route(self, h, p):
        s = h @ self.m(p + self.gate).T
        margin = 2 * self.c.get("router_jitter_noise", 0.01)
        left, chosen, weights = s.copy(), [], []
        for _ in range(2):
            first = left.argmax(-1)[:, None]
            most = picked(left, first)
            far = (most - s) / np.maximum(np.abs(s), most) > margin
            weights.append(picked(softmax(np.where(far, -np.inf, left)), first))
            chosen.append(first)
            np.put_along_axis(left, first, -np.inf, -1)
        return np.concatenate(chosen, -1), np.concatenate(weights, -1)


FAMILIES = {"mixtral": Mixtral, "qwen3_moe": Qwen3Moe, "qwen2_moe": Qwen2Moe, "olmoe": Olmoe, "flex_olmo": FlexOlmo,
            "gpt_oss": GptOss, "granitemoe": GraniteMoe, "granitemoeshared": GraniteMoe, "glm4_moe": Glm4Moe,
            "dots1": Dots1, "exaone_moe": ExaoneMoe, "minimax_m2": MiniMaxM2, "ernie4_5_moe": Ernie45Moe,
            "hunyuan_v1_moe": HunYuanMoe, "phimoe": PhiMoe}
