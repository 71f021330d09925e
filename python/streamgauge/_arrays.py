"""Arrays by name: tables of one prompt, and of all with NaN where one is shorter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from ._errors import Error
from ._inputs import SiteKey, site_of
from ._lazy import np

if TYPE_CHECKING:
    import numpy.typing as npt


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array


def _place(key: object, depth: int) -> tuple[str, int | None]:
    """The site and, where it says one, the layer of a key of a mapping. Raises KeyError for what is no site."""
    try:
        site, layer = site_of(key)
    except Error as error:
        raise KeyError(str(error)) from None
    if layer is not None and (site in ("embed", "ln_final") or not -depth <= layer < depth):
        raise KeyError(f"{key!r}: there is no such layer: expected 0 to {depth - 1}, or from the end; embed and ln_final have none")
    return site, layer


class PromptNorms(dict[str, "npt.NDArray[np.float64]"]):
    """{site: float64 [layer, token]}; a key that says a layer, in any spelling, gives [token]."""

    def __init__(self, tables: Mapping[str, npt.NDArray[np.float64]], depth: int) -> None:
        super().__init__(tables)
        self._depth = depth

    def __getitem__(self, key: SiteKey) -> npt.NDArray[np.float64]:
        site, layer = _place(key, self._depth)
        table = super().__getitem__(site)
        return table if layer is None else table[layer]


class Padded(Mapping[str, "npt.NDArray[np.float64]"]):
    """{name: float64 [prompt, layer, token]}, NaN where a prompt is shorter; made once, then handed out as it is."""

    def __init__(self, per_prompt: Sequence[Mapping[str, npt.NDArray[np.float64]]]) -> None:
        self._rows = per_prompt
        self._made: dict[str, npt.NDArray[np.float64]] = {}

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        if name not in self._made:
            if name not in self._rows[0]:
                raise KeyError(name)
            rows = [r[name] for r in self._rows]
            if len(rows) == 1:  # nothing to pad: the engine's own numbers
                return self._made.setdefault(name, rows[0][None])
            tokens = max(r.shape[-1] for r in rows)
            out = np.full((len(rows), *rows[0].shape[:-1], tokens), np.nan)
            for i, r in enumerate(rows):
                out[i, ..., : r.shape[-1]] = r
            self._made[name] = read_only(out)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows[0])

    def __len__(self) -> int:
        return len(self._rows[0])


class Norms(Padded):
    """The same of sites; a key that says a layer, in any spelling, gives [prompt, token]."""

    def __init__(self, per_prompt: Sequence[Mapping[str, npt.NDArray[np.float64]]], depth: int) -> None:
        super().__init__(per_prompt)
        self._depth = depth

    def __getitem__(self, key: SiteKey) -> npt.NDArray[np.float64]:
        site, layer = _place(key, self._depth)
        table = super().__getitem__(site)
        return table if layer is None else table[:, layer]
