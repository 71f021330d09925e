"""The parts of a plan together, whatever it is a plan of."""

from __future__ import annotations

import json
import pathlib
from typing import Union

from ._corpus import Corpus
from ._experiment import Run, finish
from ._program import call
from ._shared import Path


def merge(folder: Path, *, verify: str | None = None, partial: bool = False) -> Union[Corpus, Run]:
    """All parts of a plan together, as `streamgauge merge`.

    Args:
        verify: the share of parts that is computed again and compared, as "1%".
        partial: take what is there, though parts are missing.

    Raises:
        Error: with the command's text; parts that are missing, or have other bits.
    """
    arguments = ["merge", str(folder)]
    arguments += ["--verify", verify] if verify is not None else []
    arguments += ["--partial"] if partial else []
    plan = json.loads((pathlib.Path(folder) / "plan.json").read_text(encoding="utf-8"))
    if plan["schema"].startswith("streamgauge.run_plan/"):
        return finish(pathlib.Path(folder), *arguments)
    call(*arguments, "--no-progress")
    return Corpus(folder)
