"""Sets one GGUF key at a time, to values that real files do not have, and asks llama.cpp and streamgauge what the model then says.

    .venv/bin/pip install xllamacpp       a build of llama.cpp; its C interface is called through ctypes
    .venv/bin/python oracle/check_gguf_keys.py PROGRAM [CASE]...      cases of tests/data/golden; all with one GGUF file

A key that llama.cpp does not look at must change nothing here or be refused; one that changes llama.cpp's logits must
change ours alike or be refused. What is neither is printed. llama.cpp's cache is float16, so the unedited model tells
how far apart the two are.
"""
import argparse
import ctypes
import json
import math
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

import gguf
import numpy as np
from gguf.constants import Keys

GOLDEN = pathlib.Path(__file__).resolve().parent.parent / "tests" / "data" / "golden"
IDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
T = gguf.GGUFValueType
# Values by the word that a key ends with; any other key gets the last list.
VALUES = {
    "causal": [(False, T.BOOL)], "finetuned": [(False, T.BOOL)], "use_parallel_residual": [(True, T.BOOL), (False, T.BOOL)],
    "swin_norm": [(True, T.BOOL)], "expert_weights_norm": [(True, T.BOOL)],
    "type": [("linear", T.STRING), ("yarn", T.STRING), ("none", T.STRING), ("longrope", T.STRING)],
    "tensor_data_layout": [("Meta AI original pth", T.STRING)],
    "sliding_window_pattern": [(2, T.UINT32)], "sliding_window": [(0, T.UINT32), (3, T.UINT32)],
    "dimension_sections": [([1, 1, 0, 0], T.ARRAY)],
}
REALS = ("scale", "softcapping", "epsilon", "bias", "clamp_kqv", "freq_base", "freq_base_swa", "factor", "alpha",
         "attn_factor", "yarn_log_multiplier", "yarn_ext_factor", "yarn_attn_factor", "yarn_beta_fast", "yarn_beta_slow",
         "temperature_scale", "clamp_exp", "clamp_shexp")


def values_of(key):
    for word, values in VALUES.items():
        if key.endswith(word) and (word != "type" or "scaling.type" in key):
            return values
    if key.endswith(REALS):
        return [(0.5, T.FLOAT32), (2.0, T.FLOAT32), (0.0, T.FLOAT32)]
    return [(1, T.UINT32), (2, T.UINT32)]


def all_keys(arch):
    names = {v for group in vars(Keys).values() if isinstance(group, type)
             for v in vars(group).values() if isinstance(v, str) and v.startswith("{arch}.")}
    skip = ("vocab_size", "block_count", "embedding_length", "head_count", "head_count_kv", "feed_forward_length", "{dense}")
    return sorted(v.replace("{arch}", arch) for v in names if not v.endswith(skip) and "{dense}" not in v)


def rewrite(source, target, edits):
    """A copy of the file with these keys, and without a vocabulary."""
    reader = gguf.GGUFReader(source)
    arch = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(target, arch)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture" or field.name in edits:
            continue
        kind, sub = field.types[0], field.types[-1] if field.types[0] == T.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=sub)
    for name, (value, kind) in edits.items():
        writer.add_key_value(name, value, kind, sub_type=T.UINT32 if kind == T.ARRAY else None)
    if "tokenizer.ggml.model" not in reader.fields:
        writer.add_key_value("tokenizer.ggml.model", "none", T.STRING)
    for t in reader.tensors:
        writer.add_tensor(t.name, t.data, raw_shape=tuple(reversed([int(n) for n in t.shape])))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Blob(ctypes.Structure):
    """A structure of llama.cpp whose members are not needed: passed by value, it may be larger than it is there."""
    _fields_ = [("bytes", ctypes.c_uint8 * 2048)]


class Batch(ctypes.Structure):
    _fields_ = [("n", ctypes.c_int32), ("token", ctypes.c_void_p), ("embd", ctypes.c_void_p), ("pos", ctypes.c_void_p),
                ("n_seq", ctypes.c_void_p), ("seq", ctypes.c_void_p), ("logits", ctypes.c_void_p), ("more", ctypes.c_uint64 * 8)]


def single_precision(parameters):
    """Context parameters whose caches are float32, without the fused attention: 1 is float16, -1 leaves it to the library."""
    words = ctypes.cast(ctypes.pointer(parameters), ctypes.POINTER(ctypes.c_int32))
    kinds = next(i for i in range(20, 60, 2) if words[i] == words[i + 1] == 1)  # after ten sizes, four choices and the floats
    words[kinds] = words[kinds + 1] = 0
    choices = next(i for i in range(6, 20) if words[i] == words[i + 1] == words[i + 2] == words[i + 3] == -1)
    words[choices + 3] = 0
    return parameters


def llama_logits(path, vocab, queue, ids=IDS, single=False, log=os.devnull):
    """Last logits by llama.cpp, in a process that may die."""
    sys.stderr = open(os.devnull, "w")
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.dup2(2, 1)
    os.environ["GGML_NO_BACKTRACE"] = "1"  # an assertion would start a debugger
    import xllamacpp
    lib = ctypes.CDLL(str(next(pathlib.Path(xllamacpp.__file__).parent.glob("*.so"))))
    lib.llama_model_default_params.restype = lib.llama_context_default_params.restype = Blob
    lib.llama_model_load_from_file.argtypes, lib.llama_model_load_from_file.restype = [ctypes.c_char_p, Blob], ctypes.c_void_p
    lib.llama_init_from_model.argtypes, lib.llama_init_from_model.restype = [ctypes.c_void_p, Blob], ctypes.c_void_p
    lib.llama_batch_get_one.restype = Batch
    lib.llama_batch_get_one.argtypes = [ctypes.c_void_p, ctypes.c_int32]
    lib.llama_decode.argtypes = [ctypes.c_void_p, Batch]
    lib.llama_get_logits_ith.argtypes, lib.llama_get_logits_ith.restype = [ctypes.c_void_p, ctypes.c_int32], ctypes.c_void_p
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(str(path).encode(), lib.llama_model_default_params())
    parameters = lib.llama_context_default_params()
    context = lib.llama_init_from_model(model, single_precision(parameters) if single else parameters) if model else None
    if not context:
        return queue.put(None)
    tokens = (ctypes.c_int32 * len(ids))(*ids)
    if lib.llama_decode(context, lib.llama_batch_get_one(ctypes.addressof(tokens), len(ids))) != 0:
        return queue.put(None)
    at = lib.llama_get_logits_ith(context, -1)
    queue.put(np.array((ctypes.c_float * vocab).from_address(at), dtype=np.float64))
    return None


def logits_of_llama(path, vocab, *more):
    """None where it refuses the file or dies of it; `more` as llama_logits takes it."""
    queue = multiprocessing.Queue()
    process = multiprocessing.Process(target=llama_logits, args=(path, vocab, queue, *more))
    process.start()
    try:
        logits = queue.get(timeout=20)
    except Exception:  # noqa: BLE001  it died
        logits = None
    process.kill()
    process.join()
    return None if logits is None or not np.isfinite(logits).all() else logits


def of_llama(path, vocab):
    logits = logits_of_llama(path, vocab)
    return None if logits is None else stats(logits)


def stats(x):
    p = np.exp(x - x.max())
    p /= p.sum()
    return np.array([x.mean(), x.std(), x.max(), x.min(), -(p * np.log(np.maximum(p, 1e-300))).sum()])


def of_ours(program, path):
    done = subprocess.run([program, "measure", str(path), "--ids", ",".join(map(str, IDS)), "--json", "-"],
                          capture_output=True, text=True)
    if done.returncode != 0:
        return done.stderr.strip().split("\n")[-1]
    row = json.loads(done.stdout)["sequences"][0]["logits"][-1]
    return np.array([row[k] if row[k] is not None else math.nan for k in ("mean", "std", "max", "min", "entropy")])


def check_case(program, name, folder):
    source = GOLDEN / name / "model.gguf"
    reader = gguf.GGUFReader(source)
    arch = reader.get_field("general.architecture").contents()
    vocab = int(next(t for t in reader.tensors if t.name == "token_embd.weight").shape[1])
    base = folder / "base.gguf"
    rewrite(source, base, {})
    theirs, ours = of_llama(base, vocab), of_ours(program, base)
    if theirs is None or isinstance(ours, str):
        print(f"{name}: llama.cpp {'refuses or dies' if theirs is None else 'reads'} it, here {ours}")
        return 0, 0
    noise = np.abs(ours - theirs).max()
    if not noise <= 0.05:
        print(f"{name}: the unedited model differs by {noise:.3g}: {ours} {theirs}")
        return 0, 1
    tried = wrong = 0
    for key in all_keys(arch):
        for value in values_of(key):
            path = folder / "edited.gguf"
            rewrite(source, path, {key: value})
            mine = of_ours(program, path)
            tried += 1
            if isinstance(mine, str):
                continue
            other = of_llama(path, vocab)
            if other is None or not np.abs(mine - other).max() <= 3 * noise + 1e-3:
                wrong += 1
                print(f"{name}: {key} = {value[0]}: here {'unchanged' if np.array_equal(mine, ours) else 'changed'}, "
                      f"llama.cpp {'refuses or dies' if other is None else 'unchanged' if np.array_equal(other, theirs) else 'changed'}"
                      + ("" if other is None else f", apart by {np.abs(mine - other).max():.3g} (unedited {noise:.2g})"), flush=True)
    return tried, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("case", nargs="*")
    arguments = parser.parse_args()
    cases = arguments.case or sorted(p.parent.name for p in GOLDEN.glob("*/model.gguf"))
    totals = [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        for name in cases:
            tried, wrong = check_case(arguments.program, name, pathlib.Path(folder))
            print(f"{name}: {tried} edits, {wrong} to look at", flush=True)
            totals = [totals[0] + tried, totals[1] + wrong]
    print(f"{totals[0]} edits, {totals[1]} to look at")


if __name__ == "__main__":
    main()
