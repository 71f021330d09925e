"""The page of a measurement, in a notebook or a file."""

from __future__ import annotations

import html
import os

from ._files import write_whole


class Explorer:
    """One HTML document that asks for nothing; a notebook shows it in a frame of its own.

    Attributes:
        html: the document, as `streamgauge measure --explore` writes it.
        height: of the frame in pixels.
    """

    def __init__(self, document: str, height: int = 900) -> None:
        self.html = document
        self.height = height

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the document to a file, whole or not at all."""
        write_whole(path, self.html)

    def _repr_html_(self) -> str:
        # srcdoc: the page lives inside the notebook's file and is there after nbconvert too.
        return (f'<iframe srcdoc="{html.escape(self.html)}" style="width:100%;height:{int(self.height)}px;border:0" '
                'title="streamgauge explorer"></iframe>')

    def __repr__(self) -> str:
        return f"<explorer, {len(self.html) / 1e6:.1f} MB; .save(path) writes it>"
