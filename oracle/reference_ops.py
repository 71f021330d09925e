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
