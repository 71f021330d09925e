#!/usr/bin/env python3
"""`streamgauge weights` beside torch.linalg.norm(ord=2) and WeightWatcher: the same matrices, in turn, in one run.

usage: bench/weights_peers.py PROGRAM MODEL.gguf [--random ROWSxCOLS] [--weightwatcher] [--rounds N] [--json FILE]
needs: torch, gguf, numpy, safetensors; weightwatcher for its flag. Prints medians, spreads and ratios after it has
proved that both sides give the same numbers. Times of the program are its own wall clock without starting a process,
spectral norms without the other statistics; peers are timed in this process, warm.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import gguf
import numpy as np
import torch

from watch import spread

AGREE = 1e-4  # torch sums in float32


def ours(program, model, *flags):
    done = subprocess.run([program, "weights", model, *flags, "--json", "-"], capture_output=True, check=True)
    report = json.loads(done.stdout)
    return report["timings"], report


def timed(function):
    start = time.perf_counter()
    value = function()
    return time.perf_counter() - start, value


RESULTS = []


def show(name, own, peer, what):
    RESULTS.append({"what": name, "peer": what, "own_seconds": spread(own), "peer_seconds": spread(peer),
                    "ratio": statistics.median(peer) / statistics.median(own)})
    ratio = statistics.median(peer) / statistics.median(own)
    print(f"{name:34} ours {statistics.median(own):8.4f} s ({min(own):.4f}..{max(own):.4f})   {what} "
          f"{statistics.median(peer):8.4f} s ({min(peer):.4f}..{max(peer):.4f})   {ratio:6.1f}x")


def gguf_tensor(path, wanted):
    for tensor in gguf.GGUFReader(path).tensors:
        if tensor.name == wanted:
            return gguf.dequantize(tensor.data, tensor.tensor_type)
    raise SystemExit(f"{path} has no tensor {wanted}")


def spectral(program, model, name, matrix, rounds):
    weights = torch.from_numpy(np.ascontiguousarray(matrix))
    own, peer = [], []
    for _ in range(rounds):
        timings, report = ours(program, model, "--tensor", "W_E")
        own.append(timings["spectral_seconds"])
        seconds, value = timed(lambda: torch.linalg.norm(weights, ord=2).item())
        peer.append(seconds)
        found = report["matrices"][0]
        if not abs(found["spectral_norm"] - value) <= AGREE * value:
            raise SystemExit(f"{name}: {found['spectral_norm']} here, {value} in torch")
    show(f"{name} {matrix.shape[0]} x {matrix.shape[1]}", own, peer, "torch ord=2")
    print(f"    {found['spectral_norm']:.6f} +- {found['spectral_norm_error']:.2g}, {found['spectral_norm_passes']} "
          f"passes, peak {report['timings']['peak_bytes'] / 1e6:.0f} MB")


def random_model(rows, cols, folder):
    """A tiny llama whose unembedding is the random matrix, so that the program opens it as any model."""
    from safetensors.numpy import save_file
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((rows, cols), dtype=np.float32)
    one, small = np.ones(cols, np.float32), np.zeros((64, cols), np.float32)
    layer = "model.layers.0."
    names = {"self_attn.q_proj": small, "self_attn.k_proj": small, "self_attn.v_proj": small,
             "self_attn.o_proj": np.ascontiguousarray(small.T), "mlp.gate_proj": small, "mlp.up_proj": small,
             "mlp.down_proj": np.ascontiguousarray(small.T), "input_layernorm": one, "post_attention_layernorm": one}
    save_file({"model.embed_tokens.weight": matrix, "model.norm.weight": one,
               **{f"{layer}{name}.weight": w for name, w in names.items()}}, folder / "model.safetensors")
    config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": cols, "vocab_size": rows,
              "num_hidden_layers": 1, "num_attention_heads": 1, "num_key_value_heads": 1, "head_dim": 64,
              "intermediate_size": 64, "rms_norm_eps": 1e-5, "max_position_embeddings": 64, "rope_theta": 10000.0,
              "hidden_act": "silu", "tie_word_embeddings": True, "attention_bias": False, "mlp_bias": False}
    (folder / "config.json").write_text(json.dumps(config))
    return matrix


def weightwatcher_model(path):
    """The file's matrices as bias-free linear layers."""
    model = torch.nn.Module()
    for i, tensor in enumerate(t for t in gguf.GGUFReader(path).tensors if len(t.shape) == 2):
        w = torch.from_numpy(np.ascontiguousarray(gguf.dequantize(tensor.data, tensor.tensor_type)))
        layer = torch.nn.Linear(w.shape[1], w.shape[0], bias=False)
        layer.weight = torch.nn.Parameter(w, requires_grad=False)
        model.add_module(f"m{i}", layer)
    return model


def all_matrices(program, model, rounds):
    import weightwatcher
    module = weightwatcher_model(model)
    own, full, peer = [], [], []
    for _ in range(rounds):
        own.append(ours(program, model, "--all")[0]["seconds"])
        full.append(ours(program, model, "--all", "--spectrum", "full")[0]["seconds"])
        peer.append(timed(lambda: weightwatcher.WeightWatcher(model=module).analyze(max_N=60000))[0])
    show("every matrix", own, peer, "weightwatcher")
    show("every matrix, full spectrum", full, peer, "weightwatcher")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("model")
    parser.add_argument("--random", help="ROWSxCOLS of a normal matrix")
    parser.add_argument("--weightwatcher", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=pathlib.Path)
    a = parser.parse_args()
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}")
    spectral(a.program, a.model, "token_embd.weight", gguf_tensor(a.model, "token_embd.weight"), a.rounds)
    if a.random:
        rows, cols = map(int, a.random.split("x"))
        with tempfile.TemporaryDirectory() as folder:
            matrix = random_model(rows, cols, pathlib.Path(folder))
            spectral(a.program, folder, "model.embed_tokens.weight", matrix, max(1, a.rounds // 2))
    if a.weightwatcher:
        all_matrices(a.program, a.model, max(1, a.rounds // 3))
    if a.json:
        a.json.write_text(json.dumps(RESULTS, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
