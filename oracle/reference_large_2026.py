"""LLaMA 4 and Gemma 4. h is [T, H]."""
import numpy as np
import torch

from reference_experts import Experts, sigmoid, silu, softmax
from reference_llama import Llama
from reference_ops import ACTIVATIONS, Rotary, attend, split_heads


class Llama4(Experts, Llama):
    """Chunks and norms after the rotation in some layers, longer queries in the others; weights on what experts read."""

    gate = "feed_forward.router.weight"

    def setup(self):
        super().setup()
        self.rotary = Rotary(self.rope(), self.d, pairs=True)

    def rotates(self, l):
        listed = self.c.get("no_rope_layers")
        return listed[l] == 1 if listed else (l + 1) % self.c.get("no_rope_layer_interval", 4) != 0

    def attention(self, n, l):
        p, c = f"model.layers.{l}.self_attn.", self.c
        q, k, v = (split_heads(x, heads) for x, heads in zip(self.project(n, p), (self.heads, self.kv, self.kv)))
        positions, chunk = np.arange(len(n)), None
        if self.rotates(l):
            chunk = c["attention_chunk_size"]
            q, k = self.rotary(q), self.rotary(k)
            if c.get("use_qk_norm", True):
                q, k = (x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps) for x in (q, k))
        elif c.get("attn_temperature_tuning", True):
            far = np.floor((positions.astype(np.float32) + np.float32(1)) / np.float32(c["floor_scale"]))
            factor = torch.log1p(torch.from_numpy(far)) * c["attn_scale"] + 1.0  # in float32, as it is defined
            q = q * factor.double().numpy()[None, :, None]
        k, v = (np.repeat(x, self.heads // self.kv, 0) for x in (k, v))
        scores = np.einsum("hqd,hkd->hqk", q, k) * self.scale
        seen = positions[:, None] >= positions[None, :]
        if chunk:
            seen &= positions[:, None] // chunk == positions[None, :] // chunk
        weights = softmax(np.where(seen, scores, -np.inf))
        out = np.einsum("hqk,hkd->qhd", weights, v).reshape(len(n), -1)
        return self.m.linear(out, p + "o_proj")

    def has_experts(self, l):
        listed = self.c.get("moe_layers")
        return l in listed if listed is not None else (l + 1) % self.c["interleave_moe_layer_step"] == 0

    def scored(self, h, p):
        logits = h @ self.m(p + self.gate).T
        return sigmoid(logits), sigmoid(logits)

    def expert(self, h, p, e):
        fused, down = (self.m(p + "feed_forward.experts." + name)[e] for name in ("gate_up_proj", "down_proj"))
        gate, up = np.split(h @ fused, 2, axis=-1)
        return (silu(gate) * up) @ down

    def routed(self, h, p):
        chosen, weights = self.route(h, p)
        added = np.zeros((*chosen.shape, h.shape[-1]))
        for e in np.unique(chosen):
            rows, places = np.nonzero(chosen == e)
            added[rows, places] = self.expert(weights[rows, places][:, None] * h[rows], p, e)
        if self.listener:
            self.listener(p, h, chosen, weights, added)
        return added.sum(1)

    def shared(self, h, p):
        return self.dense(h, p + "feed_forward.shared_expert")

    def mlp(self, n, l):
        p = f"model.layers.{l}."
        return self.routed(n, p) + self.shared(n, p) if self.has_experts(l) else self.dense(n, p + "feed_forward")


class Gemma4(Experts, Llama):
    """Layers of two shapes, keys and values of earlier layers, normed values, a third branch, and a scaled stream."""

    activation = "gelu_pytorch_tanh"

    def setup(self):
        c = self.c
        self.eps = self.key("rms_norm_eps", default=1e-6)
        self.kinds = list(c.get("layer_types") or [
            "full_attention" if (l + 1) % 6 == 0 else "sliding_attention" for l in range(self.layers)])
        self.kinds[-1] = "full_attention"
        ropes = c.get("rope_parameters") or {
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            "full_attention": {"rope_type": "proportional", "partial_rotary_factor": 0.25, "rope_theta": 1e6}}
        self.first_shared = self.layers - c.get("num_kv_shared_layers", 0)
        self.store = {}
        self.frequencies = {kind: self.inverse(rope, self.dim(kind)) for kind, rope in ropes.items()}
        self.per_layer = c.get("hidden_size_per_layer_input", 256)

    def dim(self, kind):
        return self.d if kind == "sliding_attention" else self.c.get("global_head_dim", 512)

    def inverse(self, rope, d):
        """In float32, as the frequencies are stored."""
        turning = int(rope.get("partial_rotary_factor", 1.0) * d // 2) if rope["rope_type"] == "proportional" else d // 2
        exponent = torch.arange(0, 2 * turning, 2, dtype=torch.int64).float() / d
        return torch.cat([1.0 / rope["rope_theta"] ** exponent, torch.zeros(d // 2 - turning)])

    def rotate(self, x, kind):
        angle = (torch.arange(x.shape[-2]).float()[:, None] * self.frequencies[kind]).double().numpy()
        cos, sin = np.cos(angle), np.sin(angle)
        first, second = np.split(x, 2, axis=-1)
        return np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)

    def scale_of(self, name, root):
        """Rounded to the type of the table."""
        return torch.tensor(root ** 0.5).to(self.m.dtypes[name]).double().item()

    def bare(self, x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + self.eps)

    def embed(self, ids):
        x = self.m(self.table)[ids] * self.scale_of(self.table, self.width)
        if self.per_layer:
            name = "model.embed_tokens_per_layer.weight"
            projected = self.m.linear(x, "model.per_layer_model_projection") * self.width ** -0.5
            projected = self.rms(projected.reshape(len(x), self.layers, -1), "model.per_layer_projection_norm")
            stored = self.m(name)[ids].reshape(projected.shape) * self.scale_of(name, self.per_layer)
            self.inputs = (projected + stored) * 2 ** -0.5
        return x

    def attention(self, n, l):
        p, kind = f"model.layers.{l}.self_attn.", self.kinds[l]
        d, sliding = self.dim(kind), kind == "sliding_attention"
        same = self.c.get("attention_k_eq_v", False) and not sliding
        groups = self.c.get("num_global_key_value_heads") if same else None
        groups = groups or self.kv
        q = self.rotate(self.rms(split_heads(self.m.linear(n, p + "q_proj"), self.heads), p + "q_norm"), kind)
        if l < self.first_shared:
            k = split_heads(self.m.linear(n, p + "k_proj"), groups)
            v = k if same else split_heads(self.m.linear(n, p + "v_proj"), groups)
            self.store[kind] = self.rotate(self.rms(k, p + "k_norm"), kind), self.bare(v)
        k, v = self.store[kind]
        out = attend(q, k, v, 1.0, self.c["sliding_window"] if sliding else None)
        return self.m.linear(out, p + "o_proj")

    def scored(self, h, p):
        x = self.bare(self.mid) * self.m(p + "router.scale") * self.width ** -0.5
        scores = softmax(x @ self.m(p + "router.proj.weight").T)
        return scores, scores

    def k(self):
        return self.c["top_k_experts"]

    def normalises(self):
        return True

    def route(self, h, p):
        chosen, weights = super().route(h, p)
        return chosen, weights * self.m(p + "router.per_expert_scale")[chosen]

    def expert(self, h, p, e):
        fused, down = (self.m(p + "experts." + name)[e] for name in ("gate_up_proj", "down_proj"))
        gate, up = np.split(h @ fused.T, 2, axis=-1)
        return (ACTIVATIONS[self.activation](gate) * up) @ down.T

    def block(self, l, x):
        p = f"model.layers.{l}."
        a = self.rms(self.attention(self.rms(x, p + "input_layernorm"), l), p + "post_attention_layernorm")
        self.mid = mid = x + a
        m = Llama.mlp(self, self.rms(mid, p + "pre_feedforward_layernorm"), l)
        if self.c.get("enable_moe_block"):
            routed = self.routed(self.rms(mid, p + "pre_feedforward_layernorm_2"), p)
            m = self.rms(m, p + "post_feedforward_layernorm_1") + self.rms(routed, p + "post_feedforward_layernorm_2")
        return a, self.rms(m, p + "post_feedforward_layernorm"), mid

    def post(self, l, x, a, f):
        p, x = f"model.layers.{l}.", x + a + f
        if self.per_layer:
            gate = ACTIVATIONS[self.activation](self.m.linear(x, p + "per_layer_input_gate")) * self.inputs[:, l]
            x = x + self.rms(self.m.linear(gate, p + "per_layer_projection"), p + "post_per_layer_input_norm")
        return x * self.m(p + "layer_scalar")

    def logits(self, x):
        z, cap = x @ self.m(self.table).T, self.c.get("final_logit_softcapping")
        return cap * np.tanh(z / cap) if cap else z


FAMILIES = {"llama4_text": Llama4, "gemma4_text": Gemma4}
