"""streamgauge: the residual stream of language models, measured from one forward pass.

>>> import streamgauge as sg
>>> sg.definitions[0] in sg.definitions and len(sg.families) > 10
True
"""

from __future__ import annotations

from . import _sg
from ._compare import Comparison, compare, hidden_states
from ._corpus import Corpus, corpus
from ._errors import Error, InputError, ResourceError, UsageError
from ._experiment import Run, analyze, doctor, pull, run
from ._explorer import Explorer
from ._inputs import Prompt, Suite, prompt_of, read_prompts
from ._measurement import MeasuredPrompt, Measurement
from ._merge import merge, plan
from ._model import Model, open
from ._plot import Figure
from ._results import Activations, Weights
from ._shared import status, work
from ._stats import CorpusStats, stats
from ._table import Table

__version__ = _sg.version()
numerics: int = _sg.numerics()
"""Changes whenever any result may change in any bit."""
definitions: list[str] = _sg.definitions()
"""Names of published gains and ids of every definition."""
suites: dict[str, Suite] = {
    name: Suite(name, title, tuple(prompt_of(p) for p in prompts))
    for name, title, prompts in _sg.suites()
}
"""Built-in suites of prompts by name."""
families = Table.of_rows(
    [dict(zip(("family", "model_types", "gguf", "models"), row)) for row in _sg.families()], "families"
)
"""Model families that are understood."""

__all__ = [
    "Activations",
    "Comparison",
    "Corpus",
    "CorpusStats",
    "Error",
    "Explorer",
    "Figure",
    "InputError",
    "MeasuredPrompt",
    "Measurement",
    "Model",
    "Prompt",
    "ResourceError",
    "Run",
    "Suite",
    "Table",
    "UsageError",
    "Weights",
    "analyze",
    "compare",
    "corpus",
    "definitions",
    "doctor",
    "families",
    "hidden_states",
    "merge",
    "numerics",
    "open",
    "plan",
    "pull",
    "read_prompts",
    "run",
    "stats",
    "status",
    "suites",
    "work",
]
