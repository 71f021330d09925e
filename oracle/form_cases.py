"""Which tiny checkpoints of quantised linear layers there are: a family, a form, and what the configuration says."""
import dataclasses

import torch

import forms
from case import V4, V5
from cases_2026 import ROPE
from cases_experts import _gpt_oss, _llama4, _qwen3_moe
from cases_latent import _v3, _yarn
from cases_llama import _llama


@dataclasses.dataclass(frozen=True)
class FormCase:
    name: str
    config: dict
    form: object
    says: dict                # joined to config.json
    seed: int
    beside: dict = dataclasses.field(default_factory=dict)  # other files
    head: bool = False        # the unembedding too
    ends: tuple = (".weight",)
    attention: str = "eager"
    ids_below: int = 0
    prepare: object = None
    linear_experts: str = ""  # whose linear layers stacked experts are stored as: llm-compressor's or GPTQModel's

    def family(self):
        return self.config["model_type"]


def _says(method, **keys):
    return {"quantization_config": {"quant_method": method, **keys}}


def _compressed(weights, key="quantization_config", activations=None):
    group = {"targets": ["Linear"], "weights": weights, "input_activations": activations, "output_activations": None}
    return {key: {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}, "ignore": ["lm_head"],
                  "kv_cache_scheme": None, "quantization_status": "compressed"}}


def _weights(bits, kind="int", strategy="channel", **keys):
    return {"num_bits": bits, "type": kind, "strategy": strategy, "symmetric": True, "group_size": None,
            "actorder": None, "dynamic": False, **keys}


def _hqq_says(bits, group):
    weights = {"nbits": bits, "channel_wise": True, "group_size": group, "optimize": True, "round_zero": False,
               "axis": 1, "view_as_float": False}
    return _says("hqq", skip_modules=["lm_head"], quant_config={
        "weight_quant_params": weights, "scale_quant_params": None, "zero_quant_params": None, "offload_meta": False})


def _torchao_says(config):
    return _says("torchao", modules_to_not_convert=None, include_input_output_embeddings=False,
                 quant_type={"default": {"_type": config, "_version": 2, "_data": {}}})


LLAMA = _llama(V4, vocab_size=72, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
               num_key_value_heads=2, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=10000.0,
               rope_scaling=None)
QWEN = _qwen3_moe(V4, hidden_size=64, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32, head_dim=16,
                  norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], rope_theta=1e6, rope_scaling=None)
GPT_OSS = _gpt_oss(V5, num_hidden_layers=2, hidden_size=64, head_dim=16, num_local_experts=4, num_experts_per_tok=2,
                   intermediate_size=32, sliding_window=6, swiglu_limit=1.5, rope_parameters={**ROPE, "rope_theta": 10000.0},
                   layer_types=["sliding_attention", "full_attention"])
# Smaller ones, for the forms that were added to every family.
SMALL_QWEN = _qwen3_moe(V4, hidden_size=32, num_experts=3, num_experts_per_tok=2, moe_intermediate_size=32, head_dim=16,
                        norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], rope_theta=1e6, rope_scaling=None)
SMALL_GPT_OSS = _gpt_oss(V5, num_hidden_layers=2, hidden_size=32, head_dim=16, num_local_experts=3, num_experts_per_tok=2,
                         intermediate_size=16, sliding_window=6, swiglu_limit=1.5,
                         rope_parameters={**ROPE, "rope_theta": 10000.0},
                         layer_types=["sliding_attention", "full_attention"])
LLAMA4 = _llama4(V4, hidden_size=32, intermediate_size=16, intermediate_size_mlp=32, num_local_experts=3,
                 num_experts_per_tok=1, interleave_moe_layer_step=2, no_rope_layers=[], attention_chunk_size=8,
                 use_qk_norm=True, attn_temperature_tuning=True, rope_theta=5e5, rope_scaling=None)
DEEPSEEK = _v3(V4, hidden_size=64, intermediate_size=96, q_lora_rank=24, n_routed_experts=4, num_experts_per_tok=2,
               n_shared_experts=1, first_k_dense_replace=1, routed_scaling_factor=2.5, n_group=2, topk_group=1,
               norm_topk_prob=True, num_nextn_predict_layers=0, rope_theta=10000,
               rope_scaling={k: v for k, v in _yarn(1.0, 1.0).items() if k != "rope_theta"})

_BLOCKS = {"activation_scheme": "dynamic", "fmt": "e4m3"}
_ACTIVATIONS = {"num_bits": 8, "type": "float", "strategy": "tensor", "dynamic": False, "symmetric": True}
_OLD_GPTQ = {"damp_percent": 0.01, "sym": False, "true_sequential": True, "model_name_or_path": None}

FLOAT8 = [
    FormCase("llama-fp8-blocks", LLAMA, forms.Bytes((40, 24)), _says("fp8", weight_block_size=[40, 24], **_BLOCKS), 1001),
    FormCase("llama-fp8-powers", LLAMA, forms.Bytes((32, 32), scale_type=torch.uint8),
             _says("fp8", weight_block_size=[32, 32], scale_fmt="ue8m0", **_BLOCKS), 1002),
    FormCase("llama-fp8-whole", LLAMA, forms.Bytes((0, 0), scale_shape=(), runtime=("activation_scale",)),
             _says("fp8", weight_block_size=None, activation_scheme="static"), 1003),
    FormCase("llama-fp8-rows-e5m2", LLAMA, forms.Bytes((1, 0), forms.E5M2, "weight_scale", runtime=("input_scale_ub",)),
             _says("fbgemm_fp8", activation_scale_ub=1200.0, modules_to_not_convert=["lm_head"]), 1004),
    FormCase("llama-fp8-compressed-whole", LLAMA,
             forms.Bytes((0, 0), scale="weight_scale", scale_shape=(1,), runtime=("input_scale",)),
             _compressed(_weights(8, "float", "tensor"), activations=_ACTIVATIONS), 1005),
    FormCase("llama-fp8-compressed-rows", LLAMA,
             forms.Bytes((1, 0), scale="weight_scale", scale_type=torch.bfloat16),
             _compressed(_weights(8, "float"), activations={**_ACTIVATIONS, "strategy": "token", "dynamic": True}), 1006),
    FormCase("llama-fp8-modelopt", LLAMA,
             forms.Bytes((0, 0), scale="weight_scale", scale_shape=(), runtime=("input_scale",)), {}, 1007,
             beside={"hf_quant_config.json": {
                 "producer": {"name": "modelopt", "version": "0.29.0"},
                 "quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8", "exclude_modules": ["lm_head"]}}}),
    FormCase("llama-int8-compressed", LLAMA, forms.Bytes((1, 0), torch.int8, "weight_scale"),
             _compressed(_weights(8), activations={**_ACTIVATIONS, "type": "int"}), 1008),
    FormCase("llama-int8-compressed-zeros", LLAMA, forms.Bytes((1, 0), torch.int8, "weight_scale", zero=True),
             _compressed(_weights(8, symmetric=False)), 1009),
    FormCase("qwen3-moe-fp8-blocks", QWEN, forms.Bytes((16, 48)), _says("fp8", weight_block_size=[16, 48], **_BLOCKS), 1010),
    FormCase("deepseek-v3-fp8-blocks", DEEPSEEK, forms.Bytes((24, 16)),
             _says("fp8", weight_block_size=[24, 16], **_BLOCKS), 1011),
]
MXFP4 = [
    FormCase("gpt-oss-mxfp4", GPT_OSS, forms.Mxfp4(),
             _says("mxfp4", modules_to_not_convert=["model.layers.*.self_attn", "lm_head"]), 1020,
             ends=("experts.gate_up_proj", "experts.down_proj")),
]
WORDS = [
    FormCase(f"llama-gptq-{bits}", LLAMA, forms.Gptq(bits, group), _says("gptq", bits=bits, group_size=group,
                                                                       desc_act=False, **_OLD_GPTQ), 1030 + bits)
    for bits, group in ((2, 16), (3, 32), (4, 32), (8, -1))
] + [
    FormCase("llama-gptq-4-act-order", LLAMA, forms.Gptq(4, 16, act_order=True),
             _says("gptq", bits=4, group_size=16, desc_act=True, **_OLD_GPTQ), 1041),
    FormCase("llama-gptq-3-act-order", LLAMA, forms.Gptq(3, 32, act_order=True),
             _says("gptq", bits=3, group_size=32, desc_act=True, **_OLD_GPTQ), 1042),
    FormCase("llama-gptq-4-v2-head", LLAMA, forms.Gptq(4, 32, v2=True),
             _says("gptq", bits=4, group_size=32, desc_act=False, checkpoint_format="gptq_v2", lm_head=True), 1043, head=True),
    FormCase("qwen3-moe-gptq-4", QWEN, forms.Gptq(4, 32), _says("gptq", bits=4, group_size=32, desc_act=False), 1044),
    FormCase("llama-awq", LLAMA, forms.Awq(32),
             _says("awq", bits=4, group_size=32, version="gemm", zero_point=True), 1045),
    FormCase("qwen3-moe-awq", QWEN, forms.Awq(16), _says("awq", bits=4, group_size=16, version="gemm", zero_point=True), 1046),
    FormCase("llama-w4a16", LLAMA, forms.Packed(4, 32, symmetric=False),
             _compressed(_weights(4, strategy="group", group_size=32, symmetric=False), "compression_config"), 1047),
    FormCase("llama-w8a16", LLAMA, forms.Packed(8, 0), _compressed(_weights(8)), 1048),
    FormCase("llama-w4a16-act-order", LLAMA, forms.Packed(4, 16, act_order=True),
             _compressed(_weights(4, strategy="group", group_size=16, actorder="group")), 1049),
    FormCase("llama-w3a16", LLAMA, forms.Packed(3, 16, symmetric=False),
             _compressed(_weights(3, strategy="group", group_size=16, symmetric=False)), 1050),
    FormCase("qwen3-moe-w4a16", QWEN, forms.Packed(4, 16), _compressed(_weights(4, strategy="group", group_size=16)), 1051),
]
NIBBLES = [
    FormCase("llama-nvfp4", LLAMA, forms.Nvfp4(),
             _compressed(_weights(4, "float", "tensor_group", group_size=16), activations=_ACTIVATIONS), 1060),
    FormCase("llama-nvfp4-modelopt", LLAMA, forms.Nvfp4(modelopt=True),
             _says("modelopt", quant_algo="NVFP4", ignore=["lm_head"]), 1061),
    FormCase("llama-nf4", LLAMA, forms.Nibbles("nf4"), _says("bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="nf4"), 1062),
    FormCase("llama-fp4", LLAMA, forms.Nibbles("fp4"), _says("bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="fp4"), 1063),
    FormCase("llama-nf4-nested", LLAMA, forms.Nibbles("nf4", nested=True),
             _says("bitsandbytes", load_in_4bit=True, bnb_4bit_use_double_quant=True), 1064),
    FormCase("qwen3-moe-nf4", QWEN, forms.Nibbles("nf4"), _says("bitsandbytes", load_in_4bit=True), 1065),
    FormCase("llama-llm-int8", LLAMA, forms.Int8(), _says("bitsandbytes", load_in_8bit=True, load_in_4bit=False), 1066),
]

# What every family is published in: the form and what config.json says. gpt-oss' experts stay as they are (LINEAR_EXPERTS
# are not); its attention is a linear layer like any other.
_FP8_HF = {"hf_quant_config.json": {"producer": {"name": "modelopt", "version": "0.29.0"},
                                    "quantization": {"quant_algo": "FP8", "exclude_modules": ["lm_head", "*.router"]}}}
_GENERAL = {
    "fp8-blocks": (forms.Bytes((16, 24)), _says("fp8", weight_block_size=[16, 24], **_BLOCKS), {}),
    "fp8-compressed-whole": (forms.Bytes((0, 0), scale="weight_scale", scale_shape=(1,), runtime=("input_scale",)),
                             _compressed(_weights(8, "float", "tensor"), activations=_ACTIVATIONS), {}),
    "fp8-compressed-rows": (forms.Bytes((1, 0), scale="weight_scale", scale_type=torch.bfloat16),
                            _compressed(_weights(8, "float"), activations=_ACTIVATIONS), {}),
    "fp8-compressed-blocks": (forms.Bytes((16, 24), scale="weight_scale", scale_type=torch.bfloat16),
                              _compressed(_weights(8, "float", "block", block_structure=[16, 24]),
                                          activations=_ACTIVATIONS), {}),
    "fp8-modelopt": (forms.Bytes((0, 0), scale="weight_scale", scale_shape=(), runtime=("input_scale",)), {}, _FP8_HF),
    "mxfp8": (forms.Bytes((1, 32), scale="weight_scale", scale_type=torch.uint8),
              _compressed(_weights(8, "float", "group", group_size=32, scale_dtype="torch.uint8"),
                          activations=_ACTIVATIONS), {}),
    "mxfp6": (forms.PackedMx(6), _compressed(_weights(6, "float", "group", group_size=32, scale_dtype="torch.uint8")), {}),
    "mxfp4-compressed": (forms.PackedMx(4),
                         _compressed(_weights(4, "float", "group", group_size=32, scale_dtype="torch.uint8")), {}),
    "int8-compressed": (forms.Bytes((1, 0), torch.int8, "weight_scale"),
                        _compressed(_weights(8), activations={**_ACTIVATIONS, "type": "int"}), {}),
    "gptq-4": (forms.Gptq(4, 32), _says("gptq", bits=4, group_size=32, desc_act=False, **_OLD_GPTQ), {}),
    "gptq-4-act-order": (forms.Gptq(4, 16, act_order=True),
                         _says("gptq", bits=4, group_size=16, desc_act=True, **_OLD_GPTQ), {}),
    "gptq-8": (forms.Gptq(8, -1), _says("gptq", bits=8, group_size=-1, desc_act=False, **_OLD_GPTQ), {}),
    "awq": (forms.Awq(16), _says("awq", bits=4, group_size=16, version="gemm", zero_point=True), {}),
    "w4a16": (forms.Packed(4, 16, symmetric=False),
              _compressed(_weights(4, strategy="group", group_size=16, symmetric=False)), {}),
    "w8a16": (forms.Packed(8, 0), _compressed(_weights(8), "compression_config"), {}),
    "nvfp4": (forms.Nvfp4(), _compressed(_weights(4, "float", "tensor_group", group_size=16), activations=_ACTIVATIONS), {}),
    "nvfp4-modelopt": (forms.Nvfp4(modelopt=True), _says("modelopt", quant_algo="NVFP4", ignore=["lm_head"]), {}),
    "nf4": (forms.Nibbles("nf4"), _says("bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="nf4"), {}),
    "fp4": (forms.Nibbles("fp4"), _says("bitsandbytes", load_in_4bit=True, bnb_4bit_quant_type="fp4"), {}),
    "nf4-nested": (forms.Nibbles("nf4", nested=True),
                   _says("bitsandbytes", load_in_4bit=True, bnb_4bit_use_double_quant=True), {}),
    **{f"hqq-{bits}": (forms.Hqq(bits, group), _hqq_says(bits, group), {}) for bits, group in ((4, 64), (8, 32))},
    "torchao-float8": (forms.Torchao("Float8Tensor"), _torchao_says("Float8WeightOnlyConfig"), {}),
    "torchao-int8": (forms.Torchao("Int8Tensor"), _torchao_says("Int8DynamicActivationInt8WeightConfig"), {}),
    "torchao-int4": (forms.Torchao("IntxUnpackedToInt8Tensor", 32, 4), _torchao_says("IntxWeightOnlyConfig"), {}),
    "llm-int8": (forms.Int8(), _says("bitsandbytes", load_in_8bit=True, load_in_4bit=False), {}),
}
HQQ = [FormCase(f"llama-hqq-{bits}", LLAMA, forms.Hqq(bits, group, scale_type), _hqq_says(bits, group), 1090 + bits)
       for bits, group, scale_type in ((1, 16, torch.float32), (2, 16, torch.bfloat16), (3, 32, torch.float16))]
FAMILIES = {"llama": LLAMA, "qwen3-moe": SMALL_QWEN, "gpt-oss": SMALL_GPT_OSS}
_NAMED = FLOAT8 + MXFP4 + WORDS + NIBBLES + HQQ
EVERYWHERE = [
    FormCase(f"{family}-{name}", config, form, says, 1100 + 40 * f + i, beside=beside)
    for f, (family, config) in enumerate(FAMILIES.items()) for i, (name, (form, says, beside)) in enumerate(_GENERAL.items())
    if f"{family}-{name}" not in {c.name for c in _NAMED}
]
# Stacked experts taken apart: gate, up and down of each are layers of their own.
LINEAR_EXPERTS = [
    FormCase(f"gpt-oss-experts-{name}", GPT_OSS, *_GENERAL[name][:2], 1300 + i, linear_experts="llm-compressor")
    for i, name in enumerate(("fp8-compressed-rows", "int8-compressed", "w4a16", "nvfp4", "mxfp4-compressed"))
] + [FormCase("llama4-experts-w4a16", LLAMA4, *_GENERAL["w4a16"][:2], 1310, linear_experts="llm-compressor"),
     FormCase("gpt-oss-experts-gptqmodel", GPT_OSS, forms.Gptq(4, 16),
              _says("gptq", bits=4, group_size=16, desc_act=False, sym=False, checkpoint_format="gptq",
                    meta={"quantizer": ["gptqmodel:5.8.0"]}), 1320, linear_experts="GPTQModel")]
CASES = _NAMED + EVERYWHERE + LINEAR_EXPERTS
