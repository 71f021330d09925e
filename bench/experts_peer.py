#!/usr/bin/env python3
"""The peers of bench/experts.py: the forward of one prompt, in one process of its own.

usage: bench/experts_peer.py transformers FOLDER JOB.json DTYPE     prints {"norms": [...], "seconds": [...], "load": s}
       bench/experts_peer.py llama MODEL.gguf JOB.json              prints {"logits": [...], "seconds": [...], "load": s}
JOB: {"ids": [...], "threads": n, "repeat": n}. llama.cpp is the build inside xllamacpp, called through ctypes.
"""
import ctypes
import json
import pathlib
import sys
import time


class Blob(ctypes.Structure):
    """A structure of llama.cpp's that is passed by value and not looked into; it may be larger than it is there."""

    _fields_ = [("bytes", ctypes.c_uint8 * 2048)]


class Batch(ctypes.Structure):
    _fields_ = [("n_tokens", ctypes.c_int32)] + [(name, ctypes.c_void_p) for name in (
        "token", "embd", "pos", "n_seq_id", "seq_id", "logits")] + [("more", ctypes.c_uint64 * 8)]


def llama_library():
    import xllamacpp
    lib = ctypes.CDLL(str(next(pathlib.Path(xllamacpp.__file__).parent.glob("*.so"))))
    for name in ("llama_model_default_params", "llama_context_default_params"):
        getattr(lib, name).restype = Blob
    for name in ("llama_model_load_from_file", "llama_init_from_model", "llama_get_logits_ith", "llama_get_memory"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Blob]
    lib.llama_init_from_model.argtypes = [ctypes.c_void_p, Blob]
    lib.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.llama_get_memory.argtypes = [ctypes.c_void_p]
    lib.llama_memory_clear.argtypes = [ctypes.c_void_p, ctypes.c_bool]
    lib.llama_set_n_threads.argtypes = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]
    lib.llama_batch_get_one.restype = Batch
    lib.llama_batch_get_one.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.llama_decode.argtypes = [ctypes.c_void_p, Batch]
    lib.llama_backend_init()
    return lib


def of_llama(path, job):
    lib, start = llama_library(), time.perf_counter()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    context = lib.llama_init_from_model(model, lib.llama_context_default_params()) if model else None
    if not context:
        raise SystemExit(f"llama.cpp cannot open {path}")
    lib.llama_set_n_threads(context, job["threads"], job["threads"])
    load, seconds = time.perf_counter() - start, []
    ids = (ctypes.c_int32 * len(job["ids"]))(*job["ids"])
    for _ in range(job["repeat"]):
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        start = time.perf_counter()
        if lib.llama_decode(context, lib.llama_batch_get_one(ctypes.addressof(ids), len(ids))) != 0:
            raise SystemExit("llama.cpp refused the batch")
        logits = lib.llama_get_logits_ith(context, -1)
        seconds.append(time.perf_counter() - start)
    values = (ctypes.c_float * job["vocab"]).from_address(logits)
    return {"logits": list(values), "seconds": seconds, "load": load}


def of_transformers(path, job, dtype):
    import torch
    import transformers
    torch.set_num_threads(job["threads"])
    start = time.perf_counter()
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=getattr(torch, dtype)).eval()
    load, seconds = time.perf_counter() - start, []
    ids = torch.tensor([job["ids"]])
    with torch.no_grad():
        for _ in range(job["repeat"]):
            start = time.perf_counter()
            out = model(input_ids=ids, output_hidden_states=True, use_cache=False)
            seconds.append(time.perf_counter() - start)
    norms = [h[0].float().norm(dim=-1).tolist() for h in out.hidden_states[:-1]]
    return {"norms": norms, "logits": out.logits[0, -1].float().tolist(), "seconds": seconds, "load": load}


def main():
    job = json.loads(pathlib.Path(sys.argv[3]).read_text())
    answer = of_llama(sys.argv[2], job) if sys.argv[1] == "llama" else of_transformers(sys.argv[2], job, sys.argv[4])
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main()
