"""Cases of the families in the shape of GPT."""
from case import V4, V5, Case


def _config(architecture, model_type, form, keys, **family):
    base = {"architectures": [architecture], "model_type": model_type, "bos_token_id": 0, "eos_token_id": 0,
            "initializer_range": 0.02, "vocab_size": 120}
    return {**base, **family, **form, **keys}


def _gpt_neox(form, **keys):
    return _config("GPTNeoXForCausalLM", "gpt_neox", form, keys, hidden_act="gelu", max_position_embeddings=64,
                   tie_word_embeddings=False, num_hidden_layers=3)


GPT_NEOX = [
    Case("gpt-neox-parallel", _gpt_neox(
        V4, vocab_size=200, hidden_size=32, intermediate_size=64, num_attention_heads=2,
        layer_norm_eps=1e-5, rotary_pct=0.25, rotary_emb_base=10000, use_parallel_residual=True),
         seed=301, half=True, causal_buffers=True, ids_below=187),
    Case("gpt-neox-sequential", _gpt_neox(
        V5, vocab_size=190, hidden_size=40, intermediate_size=40, num_attention_heads=5,
        layer_norm_eps=1e-6, use_parallel_residual=False, attention_bias=False, attention_dropout=0.0,
        hidden_dropout=0.0, classifier_dropout=0.1, is_decoder=False, pad_token_id=None,
        rope_parameters={"partial_rotary_factor": 1.0, "rope_theta": 25000.0, "rope_type": "default"}),
         seed=302),
]


def _gpt2(form, **keys):
    return _config("GPT2LMHeadModel", "gpt2", form, keys, attn_pdrop=0.1, embd_pdrop=0.1, resid_pdrop=0.1, n_layer=3,
                   n_positions=64, layer_norm_epsilon=1e-5, summary_activation=None,
                   summary_first_dropout=0.1, summary_proj_to_labels=True, summary_type="cls_index",
                   summary_use_proj=True)


GPT2 = [
    Case("gpt2-tied", _gpt2(
        V4, n_ctx=64, n_embd=20, n_head=2, activation_function="gelu_new"),
         seed=601, half=True, causal_buffers=True, strip="transformer."),
    Case("gpt2-inverse-layer-scale", _gpt2(
        V5, n_embd=16, n_head=4, n_inner=40, activation_function="gelu", scale_attn_by_inverse_layer_idx=True,
        scale_attn_weights=True, reorder_and_upcast_attn=False, add_cross_attention=False, pad_token_id=None,
        layer_norm_epsilon=1e-6, tie_word_embeddings=False), seed=602, gguf="no"),
]


def _gptj(form, **keys):
    return _config("GPTJForCausalLM", "gptj", form, keys, activation_function="gelu_new", attn_pdrop=0.0,
                   embd_pdrop=0.0, resid_pdrop=0.0, layer_norm_epsilon=1e-5, n_layer=3, n_positions=64,
                   tie_word_embeddings=False)


GPTJ = [
    Case("gptj-partial-rotary", _gptj(V4, n_embd=20, n_head=2, n_inner=None, rotary_dim=4),
         seed=611, half=True, gguf="no", causal_buffers=True),
    Case("gptj-full-rotary", _gptj(V5, n_embd=16, n_head=2, n_inner=24, rotary_dim=8, pad_token_id=None),
         seed=612, gguf="no"),
]


def _gpt_neo(form, **keys):
    return _config("GPTNeoForCausalLM", "gpt_neo", form, keys, activation_function="gelu_new", attention_dropout=0.0,
                   embed_dropout=0.0, resid_dropout=0.0, layer_norm_epsilon=1e-5, max_position_embeddings=64)


GPT_NEO = [
    Case("gpt-neo-alternating", _gpt_neo(
        V4, hidden_size=16, num_heads=2, num_layers=4, attention_types=[[["global", "local"], 2]],
        attention_layers=["global", "local", "global", "local"], intermediate_size=None, window_size=5),
         seed=621, half=True, gguf="no", causal_buffers=True),
    Case("gpt-neo-local-first", _gpt_neo(
        V5, hidden_size=20, num_heads=2, num_layers=3, attention_types=[[["local"], 1], [["global"], 2]],
        attention_layers=["local", "global", "global"], intermediate_size=32, window_size=9, pad_token_id=None,
        classifier_dropout=0.1, tie_word_embeddings=True), seed=622, gguf="no"),
]


def _phi(form, **keys):
    return _config("PhiForCausalLM", "phi", form, keys, hidden_act="gelu_new", attention_dropout=0.0, embd_pdrop=0.0,
                   resid_pdrop=0.0, layer_norm_eps=1e-5, max_position_embeddings=64, num_hidden_layers=3,
                   tie_word_embeddings=False)


PHI = [
    Case("phi-half-rotary", _phi(
        V4, hidden_size=16, intermediate_size=64, num_attention_heads=2, num_key_value_heads=None,
        partial_rotary_factor=0.5, qk_layernorm=False, rope_theta=10000.0, rope_scaling=None), seed=631, half=True),
    Case("phi-head-norms-grouped", _phi(
        V5, hidden_size=20, intermediate_size=24, num_attention_heads=2, num_key_value_heads=1, qk_layernorm=True,
        pad_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.4}),
         seed=632, gguf="no"),
]


def _opt(form, **keys):
    return _config("OPTForCausalLM", "opt", form, keys, activation_function="relu", attention_dropout=0.0,
                   dropout=0.1, init_std=0.02, layerdrop=0.0, max_position_embeddings=64, num_hidden_layers=3,
                   bos_token_id=2, eos_token_id=2, pad_token_id=1)


OPT = [
    Case("opt-pre-norm", _opt(
        V4, hidden_size=20, ffn_dim=32, num_attention_heads=2, do_layer_norm_before=True, word_embed_proj_dim=20,
        _remove_final_layer_norm=False, prefix="</s>"), seed=641, half=True, gguf="no"),
    Case("opt-post-norm-projected", _opt(
        V5, hidden_size=16, ffn_dim=40, num_attention_heads=4, do_layer_norm_before=False, word_embed_proj_dim=12,
        _remove_final_layer_norm=False, enable_bias=True, layer_norm_elementwise_affine=True,
        tie_word_embeddings=True), seed=642, gguf="no"),
    # As Galactica: norms without parameters, linears without biases.
    Case("opt-plain-norms", _opt(
        V4, hidden_size=16, ffn_dim=32, num_attention_heads=2, do_layer_norm_before=True, word_embed_proj_dim=16,
        _remove_final_layer_norm=False, enable_bias=False, layer_norm_elementwise_affine=False), seed=643, gguf="no"),
]


def _bloom(form, **keys):
    return _config("BloomForCausalLM", "bloom", form, keys, apply_residual_connection_post_layernorm=False,
                   attention_dropout=0.0, hidden_dropout=0.0, layer_norm_epsilon=1e-5, n_layer=3, pad_token_id=3,
                   pretraining_tp=1, slow_but_exact=False)


BLOOM = [
    Case("bloom-four-heads", _bloom(V4, n_embed=16, n_head=4), seed=651, half=True, strip="transformer."),
    Case("bloom-three-heads", _bloom(V5, hidden_size=24, n_head=3, tie_word_embeddings=True, layer_norm_epsilon=1e-6),
         seed=652),
]


def _falcon(form, **keys):
    return _config("FalconForCausalLM", "falcon", form, keys, attention_dropout=0.0, hidden_dropout=0.0,
                   layer_norm_epsilon=1e-5, num_hidden_layers=3)


FALCON = [
    Case("falcon-7b-style", _falcon(
        V4, hidden_size=16, num_attention_heads=2, alibi=False, bias=False, multi_query=True,
        new_decoder_architecture=False, parallel_attn=True), seed=661, half=True),
    Case("falcon-40b-style", _falcon(
        V5, hidden_size=24, num_attention_heads=4, num_kv_heads=2, alibi=False, bias=False, multi_query=True,
        new_decoder_architecture=True, num_ln_in_parallel_attn=None, parallel_attn=True, activation="gelu",
        ffn_hidden_size=96, max_position_embeddings=64, tie_word_embeddings=False, pad_token_id=None,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0}), seed=662),
    Case("falcon-rw-style", _falcon(
        V4, hidden_size=24, num_attention_heads=3, alibi=True, bias=True, multi_query=False,
        new_decoder_architecture=False, parallel_attn=False), seed=663, gguf="no", attention="sdpa"),
    Case("falcon-11b-style", _falcon(
        V4, hidden_size=16, num_attention_heads=4, num_kv_heads=1, alibi=False, bias=False, multi_query=True,
        new_decoder_architecture=True, num_ln_in_parallel_attn=1, parallel_attn=True, ffn_hidden_size=48,
        rope_theta=500042.0, max_position_embeddings=64, tie_word_embeddings=True), seed=664, gguf="no"),
]

CASES = GPT_NEOX + GPT2 + GPTJ + GPT_NEO + PHI + OPT + BLOOM + FALCON
