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
    # The older of the two keeps no order of the inputs, and wraps zero points as the kernels do.
    inner = "qlinear_cuda.py" if form.act_order else "qlinear_cuda_old.py"
    module = None if form.v2 else _file("auto_gptq", f"nn_modules/qlinear/{inner}")
    if module is None:
        return None
    layer = module.QuantLinear(form.bits, form.group, shape[1], shape[0], bias=False)
    layer.qweight, layer.qzeros, layer.scales = t["qweight"], t["qzeros"], t["scales"].float()
    if form.act_order:
        layer.g_idx = t["g_idx"]
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
    if form.scale != "weight_scale":
        return None
    if form.scale_type == torch.uint8:
        from compressed_tensors.compressors.mxfp8 import MXFP8QuantizationCompressor
        from compressed_tensors.quantization import QuantizationScheme
        args = QuantizationArgs(num_bits=8, type="float", strategy="group", group_size=form.block[1], scale_dtype=torch.uint8)
        parts = {"weight": t["weight"], "weight_scale": t["weight_scale"]}
        made = MXFP8QuantizationCompressor.decompress(parts, QuantizationScheme(targets=["Linear"], weights=args))
        return _version("compressed-tensors"), made["weight"].float().numpy()
    if form.block not in ((0, 0), (1, 0)):
        args = QuantizationArgs(num_bits=8, type="float", strategy="block", block_structure=list(form.block))
        weight = dequantize(t["weight"], t["weight_scale"].float(), None, args=args, dtype=torch.float32)
        return _version("compressed-tensors"), weight.numpy()
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


def _packed_mx(form, t, shape):
    try:
        from compressed_tensors.compressors import mxfp4, mxfp6
    except ImportError:
        return None
    from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
    args = QuantizationArgs(num_bits=form.bits, type="float", strategy="group", group_size=32, scale_dtype=torch.uint8)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    made = mxfp4.MXFP4PackedCompressor if form.bits == 4 else mxfp6.MXFP6PackedCompressor
    # Every product is exact in bfloat16: a level of at most four digits times a power of two.
    return _version("compressed-tensors"), made.decompress(dict(t), scheme)["weight"].float().numpy()


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


def _hqq(form, t, shape):
    try:
        from hqq.core.quantize import Quantizer
    except ImportError:
        return None
    meta = {"packing": "".join(map(chr, t["packing"])), "nbits": form.bits, "group_size": form.group, "axis": 1,
            "shape": shape, "scale": t["scale"].float(), "zero": t["zero"].float(), "view_as_float": False,
            "compute_dtype": torch.float32}
    return _version("hqq"), Quantizer.dequantize(t["W_q"], meta).numpy()


def _torchao(form, t, shape):
    try:
        from torchao.prototype.safetensors.safetensors_support import unflatten_tensor_state_dict
    except ImportError:
        return None
    parts = {f"m.{part}": tensor.float() if part == "_weight_scale" else tensor for part, tensor in t.items()}
    said = form.metadata("m.weight", t, shape, dtype="float32")
    made, left = unflatten_tensor_state_dict(parts, {**said, "tensor_names": '["m.weight"]'})
    assert not left
    return _version("torchao"), made["m.weight"].dequantize().float().numpy()


_OF = {forms.Gptq: _gptq, forms.Awq: _awq, forms.Packed: _packed, forms.Bytes: _bytes, forms.Nibbles: _nibbles, forms.Nvfp4: _nvfp4,
       forms.PackedMx: _packed_mx, forms.Hqq: _hqq, forms.Torchao: _torchao, forms.Int8: _int8, forms.Mxfp4: _mxfp4}


def decode(form, tensors, shape):
    """(package and version, weights), or None."""
    made = _OF.get(type(form), lambda *_: None)(form, tensors, shape)
    return None if made is None else (made[0], np.ascontiguousarray(made[1], np.float32))
