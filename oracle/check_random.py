#!/usr/bin/env python3
"""Measures random relatives of the cases with streamgauge and compares every site with transformers in float64.

    python oracle/check_random.py PROGRAM                       one relative of every case
    python oracle/check_random.py PROGRAM --seed 7 mixtral-window deepseek-v3-yarn
    python oracle/check_random.py PROGRAM --switches 3          three of each, with other switches too
    python oracle/check_random.py PROGRAM --absent 3            three of each, some of whose keys their class has defaults for

A relative has other widths, depths, vocabularies and weights than the case, and its switches; with --switches some of
those are others as well: flags turned over, numbers moved, another scaling of the rotation. What the program refuses is
printed with its reason, for a reader to judge. Nothing is stored.

Some relatives are ill-conditioned and lie beyond the limit by rounding alone. So where a site differs transformers computes
it in float32 too, several times with weights that are off at random by half a unit in the last place: what is not far beyond
the largest difference of those runs is called rounding. A fault lies far beyond them.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
import transformers

import cases
import compare
import float64
import hf
import make_goldens
import measurement
import sites
import weights

LENGTHS = (3, 38)
RUNS = 16  # in float32, beside a site that differs
FAR = 2    # times the largest difference of those
ROUNDING = "rounding"
# They fix the depth.
LISTS = ("layer_types", "no_rope_layers", "mlp_layer_types", "attention_types", "layers_block_type", "attn_layer_indices",
         "hybrid_override_pattern")


def relative(config, rng):
    """The configuration with other sizes; what others must divide stays divisible."""
    c, width = dict(config), int(rng.integers(1, 4))
    more = int(rng.integers(1, 40))
    for key in ("vocab_size", "vocab_size_per_layer_input"):
        if c.get(key):
            c[key] += more
    for key in ("hidden_size", "n_embd", "d_model"):
        if key in c:
            c[key] = c[key] * width
    if c["model_type"] in ("mamba2", "granitemoehybrid", "bamba"):  # heads of the recurrence cover a multiple of the width
        for key in ("num_heads", "mamba_n_heads"):
            if key in c and not (key == "mamba_n_heads" and c["mamba_d_head"] == "auto"):
                c[key] = c[key] * width
    if c["model_type"] == "zamba2":
        c.pop("intermediate_size", None)
    for key in ("intermediate_size", "moe_intermediate_size", "shared_expert_intermediate_size", "n_inner"):
        if c.get(key) and "ffn_hidden_size" not in c:
            c[key] = int(c[key] + 2 * rng.integers(1, 9))
    if not any(c.get(name) for name in LISTS):
        for key in ("num_hidden_layers", "n_layer", "n_layers", "num_layers"):
            if key in c:
                c[key] = int(c[key] + rng.integers(0, 3))
    if c.get("n_group", 1) in (1, None):
        for key in ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"):
            if c.get(key, 0) > 1:
                c[key] = int(c[key] + rng.integers(0, 5))
    return c


# Flags of a run and of training: they say nothing about the computation of one pass.
NOT_SWITCHES = ("use_cache", "output_attentions", "output_hidden_states", "return_dict", "torchscript", "is_encoder_decoder",
                "add_cross_attention", "is_decoder", "output_router_logits", "tie_encoder_decoder", "use_mamba_kernels",
                "rescale_prenorm_residual")
MOVED = {  # key: values that published files and the classes allow
    "num_experts_per_tok": (1, 2, 3), "moe_top_k": (1, 2), "moe_k": (1, 2), "routed_scaling_factor": (1.0, 0.7, 2.5),
    "first_k_dense_replace": (0, 1), "sliding_window": (3, 9, 64), "attention_window_size": (3, 9),
    "rms_norm_eps": (1e-6, 1e-3), "layer_norm_eps": (1e-6, 1e-3), "norm_epsilon": (1e-6, 1e-3), "layer_norm_epsilon": (1e-6, 1e-3),
    "rope_theta": (500.0, 1e6), "logit_scale": (0.3, 2.0), "logits_scaling": (0.5, 8.0), "final_logit_softcapping": (5.0, None),
    "attn_logit_softcapping": (3.0, None), "query_pre_attn_scalar": (7, 64), "embedding_multiplier": (0.5, 12.0),
    "residual_multiplier": (0.3, 1.0), "attention_multiplier": (0.1, 0.4), "norm_topk_prob": (True, False),
    "hidden_act": ("silu", "gelu", "gelu_pytorch_tanh", "relu"), "hidden_activation": ("gelu", "gelu_pytorch_tanh"),
    "activation_function": ("gelu", "gelu_new", "relu"), "clip_qkv": (0.5, None), "conv_kernel": (2, 4), "mamba_d_conv": (2, 4),
    "chunk_size": (2, 8, 256), "mamba_chunk_size": (2, 8, 256), "time_step_limit": ([0.0, 0.5], [0.01, 0.2]),
    "partial_rotary_factor": (0.5, 1.0), "q_lora_rank": (None, 6), "topk_group": (1,), "no_rope_layer_interval": (2, 3),
    "alibi": (True, False), "interleaved_sliding_window": (3,), "attention_dropout": (0.0,), "swiglu_limit": (0.5, 7.0),
}
SCALINGS = (
    {"rope_type": "linear", "factor": 2.5},
    {"rope_type": "dynamic", "factor": 2.0},
    {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 8.0, "beta_slow": 1.0},
    {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32},
)


def float_of(value):
    """A number that JSON has no word for, as config.json has it."""
    if isinstance(value, list):
        return [float_of(item) for item in value]
    return float(value["__float__"]) if isinstance(value, dict) and "__float__" in value else value


def with_other_switches(config, rng):
    """The configuration with a few switches turned, and their names."""
    c, changed = dict(config), []
    plain = {k: float_of(v) for k, v in c.items() if k not in ("architectures", "dtype")}
    known = transformers.AutoConfig.for_model(**plain).to_dict()
    turnable = [k for k in known if k not in NOT_SWITCHES and (isinstance(known[k], bool) or k in MOVED)]
    for key in rng.permutation(turnable)[:int(rng.integers(1, 4))].tolist():
        choices = [v for v in MOVED.get(key, (not known[key],)) if v != known[key]]
        if not choices:
            continue
        c[key] = choices[int(rng.integers(len(choices)))]
        changed.append(f"{key}={c[key]}")
    if rng.random() < 0.3 and isinstance(known.get("rope_parameters"), dict) and "rope_theta" in known["rope_parameters"]:
        scaling = SCALINGS[int(rng.integers(len(SCALINGS)))]
        c.pop("rope_scaling", None)
        c["rope_parameters"] = {"rope_theta": known["rope_parameters"]["rope_theta"], **scaling}
        changed.append(f"rope_type={scaling['rope_type']}")
    return c, changed


# A file that leaves one of these out is incomplete, and refused.
STATED = ("architectures", "model_type", "dtype", "torch_dtype", "transformers_version", "vocab_size", "hidden_size", "n_embd",
          "d_model", "num_hidden_layers", "n_layer", "n_layers", "num_layers", "num_attention_heads", "n_head", "n_heads", "num_heads",
          "intermediate_size", "ffn_hidden_size", "n_inner", "layers_block_type", "hybrid_override_pattern")


def with_absent_keys(config, rng):
    """The configuration without some keys, and their names."""
    c = dict(config)
    leaving = [key for key in c if key not in STATED]
    gone = rng.permutation(leaving)[:int(rng.integers(1, 5))].tolist() if leaving else []
    for key in gone:
        del c[key]
    return c, [f"without {key}" for key in gone]


def check(case, program, rng, args):
    """What is other than in the case, and the name of the first site that differs or None."""
    config, changed = relative(case.config, rng), []
    if args.switches:
        config, changed = with_other_switches(config, rng)
    if args.absent:
        config, gone = with_absent_keys(config, rng)
        changed += gone
    return changed, differing_site(case, config, program, rng)


def float32_runs(path, attention, want):
    """The same sequences by transformers in float32, in the first run as stored, then with every weight off by at most
    half a unit in the last place: how far rounding alone takes this model."""
    for number in range(RUNS):
        model = hf.load(path, torch.float32, attention)
        generator = torch.Generator().manual_seed(number)
        for parameter in model.parameters() if number > 0 else ():
            off = torch.rand(parameter.shape, generator=generator, dtype=torch.float64) * 2 - 1
            parameter.data = (parameter.data.double() * (1 + off * 2.0**-24)).float()
        run = sites.Recorder(model)
        yield [measurement.sequence(s["ids"], run(s["ids"]), False) for s in want]


def as_json(sequences):
    return json.loads(measurement.text({"sequences": sequences}, 17))


def table_of(got, want):
    table = compare.Table({"stream": 5e-6, "branch": 5e-5, "logits": 5e-5})
    compare.compare(table, got, want, False)
    return table


def differing_site(case, config, program, rng):
    with tempfile.TemporaryDirectory() as tmp:
        folder = pathlib.Path(tmp) / case.name
        folder.mkdir()
        make_goldens.write_config(folder, config)
        # Falcon's eager attention adds ALiBi a second time, by the mask.
        attention = "sdpa" if config.get("alibi") and config["model_type"] == "falcon" else case.attention
        parsed = transformers.AutoConfig.from_pretrained(folder)
        model = transformers.AutoModelForCausalLM.from_config(parsed, dtype=torch.float32)
        weights.fill(model, int(rng.integers(1 << 30)))
        make_goldens.write_safetensors(folder, make_goldens.stored_tensors(model), 1)
        twin = sites.Recorder(float64.to_float64(hf.load(folder, torch.float32, attention)))
        sequences = []
        for length in LENGTHS:
            ids = rng.integers(0, config["vocab_size"], length).tolist()
            with float64.true_float64():
                sequences.append(measurement.sequence(ids, twin(ids), False))
        call = [program, "measure", str(folder), "--json", "-"]
        for sequence in sequences:
            call += ["--ids", ",".join(map(str, sequence["ids"]))]
        run = subprocess.run(call, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            return f"exit {run.returncode}: {run.stderr.strip()[-300:]}"
        want = as_json(sequences)
        ours = table_of(json.loads(run.stdout), want)
        if ours.first_row is None:
            return ours.first
        error = ours.worst[ours.first_row][0]
        runs = sorted(table_of(as_json(r), want).worst[ours.first_row][0]
                      for r in float32_runs(folder, attention, sequences))
        spread = f"{ours.first_row} {error:.1e}, float32 runs {runs[0]:.1e} to {runs[-1]:.1e}"
        return f"{ROUNDING}, {spread}" if error <= FAR * runs[-1] else f"{ours.first}; {spread}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("case", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--switches", type=int, default=0, metavar="N", help="N relatives of each case, with other switches")
    parser.add_argument("--absent", type=int, default=0, metavar="N", help="N relatives of each case, without some of their keys")
    args = parser.parse_intermixed_args()
    hf.quiet()
    rng = np.random.Generator(np.random.PCG64(args.seed))
    wrong = 0
    for case in [case for case in cases.CASES for _ in range(max(1, args.switches, args.absent))]:
        if (args.case and case.name not in args.case) or case.multimodal or case.renamed:
            continue
        changed = []
        try:
            changed, first = check(case, args.program, rng, args)
        except Exception as error:  # noqa: BLE001  sizes and switches that transformers itself refuses, in its many ways
            print(f"{case.name}: no such model: {type(error).__name__}: {str(error)[:120]!r}", flush=True)
            continue
        wrong += first is not None and not first.startswith(ROUNDING)
        print(" ".join([case.name + ":", *changed, first or "all sites agree"]), flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
