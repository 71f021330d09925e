"""Models through transformers: loading as float32, the float64 twin, and what both give at every site."""
import pathlib

import numpy as np
import torch
import transformers

import float64
import measurement
import sites


def quiet():
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()


def versions():
    return {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__,
            "numpy": np.__version__}


def location(path):
    """Arguments of from_pretrained for a folder or a GGUF file."""
    path = pathlib.Path(path)
    if path.suffix == ".gguf":
        return {"pretrained_model_name_or_path": path.parent, "gguf_file": path.name}
    return {"pretrained_model_name_or_path": path}


def load(path, stored=torch.float32, attention="eager"):
    """The model in float32; constants that take the stored dtype are rounded to it."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        **location(path), dtype=torch.float32, attn_implementation=attention,
        experts_implementation="eager").eval()  # the others refuse float64
    for module in model.modules():
        if isinstance(getattr(module, "embed_scale", None), torch.Tensor):
            module.embed_scale = module.embed_scale.to(stored).float()
    return model


def tokenizer(path):
    return transformers.AutoTokenizer.from_pretrained(**location(path))


class Twin:
    """One model twice: plain transformers float32, and true float64."""

    def __init__(self, path, stored=torch.float32, prepare64=None, attention="eager", prepare=None):
        single, model64 = (load(path, stored, attention) for _ in range(2))
        if prepare:
            prepare(single)
        self.single = sites.Recorder(single)
        model64 = float64.to_float64(model64)
        if prepare:
            prepare(model64)
        if prepare64:
            prepare64(model64)
        self.double = sites.Recorder(model64)
        self.errors = {}

    @property
    def config(self):
        return self.single.model.config

    def __call__(self, ids):
        """The float64 sites; the float32 errors are added up in `errors`."""
        with float64.true_float64():
            double = self.double(ids)
        measurement.merge_max(self.errors, measurement.relative_errors(self.single(ids), double))
        return double
