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

CASES = LLAMA
