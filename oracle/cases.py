"""The table of tiny models: one row per case. config is what config.json contains, word for word.

Configurations come in the form transformers 4 writes (rope_theta, rope_scaling, torch_dtype) and in the form
transformers 5 writes (rope_parameters, dtype). Each family needs at least two cases with different switches on.
"""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Case:
    name: str
    config: dict
    seed: int
    half: bool = False        # also as BF16 and F16, in <case>/bf16 and <case>/f16
    shards: int = 1           # safetensors files
    gguf: str = "single"      # "single", "split" (two files) or "no" (the format cannot say it)
    causal_buffers: bool = False  # as old files do: the causal mask and rotary frequencies stored as tensors
    multimodal: bool = False      # config is the text_config inside a vision model's checkpoint
    ids_below: int = 0        # ids are drawn below this; 0: the vocabulary. Rows above are padding


V4 = {"torch_dtype": "float32", "transformers_version": "4.46.3", "use_cache": True}
V5 = {"dtype": "float32", "transformers_version": "5.23.0", "use_cache": True}


def _llama(form, **keys):
    base = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "attention_bias": False,
        "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2, "hidden_act": "silu",
        "initializer_range": 0.02, "max_position_embeddings": 64, "mlp_bias": False, "pretraining_tp": 1,
    }
    return {**base, **form, **keys}


LLAMA = [
    Case("llama-tied-llama3-rope", _llama(
        V5, vocab_size=200, hidden_size=40, intermediate_size=44, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, rms_norm_eps=1e-5, tie_word_embeddings=True, pad_token_id=None,
        rope_parameters={"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 16}),
         seed=101, half=True),
    Case("llama-biases-linear-rope", _llama(
        V4, vocab_size=203, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=4, head_dim=8, attention_bias=True, mlp_bias=True, rms_norm_eps=1e-6,
        tie_word_embeddings=False, rope_theta=10000.0, rope_scaling={"type": "linear", "factor": 4.0}),
         seed=102, shards=3, gguf="split"),
    Case("llama-deep", _llama(
        V4, vocab_size=256, hidden_size=24, intermediate_size=40, num_hidden_layers=7, num_attention_heads=3,
        num_key_value_heads=1, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=500000.0,
        rope_scaling=None, max_position_embeddings=40),
         seed=103),
]


def _gemma3(form, **keys):
    base = {
        "architectures": ["Gemma3ForCausalLM"], "model_type": "gemma3_text", "attention_bias": False,
        "attention_dropout": 0.0, "attn_logit_softcapping": None, "bos_token_id": 2, "eos_token_id": 1,
        "final_logit_softcapping": None, "hidden_activation": "gelu_pytorch_tanh", "initializer_range": 0.02,
        "max_position_embeddings": 64, "pad_token_id": 0, "rms_norm_eps": 1e-6, "sliding_window": 5,
    }
    return {**base, **form, **keys}


GEMMA3 = [
    Case("gemma3-pattern-of-six", _gemma3(
        V4, vocab_size=200, hidden_size=24, intermediate_size=36, num_hidden_layers=7, num_attention_heads=2,
        num_key_value_heads=1, head_dim=12, query_pre_attn_scalar=20, sliding_window_pattern=6,
        cache_implementation="hybrid", rope_theta=1000000.0, rope_local_base_freq=5000.0,
        rope_scaling={"factor": 8.0, "rope_type": "linear"}),
         seed=201, half=True),
    Case("gemma3-softcap-layer-types", _gemma3(
        V5, vocab_size=200, hidden_size=40, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, head_dim=8, query_pre_attn_scalar=8, final_logit_softcapping=30.0,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"], tie_word_embeddings=True,
        use_bidirectional_attention=False, _sliding_window_pattern=6, sliding_window=4, rms_norm_eps=1e-5,
        rope_parameters={"full_attention": {"rope_type": "default", "rope_theta": 1000000.0},
                         "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}),
         seed=202),
    Case("gemma3-multimodal", {
        "model_type": "gemma3_text", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 7,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "vocab_size": 200,
        "sliding_window": 9, "rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
         seed=203, multimodal=True),
]


def _gpt_neox(form, **keys):
    base = {
        "architectures": ["GPTNeoXForCausalLM"], "model_type": "gpt_neox", "bos_token_id": 0, "eos_token_id": 0,
        "hidden_act": "gelu", "initializer_range": 0.02, "max_position_embeddings": 64,
        "tie_word_embeddings": False,
    }
    return {**base, **form, **keys}


GPT_NEOX = [
    Case("gpt-neox-parallel", _gpt_neox(
        V4, vocab_size=200, hidden_size=32, intermediate_size=64, num_hidden_layers=3, num_attention_heads=2,
        layer_norm_eps=1e-5, rotary_pct=0.25, rotary_emb_base=10000, use_parallel_residual=True),
         seed=301, half=True, causal_buffers=True, ids_below=187),
    Case("gpt-neox-sequential", _gpt_neox(
        V5, vocab_size=190, hidden_size=40, intermediate_size=40, num_hidden_layers=3, num_attention_heads=5,
        layer_norm_eps=1e-6, use_parallel_residual=False, attention_bias=False, attention_dropout=0.0,
        hidden_dropout=0.0, classifier_dropout=0.1, is_decoder=False, pad_token_id=None,
        rope_parameters={"partial_rotary_factor": 1.0, "rope_theta": 25000.0, "rope_type": "default"}),
         seed=302),
]

CASES = LLAMA + GEMMA3 + GPT_NEOX
