"""Families with latent attention: queries, keys and values from low-rank vectors, one rotated key part for all heads."""
import math

import numpy as np

from reference_experts import Corrected, best, picked, softmax
from reference_llama import Llama
from reference_ops import Rotary, attend, rms_norm

LATENT_EPS = 1e-6


class Latent(Corrected, Llama):
    pairs = True

    def setup(self):
        super().setup()
        c = self.c
        self.nope, self.rot, self.value = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["v_head_dim"]
        rope = self.rope()
        self.rotary = Rotary(rope, self.rot, pairs=c.get("rope_interleave", True))
        self.scale = (self.nope + self.rot) ** -0.5
        kind = rope.get("rope_type", rope.get("type", "default"))
        if kind != "default" and rope.get("mscale_all_dim") and rope["factor"] > 1:
            self.scale *= (0.1 * rope["mscale_all_dim"] * math.log(rope["factor"]) + 1) ** 2

    def latent(self, x, name):
        return rms_norm(x, self.m(name + ".weight"), LATENT_EPS)

    def attention(self, n, l):
        p, heads, rank = f"model.layers.{l}.self_attn.", self.heads, self.c["kv_lora_rank"]
        if self.c.get("q_lora_rank"):
            q = self.m.linear(self.latent(self.m.linear(n, p + "q_a_proj"), p + "q_a_layernorm"), p + "q_b_proj")
        else:
            q = self.m.linear(n, p + "q_proj")
        q = q.reshape(len(n), heads, -1).swapaxes(0, 1)
        compressed = self.m.linear(n, p + "kv_a_proj_with_mqa")
        shared = self.m.linear(self.latent(compressed[:, :rank], p + "kv_a_layernorm"), p + "kv_b_proj")
        shared = shared.reshape(len(n), heads, -1).swapaxes(0, 1)
        turned = np.broadcast_to(self.rotary(compressed[None, :, rank:]), (heads, len(n), self.rot))
        q = np.concatenate([q[..., :self.nope], self.rotary(q[..., self.nope:])], -1)
        k = np.concatenate([shared[..., :self.nope], turned], -1)
        return self.m.linear(attend(q, k, shared[..., self.nope:], self.scale), p + "o_proj")


class DeepseekV2(Latent):
    def scored(self, h, p):
        scores = softmax(h @ self.m(p + self.gate).T)
        choice = scores
        if self.c.get("topk_method") == "group_limited_greedy":
            parts = scores.reshape(len(h), self.c["n_group"], -1)
            kept = np.zeros(parts.shape[:2], dtype=bool)
            np.put_along_axis(kept, best(parts.max(-1), self.c["topk_group"]), True, -1)
            choice = np.where(kept[:, :, None], parts, -np.inf).reshape(scores.shape)
        return scores, choice

    def route(self, h, p):
        scores, choice = self.scored(h, p)
        chosen = best(choice, self.k())
        return chosen, picked(scores, chosen) * self.c.get("routed_scaling_factor", 1.0)


class DeepseekV3(Latent):
    def normalises(self):
        return self.c.get("norm_topk_prob", True)


class Glm4MoeLite(DeepseekV3):
    def setup(self):
        super().setup()
        self.eps = self.key("rms_norm_eps", default=1e-5)

    def has_experts(self, l):
        kinds = self.c.get("mlp_layer_types")
        return kinds[l] == "sparse" if kinds else l >= 1


FAMILIES = {"deepseek_v2": DeepseekV2, "deepseek_v3": DeepseekV3, "glm4_moe_lite": Glm4MoeLite}
