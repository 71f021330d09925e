"""What a case is. config is what config.json contains, word for word.

Configurations come in the form transformers 4 writes (rope_theta, rope_scaling, torch_dtype) and in the form
transformers 5 writes (rope_parameters, dtype).
"""
import dataclasses
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    config: dict
    seed: int
    half: bool | tuple = False    # True: also as BF16 and F16, in <case>/bf16 and <case>/f16; or which of them
    shards: int = 1               # safetensors files
    gguf: str = "single"          # "single", "split" (two files) or "no": llama.cpp cannot say it
    causal_buffers: bool = False  # as old files do: the causal mask and rotary frequencies stored as tensors
    multimodal: bool = False      # config is the text_config inside a vision model's checkpoint
    strip: str = ""               # base prefix that the published tensor names lack
    ids_below: int = 0            # ids are drawn below this; 0: the vocabulary. Rows above are padding
    renamed: str = ""             # published as this family, whose arithmetic is the configuration's (renames.py)
    attention: str = "eager"      # transformers' implementation
    prepare: Callable | None = None  # makes transformers' model the one of a family that it does not have


    def family(self):
        return self.renamed or self.config["model_type"]

    def halves(self):
        return ("bf16", "f16") if self.half is True else self.half or ()


V4 = {"torch_dtype": "float32", "transformers_version": "4.46.3", "use_cache": True}
V5 = {"dtype": "float32", "transformers_version": "5.23.0", "use_cache": True}
