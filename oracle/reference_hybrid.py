"""Families whose layers do not all have attention, every recurrence step by step."""
import math

import numpy as np

from reference_experts import Corrected, Experts, GraniteMoe, best, picked, sigmoid, silu, softmax
from reference_llama import Llama
from reference_ops import Rotary, attend, rms_norm, split_heads


def softplus(x):
    return np.logaddexp(0, x)


def causal_conv(x, weight, bias=None):
    """x [T, C], weight [C, 1, K], the last tap being the token itself."""
    taps = weight.shape[-1]
    padded = np.concatenate([np.zeros((taps - 1, x.shape[1])), x])
    y = sum(padded[i:i + len(x)] * weight[:, 0, i] for i in range(taps))
    return y if bias is None else y + bias


class Hybrid(Experts, Llama):
    """attention_at says which layers have attention; mix is what the others have."""

    final_norm = "model.norm"

    def attention_at(self, l):
        kinds = self.c.get("layer_types")
        if kinds:
            return kinds[l] in ("full_attention", "attention")
        return (l + 1) % self.key("full_attention_interval", default=4) == 0

    def bias(self, name):
        return self.m(name) if name in self.m else None

    def block(self, l, x):
        p = f"model.layers.{l}."
        n = self.norm(x, p + self.norms[0])
        a = self.attention(n, l) if self.attention_at(l) else self.mix(n, l)
        mid = x + a
        return a, self.mlp(self.norm(mid, p + self.norms[1]), l), mid

    def final(self, x):
        return self.norm(x, self.final_norm)


class Delta(Hybrid):
    """The gated delta rule, and attention with a gate per head."""

    def norm(self, x, name):
        return rms_norm(x, 1 + self.m(name + ".weight"), self.eps)

    def rotary_dims(self):
        return int(self.d * self.rope().get("partial_rotary_factor", self.c.get("partial_rotary_factor", 0.25)))

    def attention(self, n, l):
        p = f"model.layers.{l}.self_attn."
        both = self.m.linear(n, p + "q_proj").reshape(len(n), self.heads, 2, self.d)
        q, gate = both[:, :, 0].swapaxes(0, 1), both[:, :, 1].reshape(len(n), -1)
        k, v = (split_heads(self.m.linear(n, p + name), self.kv) for name in ("k_proj", "v_proj"))
        q, k = self.rotary(self.norm(q, p + "q_norm")), self.rotary(self.norm(k, p + "k_norm"))
        return self.m.linear(attend(q, k, v, self.d ** -0.5) * sigmoid(gate), p + "o_proj")

    def parts(self, n, p):
        """[q | k | v] as one, z, beta's and alpha's logits."""
        return (self.m.linear(n, p + name) for name in ("in_proj_qkv", "in_proj_z", "in_proj_b", "in_proj_a"))

    def mix(self, n, l):
        p, c = f"model.layers.{l}.linear_attn.", self.c
        hk, hv = c["linear_num_key_heads"], c["linear_num_value_heads"]
        dk, dv = c["linear_key_head_dim"], c["linear_value_head_dim"]
        qkv, z, b, a = self.parts(n, p)
        qkv = silu(causal_conv(qkv, self.m(p + "conv1d.weight")))
        q, k, v = np.split(qkv, [hk * dk, 2 * hk * dk], axis=-1)
        q, k = (x.reshape(len(n), hk, dk) for x in (q, k))
        q, k = (x / np.sqrt((x * x).sum(-1, keepdims=True) + 1e-6) for x in (q, k))
        q, k = (np.repeat(x, hv // hk, 1) for x in (q * dk ** -0.5, k))
        v, beta = v.reshape(len(n), hv, dv), sigmoid(b)
        decay = np.exp(-np.exp(self.m(p + "A_log")) * softplus(a + self.m(p + "dt_bias")))
        state, out = np.zeros((hv, dk, dv)), np.zeros((len(n), hv, dv))
        for t in range(len(n)):
            state = decay[t][:, None, None] * state
            change = beta[t][:, None] * (v[t] - np.einsum("hkv,hk->hv", state, k[t]))
            state = state + k[t][:, :, None] * change[:, None, :]
            out[t] = np.einsum("hkv,hk->hv", state, q[t])
        out = rms_norm(out, self.m(p + "norm.weight"), self.eps) * silu(z.reshape(len(n), hv, dv))
        return self.m.linear(out.reshape(len(n), -1), p + "out_proj")

    def shared(self, h, p):
        factor = sigmoid(h @ self.m(p + "mlp.shared_expert_gate.weight").T)
        return factor * self.dense(h, p + "mlp.shared_expert")


class Qwen3Next(Delta):
    def has_experts(self, l):
        return l not in (self.c.get("mlp_only_layers") or []) and (l + 1) % self.c.get("decoder_sparse_step", 1) == 0

    def normalises(self):
        return self.c.get("norm_topk_prob", True)

    def parts(self, n, p):
        c = self.c
        hk, hv = c["linear_num_key_heads"], c["linear_num_value_heads"]
        dk, dv = c["linear_key_head_dim"], c["linear_value_head_dim"]
        qkvz = self.m.linear(n, p + "in_proj_qkvz").reshape(len(n), hk, -1)
        ba = self.m.linear(n, p + "in_proj_ba").reshape(len(n), hk, 2, -1)
        q, k, v, z = (x.reshape(len(n), -1) for x in np.split(qkvz, [dk, 2 * dk, 2 * dk + hv // hk * dv], axis=-1))
        return np.concatenate([q, k, v], -1), z, ba[:, :, 0].reshape(len(n), hv), ba[:, :, 1].reshape(len(n), hv)


class Qwen35(Delta):
    def has_experts(self, l):
        return False


class Qwen35Moe(Delta):
    def normalises(self):
        return True


class Lfm2(Hybrid):
    theta, tied, norms, final_norm = 1e6, True, ("operator_norm", "ffn_norm"), "model.embedding_norm"

    def setup(self):
        super().setup()
        self.eps = self.key("norm_eps", default=1e-5)

    def attention_at(self, l):
        kinds = self.c.get("layer_types")
        return kinds[l] == "full_attention" if kinds else l in self.c["full_attn_idxs"]

    def has_experts(self, l):
        return False

    def attention(self, n, l):
        p = f"model.layers.{l}.self_attn."
        q, k, v = (split_heads(self.m.linear(n, p + name), heads)
                   for name, heads in (("q_proj", self.heads), ("k_proj", self.kv), ("v_proj", self.kv)))
        q, k = self.rotary(self.rms(q, p + "q_layernorm")), self.rotary(self.rms(k, p + "k_layernorm"))
        return self.m.linear(attend(q, k, v, self.d ** -0.5), p + "out_proj")

    def mix(self, n, l):
        p = f"model.layers.{l}.conv."
        b, c, x = np.split(self.m.linear(n, p + "in_proj"), 3, axis=-1)
        return self.m.linear(c * causal_conv(b * x, self.m(p + "conv.weight"), self.bias(p + "conv.bias")), p + "out_proj")

    def mlp(self, n, l):
        p = f"model.layers.{l}.feed_forward."
        if self.has_experts(l):
            return self.routed(n, f"model.layers.{l}.")
        return self.m.linear(silu(self.m.linear(n, p + "w1")) * self.m.linear(n, p + "w3"), p + "w2")

    def logits(self, x):
        tied = self.key("tie_embedding", "tie_word_embeddings", default=True)
        return x @ self.m(self.table if tied else "lm_head.weight").T


class Lfm2Moe(Lfm2):
    names, experts_at = ("w1", "w3", "w2"), "feed_forward.experts"

    def has_experts(self, l):
        return l >= self.c.get("num_dense_layers", 2)

    def scored(self, h, p):
        scores = sigmoid(h @ self.m(p + "feed_forward.gate.weight").T)
        corrected = self.c.get("use_expert_bias", True)
        return scores, scores + self.m(p + "feed_forward.expert_bias") if corrected else scores

    def route(self, h, p):
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        weights = picked(scores, chosen)
        if self.c.get("norm_topk_prob", True):
            weights = weights / (weights.sum(-1, keepdims=True) + 1e-6)
        return chosen, weights * self.c.get("routed_scaling_factor", 1.0)


class Mamba2Mixer:
    """Scalar decays per head; gate, then a norm per group. Mixed into a family."""

    def sizes(self):
        c = self.c
        return c["mamba_expand"] * self.width, c["mamba_n_groups"], c["mamba_d_state"], c["mamba_n_heads"]

    def limits(self):
        low, high = self.c.get("time_step_limit") or (0.0, math.inf)
        return low, high if isinstance(high, (int, float)) else math.inf

    def factors(self):
        return 1.0

    def by_groups(self, y, p):
        groups = self.sizes()[1]
        return rms_norm(y.reshape(len(y), groups, -1), 1.0, self.eps).reshape(len(y), -1) * self.m(p + "norm.weight")

    def gated(self, out, z, p):
        return self.by_groups(out * silu(z), p)

    def mamba2(self, n, p):
        inner, groups, size, heads = self.sizes()
        raw = self.m.linear(n, p + "in_proj") * self.factors()
        z, xbc, dt = np.split(raw, [inner, 2 * inner + 2 * groups * size], axis=-1)
        xbc = silu(causal_conv(xbc, self.m(p + "conv1d.weight"), self.bias(p + "conv1d.bias")))
        x, b, cc = np.split(xbc, [inner, inner + groups * size], axis=-1)
        x = x.reshape(len(n), heads, -1)
        b, cc = (np.repeat(y.reshape(len(n), groups, size), heads // groups, 1) for y in (b, cc))
        step = np.clip(softplus(dt + self.m(p + "dt_bias")), *self.limits())
        keep = np.exp(-np.exp(self.m(p + "A_log")) * step)
        state, out = np.zeros((heads, x.shape[-1], size)), np.zeros_like(x)
        for t in range(len(n)):
            state = keep[t][:, None, None] * state + (step[t][:, None] * x[t])[:, :, None] * b[t][:, None, :]
            out[t] = np.einsum("hpn,hn->hp", state, cc[t]) + self.m(p + "D")[:, None] * x[t]
        return self.m.linear(self.gated(out.reshape(len(n), inner), z, p), p + "out_proj")


class Mamba1Mixer:
    """Decays per channel and state; mixed into a family. inner_norm is what step, input and output go through."""

    def inner_norm(self, y, name):
        return y

    def state_size(self):
        return self.c["mamba_d_state"]

    def mamba(self, n, p):
        size = self.state_size()
        x, z = np.split(self.m.linear(n, p + "in_proj"), 2, axis=-1)
        x = silu(causal_conv(x, self.m(p + "conv1d.weight"), self.bias(p + "conv1d.bias")))
        rank = self.m(p + "dt_proj.weight").shape[1]
        dt, b, c = np.split(self.m.linear(x, p + "x_proj"), [rank, rank + size], axis=-1)
        dt, b, c = (self.inner_norm(y, p + name)
                    for y, name in ((dt, "dt_layernorm"), (b, "b_layernorm"), (c, "c_layernorm")))
        step = softplus(self.m.linear(dt, p + "dt_proj"))
        a = -np.exp(self.m(p + "A_log"))
        state, out = np.zeros_like(a), np.zeros_like(x)
        for t in range(len(n)):
            state = np.exp(step[t][:, None] * a) * state + (step[t] * x[t])[:, None] * b[t][None, :]
            out[t] = state @ c[t] + self.m(p + "D") * x[t]
        return self.m.linear(out * silu(z), p + "out_proj")


class Mamba2(Mamba2Mixer, Hybrid):
    def mix(self, n, l):
        return self.mamba2(n, f"model.layers.{l}.mamba.")


class GraniteHybrid(Mamba2, GraniteMoe):
    def attention_at(self, l):
        return self.c["layer_types"][l] in ("full_attention", "attention")

    def rotary_of(self, l):
        return self.rotary if self.c.get("position_embedding_type") == "rope" else lambda x: x

    def block(self, l, x):
        m = self.c["residual_multiplier"]
        p = f"model.layers.{l}."
        n = self.norm(x, p + "input_layernorm")
        a = self.attention(n, l) if self.attention_at(l) else m * self.mix(n, l)  # GraniteMoe's has the multiplier
        mid = x + a
        h = self.norm(mid, p + "post_attention_layernorm")
        routed = self.routed(h, p) if self.c.get("num_local_experts", 8) else 0.0
        return a, m * (routed + self.shared(h, p)), mid


class Bamba(Mamba2):
    norms, final_norm = ("input_layernorm", "pre_ff_layernorm"), "model.final_layernorm"

    def rotary_dims(self):
        return self.d // 2

    def attention_at(self, l):
        return l in self.c["attn_layer_indices"]

    def mlp(self, n, l):
        return self.dense(n, f"model.layers.{l}.feed_forward")


class Jamba(Mamba1Mixer, Hybrid):
    norms, final_norm = ("input_layernorm", "pre_ff_layernorm"), "model.final_layernorm"
    gate, experts_at = "feed_forward.router.weight", "feed_forward.experts"

    def attention_at(self, l):
        return l % self.c["attn_layer_period"] == self.c["attn_layer_offset"]

    def rotary_of(self, l):
        return lambda x: x

    def has_experts(self, l):
        period = l % self.c["expert_layer_period"] == self.c["expert_layer_offset"]
        return period and self.c["num_experts"] > 1

    def mlp(self, n, l):
        p = f"model.layers.{l}."
        return self.routed(n, p) if self.has_experts(l) else self.dense(n, p + "feed_forward")

    def inner_norm(self, y, name):
        return self.rms(y, name)

    def mix(self, n, l):
        return self.mamba(n, f"model.layers.{l}.mamba.")


FAMILIES = {"qwen3_next": Qwen3Next, "qwen3_5_text": Qwen35, "qwen3_5_moe_text": Qwen35Moe, "lfm2": Lfm2,
            "lfm2_moe": Lfm2Moe, "granitemoehybrid": GraniteHybrid, "bamba": Bamba, "jamba": Jamba}
