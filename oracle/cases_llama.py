"""Cases of the families in the shape of LLaMA."""
from case import V4, V5, Case


def _config(architecture, model_type, form, keys, **family):
    base = {
        "architectures": [architecture], "model_type": model_type, "attention_dropout": 0.0, "bos_token_id": 1,
        "eos_token_id": 2, "initializer_range": 0.02, "max_position_embeddings": 64, "vocab_size": 120,
        "num_hidden_layers": 3,
    }
    if "gemma" not in model_type:
        base["hidden_act"] = "silu"
    return {**base, **family, **form, **keys}


def _llama(form, **keys):
    return _config("LlamaForCausalLM", "llama", form, keys, attention_bias=False, mlp_bias=False, pretraining_tp=1)


LLAMA = [
    Case("llama-tied-llama3-rope", _llama(
        V5, vocab_size=200, hidden_size=40, intermediate_size=44, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, rms_norm_eps=1e-5, tie_word_embeddings=True, pad_token_id=None,
        rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 16}),
         seed=101, half=True),
    Case("llama-biases-linear-rope", _llama(
        V4, vocab_size=203, hidden_size=32, intermediate_size=48, num_attention_heads=4,
        num_key_value_heads=4, head_dim=8, attention_bias=True, mlp_bias=True, rms_norm_eps=1e-6,
        tie_word_embeddings=False, rope_theta=10000.0, rope_scaling={"type": "linear", "factor": 4.0}),
         seed=102, shards=3, gguf="split"),
    Case("llama-deep", _llama(
        V4, vocab_size=256, hidden_size=24, intermediate_size=40, num_hidden_layers=7, num_attention_heads=3,
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=500000.0,
        rope_scaling=None, max_position_embeddings=40),
         seed=103),
    Case("llama-yarn", _llama(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=1, num_key_value_heads=1, head_dim=32,
        rms_norm_eps=1e-5, tie_word_embeddings=True, pad_token_id=None,
        rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "beta_fast": 4.0,
                         "beta_slow": 0.5, "original_max_position_embeddings": 16}),
         seed=104),
]


def _mistral(form, **keys):
    return _config("MistralForCausalLM", "mistral", form, keys, tie_word_embeddings=False, rms_norm_eps=1e-5)


MISTRAL = [
    Case("mistral-window", _mistral(
        V4, hidden_size=16, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2, rope_theta=10000.0,
        sliding_window=6), seed=401, half=True, gguf="no"),
    Case("mistral-head-dim", _mistral(
        V5, hidden_size=20, intermediate_size=28, num_attention_heads=2, num_key_value_heads=1, head_dim=12,
        sliding_window=None, pad_token_id=None, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
         seed=402),
]


def _qwen2(form, **keys):
    return _config("Qwen2ForCausalLM", "qwen2", form, keys, rms_norm_eps=1e-6)


QWEN2 = [
    Case("qwen2-tied", _qwen2(
        V4, hidden_size=24, intermediate_size=32, num_attention_heads=3, num_key_value_heads=1, rope_theta=1000000.0,
        tie_word_embeddings=True, use_sliding_window=False, sliding_window=4, max_window_layers=1),
         seed=411, half=True),
    Case("qwen2-window-yarn", _qwen2(
        V5, hidden_size=16, intermediate_size=20, num_attention_heads=1, num_key_value_heads=1,
        tie_word_embeddings=False, use_sliding_window=True, sliding_window=5, max_window_layers=1,
        layer_types=["full_attention", "sliding_attention", "sliding_attention"], pad_token_id=None,
        rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                         "original_max_position_embeddings": 16}),
         seed=412, gguf="no"),
]


def _qwen3(form, **keys):
    return _config("Qwen3ForCausalLM", "qwen3", form, keys, rms_norm_eps=1e-6, max_window_layers=3,
                   use_sliding_window=False, sliding_window=None)


QWEN3 = [
    Case("qwen3-tied", _qwen3(
        V5, hidden_size=16, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2, head_dim=12,
        tie_word_embeddings=True, attention_bias=False, pad_token_id=None,
        layer_types=["full_attention"] * 3, rope_parameters={"rope_type": "default", "rope_theta": 1000000.0}),
         seed=421, half=True),
    Case("qwen3-biases-dynamic", _qwen3(
        V4, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, head_dim=10,
        tie_word_embeddings=False, attention_bias=True, max_position_embeddings=16, rope_theta=10000.0,
        rope_scaling={"rope_type": "dynamic", "factor": 3.0}),
         seed=422, gguf="no"),
]


def _gemma(architecture, model_type, form, keys, **family):
    return _config(architecture, model_type, form, keys, **{
        "attention_bias": False, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0, "rms_norm_eps": 1e-6,
        **family})


def _gemma1(form, **keys):
    return _gemma("GemmaForCausalLM", "gemma", form, keys)


GEMMA = [
    Case("gemma-legacy-gelu", _gemma1(
        V4, hidden_size=24, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1, head_dim=16,
        hidden_act="gelu", hidden_activation=None, rope_theta=10000.0, rope_scaling=None), seed=431, half=True),
    Case("gemma-multi-head", _gemma1(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, head_dim=8,
        hidden_act="gelu_pytorch_tanh", rms_norm_eps=1e-5, tie_word_embeddings=True,
        use_bidirectional_attention=None,
        rope_parameters={"rope_type": "default", "rope_theta": 20000.0}), seed=432),
]


def _gemma2(form, **keys):
    return _gemma("Gemma2ForCausalLM", "gemma2", form, keys, hidden_activation="gelu_pytorch_tanh")


GEMMA2 = [
    Case("gemma2-both-caps", _gemma2(
        V4, hidden_size=20, intermediate_size=24, num_hidden_layers=4, num_attention_heads=2, num_key_value_heads=1,
        head_dim=8, query_pre_attn_scalar=8, attn_logit_softcapping=4.0, final_logit_softcapping=3.0,
        sliding_window=5, sliding_window_size=5, cache_implementation="hybrid", rope_theta=10000.0),
         seed=441, half=True),
    Case("gemma2-no-caps", _gemma2(
        V5, hidden_size=16, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, head_dim=12,
        query_pre_attn_scalar=24, attn_logit_softcapping=None, final_logit_softcapping=None, sliding_window=3,
        layer_types=["full_attention", "sliding_attention", "full_attention"], tie_word_embeddings=True,
        use_bidirectional_attention=None,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}), seed=442, gguf="no"),
]


def _gemma3(form, **keys):
    return _gemma("Gemma3ForCausalLM", "gemma3_text", form, {"vocab_size": 200, **keys}, **{
        "attn_logit_softcapping": None, "final_logit_softcapping": None, "hidden_activation": "gelu_pytorch_tanh",
        "sliding_window": 5})


GEMMA3 = [
    Case("gemma3-pattern-of-six", _gemma3(
        V4, hidden_size=24, intermediate_size=36, num_hidden_layers=7, num_attention_heads=2,
        num_key_value_heads=1, head_dim=12, query_pre_attn_scalar=20, sliding_window_pattern=6,
        cache_implementation="hybrid", rope_theta=1000000.0, rope_local_base_freq=5000.0,
        rope_scaling={"factor": 8.0, "rope_type": "linear"}),
         seed=201, half=True, gguf="no"),
    Case("gemma3-softcap-layer-types", _gemma3(
        V5, hidden_size=40, intermediate_size=48, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, final_logit_softcapping=30.0,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], tie_word_embeddings=True,
        use_bidirectional_attention=False, _sliding_window_pattern=6, sliding_window=4, rms_norm_eps=1e-5,
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                         "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}),
         seed=202),
    Case("gemma3-multimodal", {
        "model_type": "gemma3_text", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 7,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "vocab_size": 200,
        "sliding_window": 9, "query_pre_attn_scalar": 8, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
         seed=203, multimodal=True),
]


def _olmo(form, **keys):
    return _config("OlmoForCausalLM", "olmo", form, keys, attention_bias=False, pad_token_id=1)


OLMO = [
    Case("olmo-clip", _olmo(
        V4, hidden_size=16, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2, clip_qkv=1.25,
        tie_word_embeddings=False, rope_theta=10000.0, rope_scaling=None), seed=451, half=True),
    Case("olmo-tied", _olmo(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, clip_qkv=None,
        tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 500000.0}), seed=452),
]


def _olmo2(form, **keys):
    return _config("Olmo2ForCausalLM", "olmo2", form, keys, attention_bias=False, pad_token_id=1)


OLMO2 = [
    Case("olmo2-grouped", _olmo2(
        V4, hidden_size=24, intermediate_size=28, num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-6,
        tie_word_embeddings=False, rope_theta=500000.0, rope_scaling=None), seed=461, half=True),
    Case("olmo2-multi-head", _olmo2(
        V5, hidden_size=16, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, rms_norm_eps=1e-5,
        tie_word_embeddings=True, rope_parameters={"rope_type": "default", "rope_theta": 10000.0}), seed=462),
]


def _granite(form, **keys):
    return _config("GraniteForCausalLM", "granite", form, keys, rms_norm_eps=1e-5)


GRANITE = [
    Case("granite-tied", _granite(
        V4, hidden_size=16, intermediate_size=24, num_attention_heads=4, num_key_value_heads=2, attention_bias=False,
        mlp_bias=False, attention_multiplier=0.2, embedding_multiplier=12.0, logits_scaling=8.0,
        residual_multiplier=0.22, tie_word_embeddings=True, rope_theta=10000.0, rope_scaling=None),
         seed=471, half=True),
    Case("granite-biases", _granite(
        V5, hidden_size=20, intermediate_size=20, num_attention_heads=2, num_key_value_heads=2, attention_bias=True,
        mlp_bias=True, attention_multiplier=0.5, embedding_multiplier=3.0, logits_scaling=0.5,
        residual_multiplier=0.6, tie_word_embeddings=False, pad_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 50000.0}), seed=472),
]


def _apertus(form, **keys):
    return _config("ApertusForCausalLM", "apertus", form, keys, hidden_act="xielu", attention_bias=False,
                   pad_token_id=3, rms_norm_eps=1e-5, tie_word_embeddings=False)


APERTUS = [
    Case("apertus-llama3-rope", _apertus(
        V4, hidden_size=16, intermediate_size=28, num_attention_heads=4, num_key_value_heads=2, mlp_bias=False,
        qk_norm=True, post_norm=False, rope_theta=12000000.0,
        rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                      "original_max_position_embeddings": 16}), seed=481, half=True),
    Case("apertus-plain-rope", _apertus(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}), seed=482),
]


def _phi3(form, **keys):
    return _config("Phi3ForCausalLM", "phi3", form, keys, attention_bias=False, embd_pdrop=0.0, resid_pdrop=0.0,
                   pad_token_id=3, rms_norm_eps=1e-5, tie_word_embeddings=False)


PHI3 = [
    Case("phi3-longrope", _phi3(
        V4, hidden_size=16, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, rope_theta=10000.0,
        original_max_position_embeddings=16, sliding_window=None,
        rope_scaling={"type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.7],
                      "long_factor": [1.25, 2.0, 4.5, 9.0]}), seed=491, half=True),
    Case("phi3-partial-rotary", _phi3(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=1,
        original_max_position_embeddings=64, sliding_window=None,
        rope_parameters={"rope_type": "default", "rope_theta": 20000.0, "partial_rotary_factor": 0.4}), seed=492),
    Case("phi3-window", _phi3(
        V4, hidden_size=16, intermediate_size=20, num_attention_heads=4, num_key_value_heads=2, rope_theta=10000.0,
        original_max_position_embeddings=64, sliding_window=6, rope_scaling=None), seed=493, gguf="no"),
]


def _stablelm(form, **keys):
    return _config("StableLmForCausalLM", "stablelm", form, keys, hidden_dropout=0.0, layer_norm_eps=1e-5,
                   tie_word_embeddings=False)


STABLELM = [
    Case("stablelm-sequential", _stablelm(
        V4, hidden_size=32, intermediate_size=24, num_attention_heads=2, num_key_value_heads=1, use_qkv_bias=True,
        qk_layernorm=False, use_parallel_residual=False, partial_rotary_factor=0.25, rope_theta=10000,
        rope_scaling=None), seed=501),
    Case("stablelm-parallel-head-norms", _stablelm(
        V5, hidden_size=24, intermediate_size=20, num_attention_heads=4, num_key_value_heads=2, use_qkv_bias=False,
        qk_layernorm=True, use_parallel_residual=True, pad_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 10000, "partial_rotary_factor": 1.0}),
         seed=502, half=True),
]


def _starcoder2(form, **keys):
    return _config("Starcoder2ForCausalLM", "starcoder2", form, keys, hidden_act="gelu_pytorch_tanh",
                   embedding_dropout=0.0, residual_dropout=0.0, norm_epsilon=1e-5, use_bias=True)


STARCODER2 = [
    Case("starcoder2-window", _starcoder2(
        V4, hidden_size=16, intermediate_size=32, num_attention_heads=2, num_key_value_heads=1, sliding_window=6,
        rope_theta=100000.0), seed=511, half=True, gguf="no"),
    Case("starcoder2-untied", _starcoder2(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=2, sliding_window=None,
        tie_word_embeddings=False, pad_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}), seed=512),
]

CASES = (LLAMA + MISTRAL + QWEN2 + QWEN3 + GEMMA + GEMMA2 + GEMMA3 + OLMO + OLMO2 + GRANITE + APERTUS + PHI3 + STABLELM
         + STARCODER2)
