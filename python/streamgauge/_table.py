"""Tables: columns of equal length, for whichever library the notebook has."""

from __future__ import annotations

import csv
import html
import io
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from . import _sg
from ._errors import usage
from ._files import Path, write_whole
from ._lazy import np

if TYPE_CHECKING:
    import numpy.typing as npt

SHOWN_ROWS = 10


class Table:
    """Columns by name, all of one length.

    >>> t = Table({"layer": [0, 1], "gain": [1.5, None]})
    >>> len(t), t.columns, t["gain"]
    (2, ('layer', 'gain'), array([1.5, nan]))
    >>> t.row(0)
    {'layer': 0, 'gain': 1.5}
    """

    def __init__(self, columns: Mapping[str, Sequence[Any]], title: str = "") -> None:
        self._columns = {name: list(values) for name, values in columns.items()}
        if len({len(values) for values in self._columns.values()}) > 1:
            raise usage("columns of different lengths", got={n: len(v) for n, v in self._columns.items()})
        self.title = title

    @classmethod
    def of_rows(cls, rows: Sequence[Mapping[str, Any]], title: str = "", columns: Sequence[str] = ()) -> Table:
        """One row each; a key that a row lacks is None there. `columns` are there without rows too, and come first."""
        names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
        return cls({name: [row.get(name) for row in rows] for name in names}, title)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return len(next(iter(self._columns.values()), []))

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (self.row(i) for i in range(len(self)))

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """A column as numpy: float64 with NaN for what is absent, int64, bool, or objects.

        Raises:
            KeyError: no such column.
        """
        values = self._columns[name]
        present = [v for v in values if v is not None]
        if present and all(isinstance(v, float) for v in present):
            return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        if len(present) == len(values) and present and len({type(v) for v in present}) == 1:
            if isinstance(present[0], (bool, int)):
                return np.array(values)
        out = np.empty(len(values), dtype=object)
        out[:] = values
        return out

    def row(self, i: int) -> dict[str, Any]:
        """Row i as a dict. Raises IndexError."""
        return {name: values[i] for name, values in self._columns.items()}

    def where(self, **equal: Any) -> Table:
        """The rows whose columns have these values.

        >>> Table({"layer": [0, 1, 1], "x": [5, 6, 7]}).where(layer=1)["x"].tolist()
        [6, 7]
        """
        for name in equal:
            if name not in self._columns:
                raise usage("no such column", expected="one of " + ", ".join(self.columns), got=name)
        kept = [row for row in self if all(row[name] == value for name, value in equal.items())]
        return Table({name: [row[name] for row in kept] for name in self._columns}, self.title)

    def to_dict(self) -> dict[str, list[Any]]:
        """Columns as lists, copied."""
        return {name: list(values) for name, values in self._columns.items()}

    def to_csv(self, path: Path | None = None) -> str:
        """Comma separated values with a head line, absent ones empty; written to `path` too when there is one."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(["" if v is None else v for v in row.values()] for row in self)
        if path is not None:
            write_whole(path, out.getvalue())
        return out.getvalue()

    def to_pandas(self) -> Any:
        """A pandas.DataFrame; needs pandas."""
        import pandas

        return pandas.DataFrame({name: self[name] for name in self.columns})

    def to_arrow(self) -> Any:
        """A pyarrow.Table; needs pyarrow."""
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> Any:
        """A polars.DataFrame; needs polars."""
        import polars

        return polars.DataFrame(self)

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Arrow's PyCapsule protocol, which pyarrow, polars, duckdb and others read. One batch in types of its own choice."""
        return _sg.arrow_stream(list(self._columns.items()))

    def __repr__(self) -> str:
        shown = [[_cell(v) for v in row.values()] for row, _ in zip(self, range(SHOWN_ROWS))]
        lines = [list(self.columns), *shown]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]
        text = "\n".join("  ".join(c.rjust(w) for c, w in zip(line, widths)) for line in lines)
        rest = len(self) - len(shown)
        return text + (f"\n... {rest} more rows" if rest > 0 else "")

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_cell(v))}</td>" for v in row.values()) + "</tr>"
            for row, _ in zip(self, range(SHOWN_ROWS))
        )
        rest = len(self) - SHOWN_ROWS
        more = f"<p>{rest} more rows</p>" if rest > 0 else ""
        caption = f"<caption>{html.escape(self.title)}</caption>" if self.title else ""
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
