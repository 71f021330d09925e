#!/usr/bin/env python3
"""The peer of bench/job_peers.py: notebook 003's job as its author would run it, in one cold process.

usage: bench/job_peer.py FOLDER PROMPTS.json    (prints {"gains": [...], "spectral_norm": ..., "peak_mb": ...})
"""
import json
import pathlib
import resource
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

folder, prompts = sys.argv[1], json.loads(pathlib.Path(sys.argv[2]).read_text())
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
gains = []
with torch.no_grad():
    for prompt in prompts:
        hidden = model(**tokenizer(prompt, return_tensors="pt"), output_hidden_states=True).hidden_states
        norms = [float(h[0, -1].norm()) for h in hidden]
        gains.append(norms[-2] / norms[-3])
    spectral = float(torch.linalg.matrix_norm(model.lm_head.weight, ord=2))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"gains": gains, "spectral_norm": spectral, "peak_mb": peak}))
