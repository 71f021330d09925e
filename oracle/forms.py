"""Stored forms of linear layers: a simple quantiser for each, and an independent decoder.

A form turns W (float32, [out, in]) into the tensors that its published checkpoints hold for a layer, by the last part
of their names, and back. The quantisers are rounding to the nearest level: how good they are does not matter here. The
decoders are written from the descriptions of the layouts, and packages.py compares them with the reference packages.
Numbers are float32; every operation rounds.
"""
import dataclasses
import json

import numpy as np
import torch

E4M3, E5M2 = torch.float8_e4m3fn, torch.float8_e5m2
E2M1 = np.array([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6], np.float32)
AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]  # output of nibble n
NF4 = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
                -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
                0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
                0.7229568362236023, 1.0], np.float32)
FP4 = np.array([0, 0.0052083333, 0.6666667, 1, 0.33333334, 0.5, 0.16666667, 0.25, -0.0, -0.0052083333, -0.6666667, -1,
                -0.33333334, -0.5, -0.16666667, -0.25], np.float32)


def f32(t):
    return t.to(torch.float32).numpy() if isinstance(t, torch.Tensor) else np.asarray(t, np.float32)


def spread(scales, shape, block):
    """Scales of blocks as one number per weight."""
    full = np.repeat(np.repeat(scales, block[0], 0), block[1], 1)
    return full[:shape[0], :shape[1]]


def tiles(w, block):
    """The largest magnitude in each block."""
    rows, cols = -(-w.shape[0] // block[0]), -(-w.shape[1] // block[1])
    return np.array([[np.abs(w[r * block[0]:(r + 1) * block[0], c * block[1]:(c + 1) * block[1]]).max()
                      for c in range(cols)] for r in range(rows)], np.float32)


@dataclasses.dataclass(frozen=True)
class Bytes:
    """One byte a weight and scales: of blocks, (0, 0) of all."""
    block: tuple
    dtype: torch.dtype = E4M3
    scale: str = "weight_scale_inv"
    scale_type: torch.dtype = torch.float32
    scale_shape: tuple | None = None
    runtime: tuple = ()  # names of scales of activations
    zero: bool = False

    def _block(self, w):
        return (self.block[0] or w.shape[0], self.block[1] or w.shape[1])

    def encode(self, w, rng):
        block, top = self._block(w), {E4M3: 448, E5M2: 57344, torch.int8: 127}[self.dtype]
        scales = tiles(w, block) / np.float32(top) * np.float32(1.01)
        if self.scale_type == torch.uint8:
            exponent = np.ceil(np.log2(scales)).astype(np.int32)
            stored, used = torch.from_numpy((exponent + 127).astype(np.uint8)), np.ldexp(np.float32(1), exponent)
        else:
            stored = torch.from_numpy(scales).to(self.scale_type)
            used = f32(stored)
        codes = w / spread(used, w.shape, block)
        tensors = {}
        if self.zero:
            zeros = rng.integers(-9, 9, scales.shape).astype(np.int8)
            codes = codes + spread(zeros.astype(np.float32), w.shape, block)
            tensors["weight_zero_point"] = torch.from_numpy(zeros)
        codes = torch.from_numpy(codes)
        codes = codes.round().clamp(-128, 127).to(torch.int8) if self.dtype == torch.int8 else codes.to(self.dtype)
        shape = self.scale_shape if self.scale_shape is not None else stored.shape
        for name in self.runtime:
            tensors[name] = torch.tensor([0.125 + rng.random()], dtype=torch.float32)
        return {"weight": codes, self.scale: stored.reshape(shape), **tensors}

    def decode(self, t, shape):
        block = (self.block[0] or shape[0], self.block[1] or shape[1])
        grid = (-(-shape[0] // block[0]), -(-shape[1] // block[1]))
        stored = t[self.scale].reshape(grid)
        scales = np.ldexp(np.float32(1), stored.numpy().astype(np.int32) - 127) if self.scale_type == torch.uint8 else f32(stored)
        level = f32(t["weight"])
        if self.zero:
            level = level - spread(f32(t["weight_zero_point"]), shape, block)
        return level * spread(scales, shape, block)


def pack_stream(codes, bits):
    """Rows of `bits`-bit numbers as a stream of 32-bit words down each column."""
    rows, cols = codes.shape
    stream = ((codes[:, None, :] >> np.arange(bits)[None, :, None]) & 1).reshape(rows * bits, cols).astype(np.uint64)
    words = (stream.reshape(-1, 32, cols) << np.arange(32, dtype=np.uint64)[None, :, None]).sum(1)
    return words.astype(np.uint32).view(np.int32)


def unpack_stream(words, bits):
    words = words.view(np.uint32)
    stream = ((words[:, None, :] >> np.arange(32, dtype=np.uint32)[None, :, None]) & 1).reshape(-1, words.shape[1])
    return (stream.reshape(-1, bits, words.shape[1]) << np.arange(bits, dtype=np.uint32)[None, :, None]).sum(1).astype(np.int64)


@dataclasses.dataclass(frozen=True)
class Gptq:
    bits: int
    group: int
    act_order: bool = False
    v2: bool = False

    def encode(self, w, rng):
        outputs, inputs = w.shape
        group = self.group if self.group > 0 else inputs
        order = rng.permutation(inputs) if self.act_order else np.arange(inputs)
        g_idx = np.empty(inputs, np.int32)
        g_idx[order] = np.arange(inputs) // group
        top = (1 << self.bits) - 1
        scales, zeros = np.zeros((inputs // group, outputs), np.float32), np.zeros((inputs // group, outputs), np.int64)
        for g in range(inputs // group):
            part = w[:, g_idx == g]
            low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
            scales[g] = ((high - low) / top).astype(np.float16)
            zeros[g] = np.clip(np.round(-low / scales[g]), 1, top)
        codes = np.clip(np.round(w.T / scales[g_idx]) + zeros[g_idx], 0, top).astype(np.int64)
        stored = zeros if self.v2 else (zeros - 1) & top
        return {"qweight": torch.from_numpy(pack_stream(codes, self.bits)),
                "qzeros": torch.from_numpy(np.ascontiguousarray(pack_stream(stored.T, self.bits).T)),
                "scales": torch.from_numpy(scales).to(torch.float16), "g_idx": torch.from_numpy(g_idx)}

    def decode(self, t, shape):
        q = unpack_stream(t["qweight"].numpy(), self.bits)
        z = unpack_stream(np.ascontiguousarray(t["qzeros"].numpy().T), self.bits).T
        z = z if self.v2 else (z + 1) & ((1 << self.bits) - 1)
        g = t["g_idx"].numpy()
        return ((q - z[g]).astype(np.float32) * f32(t["scales"])[g]).T


def awq_words(numbers):
    words = np.zeros((numbers.shape[0], numbers.shape[1] // 8), np.uint32)
    for nibble, output in enumerate(AWQ_ORDER):
        words |= numbers[:, output::8].astype(np.uint32) << np.uint32(4 * nibble)
    return torch.from_numpy(words.view(np.int32))


def awq_numbers(words):
    words = words.numpy().view(np.uint32)
    numbers = np.zeros((words.shape[0], words.shape[1] * 8), np.int64)
    for nibble, output in enumerate(AWQ_ORDER):
        numbers[:, output::8] = (words >> np.uint32(4 * nibble)) & 15
    return numbers


@dataclasses.dataclass(frozen=True)
class Awq:
    group: int

    def encode(self, w, rng):
        grouped = w.T.reshape(-1, self.group, w.shape[0])
        low, high = np.minimum(grouped.min(1), 0), np.maximum(grouped.max(1), 0)
        scales = ((high - low) / 15).astype(np.float16)
        zeros = np.clip(np.round(-low / scales), 0, 15).astype(np.int64)
        codes = np.clip(np.round(grouped / scales[:, None].astype(np.float32)) + zeros[:, None], 0, 15)
        return {"qweight": awq_words(codes.reshape(w.shape[1], -1).astype(np.int64)), "qzeros": awq_words(zeros),
                "scales": torch.from_numpy(scales)}

    def decode(self, t, shape):
        q, z = awq_numbers(t["qweight"]), np.repeat(awq_numbers(t["qzeros"]), self.group, 0)
        return ((q - z).astype(np.float32) * np.repeat(f32(t["scales"]), self.group, 0)).T


def pack_rows(numbers, bits):
    """Unsigned numbers along the last dimension as a stream of words, each row from a word of its own."""
    padded = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % 32)))
    words = np.ascontiguousarray(pack_stream(padded.T, bits).T)[:, :-(-numbers.shape[1] * bits // 32)]
    return torch.from_numpy(np.ascontiguousarray(words))


def unpack_rows(words, bits, count):
    words = np.pad(words.numpy(), ((0, 0), (0, -words.shape[1] % bits)))
    return unpack_stream(np.ascontiguousarray(words.T), bits).T[:, :count]


@dataclasses.dataclass(frozen=True)
class Packed:
    """compressed-tensors' pack-quantized."""
    bits: int
    group: int  # 0: one for each row
    symmetric: bool = True
    act_order: bool = False

    def encode(self, w, rng):
        outputs, inputs = w.shape
        group, half = self.group or inputs, 1 << (self.bits - 1)
        order = rng.permutation(inputs) if self.act_order else np.arange(inputs)
        g_idx = np.empty(inputs, np.int32)
        g_idx[order] = np.arange(inputs) // group
        scales, zeros = np.zeros((outputs, inputs // group), np.float32), np.zeros((outputs, inputs // group), np.int64)
        for g in range(inputs // group):
            part = w[:, g_idx == g]
            low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
            width = 2 * np.maximum(-low, high) if self.symmetric else high - low
            scales[:, g] = f32(torch.from_numpy(width / (2 * half - 1)).to(torch.bfloat16))
            if not self.symmetric:
                zeros[:, g] = np.clip(np.round(-low / scales[:, g]) - half, -half, half - 1)
        codes = np.clip(np.round(w / scales[:, g_idx]) + zeros[:, g_idx], -half, half - 1).astype(np.int64)
        tensors = {"weight_packed": pack_rows(codes + half, self.bits),
                   "weight_scale": torch.from_numpy(scales).to(torch.bfloat16),
                   "weight_shape": torch.tensor([outputs, inputs])}
        if not self.symmetric:
            words = pack_rows((zeros + half).T, self.bits)
            tensors["weight_zero_point"] = torch.from_numpy(np.ascontiguousarray(words.numpy().T))
        if self.act_order:
            tensors["weight_g_idx"] = torch.from_numpy(g_idx)
        return tensors

    def decode(self, t, shape):
        half, group = 1 << (self.bits - 1), self.group or shape[1]
        q = unpack_rows(t["weight_packed"], self.bits, shape[1]) - half
        g = t["weight_g_idx"].numpy() if self.act_order else np.arange(shape[1]) // group
        if not self.symmetric:
            words = torch.from_numpy(np.ascontiguousarray(t["weight_zero_point"].numpy().T))
            q = q - (unpack_rows(words, self.bits, shape[0]) - half).T[:, g]
        return q.astype(np.float32) * f32(t["weight_scale"])[:, g]


def to_e2m1(x):
    levels = np.where(np.signbit(E2M1), np.nan, E2M1)[:8]
    nearest = np.abs(np.abs(x)[..., None] - levels).argmin(-1)
    return (nearest + 8 * np.signbit(x)).astype(np.uint8)


def low_first(codes):
    return codes[..., 0::2] | (codes[..., 1::2] << 4)


def from_low_first(packed):
    return np.stack([packed & 15, packed >> 4], -1).reshape(*packed.shape[:-1], -1)


@dataclasses.dataclass(frozen=True)
class Nvfp4:
    modelopt: bool = False

    def encode(self, w, rng):
        blocks = w.reshape(w.shape[0], -1, 16)
        largest = np.abs(blocks).max(-1)
        whole = np.float32(448 * 6 / np.abs(w).max())  # what the block scales were multiplied by
        scales = torch.from_numpy(largest / 6 * whole).to(E4M3)
        effective = f32(scales) / whole
        codes = to_e2m1(blocks / np.where(effective == 0, 1, effective)[..., None]).reshape(w.shape)
        packed = torch.from_numpy(low_first(codes))
        if self.modelopt:
            return {"weight": packed, "weight_scale": scales, "weight_scale_2": torch.tensor(np.float32(1) / whole),
                    "input_scale": torch.tensor(0.01)}
        return {"weight_packed": packed, "weight_scale": scales, "weight_global_scale": torch.tensor([whole]),
                "input_global_scale": torch.tensor([100.0])}

    def decode(self, t, shape):
        codes = from_low_first(t["weight" if self.modelopt else "weight_packed"].numpy())
        scales = f32(t["weight_scale"])
        if self.modelopt:
            scales = scales * f32(t["weight_scale_2"])
        else:
            scales = scales / f32(t["weight_global_scale"])
        return E2M1[codes] * np.repeat(scales, 16, 1)


@dataclasses.dataclass(frozen=True)
class Mxfp4:
    """gpt-oss' experts, [E, in, out] when plain; and compressed-tensors' matrices."""

    def encode(self, w, rng):
        rows = np.ascontiguousarray(w.transpose(0, 2, 1)).reshape(w.shape[0], w.shape[2], -1, 32)
        exponent = np.floor(np.log2(np.abs(rows).max(-1))).astype(np.int32) - 2
        codes = to_e2m1(np.clip(np.ldexp(rows, -exponent[..., None]), -6, 6))
        return {"blocks": torch.from_numpy(low_first(codes)), "scales": torch.from_numpy((exponent + 127).astype(np.uint8))}

    def decode(self, t, shape):
        codes = from_low_first(t["blocks"].numpy())
        numbers = np.ldexp(E2M1[codes], t["scales"].numpy().astype(np.int32)[..., None] - 127)
        return np.ascontiguousarray(numbers.reshape(shape[0], shape[2], shape[1]).transpose(0, 2, 1))


E2M3 = np.array([m / 8 for m in range(8)] + [(1 + m / 8) * 2.0 ** e for e in range(3) for m in range(8)], np.float32)


@dataclasses.dataclass(frozen=True)
class PackedMx:
    """compressed-tensors' MXFP4 and MXFP6 (E2M3): codes in bytes, powers of two for 32 inputs."""
    bits: int

    def levels(self):
        return E2M1 if self.bits == 4 else np.concatenate([E2M3, -E2M3])

    def encode(self, w, rng):
        blocks, levels = w.reshape(w.shape[0], -1, 32), self.levels()
        exponent = np.ceil(np.log2(np.abs(blocks).max(-1) / levels.max())).astype(np.int32)
        scaled = np.ldexp(blocks, -exponent[..., None])
        half = len(levels) // 2
        codes = np.abs(np.abs(scaled)[..., None] - levels[:half]).argmin(-1) + half * np.signbit(scaled)
        codes = codes.reshape(w.shape).astype(np.uint8)
        if self.bits == 4:
            packed = low_first(codes)
        else:
            q = codes.reshape(w.shape[0], -1, 4).astype(np.uint32)
            word = q[..., 0] | q[..., 1] << 6 | q[..., 2] << 12 | q[..., 3] << 18
            packed = np.stack([word & 255, word >> 8 & 255, word >> 16], -1).astype(np.uint8).reshape(w.shape[0], -1)
        return {"weight_packed": torch.from_numpy(packed), "weight_scale": torch.from_numpy((exponent + 127).astype(np.uint8))}

    def decode(self, t, shape):
        packed = t["weight_packed"].numpy()
        if self.bits == 4:
            codes = from_low_first(packed)
        else:
            bits = np.unpackbits(packed, axis=1, bitorder="little").reshape(shape[0], shape[1], 6)
            codes = (bits << np.arange(6, dtype=np.uint8)).sum(-1)
        scales = np.ldexp(np.float32(1), t["weight_scale"].numpy().astype(np.int32) - 127)
        return self.levels()[codes] * np.repeat(scales, 32, 1)


@dataclasses.dataclass(frozen=True)
class Nibbles:
    """bitsandbytes' nf4 and fp4."""
    kind: str
    nested: bool = False

    def levels(self):
        return {"nf4": NF4, "fp4": FP4}[self.kind]

    def encode(self, w, rng):
        flat, levels = w.reshape(-1), self.levels()
        blocks = np.pad(flat, (0, -flat.size % 64)).reshape(-1, 64)
        absmax = np.abs(blocks).max(-1).astype(np.float32)
        state = {"quant_type": self.kind, "blocksize": 64, "dtype": "bfloat16", "shape": list(w.shape)}
        tensors = {}
        if self.nested:
            outer_map = np.sort(np.concatenate([np.linspace(-1, 1, 255), [0.0031]])).astype(np.float32)
            offset = np.float32(absmax.mean())
            centred = np.pad(absmax - offset, (0, -absmax.size % 256)).reshape(-1, 256)
            outer = np.abs(centred).max(-1).astype(np.float32)
            codes = np.abs(centred[..., None] / outer[:, None, None] - outer_map).argmin(-1).astype(np.uint8)
            codes = codes.reshape(-1)[:absmax.size]
            absmax = outer_map[codes] * np.repeat(outer, 256)[:codes.size] + offset
            state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": float(offset)}
            tensors = {"weight.nested_absmax": torch.from_numpy(outer),
                       "weight.nested_quant_map": torch.from_numpy(outer_map)}
        codes4 = np.abs((blocks / absmax[:, None])[..., None] - levels).argmin(-1).astype(np.uint8).reshape(-1)
        codes4 = codes4[:flat.size]
        packed = (codes4[0::2] << 4) | codes4[1::2]
        text = np.frombuffer(json.dumps(state).encode(), np.uint8).copy()
        return {"weight": torch.from_numpy(packed.reshape(-1, 1)),
                "weight.absmax": torch.from_numpy(codes if self.nested else absmax),
                "weight.quant_map": torch.from_numpy(levels.copy()),
                f"weight.quant_state.bitsandbytes__{self.kind}": torch.from_numpy(text), **tensors}

    def decode(self, t, shape):
        packed = t["weight"].numpy().reshape(-1)
        codes = np.stack([packed >> 4, packed & 15], -1).reshape(-1)
        scales = t["weight.absmax"].numpy()
        if self.nested:
            text = t[f"weight.quant_state.bitsandbytes__{self.kind}"].numpy().tobytes()
            offset = np.float32(json.loads(text)["nested_offset"])
            outer = np.repeat(t["weight.nested_absmax"].numpy(), 256)[:scales.size]
            scales = t["weight.nested_quant_map"].numpy()[scales] * outer + offset
        return (t["weight.quant_map"].numpy()[codes] * np.repeat(scales, 64)[:codes.size]).reshape(shape)


@dataclasses.dataclass(frozen=True)
class Int8:
    """bitsandbytes' LLM.int8."""

    def encode(self, w, rng):
        scb = np.abs(w).max(1).astype(np.float32)
        codes = np.round(w * 127 / scb[:, None]).astype(np.int8)
        return {"weight": torch.from_numpy(codes), "SCB": torch.from_numpy(scb),
                "weight_format": torch.tensor(0, dtype=torch.uint8)}

    def decode(self, t, shape):
        return t["weight"].numpy().astype(np.float32) * t["SCB"].numpy()[:, None] * np.float32(7.874015718698502e-3)


@dataclasses.dataclass(frozen=True)
class Hqq:
    """HQQ as transformers saves it: groups of the flat matrix (axis 1), whose numbers share bytes in parts."""
    bits: int
    group: int
    scale_type: torch.dtype = torch.float16

    def parts(self):
        return 10 if self.bits == 3 else 8 // self.bits

    def encode(self, w, rng):
        groups, top = w.reshape(-1, self.group), (1 << self.bits) - 1
        low, high = groups.min(1, keepdims=True), groups.max(1, keepdims=True)
        scales = torch.from_numpy((high - low) / top).to(self.scale_type)
        zeros = torch.from_numpy(-low / f32(scales)).to(self.scale_type)
        codes = np.clip(np.round(groups / f32(scales) + f32(zeros)), 0, top).astype(np.uint32)
        parts = self.parts()
        step = -(-len(codes) // parts)
        padded = np.concatenate([codes, np.zeros((step * parts - len(codes), self.group), np.uint32)])
        shifts = 27 - 3 * np.arange(10) if self.bits == 3 else 8 - self.bits * (1 + np.arange(parts))
        packed = (padded.reshape(parts, step, -1) << shifts.astype(np.uint32)[:, None, None]).sum(0)
        packed = packed.astype(np.uint32).view(np.int32) if self.bits == 3 else packed.astype(np.uint8)
        number = lambda n: torch.tensor(n, dtype=torch.int32)
        flag = lambda n: torch.tensor(n, dtype=torch.uint8)
        word = lambda text: torch.tensor([ord(c) for c in text], dtype=torch.uint8)
        return {"W_q": torch.from_numpy(packed), "scale": scales, "zero": zeros, "shape": torch.tensor(w.shape),
                "nbits": number(self.bits), "group_size": number(self.group), "axis": number(1),
                "packing": word(f"{self.bits}bit_{32 if self.bits == 3 else 'u8'}"), "view_as_float": flag(0),
                "unpack_view_dtype": word("torch.int32" if self.bits == 3 else "torch.uint8"),
                "compute_dtype": word("torch.float16"), "quant_scale": flag(0), "quant_zero": flag(0),
                "offload_meta": flag(0), "encoded_state_dict": flag(1), "stores_quant_config": flag(1),
                "channel_wise": flag(1), "optimize": flag(1), "round_zero": flag(0)}

    def decode(self, t, shape):
        words = t["W_q"].numpy().astype(np.int64) & 0xffffffff
        parts, mask = self.parts(), (1 << self.bits) - 1
        shifts = 27 - 3 * np.arange(10) if self.bits == 3 else 8 - self.bits * (1 + np.arange(parts))
        codes = np.concatenate([(words >> shift) & mask for shift in shifts])[:t["scale"].shape[0]]
        return ((codes.astype(np.float32) - f32(t["zero"])) * f32(t["scale"])).reshape(shape)


@dataclasses.dataclass(frozen=True)
class Torchao:
    """torchao's Float8Tensor, Int8Tensor and IntxUnpackedToInt8Tensor, flattened for safetensors."""
    kind: str
    group: int = 0  # inputs that share a scale; 0: a row
    bits: int = 8

    def encode(self, w, rng):
        group = self.group or w.shape[1]
        grouped = w.reshape(w.shape[0], -1, group)
        largest = np.abs(grouped).max(-1)
        if self.kind == "Float8Tensor":
            scales = torch.from_numpy(largest / np.float32(448))
            codes = torch.from_numpy(w / np.repeat(f32(scales), group, 1)).to(E4M3)
            return {"_weight_qdata": codes, "_weight_scale": scales}
        half = 1 << (self.bits - 1)
        scales = torch.from_numpy(largest / np.float32(half - 1))
        scales = scales if self.kind == "Int8Tensor" else scales.to(torch.bfloat16)
        zeros = np.zeros(scales.shape, np.int8) if self.kind == "Int8Tensor" else rng.integers(-2, 3, scales.shape).astype(np.int8)
        codes = np.round(w / np.repeat(f32(scales), group, 1)) + np.repeat(zeros, group, 1)
        return {"_weight_qdata": torch.from_numpy(np.clip(codes, -half, half - 1).astype(np.int8)),
                "_weight_scale": scales, "_weight_zero_point": torch.from_numpy(zeros)}

    def decode(self, t, shape):
        group = self.group or shape[1]
        level = f32(t["_weight_qdata"])
        if "_weight_zero_point" in t:
            level = level - np.repeat(f32(t["_weight_zero_point"]), group, 1)
        return level * np.repeat(f32(t["_weight_scale"]), group, 1)

    def metadata(self, name, parts, shape, dtype="bfloat16"):
        """What the file says of the weight."""
        data = {"block_size": [1, self.group or shape[1]], "dtype": {"_type": "torch.dtype", "_data": dtype}}
        if self.kind == "Float8Tensor":
            data |= {"mm_config": None, "act_quant_kwargs": None,
                     "kernel_preference": {"_type": "KernelPreference", "_data": "AUTO"}}
        elif self.kind == "Int8Tensor":
            data |= {"act_quant_kwargs": None, "reduce_range": False}
        else:
            data |= {"target_dtype": {"_type": "torch.dtype", "_data": f"int{self.bits}"}, "activation_quantization": None}
        names = [part.removeprefix("_weight_") for part in parts]
        return {name: json.dumps({"_type": self.kind, "_data": data, "_tensor_data_names": names})}
