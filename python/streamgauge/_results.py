"""What a model's calls give: facts, vectors, statistics of weights."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Any, Sequence

from ._arrays import read_only
from ._lazy import np
from ._table import Table

if TYPE_CHECKING:
    import numpy.typing as npt


class Facts(dict[str, Any]):
    """A dict that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(key)}</th><td>{html.escape(str(value))}</td></tr>"
            for key, value in self.items()
            if value is not None
        )
        return f"<table>{rows}</table>"


class Activations(dict[str, "npt.NDArray[np.float32]"]):
    """{TransformerLens' name: float32 [row, d_model]}, read-only, without a copy; NumPy's DLPack gives them to others.

    Attributes:
        sequence, position, ids: of each row.
    """

    def __init__(self, arrays: Any, sequence: Sequence[int], position: Sequence[int], ids: Sequence[int]) -> None:
        super().__init__(arrays)
        self.sequence = read_only(np.array(sequence, dtype=np.int64))
        self.position = read_only(np.array(position, dtype=np.int64))
        self.ids = read_only(np.array(ids, dtype=np.int64))


class Weights(Table):
    """One row per matrix."""

    def __init__(self, rows: Sequence[dict[str, Any]], text: str) -> None:
        flat = [{k: v for k, v in row.items() if k != "spectrum"} for row in rows]
        names = list(dict.fromkeys(name for row in flat for name in row))
        super().__init__({name: [row.get(name) for row in flat] for name in names}, "weights")
        self._text = text
        self.spectra: list[Any] = [row.get("spectrum") for row in rows]

    @property
    def report(self) -> dict[str, Any]:
        """The document: ratios, amplification, warnings."""
        report: dict[str, Any] = json.loads(self._text)
        return report

    def json(self) -> str:
        """The text of `streamgauge weights --json`."""
        return self._text
