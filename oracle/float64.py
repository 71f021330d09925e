"""A true float64 forward of a transformers model.

transformers computes norms, softmax and rotary tables in float32 whatever the dtype of the model: right for
half types, but it caps a float64 model at float32 accuracy. Inside `true_float64()` a float64 tensor stays
float64. One thing is float32 on purpose, because it defines the model: the rotary angle,
float32(position) * float32(inv_freq), rounded to float32. Its cosine and sine are then taken in float64.
"""
import contextlib

import torch

_HALF_OR_SINGLE = (torch.float32, torch.float16, torch.bfloat16)


def _keep(dtype):
    return torch.float64 if dtype in _HALF_OR_SINGLE else dtype


def _patched_to(original):
    def to(self, *args, **kwargs):
        if self.dtype is not torch.float64:
            return original(self, *args, **kwargs)
        args = tuple(_keep(a) if isinstance(a, torch.dtype) else a for a in args)
        if args and isinstance(args[0], torch.Tensor) and args[0].dtype in _HALF_OR_SINGLE:
            return self
        if "dtype" in kwargs:
            kwargs["dtype"] = _keep(kwargs["dtype"])
        return original(self, *args, **kwargs)

    return to


def _patched_float(original):
    return lambda self, *a, **k: self if self.dtype is torch.float64 else original(self, *a, **k)


def _patched_softmax(original):
    def softmax(input, *args, **kwargs):
        if input.dtype is torch.float64 and "dtype" in kwargs:
            kwargs["dtype"] = torch.float64
        return original(input, *args, **kwargs)

    return softmax


def _patched_trig(original):
    return lambda self: original(self.double())


def _patched_polar(original):
    return lambda absolute, angle: original(absolute.double(), angle.double())


def _patches():
    yield torch.Tensor, "to", _patched_to
    yield torch.Tensor, "float", _patched_float
    yield torch.Tensor, "type", _patched_to
    yield torch.nn.functional, "softmax", _patched_softmax
    yield torch, "softmax", _patched_softmax
    yield torch.Tensor, "softmax", _patched_softmax
    yield torch.Tensor, "cos", _patched_trig
    yield torch.Tensor, "sin", _patched_trig
    yield torch, "polar", _patched_polar


@contextlib.contextmanager
def true_float64():
    saved = []
    try:
        for owner, name, patch in _patches():
            own = name in vars(owner)
            original = getattr(owner, name)
            saved.append((owner, name, own, original))
            setattr(owner, name, patch(original))
        yield
    finally:
        for owner, name, own, original in reversed(saved):
            if own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)


def to_float64(model):
    """The model in float64; rotary frequencies stay the float32 numbers that transformers stores."""
    frequencies = [(m, n, b.clone()) for m in model.modules() for n, b in m.named_buffers(recurse=False)
                   if n.endswith("inv_freq")]
    model.double()
    for module, name, buffer in frequencies:
        assert buffer.dtype is torch.float32
        setattr(module, name, buffer)
    for module in model.modules():
        if isinstance(getattr(module, "embed_positions", None), torch.Tensor):
            module.embed_positions = _sinusoids(*module.embed_positions.shape)
    return model


def _sinusoids(positions, dims):
    """GPT-J's table [sin | cos]: the angle in float32, as it computes it, the rest in float64."""
    inv_freq = 1.0 / (10000 ** (torch.arange(0, dims, 2, dtype=torch.int64) / dims))
    angle = (torch.arange(positions, dtype=torch.int64).float()[:, None] * inv_freq).double()
    return torch.cat([angle.sin(), angle.cos()], dim=1)
