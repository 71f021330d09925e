"""Figures in a notebook, drawn by the engine as those of its reports."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING


from . import _sg
from ._errors import usage
from ._files import Path, write_whole
from ._lazy import np

if TYPE_CHECKING:
    from ._measurement import Measurement


TITLE = 42  # characters of a title that a panel has room for


class Figure:
    """An SVG, shown by notebooks as it is."""

    def __init__(self, svg: str) -> None:
        self.svg = svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: Path) -> None:
        """Writes the SVG, whole or not at all."""
        write_whole(path, self.svg)


class Plot:
    """The figures of a measurement."""

    def __init__(self, measurement: Measurement) -> None:
        self._m = measurement

    def _title(self, what: str) -> str:
        room = TITLE - len(what)
        name = self._m.facts["id"]
        return f"{name if len(name) <= room else name[: room - 1] + '…'}: {what}"

    def norms(self, *sites: str) -> Figure:
        """Median token norm of each site over the layers (resid_post, attn_out and mlp_out when none is named)."""
        lines = []
        for site in sites or ("resid_post", "attn_out", "mlp_out"):
            if site not in self._m.norms or self._m.norms[site].ndim != 3:
                known = [s for s, table in self._m.norms.items() if table.ndim == 3]
                raise usage("no such site in the blocks", expected="some of " + ", ".join(known), got=site)
            rows = [layer[~np.isnan(layer)] for layer in np.moveaxis(self._m.norms[site], 1, 0)]
            medians = [float(np.median(row)) if row.size else math.nan for row in rows]
            lines.append((site, [float(i) for i in range(len(medians))], medians))
        return Figure(_sg.lines_svg(self._title("median token norm"), "layer", "L2 norm", lines, True))

    def gains(self, *reductions: str) -> Figure:
        """The gain of every block under each reduction; where lines disagree, conclusions depend on the definition."""
        ladder = self._m.ladder()
        known = ladder.columns[1:]
        lines = []
        for name in reductions or known:
            if name not in known:
                raise usage("unknown reduction", expected="some of " + ", ".join(known), got=name)
            gains = [math.nan if gain is None else float(gain) for gain in ladder[name]]
            lines.append((name, [float(b) for b in ladder["block"]], gains))
        return Figure(_sg.lines_svg(self._title("gain of each block"), "block", "resid_post / resid_pre", lines, True))

    def massive(self) -> Figure:
        """The largest |value| of each layer and its median magnitude, over the prompts."""
        table = self._m.massive
        layers = range(self._m.facts["n_layers"])
        rows = [table.where(layer=layer) for layer in layers]
        lines = [
            ("largest", [float(x) for x in layers], [float(np.abs(r["value"]).max()) for r in rows]),
            ("median", [float(x) for x in layers], [float(np.median(r["median"])) for r in rows]),
        ]
        return Figure(_sg.lines_svg(self._title("largest value of resid_post"), "layer", "magnitude", lines, True))
