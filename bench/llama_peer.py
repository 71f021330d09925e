#!/usr/bin/env python3
"""The peer of bench/llama_peers.py: the forward of prompts by llama.cpp, in one process of its own.

usage: bench/llama_peer.py MODEL.gguf JOB.json    (prints one JSON document)
       bench/llama_peer.py --convert MODEL.gguf OUT.gguf TYPE
JOB: {"prompts": [[ids], ...], "threads": n, "repeat": n, "repack": whether weights may be laid out anew for AMX and
the like}. All prompts go into one batch, logits for the last token of
each; where that is slower, prompt by prompt. Times are in seconds, the forward's are those of the faster way.
"""
import ctypes
import json
import pathlib
import sys
import time

START = time.perf_counter()
import llama_cpp as llama  # noqa: E402  (its import is timed)
import numpy as np  # noqa: E402

TYPES = {"F32": 0, "F16": 1, "Q8_0": 7, "BF16": 32}


def convert(source, target, kind):
    params = llama.llama_model_quantize_default_params()
    params.ftype, params.allow_requantize, params.nthread = TYPES[kind], True, 2
    if llama.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) != 0:
        raise SystemExit(f"llama.cpp could not convert {source} to {kind}")


def be_quiet():
    silent = llama.llama_log_callback(lambda level, text, data: None)
    llama.llama_log_set(silent, ctypes.c_void_p(0))
    return silent  # must live as long as it may be called


def load(path, job):
    how = llama.llama_model_default_params()
    how.use_extra_bufts = job["repack"]
    model = llama.llama_model_load_from_file(path.encode(), how)
    if not model:
        raise SystemExit(f"llama.cpp cannot open {path}")
    tokens = sum(map(len, job["prompts"]))
    params = llama.llama_context_default_params()
    params.n_ctx, params.n_batch, params.n_ubatch = max(512, tokens + 64), tokens, tokens
    params.n_seq_max, params.kv_unified = len(job["prompts"]), True
    params.n_threads = params.n_threads_batch = job["threads"]
    context = llama.llama_init_from_model(model, params)
    if not context:
        raise SystemExit("llama.cpp cannot make a context of this size")
    return model, context


def batch_of(prompts, first_sequence):
    batch = llama.llama_batch_init(sum(map(len, prompts)), 0, 1)
    n = 0
    for s, ids in enumerate(prompts):
        for position, token in enumerate(ids):
            batch.token[n], batch.pos[n], batch.n_seq_id[n] = token, position, 1
            batch.seq_id[n][0], batch.logits[n] = first_sequence + s, position == len(ids) - 1
            n += 1
    batch.n_tokens = n
    return batch


def answers_of(context, batch):
    """Of the last token of every prompt: the likeliest token, the largest and the smallest logit."""
    vocab = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(llama.llama_get_model(context)))
    answers = []
    for i in range(batch.n_tokens):
        if batch.logits[i]:
            logits = np.ctypeslib.as_array(llama.llama_get_logits_ith(context, i), (vocab,))
            answers.append({"top": int(logits.argmax()), "max": float(logits.max()), "min": float(logits.min())})
    return answers


def forward(context, batches):
    """Seconds."""
    llama.llama_memory_clear(llama.llama_get_memory(context), True)
    seconds = 0.0
    for batch in batches:
        start = time.perf_counter()
        if llama.llama_decode(context, batch) != 0:
            raise SystemExit("llama.cpp refused the batch")
        llama.llama_synchronize(context)
        seconds += time.perf_counter() - start
    return seconds


def main():
    if sys.argv[1] == "--convert":
        silent = be_quiet()
        convert(*sys.argv[2:5])
        del silent
        return
    imported = time.perf_counter()
    silent = be_quiet()
    job = json.loads(pathlib.Path(sys.argv[2]).read_text())
    llama.llama_backend_init()
    _, context = load(sys.argv[1], job)
    loaded = time.perf_counter()
    together = [batch_of(job["prompts"], 0)]
    apart = [batch_of([ids], s) for s, ids in enumerate(job["prompts"])]
    first = forward(context, together)
    answers = answers_of(context, together[0])
    ways = {"together": [forward(context, together) for _ in range(job["repeat"])]}
    if len(apart) > 1:
        ways["apart"] = [forward(context, apart) for _ in range(job["repeat"])]
    way = min(ways, key=lambda name: min(ways[name]))
    print(json.dumps({"import": imported - START, "load": loaded - imported, "first_forward": first, "way": way,
                      "forward": ways[way], "answers": answers, "threads": job["threads"]}))
    del silent


if __name__ == "__main__":
    main()
