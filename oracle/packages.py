"""What the reference packages make of the tensors of oracle/forms.py, where one that runs on a CPU is installed.

compressed-tensors and bitsandbytes as they are; AutoGPTQ's torch path and AutoAWQ's dequantisation straight from their
files, since both packages want a GPU when they are imported. Scales are given as float32, so that no product is
rounded to a narrower type than streamgauge's. ModelOpt, DeepSeek's and gpt-oss' layouts have no such package: of them
oracle/forms.py alone is the reference (for MXFP4, transformers' own unpacking).
"""
import importlib.metadata
import importlib.util
import pathlib
import sys

import numpy as np
import torch

import forms


def _file(package, inner):
    """A module of a package by its file, without importing the package."""
    for place in sys.path:
        path = pathlib.Path(place) / package / inner
        if path.is_file():
            spec = importlib.util.spec_from_file_location(f"{package}_file", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    return None


def _version(name):
    try:
        return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
        return name


def _gptq(form, t, shape):
    module = None if form.act_order or form.v2 else _file("auto_gptq", "nn_modules/qlinear/qlinear_cuda_old.py")
    if module is None:
        return None
    layer = module.QuantLinear(form.bits, form.group, shape[1], shape[0], bias=False)
    layer.qweight, layer.qzeros, layer.scales = t["qweight"], t["qzeros"], t["scales"].float()
    return _version("auto-gptq"), layer(torch.eye(shape[1])).T.contiguous().numpy()


def _awq(form, t, shape):
    module = _file("awq", "utils/packing_utils.py")
    if module is None:
        return None
    weight = module.dequantize_gemm(t["qweight"], t["qzeros"], t["scales"].float(), 4, form.group)
    return _version("autoawq"), weight.T.contiguous().numpy()


def _packed(form, t, shape):
    if form.act_order:
        return None  # newer versions of the package no longer write weight_g_idx
    try:
        from compressed_tensors.compressors.pack_quantized.helpers import unpack_from_int32 as unpack
    except ImportError:
        try:
            from compressed_tensors.compressors.quantized_compressors.pack_quantized import unpack_from_int32 as unpack
        except ImportError:
            return None
    from compressed_tensors.quantization import QuantizationArgs
    from compressed_tensors.quantization.lifecycle.forward import dequantize
    args = QuantizationArgs(num_bits=form.bits, symmetric=form.symmetric, group_size=form.group or None,
                            strategy="group" if form.group else "channel")
    codes = unpack(t["weight_packed"], form.bits, torch.Size(shape))
    zeros = None
    if not form.symmetric:
        zeros = unpack(t["weight_zero_point"], form.bits, t["weight_scale"].shape, packed_dim=0)
    weight = dequantize(codes, t["weight_scale"].float(), zeros, args=args, dtype=torch.float32)
    return _version("compressed-tensors"), weight.numpy()


def _bytes(form, t, shape):
    try:
        from compressed_tensors.quantization import QuantizationArgs
        from compressed_tensors.quantization.lifecycle.forward import dequantize
    except ImportError:
        return None
    if form.scale != "weight_scale" or form.scale_type == torch.uint8 or form.block not in ((0, 0), (1, 0)):
        return None
    args = QuantizationArgs(num_bits=8, type="int" if form.dtype == torch.int8 else "float",
                            strategy="tensor" if form.block == (0, 0) else "channel")
    zeros = t.get("weight_zero_point")
    weight = dequantize(t["weight"], t["weight_scale"].float(), zeros, args=args, dtype=torch.float32)
    return _version("compressed-tensors"), weight.numpy()


def _nvfp4(form, t, shape):
    if form.modelopt:
        return None
    try:
        from compressed_tensors.compressors.nvfp4.helpers import unpack_fp4_from_uint8 as unpack
    except ImportError:
        return None
    from compressed_tensors.quantization import QuantizationArgs
    from compressed_tensors.quantization.lifecycle.forward import dequantize
    args = QuantizationArgs(num_bits=4, type="float", strategy="tensor_group", group_size=16)
    levels = unpack(t["weight_packed"], *shape, dtype=torch.float32)
    weight = dequantize(levels, t["weight_scale"].float(), args=args, dtype=torch.float32,
                        global_scale=t["weight_global_scale"])
    return _version("compressed-tensors"), weight.numpy()


def _nibbles(form, t, shape):
    try:
        import bitsandbytes.functional as bnb
    except ImportError:
        return None
    parts = {k.removeprefix("weight."): v for k, v in t.items() if k != "weight"}
    state = bnb.QuantState.from_dict(parts, device=torch.device("cpu"))
    state.dtype = torch.float32
    # Blocks run over the flat matrix; the package's CPU kernel takes them to begin anew with every row.
    state.shape = torch.Size([shape[0] * shape[1] // 64, 64])
    return _version("bitsandbytes"), bnb.dequantize_4bit(t["weight"], state).numpy().reshape(shape)


def _int8(form, t, shape):
    try:
        import bitsandbytes.functional as bnb
    except ImportError:
        return None
    return _version("bitsandbytes"), bnb.int8_vectorwise_dequant(t["weight"], t["SCB"]).numpy()


def _mxfp4(form, t, shape):
    try:
        from transformers.integrations.mxfp4 import convert_moe_packed_tensors
    except ImportError:
        return None
    weight = convert_moe_packed_tensors(t["blocks"], t["scales"], dtype=torch.float32)
    return _version("transformers"), weight.numpy()


_OF = {forms.Gptq: _gptq, forms.Awq: _awq, forms.Packed: _packed, forms.Bytes: _bytes, forms.Nibbles: _nibbles, forms.Nvfp4: _nvfp4,
       forms.Int8: _int8, forms.Mxfp4: _mxfp4}


def decode(form, tensors, shape):
    """(package and version, weights), or None."""
    made = _OF.get(type(form), lambda *_: None)(form, tensors, shape)
    return None if made is None else (made[0], np.ascontiguousarray(made[1], np.float32))
