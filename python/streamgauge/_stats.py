"""Statistics of a corpus that can be added to others, kept and read back."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import tempfile
from typing import Any, Sequence

from ._corpus import Corpus, corpus
from ._errors import Error, usage
from ._files import Path, name_of, read_json, writing
from ._inputs import site_of, site_words
from ._model import Model
from ._program import call
from ._table import Table

QUANTILES = {
    0.001: "q001", 0.01: "q01", 0.05: "q05", 0.25: "q25", 0.5: "q50", 0.75: "q75", 0.95: "q95", 0.99: "q99", 0.999: "q999",
}  # fmt: skip
"""Shares that the command's tables have, with their columns."""
MOMENTS = ("quantity", "layer", "tokens", "count", "mean", "std", "min", "max", "not_finite")


def _numbers_end(task: dict[str, Any]) -> int:
    """The number behind those of a task's documents."""
    end: int = task["first_document"] + task["documents"] + task.get("shift", 0)
    return end


class CorpusStats(Corpus):
    """A corpus that was measured, with the parts it was made of: `a + b` is the corpus of both, exact to the bit.

    Attributes:
        table: a row per site, layer and tokens ("all", "first" of windows, "without_first"): moments and quantiles.
    """

    def __init__(self, folder: Path, *, sites: Any = None, quantiles: Sequence[float] | None = None) -> None:
        if not (pathlib.Path(name_of(folder, "a folder")) / "corpus.json").is_file():
            raise Error(f"{folder}: not the folder of a corpus: it has no corpus.json", where=str(folder))
        super().__init__(folder)
        self._sites, self._quantiles = sites, quantiles
        self.table = self._chosen()

    def _chosen(self) -> Table:
        rows = list(self.tables["quantities"])
        if self._sites is not None:
            places = [site_of(word) for word in site_words(self._sites)]
            depth = 1 + max(row["layer"] for row in rows if row["layer"] is not None)
            known = {row["quantity"]: row["layer"] is not None for row in rows}
            for site, layer in places:
                if layer is not None and not (known.get(site) and -depth <= layer < depth):
                    raise usage("there is no such layer", expected=f"0 to {depth - 1}, or from the end", got=(site, layer))
            wanted = {(site, layer if layer is None else layer % depth) for site, layer in places}
            rows = [row for row in rows if {(row["quantity"], None), (row["quantity"], row["layer"])} & wanted]
        shares = list(QUANTILES) if self._quantiles is None else list(self._quantiles)
        for share in shares:
            if isinstance(share, bool) or share not in QUANTILES:
                raise usage("not a quantile that is kept", expected="some of " + ", ".join(map(str, QUANTILES)), got=share)
        names = (*MOMENTS, *(QUANTILES[share] for share in shares))
        return Table({name: [row[name] for row in rows] for name in names}, "statistics of the corpus")

    def _plan(self) -> dict[str, Any]:
        plan = read_json(self.folder / "plan.json", "streamgauge.corpus_plan/", "content_hash", "options", "files", "tasks")
        plan["options"]["most_tokens"] = 0  # chose the tasks, which stand here
        return plan

    def __add__(self, other: CorpusStats) -> CorpusStats:
        """The statistics of both corpora together, in a folder of their own: that of our files before theirs.

        Raises:
            Error: another model, other windows or options, a file that is in both; parts that are missing.
        """
        if not isinstance(other, CorpusStats):
            return NotImplemented
        ours, theirs = self._plan(), other._plan()
        for key in ("schema", "content_hash", "options"):
            if ours[key] != theirs[key]:
                raise usage(f"corpora that were measured in different ways: {key}", expected=str(ours[key]), got=theirs[key])
        for what in ("file", "key"):
            both = {task[what] for task in ours["tasks"]} & {task[what] for task in theirs["tasks"]}
            if both:
                raise usage("documents that are in both corpora", expected="each once", got=sorted(both)[0])
        ours_end = max(_numbers_end(task) for task in ours["tasks"])
        for task in theirs["tasks"]:
            task["shift"] = task.get("shift", 0) + ours_end
        folder = pathlib.Path(tempfile.mkdtemp(prefix="streamgauge-"))
        for stats, plan in ((self, ours), (other, theirs)):
            for task in plan["tasks"]:
                part = pathlib.Path("parts") / task["key"][:2] / task["key"]
                (folder / part).parent.mkdir(parents=True, exist_ok=True)
                try:
                    shutil.copyfile(stats.folder / part, folder / part)
                except OSError as error:
                    where = str(stats.folder / part)
                    raise Error(f"{where}: a part of the corpus is missing; got {error.strerror}", where=where) from None
        plan = {**ours, "files": [*ours["files"], *theirs["files"]], "tasks": [*ours["tasks"], *theirs["tasks"]]}
        (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
        call("merge", str(folder), "--no-progress")
        return CorpusStats(folder, sites=self._sites, quantiles=self._quantiles)

    def save(self, folder: Path) -> None:
        """Copies all of it to a folder that is not there yet, whole or not at all.

        Raises:
            Error: the folder is there already.
        """
        out = pathlib.Path(name_of(folder, "a folder"))
        if out.exists():
            raise usage("the folder is there already", expected="a new one", got=str(out))
        partial = out.with_name(f"{out.name}.partial-{os.getpid()}")
        try:
            with writing(out):
                shutil.copytree(self.folder, partial)
                os.replace(partial, out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @classmethod
    def load(cls, folder: Path, *, sites: Any = None, quantiles: Sequence[float] | None = None) -> CorpusStats:
        """What save, `stats` or `streamgauge corpus` left in a folder. Arguments as of stats.

        Raises:
            Error: not such a folder.
        """
        return cls(folder, sites=sites, quantiles=quantiles)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def stats(
    model: Model | Path,
    documents: Sequence[Path] | Path,
    *,
    sites: Any = None,
    quantiles: Sequence[float] | None = None,
    **options: Any,
) -> CorpusStats:
    """Exact statistics of many documents that can be added to others: `corpus`, with its table chosen.

    Args:
        documents: files, as of corpus.
        sites: whose rows `.table` has, in any spelling; every quantity when not given.
        quantiles: which of 0.001, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 0.999 it has; all when not given.
        options: those of corpus: context, tokens, every, output, executor, ...

    Raises:
        Error: with the command's text; an unknown site, layer or quantile.
    """
    measured = corpus(model, documents, **options)
    return CorpusStats(measured.folder, sites=sites, quantiles=quantiles)
