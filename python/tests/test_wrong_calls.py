"""A thousand random calls with wrong arguments, results dropped in odd orders: an exception or a result, no crash."""

import gc
import random

import streamgauge as sg
from conftest import ZOO

WRONG = [
    None, True, -1, 0, 1 << 40, 1.5, float("nan"), "", "a", "\0", "\ud800", "resid_post", "all", "last", b"x", [], [[]],
    [1, 2], [[1], [2, 3]], [-1], [1 << 31], ["a", 1], {}, {"a": 1}, object(), (), ("resid_post", 1), ("resid_post", 99),
    lambda *a: None, "notebook-003", "512MB", "1e400", [None], range(3),
]  # fmt: skip
ALLOWED = (sg.Error, TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError)
OPTIONS = {
    "measure": ["logits", "lens", "massive", "memory", "threads", "isa", "progress"],
    "extract": ["sites", "layers", "positions", "memory", "threads", "isa", "progress"],
    "weights": ["all", "tensors", "spectra", "amplification", "prompts", "threads", "isa", "progress"],
}


def call(rng, model, kept):
    def any_value():
        return rng.choice(WRONG)

    what = rng.randrange(6)
    if what < 3:
        name = rng.choice(list(OPTIONS))
        options = {option: any_value() for option in OPTIONS[name] if rng.random() < 0.3}
        if isinstance(options.get("threads"), int) and options["threads"] > 64:
            options["threads"] = 64
        first = () if name == "weights" else (any_value() if rng.random() < 0.6 else [[1, 2, 3]],)
        return getattr(model, name)(*first, **options)
    if what == 3:
        return sg.open(any_value())
    if what == 4 and kept:
        m = rng.choice(kept)
        if isinstance(m, sg.Measurement):
            return rng.choice([m.gains, m.__getitem__, lambda v: m.decomposition(prompt=v, token=any_value())])(any_value())
    return sg.compare(model, any_value(), any_value())


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
