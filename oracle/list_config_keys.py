"""Writes tests/data/model/config_keys.json: which keys of its configuration each family's code in transformers reads.

    .venv/bin/python oracle/list_config_keys.py

Read from the syntax tree of modeling_<family>.py: attributes of `config`, `self.config` and of what getattr names,
without the vision, audio and task heads, those of a configuration inside of it ("attn_config.clip_qkv"), and the same
of the shared code that takes a configuration (masks, rotary embeddings). tests/model/config_keys_test.cc holds every one of them
against what this program does with it.
"""
import ast
import importlib
import inspect
import json
import pathlib

import transformers
from transformers import masking_utils, modeling_rope_utils
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

FAMILIES = {"apertus": "apertus", "bloom": "bloom", "falcon": "falcon", "gemma": "gemma", "gemma2": "gemma2",
            "gemma3": "gemma3_text", "gpt2": "gpt2", "gpt_neo": "gpt_neo", "gpt_neox": "gpt_neox", "gptj": "gptj",
            "granite": "granite", "llama": "llama", "mistral": "mistral", "olmo": "olmo", "olmo2": "olmo2", "opt": "opt",
            "phi": "phi", "phi3": "phi3", "qwen2": "qwen2", "qwen3": "qwen3", "stablelm": "stablelm",
            "starcoder2": "starcoder2",
            **{name: name for name in (
                "arcee", "codegen", "cohere", "cohere2", "ernie4_5", "exaone4", "glm", "glm4", "gpt_bigcode", "helium",
                "hunyuan_v1_dense", "ministral", "ministral3", "mpt", "nemotron", "olmo3", "seed_oss", "smollm3",
                "vaultgemma", "deepseek_v2", "deepseek_v3", "dots1", "ernie4_5_moe", "exaone_moe", "flex_olmo", "glm4_moe",
                "glm4_moe_lite", "gpt_oss", "granitemoe", "hunyuan_v1_moe", "minimax_m2", "mixtral", "olmoe", "phimoe",
                "qwen2_moe", "qwen3_moe", "bamba", "granitemoehybrid", "jamba", "lfm2", "lfm2_moe", "qwen3_next",
                "mamba", "mamba2", "falcon_mamba", "nemotron_h", "falcon_h1", "zamba2")},
            "llama4": "llama4_text", "gemma4": "gemma4_text",
            "qwen3_5": "qwen3_5_text", "qwen3_5_moe": "qwen3_5_moe_text"}
# Of families whose code comes with the models.
REMOTE = {"exaone": ["activation_function", "head_dim", "hidden_size", "intermediate_size", "layer_norm_epsilon",
                     "max_position_embeddings", "num_attention_heads", "num_key_value_heads", "num_layers", "rope_scaling",
                     "rope_theta", "tie_word_embeddings", "vocab_size"],
          "baichuan": ["hidden_act", "hidden_size", "intermediate_size", "max_position_embeddings", "model_max_length",
                       "num_attention_heads", "num_hidden_layers", "rms_norm_eps", "tie_word_embeddings", "vocab_size",
                       "z_loss_weight"],
          "internlm2": ["bias", "hidden_act", "hidden_size", "intermediate_size", "max_position_embeddings",
                        "num_attention_heads", "num_hidden_layers", "num_key_value_heads", "rms_norm_eps", "rope_scaling",
                        "rope_theta", "tie_word_embeddings", "vocab_size"]}
OUT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "model" / "config_keys.json"
OTHER_HEADS = ("Classification", "QuestionAnswering", "DoubleHeads", "Vision", "MultiModal", "Projector")


def is_config(node):
    """`config`, `self.config`, `self.text_config`."""
    if isinstance(node, ast.Name):
        return node.id == "config"
    return isinstance(node, ast.Attribute) and node.attr in ("config", "text_config")


def keys_read(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any(word in node.name for word in OTHER_HEADS):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_config(node.value) and isinstance(node.ctx, ast.Load):
            yield node.attr
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and is_config(node.value.value):
            yield f"{node.value.attr}.{node.attr}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
            if len(node.args) > 1 and is_config(node.args[0]) and isinstance(node.args[1], ast.Constant):
                yield node.args[1].value


def keys_of_module(module):
    return set(keys_read(ast.parse(inspect.getsource(module))))


def names_in_files(config_class, keys):
    """The name under which a file has the attribute."""
    back = {attribute: key for key, attribute in config_class.attribute_map.items()}
    forward = config_class.attribute_map
    for key in keys:
        yield forward.get(key, key)
        if key in back:
            yield back[key]


def main():
    shared = keys_of_module(masking_utils) | keys_of_module(modeling_rope_utils)
    table = {}
    for family, model_type in FAMILIES.items():
        config_class = CONFIG_MAPPING[model_type]
        package = config_class.__module__.rsplit(".", 1)
        modeling = importlib.import_module(package[0] + "." + package[1].replace("configuration_", "modeling_"))
        keys = set(names_in_files(config_class, keys_of_module(modeling) | shared))
        methods = {name for name in keys if callable(getattr(config_class, name, None)) or name.startswith("_")}
        foreign = {name for name in keys if "." in name and name.split(".")[0] not in config_class.sub_configs}
        table[family] = sorted(keys - methods - foreign)
    table |= REMOTE
    document = {"transformers": transformers.__version__, "families": table}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
