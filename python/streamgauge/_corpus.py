"""Statistics of a corpus (docs/corpus.md), by the command and by any executor."""

from __future__ import annotations

import csv
import io
import os
import pathlib
import re
import tempfile
from numbers import Integral
from typing import Any, Sequence, Union

from ._errors import Error, usage
from ._files import Path, argument, json_of, name_of, read_json, read_text, writing
from ._model import Model, model_argument
from ._plot import Figure
from ._program import call
from ._shared import executor_named, jobs_at_once, resources, work, work_on
from ._table import Table

TEXT_COLUMNS = {"token", "context"}
"""Text whatever it looks like."""
MISTAKEN = re.compile(
    r"'+([=+\-@\t\r].*|#N/A|#N/A N/A|#NA|1\.#IND|1\.#QNAN|<NA>|N/A|NA|NULL|NaN|None|n/a|nan|null)", re.DOTALL
)
"""Before such texts the command's tables have an apostrophe more (docs/tables.md)."""


class Corpus:
    """The folder of a corpus that was measured. Error: it is none.

    Attributes:
        folder: where corpus.json, the report and the tables are.
        results: the document streamgauge.corpus/1.
        digest: of all statistics; equal for equal results, however they were computed.
        scales: scales.json: mean norm of every site and layer, and the factor sqrt(d_model) / mean norm.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = pathlib.Path(name_of(folder, "a folder"))
        file = self.folder / "corpus.json"
        self._text = read_text(file)
        self.results: dict[str, Any] = json_of(self._text, str(file), "streamgauge.corpus/", "digest", "corpus", "model")
        self.digest: str = self.results["digest"]
        self.scales: dict[str, Any] = read_json(self.folder / "scales.json", "")

    def json(self) -> str:
        """The text of corpus.json."""
        return self._text

    @property
    def tables(self) -> dict[str, Table]:
        """Every table by name: "quantities", "positions", "channels", "vocabulary", "massive", "extremes" and others."""
        return {path.stem: _read(path) for path in sorted(self.folder.glob("*.csv"))}

    def to_parquet(self, folder: Path) -> list[pathlib.Path]:
        """Every table as a file of Parquet; needs pyarrow."""
        import pyarrow.parquet

        out = pathlib.Path(name_of(folder, "a folder"))
        with writing(out):
            out.mkdir(parents=True, exist_ok=True)
        written = []
        for name, table in self.tables.items():
            path = out / f"{name}.parquet"
            partial = out / f"{name}.parquet.partial-{os.getpid()}"
            with writing(path):
                pyarrow.parquet.write_table(table.to_arrow(), partial)
                os.replace(partial, path)
            written.append(path)
        return written

    @property
    def figures(self) -> dict[str, Figure]:
        """The report's pictures by name; a notebook shows them."""
        found = sorted((self.folder / "figures").glob("*.svg"))
        return {path.stem: Figure(read_text(path)) for path in found}

    @property
    def report_path(self) -> pathlib.Path:
        """The report as one page."""
        return self.folder / "report.html"

    def __repr__(self) -> str:
        facts = self.results["corpus"]
        return f"<corpus of {facts['tokens']:,} tokens under {self.results['model']['id']}, digest {self.digest[:12]}>"

    def _repr_html_(self) -> str:
        rows = [row for row in self.tables["quantities"].where(quantity="resid_post", tokens="without_first")]
        kept = ("layer", "count", "mean", "q01", "q50", "q99")
        return Table.of_rows([{name: row[name] for name in kept} for row in rows], repr(self))._repr_html_()


def _cell(text: str) -> Union[int, float, str, None]:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _text(field: str) -> str:
    return field[1:] if MISTAKEN.fullmatch(field) else field


def _read(path: pathlib.Path) -> Table:
    """A table of the report; numbers in a column are all whole or all float."""
    head, *rows = list(csv.reader(io.StringIO(read_text(path), newline=""))) or [[]]
    if not head or any(len(row) != len(head) for row in rows):
        raise Error(f"{path}: not a table: lines of different lengths, or none", "not a table", str(path))
    columns: dict[str, list[Any]] = {}
    for at, name in enumerate(head):
        texts = [row[at] for row in rows]
        values = [_text(text) for text in texts] if name in TEXT_COLUMNS else [_cell(text) for text in texts]
        if any(isinstance(value, float) for value in values):
            values = [float(value) if isinstance(value, int) else value for value in values]
        columns[name] = values
    return Table(columns, path.stem)


def corpus_arguments(
    model: Model | Path,
    files: Sequence[Path] | Path,
    *,
    context: int = 1024,
    tokens: int | str | None = None,
    every: int | None = None,
    documents: str = "blocks",
    text_key: str | None = None,
    bos: bool = True,
    logits: bool = True,
    keep_every: int | None = None,
    task: int | str | None = None,
    memory: int | str | None = None,
    precision: str | None = None,
) -> list[str]:
    """What corpus says of its documents, as the commands corpus and plan take it."""
    if isinstance(model, Model) and precision is None and model.precision != "float32":
        precision = model.precision
    options: dict[str, Any] = {
        "--context": context,
        "--tokens": tokens,
        "--every": every,
        "--documents": documents,
        "--text-key": text_key,
        "--keep-every": keep_every,
        "--task": task,
        "--precision": precision,
    }
    if isinstance(files, bytes) or not (isinstance(files, (str, os.PathLike)) or hasattr(files, "__iter__")):
        raise usage("not files", expected="a path, or several in a list", got=files)
    names = [files] if isinstance(files, (str, os.PathLike)) else list(files)
    arguments = [model_argument(model, in_any_type=True), *(argument(name, "a file") for name in names)]
    if not names:
        raise usage("a corpus of no file", expected="at least one file")
    for flag, value in options.items():
        if isinstance(value, bool) or not isinstance(value, (Integral, str, type(None))):
            raise usage(f"not a value of {flag[2:]}", expected="a number or a text", got=value)
        arguments += [f"{flag}={value}"] if value is not None else []
    arguments += [] if bos else ["--no-bos"]
    arguments += [] if logits else ["--no-logits"]
    return arguments + resources(memory)


def corpus(
    model: Model | Path,
    files: Sequence[Path] | Path,
    *,
    output: Path | None = None,
    context: int = 1024,
    tokens: int | str | None = None,
    every: int | None = None,
    documents: str = "blocks",
    text_key: str | None = None,
    bos: bool = True,
    logits: bool = True,
    keep_every: int | None = None,
    task: int | str | None = None,
    executor: Any = None,
    jobs: int | None = None,
    verify: str | None = None,
    memory: int | str | None = None,
    threads: int = 0,
    device: str = "",
    precision: str | None = None,
) -> Corpus:
    """Exact statistics of many documents, as `streamgauge corpus`; with an executor as plan, work and merge.

    Args:
        model: a path or a name, or one that is open, without an embed_scale of its own.
        files: text, .jsonl, .csv, .npy or .bin.
        output: the folder; what is done there is not done again. A temporary one when not given. For an executor of
            other machines a folder that all of them see.
        context: tokens of a window.
        tokens: so many of the corpus, up to the end of a document: "10M".
        every: one document of so many, by a sum of its content.
        documents: of text: "blocks" end at empty lines, "lines" are one each.
        keep_every: rows of every so many-th token of a document are kept whole.
        task: bytes of a task.
        executor: of concurrent.futures or like one (submitit, dask), or "ray"; the statistics are the same to the bit.
        jobs: at once on the executor.
        verify: the share of tasks that is computed again here and compared, as "1%".
        threads: of a job.
        device: as of Model.measure; without an executor.
        precision: as if in which type the model computes: "float32", "bfloat16" or "float16"; that of an open model, else
            "float32", when not given.

    Raises:
        Error: with the command's text. What was done stays in the folder.
    """
    own = ["--no-progress", *resources(threads=threads)]
    jobs_at_once(jobs)
    again = [f"--verify={name_of(verify, 'a share')}"] if verify is not None else []
    arguments = corpus_arguments(
        model, files, context=context, tokens=tokens, every=every, documents=documents, text_key=text_key, bos=bos,
        logits=logits, keep_every=keep_every, task=task, memory=memory, precision=precision,
    )  # fmt: skip
    if device and executor is not None:
        raise usage("device belongs to corpora without an executor")
    folder = argument(output, "a folder") if output is not None else tempfile.mkdtemp(prefix="streamgauge-")
    arguments += [f"--output={folder}"]
    if executor is None and not again:
        own += [f"--device={name_of(device, 'a device')}"] if device else []
        call("corpus", *arguments, *own)
        return Corpus(folder)
    shared = executor_named(executor) if executor is not None else None
    call("plan", "corpus", *arguments, *own)
    if shared is None:
        work(folder, memory=memory, threads=threads, device=device)
    else:
        work_on(folder, shared, jobs=jobs, threads=threads, memory=memory)
    call("merge", folder, "--no-progress", *again)
    return Corpus(folder)
