"""Pieces of the independent float64 forward: norms, activations, rotary frequencies, attention. numpy only.

Shapes: x [T, H]; q, k, v [heads, T, d].
"""
import math

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])


def rms_norm(x, gain, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * gain


def layer_norm(x, gain, bias, eps):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred * centred).mean(-1, keepdims=True) + eps) * gain + bias


def gelu(x):
    return 0.5 * x * (1 + _erf(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu_bloom(x):
    return 0.5 * x * (1 + np.tanh(0.79788456 * x * (1 + 0.044715 * x * x)))


def silu(x):
    return x / (1 + np.exp(-x))


ACTIVATIONS = {"gelu": gelu, "gelu_pytorch_tanh": gelu_tanh, "gelu_new": gelu_tanh, "silu": silu,
               "gelu_bloom": gelu_bloom, "relu": lambda x: np.maximum(x, 0)}


def base_frequencies(theta, dims):
    """inv_freq in float32: exponent, power and reciprocal are each rounded."""
    exponent = np.arange(0, dims, 2).astype(np.float32) / np.float32(dims)
    power = (float(theta) ** exponent.astype(np.float64)).astype(np.float32)
    return np.float32(1) / power


def frequencies(rope, dims, tokens):
    """(inv_freq in float32, factor on cosine and sine) for a sequence of that many tokens."""
    kind = rope.get("rope_type", rope.get("type", "default"))
    if kind == "dynamic":
        return base_frequencies(_dynamic_base(rope, dims, tokens), dims), 1.0
    if kind == "longrope":
        return _longrope(rope, dims, tokens)
    inv = base_frequencies(rope["rope_theta"], dims)
    if kind == "default":
        return inv, 1.0
    if kind == "linear":
        return inv / np.float32(rope["factor"]), 1.0
    if kind == "llama3":
        return _llama3(inv, rope), 1.0
    if kind == "yarn":
        return _yarn(rope, dims), _yarn_factor(rope)
    raise NotImplementedError(kind)


def _dynamic_base(rope, dims, tokens):
    limit, f32 = rope["max_position_embeddings"], np.float32
    if tokens <= limit:
        return rope["rope_theta"]
    stretch = f32(f32(f32(rope["factor"] * tokens) / f32(limit)) - f32(rope["factor"] - 1))
    return f32(f32(rope["rope_theta"]) * f32(float(stretch) ** (dims / (dims - 2))))


def _longrope(rope, dims, tokens):
    original = rope["original_max_position_embeddings"]
    factors = np.asarray(rope["long_factor" if tokens > original else "short_factor"], dtype=np.float32)
    exponent = np.arange(0, dims, 2).astype(np.float32) / np.float32(dims)
    power = (float(rope["rope_theta"]) ** exponent.astype(np.float64)).astype(np.float32)
    stretch = rope.get("factor") or rope["max_position_embeddings"] / original
    scale = 1.0 if stretch <= 1 else math.sqrt(1 + math.log(stretch) / math.log(original))
    return np.float32(1) / (factors * power), rope.get("attention_factor") or scale


def _yarn(rope, dims):
    f32, theta, factor = np.float32, rope["rope_theta"], rope["factor"]

    def dimension(rotations):
        return dims * math.log(rope["original_max_position_embeddings"] / (rotations * 2 * math.pi)) / (
            2 * math.log(theta))

    low, high = dimension(rope.get("beta_fast") or 32), dimension(rope.get("beta_slow") or 1)
    if rope.get("truncate", True):
        low, high = math.floor(low), math.ceil(high)
    low, high = max(low, 0), min(high, dims - 1)
    high += 0.001 if low == high else 0
    exponent = np.arange(0, dims, 2).astype(f32) / f32(dims)
    power = (float(theta) ** exponent.astype(np.float64)).astype(f32)
    keep = f32(1) - np.clip((np.arange(dims // 2, dtype=f32) - f32(low)) / f32(high - low), 0, 1)
    return f32(1) / (f32(factor) * power) * (f32(1) - keep) + f32(1) / power * keep


def _yarn_factor(rope):
    def m(k):
        return 0.1 * k * math.log(rope["factor"]) + 1 if rope["factor"] > 1 else 1.0

    if rope.get("attention_factor") is not None:
        return rope["attention_factor"]
    if rope.get("mscale") and rope.get("mscale_all_dim"):
        return m(rope["mscale"]) / m(rope["mscale_all_dim"])
    return m(1.0)


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


class Rotary:
    """Rotates the first R channels of each head: pairs (j, j + R/2), or (2j, 2j + 1) when `pairs`.

    The angle is float32(position) * inv_freq in float32; cosine, sine and the rest are float64.
    """

    def __init__(self, rope, dims, pairs=False):
        self.rope, self.dims, self.pairs = rope, dims, pairs

    def __call__(self, x):
        tokens, half = x.shape[1], self.dims // 2
        inv, factor = frequencies(self.rope, self.dims, tokens)
        angle = (np.arange(tokens, dtype=np.float32)[:, None] * inv[None, :]).astype(np.float64)
        cos, sin = np.cos(angle) * factor, np.sin(angle) * factor
        head, rest = x[..., :self.dims], x[..., self.dims:]
        if self.pairs:
            a, b = head[..., 0::2], head[..., 1::2]
            turned = np.stack([a * cos - b * sin, b * cos + a * sin], -1).reshape(head.shape)
        else:
            a, b = head[..., :half], head[..., half:]
            turned = np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)
        return np.concatenate([turned, rest], -1)


def split_heads(x, heads):
    return x.reshape(x.shape[0], heads, -1).swapaxes(0, 1)


def attend(q, k, v, scale, window=None, cap=None, bias=None):
    """Causal; window counts the token itself; bias is added to the scaled scores. Returns [T, heads * d]."""
    group = q.shape[0] // k.shape[0]
    k, v = np.repeat(k, group, 0), np.repeat(v, group, 0)
    scores = q @ k.swapaxes(1, 2) * scale
    if cap:
        scores = cap * np.tanh(scores / cap)
    if bias is not None:
        scores = scores + bias
    t = np.arange(q.shape[1])
    hidden = t[None, :] > t[:, None]
    if window:
        hidden |= t[None, :] <= t[:, None] - window
    scores = np.where(hidden, -np.inf, scores)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    p = scores / scores.sum(-1, keepdims=True)
    return (p @ v).swapaxes(0, 1).reshape(q.shape[1], -1)


def alibi_slopes(heads):
    """Powers of a base per head, in float32; heads beyond a power of two take odd powers of the next base."""
    whole = 2 ** math.floor(math.log2(heads))
    base = np.float32(2.0 ** -(2.0 ** -(math.log2(whole) - 3)))
    slopes = [np.float32(float(base) ** i) for i in range(1, whole + 1)]
    base = np.float32(2.0 ** -(2.0 ** -(math.log2(2 * whole) - 3)))
    slopes += [np.float32(float(base) ** i) for i in range(1, 2 * (heads - whole), 2)]
    return np.asarray(slopes, dtype=np.float32)


def xielu(x, alpha_p, alpha_n, beta, eps):
    positive = math.log1p(math.exp(alpha_p))
    negative = beta + math.log1p(math.exp(alpha_n))
    low = np.minimum(x, eps)
    return np.where(x > 0, positive * x * x, negative * (np.expm1(low) - x)) + beta * x
