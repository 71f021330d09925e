#!/usr/bin/env python3
"""transformers on a GPU: tokens a second at a context of 1,024 and its peak memory there.

usage: bench/device_peer.py FOLDER [--dtype float32|bfloat16] [--windows N] [--batch N] [--device cuda]
needs: torch, transformers, safetensors. FOLDER: a checkpoint without a tokenizer will do, ids are drawn. TF32 is off. A
pass gives every layer's hidden states, whose norms are taken on the GPU, and no logits are kept, as `streamgauge measure
--logits none` does. One JSON document; seconds are the median of five repetitions after one for warmth.
"""
import argparse
import json
import statistics
import time

import torch
from transformers import AutoModelForCausalLM

CONTEXT = 1024
REPETITIONS = 5


def norms_of(model, ids):
    out = model.model(input_ids=ids, output_hidden_states=True, use_cache=False)
    return torch.stack([h.float().norm(dim=-1) for h in out.hidden_states]).cpu()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
    parser.add_argument("--windows", type=int, default=8)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--device", default="cuda")
    a = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    model = AutoModelForCausalLM.from_pretrained(a.folder, dtype=getattr(torch, a.dtype)).eval().to(a.device)
    draw = torch.Generator().manual_seed(1)
    ids = torch.randint(model.config.vocab_size, (a.windows, CONTEXT), generator=draw).to(a.device)
    times = []
    with torch.no_grad():
        for _ in range(REPETITIONS + 1):
            begin = time.perf_counter()
            for at in range(0, a.windows, a.batch):
                norms_of(model, ids[at:at + a.batch])  # its copy to the host waits for the GPU
            times.append(time.perf_counter() - begin)
    seconds = statistics.median(times[1:])
    peak = torch.cuda.max_memory_allocated() / 2**20 if a.device.startswith("cuda") else None
    print(json.dumps({"dtype": a.dtype, "batch": a.batch, "seconds": seconds, "tokens_per_second": ids.numel() / seconds,
                      "peak_mb": peak}))


if __name__ == "__main__":
    main()
