"""A thousand random calls with wrong arguments, results dropped in odd orders: an exception or a result, no crash."""

import ctypes
import gc
import os
import random
import re
import signal
import threading

import pytest

import streamgauge as sg
from conftest import ZOO

WRONG = [
    None, True, -1, 0, 1 << 40, 1.5, float("nan"), "", "a", "\0", "\ud800", "resid_post", "all", "last", b"x", [], [[]],
    [1, 2], [[1], [2, 3]], [-1], [1 << 31], ["a", 1], {}, {"a": 1}, object(), (), ("resid_post", 1), ("resid_post", 99),
    lambda *a: None, "notebook-003", "512MB", "1e400", [None], range(3),
    [{"role": "user", "content": "a"}], [{"role": object()}], [[{}]], "bos", [-1, 0],
]  # fmt: skip
ALLOWED = (sg.Error, TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError)
TEXTS = ["special", "chat", "system", "generation_prompt", "chat_template_kwargs"]
RUN = ["memory", "threads", "isa", "device", "progress"]
OPTIONS = {
    "measure": ["sites", "logits", "lens", "targets", "massive", *TEXTS, *RUN],
    "extract": ["sites", "layers", "positions", *TEXTS, *RUN],
    "weights": ["all", "tensors", "spectra", "amplification", "prompts", *TEXTS, *RUN],
}


def call(rng, model, kept):
    def any_value():
        return rng.choice(WRONG)

    what = rng.randrange(7)
    if what < 3:
        name = rng.choice(list(OPTIONS))
        options = {option: any_value() for option in OPTIONS[name] if rng.random() < 0.3}
        if isinstance(options.get("threads"), int) and options["threads"] > 64:
            options["threads"] = 64
        first = () if name == "weights" else (any_value() if rng.random() < 0.6 else [[1, 2, 3]],)
        return getattr(model, name)(*first, **options)
    if what == 3:
        scale = any_value() if rng.random() < 0.3 else "stored"
        return sg.open(any_value(), embed_scale=scale, precision=any_value() if rng.random() < 0.3 else "float32")
    if what == 6:
        return sg.read_prompts(any_value(), **({"text_key": any_value()} if rng.random() < 0.5 else {}))
    if what == 4 and kept:
        m = rng.choice(kept)
        if isinstance(m, sg.Measurement):
            return rng.choice([m.gains, m.__getitem__, lambda v: m.decomposition(prompt=v, token=any_value())])(any_value())
    options = {option: any_value() for option in ("sites", "layers", "weights", "map", *TEXTS, *RUN) if rng.random() < 0.2}
    if isinstance(options.get("threads"), int) and options["threads"] > 64:
        options["threads"] = 64
    return sg.compare(model, any_value(), any_value(), **options)


def test_a_thousand_wrong_calls():
    rng = random.Random(20261127)
    model, kept, refused = sg.open(ZOO / "mistral"), [], 0
    for i in range(1000):
        try:
            kept.append(call(rng, model, kept))
        except ALLOWED as error:
            refused += 1
            assert str(error) or isinstance(error, (KeyError, IndexError))
        if len(kept) > 8:
            kept.pop(rng.randrange(len(kept)))
        if i % 100 == 0:
            model = sg.open(ZOO / "mistral")
            gc.collect()
    assert refused > 300


def keep(rng, kept, result):
    """Results go in another order than they came, also while other threads look into them."""
    kept.append(result)
    while len(kept) > 8:
        try:
            kept.pop(rng.randrange(8))
        except IndexError:
            pass


def work(seed, model, kept, turns):
    rng = random.Random(seed)
    for _ in range(turns):
        try:
            keep(rng, kept, call(rng, model, list(kept)))
        except ALLOWED:
            pass


def test_threads_interrupts_and_deletions():
    model, kept, caught, inside = sg.open(ZOO / "mistral"), [], 0, [False]
    done = threading.Event()

    def heard(*_):
        if inside[0]:
            raise KeyboardInterrupt

    def interrupt():
        rng = random.Random(5)
        while not done.wait(rng.random() * 0.02):
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, heard)
    others = [threading.Thread(target=work, args=(seed, model, kept, 100)) for seed in range(3)]
    others.append(threading.Thread(target=interrupt))
    try:
        for thread in others:
            thread.start()
        rng = random.Random(9)
        for _ in range(200):
            try:
                inside[0] = True
                keep(rng, kept, model.measure([[1, 2, 3] * 60] * rng.randrange(1, 30), lens="last"))
                work(rng.random(), model, kept, 1)
            except KeyboardInterrupt:
                caught += 1
            finally:
                inside[0] = False
    finally:
        done.set()
        for thread in others:
            thread.join()
        signal.signal(signal.SIGINT, before)
    assert caught > 0
    expected = sg.open(ZOO / "mistral").measure([[1, 2, 3]]).norms["resid_post"]
    assert (model.measure([[1, 2, 3]]).norms["resid_post"] == expected).all()


def test_nothing_is_leaked(capfd):
    """What the sanitizer still finds of no use to anyone, while the interpreter holds what is its own."""
    look = getattr(ctypes.CDLL(None), "__lsan_do_recoverable_leak_check", None)
    if look is None:
        pytest.skip("not built with the address sanitizer")
    gc.collect()
    look()
    leaks = [part for part in capfd.readouterr().err.split("\n\n") if "leak of" in part]
    assert not [leak for leak in leaks if "streamgauge" in leak or "_sg." in leak]
    # An object of the interpreter's own now and then; one per call would be hundreds.
    assert sum(int(re.search(r"in (\d+) object", leak)[1]) for leak in leaks) < 10, leaks
