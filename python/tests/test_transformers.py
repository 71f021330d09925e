"""hidden_states gives what transformers gives with output_hidden_states=True, index for index, on several families.

Skipped by name where torch and transformers are not installed.
"""

import numpy as np
import pytest
from conftest import MODELS, ZOO

import streamgauge as sg

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

IDS = [5, 17, 3, 42, 8, 1]


@pytest.mark.parametrize("folder", [m for m in MODELS if m.parent == ZOO], ids=lambda p: p.name)
def test_index_for_index(folder):
    try:
        reference = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    except (ValueError, KeyError, ImportError) as error:
        pytest.skip(f"this transformers does not read it: {error}")
    reference.eval()
    with torch.no_grad():
        theirs = reference(torch.tensor([IDS]), output_hidden_states=True, use_cache=False).hidden_states
    ours = sg.hidden_states(str(folder), [IDS])
    assert len(ours) == len(theirs)
    for index, (mine, yours) in enumerate(zip(ours, theirs)):
        expected = yours[0].to(torch.float64).numpy()
        assert mine.shape == (1, *expected.shape)
        scale = np.linalg.norm(expected, axis=-1, keepdims=True)
        difference = np.abs(mine[0].astype(np.float64) - expected) / scale
        # Two passes in float32 of a few layers: 2^-24 per operation, some hundred of them in a row.
        assert difference.max() < 2e-5, f"hidden state {index}"
