#!/usr/bin/env python3
"""The peers of bench/corpus.py: windows of token ids, in one process of its own.

usage: bench/corpus_peer.py transformers FOLDER IDS.npy THREADS BATCH   mean norm of every layer, and the loss of whole
                                                                        windows and of the second half of each
       bench/corpus_peer.py llama MODEL.gguf IDS.npy THREADS            what llama-perplexity computes: the loss of the second
                                                                        half of each window
       bench/corpus_peer.py convert MODEL.gguf OUT.gguf TYPE
Each prints one JSON document; seconds are those of the windows, without opening the model, after one window for warmth.
"""
import ctypes
import json
import os
import sys
import time

import numpy as np


def of_transformers(folder, ids, threads, batch):
    import torch
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(threads)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor(ids.astype(np.int64))
    first = ids.shape[1] // 2
    sums, losses, late = 0.0, 0.0, 0.0
    with torch.no_grad():
        model(input_ids=ids[:1], use_cache=False)
        begin, busy = time.perf_counter(), time.process_time()
        for at in range(0, len(ids), batch):
            piece = ids[at:at + batch]
            out = model(input_ids=piece, output_hidden_states=True, use_cache=False)
            norms = torch.stack([h.norm(dim=-1).double().sum() for h in out.hidden_states[1:-1]])
            loss = torch.nn.functional.cross_entropy(out.logits[:, :-1].flatten(0, 1), piece[:, 1:].flatten(), reduction="none")
            loss = loss.view(len(piece), -1).double()
            sums = sums + norms
            losses += float(loss.sum())
            late += float(loss[:, first:].sum())
        seconds, cpu = time.perf_counter() - begin, time.process_time() - busy
    windows, length = ids.shape
    return {"means": (sums / ids.numel()).tolist(), "loss": losses / (windows * (length - 1)),
            "late_loss": late / (windows * (length - 1 - first)), "seconds": seconds, "cpu": cpu}


def llama_batch(lib, window, first):
    """The window as one batch that wants logits from `first` on."""
    from experts_peer import Batch
    n = len(window)
    lib.llama_batch_init.restype = Batch
    batch = lib.llama_batch_init(n, 0, 1)
    tokens = ctypes.cast(batch.token, ctypes.POINTER(ctypes.c_int32))
    positions = ctypes.cast(batch.pos, ctypes.POINTER(ctypes.c_int32))
    counts = ctypes.cast(batch.n_seq_id, ctypes.POINTER(ctypes.c_int32))
    sequences = ctypes.cast(batch.seq_id, ctypes.POINTER(ctypes.POINTER(ctypes.c_int32)))
    wanted = ctypes.cast(batch.logits, ctypes.POINTER(ctypes.c_int8))
    for i, token in enumerate(window):
        tokens[i], positions[i], counts[i], wanted[i] = int(token), i, 1, i >= first
        sequences[i][0] = 0
    batch.n_tokens = n
    return batch


def of_llama(path, ids, threads):
    from experts_peer import llama_library
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # it says more than a pipe holds that nobody reads
    lib = llama_library()
    lib.llama_model_get_vocab.restype = lib.llama_get_logits.restype = ctypes.c_void_p
    lib.llama_model_get_vocab.argtypes = lib.llama_vocab_n_tokens.argtypes = lib.llama_get_logits.argtypes = [ctypes.c_void_p]
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    n = ids.shape[1]
    params = lib.llama_context_default_params()
    # n_ctx, n_batch and n_ubatch are the first three fields of its parameters.
    ctypes.memmove(ctypes.addressof(params), (ctypes.c_uint32 * 3)(n, n, min(n, 512)), 12)
    context = lib.llama_init_from_model(model, params) if model else None
    if not context:
        raise SystemExit(f"llama.cpp cannot open {path}")
    lib.llama_set_n_threads(context, threads, threads)
    vocab = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    first, loss, count, seconds, cpu = n // 2, 0.0, 0, 0.0, 0.0
    batches = [llama_batch(lib, window, first) for window in ids]
    for at, (window, batch) in enumerate([(ids[0], batches[0]), *zip(ids, batches)]):
        begin, busy = time.perf_counter(), time.process_time()
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        if lib.llama_decode(context, batch) != 0:
            raise SystemExit("llama.cpp refused the batch")
        flat = (ctypes.c_float * ((n - first) * vocab)).from_address(lib.llama_get_logits(context))
        elapsed, used = time.perf_counter() - begin, time.process_time() - busy
        if at == 0:
            continue  # for warmth
        # What the tool does with the logits, by threads of its own, is not counted.
        logits = np.frombuffer(flat, dtype=np.float32).reshape(n - first, vocab)[:-1].astype(np.float64)
        top = logits.max(axis=1)
        chosen = logits[np.arange(len(logits)), window[first + 1:]]
        loss += float((np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top - chosen).sum())
        count += len(logits)
        seconds += elapsed
        cpu += used
    return {"loss": loss / count, "seconds": seconds, "cpu": cpu}


def convert(source, target, kind):
    """The same model with every matrix in one type."""
    import gguf
    reader = gguf.GGUFReader(source)
    stored_as = gguf.GGMLQuantizationType[kind]
    writer = gguf.GGUFWriter(target, arch=reader.fields["general.architecture"].contents(), endianess=reader.endianess)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        if len(tensor.shape) > 1:
            writer.add_tensor(tensor.name, gguf.quantize(values, stored_as), raw_dtype=stored_as)
        else:
            writer.add_tensor(tensor.name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return {}


def main():
    kind, path, *rest = sys.argv[1:]
    if kind == "convert":
        answer = convert(path, *rest)
    elif kind == "transformers":
        answer = of_transformers(path, np.load(rest[0]), int(rest[1]), int(rest[2]))
    else:
        answer = of_llama(path, np.load(rest[0]), int(rest[1]))
    print("\n" + json.dumps(answer))


if __name__ == "__main__":
    main()
