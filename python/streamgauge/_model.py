"""Opened checkpoints and what can be asked of them."""

from __future__ import annotations

import html
import json
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Sequence


from . import _sg
from ._errors import usage
from ._inputs import Bar, Progress, Prompts, bytes_of, count, plain_prompts, site_of
from ._lazy import np
from ._measurement import Measurement, read_only
from ._program import call
from ._table import Table

if TYPE_CHECKING:
    import numpy.typing as npt

Positions = Literal["last", "all", "none"]


def open(model: str | os.PathLike[str], *, pull: bool = False) -> Model:  # noqa: A001
    """Opens a checkpoint; its weights stay on disk.

    Args:
        model: a folder with config.json and safetensors, a .gguf file, or ORG/NAME[@REV] in the Hugging Face cache.
        pull: fetch it from the Hub first.

    Raises:
        Error: no such model, or one that is not understood.
    """
    if not isinstance(model, (str, os.PathLike)):
        raise usage("not a model", expected="a path or ORG/NAME", got=model)
    name = os.fspath(model)
    if not isinstance(name, str) or "\0" in name:
        raise usage("not a model", expected="a path or ORG/NAME", got=name)
    if pull:
        call("pull", name)
    return Model(_sg.Model.open(name), name)


class Facts(dict[str, Any]):
    """A dict that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(key)}</th><td>{html.escape(str(value))}</td></tr>"
            for key, value in self.items()
            if value is not None
        )
        return f"<table>{rows}</table>"


class Model:
    """One opened checkpoint. Immutable; may be shared between threads. Pickled by its name."""

    def __init__(self, engine: _sg.Model, name: str) -> None:
        self._m, self.name = engine, name

    @cached_property
    def facts(self) -> Facts:
        """Family, shape, rotary parameters, fingerprint, as every result has them."""
        return Facts(self._m.facts())

    @cached_property
    def details(self) -> dict[str, Any]:
        """All that `streamgauge inspect` says."""
        details: dict[str, Any] = json.loads(self.inspect_json())
        return details

    @property
    def notices(self) -> list[str]:
        """What is odd about the checkpoint."""
        return self._m.notices()

    def inspect_json(self) -> str:
        """The text of `streamgauge inspect --json`."""
        return self._m.inspect_json()

    def tokenize(self, text: str) -> list[int]:
        """Ids as the model's own tokenizer gives them, special tokens included.

        Raises:
            Error: no tokenizer, or text that is not Unicode.
        """
        (prompt,) = plain_prompts([text])
        return self._m.tokenize(prompt[0])

    def tokenize_json(self, *texts: str, special: bool = True) -> str:
        """The text of `streamgauge tokenize --json`; `special=False`: without what the model puts around a text."""
        return self._m.tokenize_json([p[0] for p in plain_prompts(texts)], bool(special))

    def measure(
        self,
        prompts: Prompts,
        *,
        sites: Sequence[Any] | None = None,
        logits: Positions = "last",
        lens: Positions = "none",
        massive: float = 1000,
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        progress: Progress = None,
    ) -> Measurement:
        """One forward pass over all prompts: every token norm at every site of every layer.

        Args:
            prompts: a text, texts, token ids, lists of ids, or a suite of `streamgauge.suites`.
            sites: whose norms are kept, dots with both of theirs; all when not given. Gains need resid_pre and resid_post.
            logits: positions whose output distribution is computed.
            lens: the same after every layer, through the final norm.
            massive: values of resid_post above this many medians of their layer are listed.
            memory: bytes of activations per pass over the weights, as 512_000_000 or "1.5G"; a quarter of the RAM.
            threads: 0 for all that the process may use. No choice changes a bit of the result.
            isa: instruction set; the best of this machine when empty.
            progress: True for a bar, or a callable of (done, total, label).

        Raises:
            Error: no prompt, an empty one, an id outside the vocabulary, too little memory.
            KeyboardInterrupt: within 100 ms of Ctrl-C.
        """
        given = plain_prompts(prompts)
        kept = [site_of(site) for site in _sites(sites)] if sites is not None else []
        if any(layer is not None for _, layer in kept) or (sites is not None and not kept):
            raise usage("not sites to keep", expected="names without a layer, as resid_post", got=sites)
        if isinstance(massive, bool) or not isinstance(massive, (int, float)):
            raise usage("not a multiple of the median", expected="a number above 0", got=massive)
        with Bar(progress, "measure") as bar:
            return Measurement(
                self._m.measure(
                    given,
                    [site for site, _ in kept],
                    _word(logits),
                    _word(lens),
                    float(massive),
                    bytes_of(memory),
                    count(threads, "threads"),
                    _word(isa),
                    bar,
                )
            )

    def extract(
        self,
        prompts: Prompts,
        *,
        sites: Sequence[Any] = ("resid_post",),
        layers: Sequence[int] | None = None,
        positions: Literal["all", "last"] | Sequence[int] = "all",
        memory: int | str | None = None,
        threads: int = 0,
        isa: str = "",
        progress: Progress = None,
    ) -> Activations:
        """The vectors themselves, exactly the rows that norms are taken of.

        Args:
            sites: names as "resid_post", ("resid_post", 10) or "blocks.10.hook_resid_post".
            layers: of the sites in blocks; all when not given. Names with a layer say it themselves.
            positions: "all", "last", or token numbers of every prompt.

        Raises:
            Error: what measure raises, and sites, layers or positions that are not there.
        """
        given = plain_prompts(prompts)
        named = [site_of(s) for s in _sites(sites)]
        own = sorted({layer for _, layer in named if layer is not None})
        if own and (layers is not None or any(s not in ("embed", "ln_final") for s, n in named if n is None)):
            raise usage("sites with a layer of their own beside other layers", hint="Name the layers in one way")
        listed = [] if isinstance(positions, str) else [count(p, "a token") for p in positions]
        if (isinstance(positions, str) and positions not in ("all", "last")) or (not isinstance(positions, str) and not listed):
            raise usage("unknown positions", expected="all, last or token numbers", got=positions)
        with Bar(progress, "extract") as bar:
            arrays, sequence, position, ids = self._m.extract(
                given,
                [site for site, _ in named],
                own if layers is None else [count(layer, "a layer") for layer in layers],
                positions == "last",
                listed,
                bytes_of(memory),
                count(threads, "threads"),
                _word(isa),
                bar,
            )
        wanted = {(site, layer) for site, layer in named if layer is not None}
        kept = {n: a for n, a in arrays.items() if not own or site_of(n)[1] is None or site_of(n) in wanted}
        return Activations(kept, sequence, position, ids)

    def weights(
        self,
        *,
        all: bool = False,
        tensors: Sequence[str] = (),
        spectra: bool = False,
        amplification: str | None = None,
        prompts: Prompts | None = None,
        threads: int = 0,
        isa: str = "",
        progress: Progress = None,
    ) -> Weights:
        """Exact norms and certified spectral norms of W_U and W_E, or of other matrices.

        Args:
            all: every matrix, fused ones split into their roles.
            tensors: globs over stored names and roles, in place of W_U and W_E.
            spectra: all singular values, ranks and the power law; needs a LAPACK on this machine.
            amplification: a definition of gain; with prompts, W_U's spectral norm times it.

        Raises:
            Error: no such matrix, an unknown definition, no LAPACK.
        """
        if (amplification is None) != (prompts is None):
            raise usage("amplification and prompts go together", hint="Give both, or neither")
        if isinstance(tensors, str) or not isinstance(amplification, (str, type(None))):
            raise usage("not a list of names", expected="tensors as a list, amplification as a definition")
        measured = None if prompts is None else self.measure(prompts, logits="none", threads=threads, isa=isa)._m
        with Bar(progress, "weights") as bar:
            rows, text = self._m.weights(
                bool(all),
                [_word(t) for t in tensors],
                bool(spectra),
                amplification or "",
                measured,
                count(threads, "threads"),
                _word(isa),
                bar,
            )
        return Weights(rows, text)

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return open, (os.path.abspath(self.name) if os.path.exists(self.name) else self.name,)

    def __repr__(self) -> str:
        f = self.facts
        return f"<{f['id']}: {f['family']}, {f['n_layers']} layers, d_model {f['d_model']}, {f['dtype']}>"

    def _repr_html_(self) -> str:
        return self.facts._repr_html_()


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise usage("not a word", expected="str", got=value)
    return value


def _sites(sites: Any) -> Sequence[Any]:
    """Several sites, or one by itself."""
    one = isinstance(sites, str) or (isinstance(sites, tuple) and len(sites) == 2 and isinstance(sites[1], (int, np.integer)))
    if not one and (isinstance(sites, (bytes, dict)) or not hasattr(sites, "__iter__")):
        raise usage("not sites", expected="names as resid_post", got=sites)
    return [sites] if one else list(sites)


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


def hidden_states(model: Model | str, prompts: Prompts, *, threads: int = 0) -> tuple[npt.NDArray[np.float32], ...]:
    """What transformers gives with `output_hidden_states=True`, index for index: float32 [prompt, token, d_model].

    Index 0 is the embedding, index l the stream after block l - 1, and the last one, as there, is after the final norm;
    the last block's own output is not among them (docs/sites.md). Shorter prompts are padded with NaN on the right.
    """
    opened = model if isinstance(model, Model) else open(model)
    got = opened.extract(prompts, sites=("embed", "resid_post", "ln_final"), threads=threads)
    depth = opened.facts["n_layers"]
    names = ["hook_embed", *(f"blocks.{layer}.hook_resid_post" for layer in range(depth - 1)), _final(got)]
    shape = (int(got.sequence.max()) + 1, int(got.position.max()) + 1)
    out = []
    for name in names:
        state = np.full((*shape, got[name].shape[1]), np.nan, dtype=np.float32)
        state[got.sequence, got.position] = got[name]
        out.append(read_only(state))
    return tuple(out)


def _final(got: Activations) -> str:
    return next(name for name in got if name.startswith("ln_final"))


class Comparison:
    """Two models over the same token ids, site by site.

    Attributes:
        document: streamgauge.comparison/1.
        table: one row per site: differences of norms, cosines, distances |b - a| / |a|, over prompts and tokens.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self.document: dict[str, Any] = json.loads(text)
        self.table = Table.of_rows(self.document["summary"], "comparison")

    def json(self) -> str:
        """The text of `streamgauge compare --json`."""
        return self._text

    def first_divergence(self, distance: float) -> dict[str, Any] | None:
        """The first site of the pass whose largest distance |b - a| / |a| is above this, or is not finite."""
        for row in self.table:
            if row["distance_max"] is None or not row["distance_max"] <= distance:
                return row
        return None

    def __repr__(self) -> str:
        return repr(self.table)

    def _repr_html_(self) -> str:
        return self.table._repr_html_()


def compare(
    a: Model | str,
    b: Model | str,
    prompts: Prompts,
    *,
    logits: Positions = "last",
    memory: int | str | None = None,
    threads: int = 0,
    isa: str = "",
    progress: Progress = None,
) -> Comparison:
    """Two models of one shape over the same prompts; a's tokenizer makes the ids.

    Raises:
        Error: models of different shapes; what measure raises.
    """
    first, second = (m if isinstance(m, Model) else open(m) for m in (a, b))
    given = plain_prompts(prompts)
    with Bar(progress, "compare") as bar:
        return Comparison(
            first._m.compare_json(
                second._m, given, _word(logits), bytes_of(memory), count(threads, "threads"), _word(isa), bar
            )
        )
