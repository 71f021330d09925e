"""An independent float64 forward in numpy, from config.json and the safetensors alone.

It exists to prove the goldens: transformers in float64 and this file must agree at every site to 1e-9.
Shapes: x [T, H]; q, k, v [heads, T, d]. Linear weights are [out, in].
"""
import json
import math
import pathlib

import numpy as np
from safetensors import safe_open

_erf = np.vectorize(math.erf, otypes=[float])


class Checkpoint:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors, self.dtypes = {}, {}
        for file in sorted(folder.glob("model*.safetensors")):
            with safe_open(file, framework="pt") as f:
                for name in f.keys():
                    tensor = f.get_tensor(name)
                    self.dtypes[name] = tensor.dtype
                    self.tensors[name] = tensor.double().numpy()

    def __call__(self, name):
        return self.tensors[name]

    def linear(self, x, name):
        y = x @ self(name + ".weight").T
        return y + self(name + ".bias") if name + ".bias" in self.tensors else y


def get(config, *names, default=None):
    for name in names:
        if config.get(name) is not None:
            return config[name]
    return default


# --- pieces -------------------------------------------------------------------------------------------------

def rms_norm(x, gain, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * gain


def layer_norm(x, gain, bias, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + eps) * gain + bias


def gelu(x):
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def silu(x):
    return x / (1 + np.exp(-x))


ACTIVATIONS = {"gelu": gelu, "gelu_pytorch_tanh": gelu_tanh, "gelu_new": gelu_tanh, "silu": silu,
               "relu": lambda x: np.maximum(x, 0)}


def base_frequencies(theta, dims):
    """inv_freq in float32: exponent, power and reciprocal are each rounded."""
    exponent = np.arange(0, dims, 2).astype(np.float32) / np.float32(dims)
    power = (float(theta) ** exponent.astype(np.float64)).astype(np.float32)
    return np.float32(1) / power


def scaled_frequencies(rope, dims):
    inv = base_frequencies(rope["rope_theta"], dims)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "linear":
        return inv / np.float32(rope["factor"])
    if kind == "llama3":
        return _llama3(inv, rope)
    if kind == "default":
        return inv
    raise NotImplementedError(kind)


def _llama3(inv, rope):
    f32 = np.float32
    factor, original = f32(rope["factor"]), rope["original_max_position_embeddings"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    wavelength = f32(2 * math.pi) / inv
    t = (f32(original) / wavelength - f32(low)) / f32(high - low)
    blend = (f32(1) - t) * (inv / factor) + t * inv
    out = np.where(wavelength > original / low, inv / factor, inv)
    between = (wavelength >= original / high) & (wavelength <= original / low)
    return np.where(between, blend, out).astype(f32)


def rotate(x, inv):
    """Pairs (j, j + R/2) of the first R channels; angle = float32(position) * inv in float32."""
    half = len(inv)
    angle = (np.arange(x.shape[1], dtype=np.float32)[:, None] * inv[None, :]).astype(np.float64)
    cos, sin = np.cos(angle), np.sin(angle)
    a, b, rest = x[..., :half], x[..., half:2 * half], x[..., 2 * half:]
    return np.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


def split_heads(x, heads):
    return x.reshape(x.shape[0], heads, -1).swapaxes(0, 1)


def attend(q, k, v, scale, window=None):
    """Causal; window counts the token itself. Returns [T, heads * d]."""
    group = q.shape[0] // k.shape[0]
    k, v = np.repeat(k, group, 0), np.repeat(v, group, 0)
    scores = q @ k.swapaxes(1, 2) * scale
    t = np.arange(q.shape[1])
    hidden = t[None, :] > t[:, None]
    if window:
        hidden |= t[None, :] <= t[:, None] - window
    scores = np.where(hidden, -np.inf, scores)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    p = scores / scores.sum(-1, keepdims=True)
    return (p @ v).swapaxes(0, 1).reshape(q.shape[1], -1)


# --- families: each yields the block function (l, x) -> (attn_out, mlp_out, resid_mid or None) --------------

def _rope_of(config):
    rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    rope.setdefault("rope_theta", config.get("rope_theta", 10000.0))
    return rope


def _llama(m, c):
    heads, kv = c["num_attention_heads"], get(c, "num_key_value_heads", default=c["num_attention_heads"])
    d = get(c, "head_dim", default=c["hidden_size"] // heads)
    inv, eps = scaled_frequencies(_rope_of(c), d), c["rms_norm_eps"]

    def block(l, x):
        p = f"model.layers.{l}."
        n = rms_norm(x, m(p + "input_layernorm.weight"), eps)
        q = rotate(split_heads(m.linear(n, p + "self_attn.q_proj"), heads), inv)
        k = rotate(split_heads(m.linear(n, p + "self_attn.k_proj"), kv), inv)
        v = split_heads(m.linear(n, p + "self_attn.v_proj"), kv)
        a = m.linear(attend(q, k, v, d ** -0.5), p + "self_attn.o_proj")
        mid = x + a
        n = rms_norm(mid, m(p + "post_attention_layernorm.weight"), eps)
        gated = silu(m.linear(n, p + "mlp.gate_proj")) * m.linear(n, p + "mlp.up_proj")
        return a, m.linear(gated, p + "mlp.down_proj"), mid

    return block, lambda x: rms_norm(x, m("model.norm.weight"), eps)


FAMILIES = {"llama": (_llama, "model.embed_tokens.weight", "lm_head")}


def forward(folder, ids):
    """{site: array}, as sites.Recorder returns them."""
    m = Checkpoint(folder)
    c = m.config
    family, table, head = FAMILIES[c["model_type"]]
    block, final_norm = family(m, c)
    x = m(table)[ids]
    sites = {"embed": x}
    for l in range(c["num_hidden_layers"]):
        a, mlp, mid = block(l, x)
        out = x + a + mlp
        row = {"resid_pre": x, "attn_out": a, "mlp_out": mlp, "resid_post": out}
        for site, value in (row if mid is None else {**row, "resid_mid": mid}).items():
            sites.setdefault(site, []).append(value)
        x = out
    sites = {s: np.stack(v) if isinstance(v, list) else v for s, v in sites.items()}
    sites["ln_final"] = final_norm(x)
    tied = c.get("tie_word_embeddings", False) or head + ".weight" not in m.tensors
    logits = sites["ln_final"] @ m(table).T if tied else m.linear(sites["ln_final"], head)
    sites["logits"] = logits
    return sites
