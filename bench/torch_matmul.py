#!/usr/bin/env python3
"""GFLOPS of torch's float32 matrix product (MKL on x86-64), for the shapes of bench_matmul_peers.

usage: bench/torch_matmul.py THREADS ROUNDS    (prints {"348 x 4096 x 4096": [GFLOPS, ...], ...})
"""
import json
import sys
import time

import torch

SHAPES = ((348, 4096, 4096), (348, 1536, 576), (348, 576, 1536), (32, 4096, 4096), (8, 4096, 4096), (1, 4096, 4096))

torch.set_num_threads(int(sys.argv[1]))
rates = {}
with torch.no_grad():
    for tokens, inputs, outputs in SHAPES:
        x, w = torch.randn(tokens, inputs), torch.randn(outputs, inputs)
        flops = 2.0 * tokens * inputs * outputs
        repeats = max(1, int(4e9 / flops))
        torch.nn.functional.linear(x, w)
        for _ in range(int(sys.argv[2])):
            start = time.perf_counter()
            for _ in range(repeats):
                torch.nn.functional.linear(x, w)
            rate = flops * repeats / (time.perf_counter() - start) / 1e9
            rates.setdefault(f"{tokens} x {inputs} x {outputs}", []).append(rate)
print(json.dumps(rates))
