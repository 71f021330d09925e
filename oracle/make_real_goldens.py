#!/usr/bin/env python3
"""Writes tests/data/golden/real/*.json: float64 numbers of two published models, from their GGUF files.

    python oracle/make_real_goldens.py --smollm2 SmolLM2-135M-Instruct.Q4_1.gguf --gemma3 gemma-3-270m-q4_k_m.gguf

The weights are what the file dequantises to (gguf-py and transformers must agree), the ids what transformers'
tokenizer built from the same file gives, its default special tokens included.
"""
import argparse
import hashlib
import pathlib

import gguf
import numpy as np
import torch

import hf
import make_goldens
import measurement
import reference

DIGITS = 10

# Twelve of the 25 prompts of the head-density experiment (notebook 003), from each of its five categories.
PROMPTS = [
    ("factual", "The capital of France is"),
    ("factual", "Water freezes at a temperature of"),
    ("factual", "The chemical symbol for gold is"),
    ("syntactic", "The man who saw the woman who wore the hat that was red and had feathers left the party early because"),
    ("syntactic", "Although the evidence suggested otherwise and the witnesses testified against him and the prosecutor "
                  "demanded the harshest penalty the jury surprisingly decided to"),
    ("cliche", "Actions speak louder than"),
    ("cliche", "When in Rome do as the Romans"),
    ("novel", "The Voynich manuscript's undeciphered text has led some researchers to propose that it represents a "
              "constructed language designed to"),
    ("novel", "The Riemann hypothesis if proven true would have profound implications for our understanding of the "
              "distribution of"),
    ("nonsense", "Table sky run blue jump"),
    ("nonsense", "If democracy could photosynthesize under marginal propensity then"),
    ("nonsense", "The hypotenuse of existential dread interpolates between"),
]

_NAMES = {
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj", "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
}
_FFN_NORM = {"llama": {"ffn_norm": "post_attention_layernorm"},
             "gemma3_text": {"ffn_norm": "pre_feedforward_layernorm", "post_ffw_norm": "post_feedforward_layernorm",
                             "post_attention_norm": "post_attention_layernorm"}}


def _hf_name(name, family):
    parts = name.removesuffix(".weight").split(".")
    names = {**_NAMES, **_FFN_NORM[family]}
    return (f"model.layers.{parts[1]}." if parts[0] == "blk" else "") + names[parts[-1]] + ".weight"


def _halves(rows, heads):
    """Undoes the pairing of rotary rows: row 2j + s of a head moves to row s * d/2 + j."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def dequantised(path, config):
    """{Hugging Face name: float64 array} by gguf-py alone, so that nothing rests on one loader."""
    tensors, family = {}, config.model_type
    for t in gguf.GGUFReader(path).tensors:
        value = gguf.dequantize(t.data, t.tensor_type).astype(np.float32)
        if family == "llama" and ".attn_q." in t.name:
            value = _halves(value, config.num_attention_heads)
        if family == "llama" and ".attn_k." in t.name:
            value = _halves(value, config.num_key_value_heads)
        value = value.astype(np.float64)
        if family == "gemma3_text" and t.name.endswith("norm.weight"):
            value = value - 1
        tensors[_hf_name(t.name, family)] = value
    return tensors


def check_weights(model, tensors):
    """The float64 model gets gguf-py's numbers; transformers' own may differ by the rounding of w - 1 only."""
    state, worst = model.state_dict(), 0.0
    for name, value in tensors.items():
        worst = max(worst, float(np.abs(state[name].numpy() - value).max()))
        with torch.no_grad():
            state[name].copy_(torch.from_numpy(value))
    if not worst <= 2.0 ** -24 * 64:
        raise SystemExit(f"weights of transformers and gguf-py differ by {worst}")
    print(f"  weights: {len(tensors)} tensors, largest difference between the loaders {worst:.1e}")


def _config_dict(config):
    """The configuration as reference.py reads it."""
    return {**config.to_dict(), "model_type": config.model_type}


def check_reference(config, tensors, ids, sites):
    own = reference.forward(reference.Checkpoint(
        _config_dict(config), {n: torch.from_numpy(v) for n, v in tensors.items()}), ids)
    worst = max(float(np.abs(own[s] - sites[s]).max() / np.abs(sites[s]).max()) for s in sites)
    if not worst <= make_goldens.AGREE:
        raise SystemExit(f"reference.py differs by {worst:.2e}")
    return worst


def show_gains(sequence):
    post = np.asarray(sequence["norms"]["resid_post"])
    for name, a, b in (("penultimate", post[-2], post[-3]), ("last", post[-1], post[-2])):
        fro = np.sqrt((a ** 2).sum() / (b ** 2).sum())
        print(f"  {name} block: last token {a[-1] / b[-1]:.3f}, mean {a.mean() / b.mean():.3f}, "
              f"without the first {a[1:].mean() / b[1:].mean():.3f}, Frobenius {fro:.3f}")


def make(name, path):
    print(name)
    tokenizer, found = hf.tokenizer(path), {}

    def prepare(model):
        found.update(dequantised(path, model.config))
        check_weights(model, found)

    twin = hf.Twin(path, prepare64=prepare)
    sequences, agreement = [], None
    for category, text in PROMPTS:
        ids = tokenizer(text).input_ids
        sites = twin(ids)
        if agreement is None:
            agreement = check_reference(twin.config, found, ids, sites)
        tokens = tokenizer.convert_ids_to_tokens(ids)
        sequences.append(measurement.sequence(ids, sites, False, text=text, category=category, tokens=tokens))
    show_gains(sequences[0])
    document = {
        "schema": "streamgauge.golden/1", "case": name, "family": twin.config.model_type, "weights": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "notes": notes(twin.config), "versions": {**hf.versions(), "gguf": "0.19.0"},
        "reference_agreement": agreement, "torch_float32_error": twin.errors, "sequences": sequences}
    target = make_goldens.GOLDEN / "real" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    measurement.write(target, document, DIGITS)
    print(f"  {target.stat().st_size / 1e3:.0f} kB, {twin.errors}")


def notes(config):
    rows = ["weights: as the GGUF file dequantises to float32", "ids: transformers' tokenizer built from the file"]
    if config.model_type == "gemma3_text":
        rows.append(f"embedding scale: float32(sqrt({config.hidden_size})), since the stored embedding is quantised")
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smollm2", type=pathlib.Path, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--gemma3", type=pathlib.Path, help="gemma-3-270m-q4_k_m.gguf")
    arguments = parser.parse_args()
    hf.quiet()
    for name, path in (("smollm2", arguments.smollm2), ("gemma3-270m", arguments.gemma3)):
        if path:
            make(name, path)


if __name__ == "__main__":
    main()
