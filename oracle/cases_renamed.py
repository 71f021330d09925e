"""Cases of families that are LLaMA under other names (renames.py)."""
from case import V4, Case
from cases_2026 import BF16, _config
from renames import as_baichuan


def _llama(**keys):
    return _config("LlamaForCausalLM", "llama", V4, {"attention_bias": False, "mlp_bias": False, **keys})


def _baichuan(name, seed, layers, heads, alibi=False, norm_head=False, **rest):
    """Of GGUF files the number of layers says which model it is: 32 are the 7B, 40 the 13B with ALiBi."""
    return Case(name, _llama(computes_as="baichuan", alibi=alibi, norm_head=norm_head, num_hidden_layers=layers,
                             hidden_size=12, intermediate_size=20, num_attention_heads=heads, num_key_value_heads=heads,
                             rms_norm_eps=1e-6, tie_word_embeddings=False), seed=seed, renamed="baichuan",
                prepare=as_baichuan, **rest)


CASES = [
    _baichuan("baichuan-7b-rope", 1105, 32, 3, half=BF16),
    _baichuan("baichuan-13b-alibi", 1106, 40, 6, alibi=True, half=BF16),
    _baichuan("baichuan2-7b-norm-head", 1107, 3, 2, norm_head=True, half=BF16, gguf="no"),  # llama.cpp norms no row
    _baichuan("baichuan2-13b-norm-head", 1108, 2, 6, alibi=True, norm_head=True, gguf="no"),
    Case("exaone-llama3-rope", _llama(
        head_dim=4, rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=1e6,
        rope_scaling={"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                      "original_max_position_embeddings": 16}), seed=1101, half=BF16, renamed="exaone"),
    Case("exaone-tied", _llama(head_dim=8, num_attention_heads=2, num_key_value_heads=1, rms_norm_eps=1e-6,
                               tie_word_embeddings=True, rope_theta=500000.0, num_hidden_layers=3), seed=1102,
         renamed="exaone"),
    Case("internlm2-grouped", _llama(rms_norm_eps=1e-5, tie_word_embeddings=False, rope_theta=1e6), seed=1103, half=BF16,
         renamed="internlm2"),
    Case("internlm2-linear-rope", _llama(num_key_value_heads=4, rms_norm_eps=1e-6, tie_word_embeddings=False,
                                         rope_theta=10000.0, rope_scaling={"type": "linear", "factor": 2.0}), seed=1104,
         renamed="internlm2"),
]
