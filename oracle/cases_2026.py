"""Cases of the dense families that joined in 2026."""
from case import V4, V5, Case

ROPE = {"rope_type": "default"}
BF16 = ("bf16",)


def _config(architecture, model_type, form, keys, **family):
    base = {"architectures": [architecture], "model_type": model_type, "attention_dropout": 0.0, "bos_token_id": 1,
            "eos_token_id": 2, "pad_token_id": 3, "initializer_range": 0.02, "max_position_embeddings": 64,
            "vocab_size": 60, "num_hidden_layers": 2, "hidden_act": "silu", "hidden_size": 16,
            "intermediate_size": 24, "num_attention_heads": 4, "num_key_value_heads": 2}
    return {**base, **family, **form, **keys}


def _family(architecture, model_type, **family):
    return lambda form, **keys: _config(architecture, model_type, form, keys, **family)


_olmo3 = _family("Olmo3ForCausalLM", "olmo3", num_hidden_layers=4, tie_word_embeddings=False, sliding_window=6)
OLMO3 = [
    Case("olmo3-yarn-beside-windows", _olmo3(
        V5, layer_types=["sliding_attention", "sliding_attention", "full_attention", "sliding_attention"],
        rms_norm_eps=1e-6, attention_bias=True, rope_parameters={
            "full_attention": {"rope_type": "yarn", "rope_theta": 500000.0, "factor": 4.0, "beta_fast": 8.0,
                               "beta_slow": 0.5, "original_max_position_embeddings": 16},
            "sliding_attention": {"rope_type": "default", "rope_theta": 500000.0}}),
         seed=701, half=BF16, gguf="no"),  # llama.cpp's pattern is three windows, then none
    Case("olmo3-fourth-full", _olmo3(V4, rope_theta=500000.0, num_key_value_heads=1), seed=702),
]

_smollm3 = _family("SmolLM3ForCausalLM", "smollm3", rms_norm_eps=1e-6)
SMOLLM3 = [
    Case("smollm3-fourth-unrotated", _smollm3(V5, num_hidden_layers=5, rope_parameters={**ROPE, "rope_theta": 2e6}),
         seed=703, half=BF16),
    Case("smollm3-listed-window", _smollm3(
        V4, num_hidden_layers=3, no_rope_layers=[1, 0, 1], use_sliding_window=True, sliding_window=5, mlp_bias=True,
        attention_bias=True, tie_word_embeddings=False, rope_theta=10000.0), seed=704, gguf="no"),
]

_glm = _family("GlmForCausalLM", "glm", tie_word_embeddings=False)
GLM = [
    Case("glm-half-rotary", _glm(V4, head_dim=8, rope_theta=10000.0, partial_rotary_factor=0.5), seed=705, half=BF16),
    Case("glm-no-biases", _glm(V5, head_dim=12, attention_bias=False, num_key_value_heads=1, rms_norm_eps=1e-5,
                               rope_parameters={**ROPE, "rope_theta": 20000.0, "partial_rotary_factor": 1.0}),
         seed=706),
]
_glm4 = _family("Glm4ForCausalLM", "glm4", tie_word_embeddings=False)
GLM4 = [
    Case("glm4-half-rotary", _glm4(V5, head_dim=8, rope_parameters={**ROPE, "rope_theta": 10000.0,
                                                                   "partial_rotary_factor": 0.5}),
         seed=707, half=BF16),
    Case("glm4-no-biases", _glm4(V4, head_dim=16, attention_bias=False, num_attention_heads=2, rms_norm_eps=1e-5,
                                 tie_word_embeddings=True, rope_theta=5000.0, partial_rotary_factor=0.25), seed=708),
]

_exaone4 = _family("Exaone4ForCausalLM", "exaone4", tie_word_embeddings=False)
EXAONE4 = [
    Case("exaone4-windows", _exaone4(V5, num_hidden_layers=5, sliding_window=6, sliding_window_pattern=4,
                                     rope_parameters={**ROPE, "rope_theta": 1e6}), seed=709, half=BF16),
    Case("exaone4-no-window", _exaone4(V4, sliding_window=None, sliding_window_pattern=None, head_dim=8,
                                       layer_types=["full_attention"] * 2, tie_word_embeddings=True,
                                       rope_theta=10000.0, num_key_value_heads=4,
                                       rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                                                     "high_freq_factor": 4.0,
                                                     "original_max_position_embeddings": 16}), seed=710),
]

_ernie = _family("Ernie4_5ForCausalLM", "ernie4_5")
ERNIE4_5 = [
    Case("ernie4-5-tied", _ernie(V5, head_dim=8, rope_parameters={**ROPE, "rope_theta": 500000.0}), seed=711,
         half=BF16),
    Case("ernie4-5-biases", _ernie(V4, head_dim=6, use_bias=True, tie_word_embeddings=False, rope_theta=10000.0,
                                   rms_norm_eps=1e-6), seed=712),
]

_seed_oss = _family("SeedOssForCausalLM", "seed_oss", tie_word_embeddings=False, residual_dropout=0.0)
SEED_OSS = [
    Case("seed-oss-biases", _seed_oss(V5, head_dim=8, rope_parameters={**ROPE, "rope_theta": 1e7}), seed=713,
         half=BF16),
    Case("seed-oss-out-bias", _seed_oss(V4, head_dim=4, attention_bias=False, attention_out_bias=True, mlp_bias=True,
                                        rope_theta=10000.0), seed=714, gguf="no"),
]

_arcee = _family("ArceeForCausalLM", "arcee", hidden_act="relu2", tie_word_embeddings=False)
ARCEE = [
    Case("arcee-yarn", _arcee(V5, head_dim=8, rope_parameters={
        "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16,
        "beta_fast": 4.0, "beta_slow": 0.5}), seed=715, half=BF16),
    Case("arcee-biases", _arcee(V4, head_dim=4, attention_bias=True, mlp_bias=True, rope_theta=10000.0), seed=716),
]

_nemotron = _family("NemotronForCausalLM", "nemotron", hidden_act="relu2", tie_word_embeddings=False)
NEMOTRON = [
    Case("nemotron-half-rotary", _nemotron(V4, head_dim=8, rope_theta=10000.0, partial_rotary_factor=0.5,
                                           norm_eps=1e-5), seed=717, half=BF16),
    Case("nemotron-biases", _nemotron(V5, head_dim=4, attention_bias=True, mlp_bias=True, norm_eps=1e-6,
                                      rope_parameters={**ROPE, "rope_theta": 20000.0, "partial_rotary_factor": 1.0}),
         seed=718),
]

_helium = _family("HeliumForCausalLM", "helium", tie_word_embeddings=False, rms_norm_eps=1e-8)
HELIUM = [
    Case("helium-grouped", _helium(V5, head_dim=4, rope_parameters={**ROPE, "rope_theta": 100000.0}), seed=719,
         half=BF16, gguf="no"),
    Case("helium-tied", _helium(V4, head_dim=4, num_key_value_heads=4, tie_word_embeddings=True, rms_norm_eps=1e-5,
                                rope_theta=10000.0), seed=720, gguf="no"),
]

_hunyuan = _family("HunYuanDenseV1ForCausalLM", "hunyuan_v1_dense")
HUNYUAN = [
    Case("hunyuan-alpha", _hunyuan(V4, head_dim=8, tie_word_embeddings=True, rope_theta=10000.0,
                                   rope_scaling={"type": "dynamic", "alpha": 1000.0, "factor": 1.0, "beta_fast": 32,
                                                 "beta_slow": 1, "mscale": 1.0, "mscale_all_dim": 1.0}),
         seed=721, half=BF16),
    Case("hunyuan-biases", _hunyuan(V5, head_dim=6, attention_bias=True, tie_word_embeddings=False,
                                    rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=722),
]

_ministral = _family("MinistralForCausalLM", "ministral", tie_word_embeddings=False, rms_norm_eps=1e-5)
MINISTRAL = [
    Case("ministral-all-windows", _ministral(V4, head_dim=8, sliding_window=5, rope_theta=1e6), seed=723, half=BF16, gguf="no"),
    Case("ministral-listed-windows", _ministral(
        V5, head_dim=6, sliding_window=4, layer_types=["full_attention", "sliding_attention"],
        rope_parameters={**ROPE, "rope_theta": 10000.0}), seed=724, gguf="no"),
]
_ministral3 = _family("Ministral3ForCausalLM", "ministral3", tie_word_embeddings=False, rms_norm_eps=1e-5)


def _yarn(beta, original, **more):
    return {"rope_type": "yarn", "type": "yarn", "rope_theta": 1e6, "factor": 16.0, "beta_fast": 32.0, "beta_slow": 1.0,
            "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": beta,
            "original_max_position_embeddings": original, "max_position_embeddings": 64, **more}


MINISTRAL3 = [
    Case("ministral3-long", _ministral3(V5, head_dim=8, rope_parameters=_yarn(0.1, 8)), seed=725, half=BF16, gguf="no"),
    Case("ministral3-window", _ministral3(V5, head_dim=6, sliding_window=7, rope_parameters=_yarn(0.5, 16, mscale=0.7)),
         seed=726, gguf="no"),
]

_cohere = _family("CohereForCausalLM", "cohere", layer_norm_eps=1e-5)
COHERE = [
    Case("cohere-head-norms", _cohere(V4, use_qk_norm=True, logit_scale=0.8333, rope_theta=75e6,
                                      tie_word_embeddings=True), seed=727, half=BF16),
    Case("cohere-biases", _cohere(V5, attention_bias=True, num_key_value_heads=4, logit_scale=0.0625,
                                  tie_word_embeddings=False, rope_parameters={**ROPE, "rope_theta": 10000.0}),
         seed=728, gguf="no"),  # llama.cpp's heads are tied
]
_cohere2 = _family("Cohere2ForCausalLM", "cohere2", layer_norm_eps=1e-5, sliding_window=6, head_dim=4)
COHERE2 = [
    Case("cohere2-fourth-full", _cohere2(V4, num_hidden_layers=4, sliding_window_pattern=4, logit_scale=0.25,
                                         rope_theta=50000.0), seed=729, half=BF16),
    Case("cohere2-listed", _cohere2(V5, num_hidden_layers=3, attention_bias=True, rope_parameters={
        **ROPE, "rope_theta": 10000.0}, layer_types=["full_attention", "sliding_attention", "full_attention"]),
         seed=730, gguf="no"),
]

_vaultgemma = _family("VaultGemmaForCausalLM", "vaultgemma", hidden_activation="gelu_pytorch_tanh", rms_norm_eps=1e-6,
                      sliding_window=5)
VAULTGEMMA = [
    Case("vaultgemma-caps", _vaultgemma(V5, head_dim=8, query_pre_attn_scalar=8, attn_logit_softcapping=4.0,
                                        final_logit_softcapping=3.0, rope_parameters={**ROPE, "rope_theta": 10000.0}),
         seed=731, half=BF16, gguf="no"),
    Case("vaultgemma-no-caps", _vaultgemma(V5, head_dim=6, query_pre_attn_scalar=24, attn_logit_softcapping=None,
                                           final_logit_softcapping=None, tie_word_embeddings=True,
                                           layer_types=["full_attention", "sliding_attention"],
                                           rope_parameters={**ROPE, "rope_theta": 20000.0}), seed=732, gguf="no"),
]


def _gpt(architecture, model_type, **family):
    base = {"architectures": [architecture], "model_type": model_type, "bos_token_id": 0, "eos_token_id": 0,
            "initializer_range": 0.02, "vocab_size": 60, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
            "layer_norm_epsilon": 1e-5, "n_embd": 16, "n_head": 4, "n_layer": 2, "n_positions": 64}
    return lambda form, **keys: {**base, **family, **form, **keys}


_bigcode = _gpt("GPTBigCodeForCausalLM", "gpt_bigcode", activation_function="gelu_pytorch_tanh")
GPT_BIGCODE = [
    Case("gpt-bigcode-one-key", _bigcode(V4, n_inner=24, multi_query=True, attention_softmax_in_fp32=True,
                                         scale_attention_softmax_in_fp32=True), seed=733, half=BF16),
    Case("gpt-bigcode-all-keys", _bigcode(V5, n_inner=None, multi_query=False, scale_attn_weights=False,
                                          n_embd=8, n_head=2, tie_word_embeddings=False, pad_token_id=None), seed=734,
         gguf="no"),
]
_codegen = _gpt("CodeGenForCausalLM", "codegen", activation_function="gelu_new", tie_word_embeddings=False)
CODEGEN = [
    Case("codegen-partial-rotary", _codegen(V4, n_ctx=64, n_inner=None, rotary_dim=2), seed=735, half=BF16, gguf="no"),
    Case("codegen-eight-heads", _codegen(V5, n_ctx=64, n_inner=24, n_head=8, n_embd=32, rotary_dim=4,
                                         pad_token_id=None), seed=736, gguf="no"),
]


def _mpt(form, attention, **keys):
    return {"architectures": ["MptForCausalLM"], "model_type": "mpt", "d_model": 16, "n_heads": 4, "n_layers": 2,
            "expansion_ratio": 4, "max_seq_len": 64, "vocab_size": 60, "no_bias": True, "learned_pos_emb": True,
            "emb_pdrop": 0, "resid_pdrop": 0, "init_device": "cpu", "logit_scale": None, "embedding_fraction": 1.0,
            "norm_type": "low_precision_layernorm", "initializer_range": 0.02, "layer_norm_epsilon": 1e-5,
            "attn_config": {"alibi": True, "alibi_bias_max": 8, "attn_impl": "torch", "attn_pdrop": 0,
                            "attn_type": "multihead_attention", "attn_uses_sequence_id": False, "clip_qkv": None,
                            "prefix_lm": False, "qk_ln": False, "softmax_scale": None, **attention},
            **form, **keys}


MPT = [
    Case("mpt-clipped", _mpt(V4, {"clip_qkv": 1.5}), seed=737, half=BF16),
    Case("mpt-three-heads", _mpt(V5, {}, d_model=12, n_heads=3), seed=738),
]


def _gemma4(form, **keys):
    return _config("Gemma4ForCausalLM", "gemma4_text", form, keys, hidden_activation="gelu_pytorch_tanh",
                   rms_norm_eps=1e-6, tie_word_embeddings=True, head_dim=4, global_head_dim=8, sliding_window=6,
                   attention_bias=False, vocab_size_per_layer_input=60)


_PROPORTIONAL = {"sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}, "full_attention": {
    "rope_type": "proportional", "partial_rotary_factor": 0.5, "rope_theta": 1000000.0}}
GEMMA4 = [
    Case("gemma4-shared", _gemma4(
        V5, num_hidden_layers=6, hidden_size_per_layer_input=5, num_kv_shared_layers=3, use_double_wide_mlp=True,
        final_logit_softcapping=30.0, rope_parameters=_PROPORTIONAL, layer_types=[
            "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention",
            "full_attention"]), seed=771, half=BF16),
    Case("gemma4-experts", _gemma4(
        V5, num_hidden_layers=3, hidden_size_per_layer_input=0, num_kv_shared_layers=0, attention_k_eq_v=True,
        num_global_key_value_heads=1, enable_moe_block=True, num_experts=5, top_k_experts=2, moe_intermediate_size=8,
        rope_parameters=_PROPORTIONAL,
        layer_types=["sliding_attention", "full_attention", "full_attention"]), seed=762, half=BF16),
    Case("gemma4-defaults", _gemma4(V5, num_hidden_layers=7, hidden_size_per_layer_input=4, global_head_dim=16),
         seed=793, gguf="no"),
    # Layers with all four biases, with those of keys that are values too, and with none of keys and values.
    Case("gemma4-biases", {**_gemma4(
        V5, num_hidden_layers=5, hidden_size_per_layer_input=3, num_kv_shared_layers=2, attention_k_eq_v=True,
        num_global_key_value_heads=1, rope_parameters=_PROPORTIONAL, layer_types=[
            "sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"]),
        "attention_bias": True}, seed=1242, gguf="no"),
]

CASES = (OLMO3 + SMOLLM3 + GLM + GLM4 + EXAONE4 + ERNIE4_5 + SEED_OSS + ARCEE + NEMOTRON + HELIUM + HUNYUAN + MINISTRAL
         + MINISTRAL3 + COHERE + COHERE2 + VAULTGEMMA + GPT_BIGCODE + CODEGEN + MPT) + GEMMA4
