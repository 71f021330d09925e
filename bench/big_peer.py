#!/usr/bin/env python3
"""The peer of bench/big_model.py: transformers in bfloat16 over the same ids, prompt by prompt, in one cold process.

usage: bench/big_peer.py FOLDER IDS.json THREADS    (prints {"norms": [...], "import": s, "load": s, "forward": s})
"""
import json
import pathlib
import sys
import time

start = time.perf_counter()
import torch  # noqa: E402
from transformers import AutoModelForCausalLM  # noqa: E402

imported = time.perf_counter()
torch.set_num_threads(int(sys.argv[3]))
model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.bfloat16).eval()
loaded = time.perf_counter()
norms = []
with torch.no_grad():
    for ids in json.loads(pathlib.Path(sys.argv[2]).read_text()):
        hidden = model(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
        norms.append([float(h[0, -1].float().norm()) for h in hidden[:-1]])
print(json.dumps({"norms": norms, "import": imported - start, "load": loaded - imported,
                  "forward": time.perf_counter() - loaded}))
